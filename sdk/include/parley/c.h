/* Short ways for plugins in plain C; nothing here is part of the ABI. */
#ifndef PARLEY_C_H
#define PARLEY_C_H

#include "call.h"
#include "value.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The interface of that type, or NULL: PARLEY_QUERY(host, parley_call_api, PARLEY_CALL_INTERFACE).
 */
#define PARLEY_QUERY(host, type, name) \
  ((const type*)(host)->query((host), (name), (uint32_t)sizeof(type)))

/* Borrowed, as long as `text` lives. */
static inline parley_str parley_text(const char* text) {
  parley_str out;
  out.ptr = text;
  out.len = strlen(text);
  return out;
}

static inline int parley_equals(parley_str a, const char* b) {
  return a.len == strlen(b) && (a.len == 0 || memcmp(a.ptr, b, a.len) == 0);
}

static inline parley_slot parley_text_slot(parley_str text) {
  parley_slot out;
  memset(&out, 0, sizeof out);
  out.kind = PARLEY_STRING;
  out.as.text = text;
  return out;
}

static inline parley_slot parley_integer_slot(int64_t number) {
  parley_slot out;
  memset(&out, 0, sizeof out);
  out.kind = PARLEY_INTEGER;
  out.as.integer = number;
  return out;
}

/* The handle of an array or object, as a slot of another one. */
static inline parley_slot parley_value_slot(int32_t kind, parley_value value) {
  parley_slot out;
  memset(&out, 0, sizeof out);
  out.kind = kind;
  out.as.value = value;
  return out;
}

/* One field of an object; ABSENT where there is none, or where `object` is no object. */
static inline parley_slot parley_field(const parley_value_api* values, parley_value object,
                                       const char* name) {
  parley_slot out;
  const parley_str wanted = parley_text(name);
  memset(&out, 0, sizeof out);
  if (values->fields(object, &wanted, 1, &out) != PARLEY_OK) out.kind = PARLEY_ABSENT;
  return out;
}

/* [logic] Ends the call with an error that the manifest declares. `message` is one sentence. */
static inline parley_status parley_refuse(const parley_call_api* calls, parley_call call,
                                          const char* code, const char* message) {
  parley_error why;
  memset(&why, 0, sizeof why);
  why.size = sizeof why;
  why.status = PARLEY_E_REFUSED;
  why.code = parley_text(code);
  why.message = parley_text(message);
  return calls->fail(call, &why);
}

/* [logic] Ends the call with a status of the ABI: what a function of the host gave, for example. */
static inline parley_status parley_give_up(const parley_call_api* calls, parley_call call,
                                           parley_status status) {
  parley_error why;
  memset(&why, 0, sizeof why);
  why.size = sizeof why;
  why.status = status;
  return calls->fail(call, &why);
}

#ifdef __cplusplus
}
#endif
#endif
