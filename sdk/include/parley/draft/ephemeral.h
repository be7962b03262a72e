/* parley.ephemeral/1 (draft): collections that the manifest declares with `ephemeral: true`.
 *
 * They live in the server's memory, by the name of the plugin: they outlast its upgrades and
 * restarts, and end with the server. For presence, typing, counters and throttles. Records, keys
 * and queries are those of draft/storage.h. There are no batches: each operation stands by itself,
 * and those of one call are applied in their order.
 *
 * ttl_ms: the record goes after so many milliseconds; 0: it stays until it is erased.
 *
 * All functions are [logic], and end with `done`. INVALID where the record, key or query is not as
 * the manifest says; the log names what is wrong with it. NOT_FOUND where the manifest declares no
 * such collection. Cost: a copy of the record, and a search in a tree.
 */
#ifndef PARLEY_DRAFT_EPHEMERAL_H
#define PARLEY_DRAFT_EPHEMERAL_H

#include "../abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_EPHEMERAL_INTERFACE "parley.ephemeral/1"

typedef struct parley_ephemeral_api {
  uint32_t size;

  /* done: the record, or null. */
  parley_status (*get)(parley_call call, parley_str collection, parley_value key, parley_done done,
                       void* user);
  /* query as in parley.storage `range`. done: {items: [record...], more: bool}. */
  parley_status (*range)(parley_call call, parley_str collection, parley_value query,
                         parley_done done, void* user);
  /* Inserts or replaces. only_if_absent 1: a record that is there stays as it is, and so does its
   * time. done: {stored: bool}; or LIMIT (`limits.ephemeral_mib`, shared by all plugins). */
  parley_status (*put)(parley_call call, parley_str collection, parley_value record,
                       uint32_t ttl_ms, int32_t only_if_absent, parley_done done, void* user);
  /* Sets some fields. ttl_ms 0: its time stays. done: the record as it is now; NOT_FOUND where
   * there is none; LIMIT. */
  parley_status (*patch)(parley_call call, parley_str collection, parley_value key,
                         parley_value fields, uint32_t ttl_ms, parley_done done, void* user);
  /* Adds to an integer field. Where there is no record one is made of the key, the defaults and
   * `by`, and ttl_ms is its time; one that is there keeps its own. A field without a value counts
   * from its default, or 0. done: the record as it is now; LIMIT, also where the sum does not fit
   * into 2^53. */
  parley_status (*increment)(parley_call call, parley_str collection, parley_value key,
                             parley_str field, int64_t by, uint32_t ttl_ms, parley_done done,
                             void* user);
  /* done: {erased: bool}. */
  parley_status (*erase)(parley_call call, parley_str collection, parley_value key,
                         parley_done done, void* user);
} parley_ephemeral_api;

#ifdef __cplusplus
}
#endif
#endif
