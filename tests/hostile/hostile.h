/* What the plugins of this folder share: the host's functions, and reading one parameter. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <parley/parley.h>

#include <string.h>

static const parley_host* host;
static const parley_call_api* call_api;
static const parley_value_api* value_api;

static parley_str text(const char* of) {
  parley_str s = {of, strlen(of)};
  return s;
}

/* Whether the field `how` of the input is `wanted`. */
static int asks(parley_value input, const char* wanted) {
  parley_str name = text("how");
  parley_slot slot;
  if (value_api->fields(input, &name, 1, &slot) != PARLEY_OK || slot.kind != PARLEY_STRING)
    return 0;
  return slot.as.text.len == strlen(wanted) &&
         memcmp(slot.as.text.ptr, wanted, slot.as.text.len) == 0;
}

static int find_host(const parley_host* given) {
  host = given;
  call_api = (const parley_call_api*)given->query(given, PARLEY_CALL_INTERFACE, sizeof *call_api);
  value_api =
      (const parley_value_api*)given->query(given, PARLEY_VALUE_INTERFACE, sizeof *value_api);
  return call_api && value_api;
}

#endif
