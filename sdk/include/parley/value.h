/* parley.value/1: JSON-like data, owned by the host, read and built through functions.
 *
 * A value lives in the arena of a call and ends with it. Reading a whole object costs one call:
 * `fields` fills one slot for each name asked for. Values are immutable once built.
 */
#ifndef PARLEY_VALUE_H
#define PARLEY_VALUE_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_VALUE_INTERFACE "parley.value/1"

enum {
  PARLEY_ABSENT = 0, /* no such field */
  PARLEY_NULL = 1,
  PARLEY_BOOL = 2,    /* as.integer is 0 or 1 */
  PARLEY_INTEGER = 3, /* as.integer */
  PARLEY_NUMBER = 4,  /* as.number */
  PARLEY_STRING = 5,  /* as.text; lives as long as the value */
  PARLEY_ARRAY = 6,   /* as.value */
  PARLEY_OBJECT = 7   /* as.value */
};

/* One scalar, or the handle of an array or object. */
typedef struct parley_slot {
  int32_t kind;
  uint32_t reserved; /* 0 */
  union {
    int64_t integer;
    double number;
    parley_str text;
    parley_value value;
  } as;
} parley_slot;

typedef struct parley_value_api {
  uint32_t size;

  /* [logic] Reads one value into a slot. */
  parley_status (*read)(parley_value value, parley_slot* out);
  /* [logic] Reads named fields of an object, one slot a name. A field that is not there is
   * PARLEY_ABSENT. INVALID where `value` is not an object. Cost: one look-up a name. */
  parley_status (*fields)(parley_value value, const parley_str* names, uint32_t count,
                          parley_slot* out);
  /* [logic] Reads up to `capacity` elements of an array from `offset`; *total is its length. */
  parley_status (*items)(parley_value value, uint32_t offset, parley_slot* out, uint32_t capacity,
                         uint32_t* total);
  /* [logic] The same for an object's members, in their order. */
  parley_status (*members)(parley_value value, uint32_t offset, parley_str* names, parley_slot* out,
                           uint32_t capacity, uint32_t* total);

  /* [logic] Builds in the arena of `call`. Text is copied; an array or object built for the same
   * call goes in without a copy, the first time. ABSENT slots are left out of an object, and are an
   * error in an array; so is a name that comes twice. */
  parley_status (*scalar)(parley_call call, const parley_slot* slot, parley_value* out);
  parley_status (*array)(parley_call call, const parley_slot* items, uint32_t count,
                         parley_value* out);
  parley_status (*object)(parley_call call, const parley_str* names, const parley_slot* slots,
                          uint32_t count, parley_value* out);
  /* [logic] From and to JSON text (RFC 8259). The text given by `write` lives as long as the call.
   */
  parley_status (*parse)(parley_call call, parley_str json, parley_value* out);
  parley_status (*write)(parley_call call, parley_value value, parley_str* out);
} parley_value_api;

#ifdef __cplusplus
}
#endif
#endif
