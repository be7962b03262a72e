/* parley.storage/1 (draft): the collections that this plugin's manifest declares.
 *
 * Records are objects, keys are arrays in the order of the declared key. Batches are atomic and the
 * only way to write. Names are the manifest's, without the plugin's.
 */
#ifndef PARLEY_DRAFT_STORAGE_H
#define PARLEY_DRAFT_STORAGE_H

#include "../abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_STORAGE_INTERFACE "parley.storage/1"

typedef struct parley_storage_api {
  uint32_t size;

  /* [logic] done: the record, or null. */
  parley_status (*get)(parley_call call, parley_str collection, parley_value key, parley_done done,
                       void* user);
  /* [logic] Reads in the order of the key, or of an index.
   * query {index?, prefix?: [equal values], from?, after?, to?, before?, reverse?, limit?,
   * may_lag?}: the four bounds apply to the component that follows the prefix (from/to inclusive,
   * after/before exclusive). limit defaults to 100, at most 1000. may_lag: what was committed a
   * moment ago may be missing, so a replica of the store may answer. done: {items: [record…], more:
   * bool}. */
  parley_status (*range)(parley_call call, parley_str collection, parley_value query,
                         parley_done done, void* user);

  /* [logic] Opens a batch. It carries the conditions of the call's permission and, where the method
   * is idempotent, the record of its key. Ends with `commit`, or with the call. */
  parley_status (*batch)(parley_call call, parley_batch* out);
  parley_status (*put)(parley_batch batch, parley_str collection, parley_value record);
  /* Sets some fields of a record; the batch conflicts where there is none. */
  parley_status (*patch)(parley_batch batch, parley_str collection, parley_value key,
                         parley_value fields);
  parley_status (*increment)(parley_batch batch, parley_str collection, parley_value key,
                             parley_str field, int64_t by);
  parley_status (*erase)(parley_batch batch, parley_str collection, parley_value key);
  /* A condition: {collection, key, exists: bool} or {collection, key, equals: {field: value, …}}.
   * Where one fails nothing is written, and the commit ends with PARLEY_E_CONFLICT. */
  parley_status (*require)(parley_batch batch, parley_value condition);

  /* Appends a declared, durable event to the topic of `place`; sent after the commit. */
  parley_status (*publish)(parley_batch batch, parley_str event, parley_str place,
                           parley_value data);
  /* The same, and from this number on `principal` may (grant) or may no longer (revoke) read the
   * topic: the connections of that principal follow it, or stop to. */
  parley_status (*publish_access)(parley_batch batch, parley_str event, parley_str place,
                                  parley_value data, int32_t grant, parley_str principal);
  /* The number that this batch's next event on the topic of `place` (as `topic` declares it, e.g.
   * "conversation") will get. A stand-in, not yet the number: put it as an integer into keys,
   * fields, event data or the result; the store fills it in. */
  parley_status (*next)(parley_batch batch, parley_str topic, parley_str place, int64_t* out);

  /* [logic] Writes. `reply` (0: none) is the method's result, kept with the idempotency key; a
   * method that is idempotent must give it, and commits once. done: {numbers: {topic: first number,
   * …}, reply?: the given one with its numbers filled in}; or CONFLICT, FORBIDDEN (a permission's
   * condition), REPEATED (this key was committed before). */
  parley_status (*commit)(parley_batch batch, parley_value reply, parley_done done, void* user);

  /* What this plugin's event of that number on the topic of `place` said is to be seen no more: the
   * log keeps the number, as a void. Who has got the event has it; publish one that says what to
   * do. Nothing happens where the log holds no such event (any more). */
  parley_status (*withdraw)(parley_batch batch, parley_str event, parley_str place, int64_t number);

  /* [logic] Full text, in a collection whose manifest says `search`. query {text, unfinished?,
   * where?: {field: value, …}, within?: {by, from, ranges: [{value, from}, …]}, limit?, skip?,
   * may_lag?}: all words of `text` are found in some of the fields of `on`, in whatever case; "…"
   * is a phrase, word* the beginning of one, and so is the last word with `unfinished`, as while
   * somebody types. `where` narrows by fields of `by`; `within` to records of one of at most 1000
   * ranges: in the field `by`, one of theirs, the value, and in the integer field `from` at least
   * that. limit defaults to 20, at most 100; skip to 0, at most 1000; may_lag is that of `range`.
   * done: {items: [{record, snippets: [{field, pieces: [{text, hit}, …]}, …]}, …], more: bool}, the
   * best first. INVALID, with a sentence for whoever typed it, where `text` has more than 1000
   * bytes or 16 words and phrases; FAILED where the store cannot search. */
  parley_status (*search)(parley_call call, parley_str collection, parley_value query,
                          parley_done done, void* user);

  /* [logic] Records that records of another collection of this plugin lead to, one for each of
   * those, in the order of a field of their own: the rooms in which an account is, the newest
   * first. query {by, field, index?, prefix?, order, beyond?: [order, key], reverse?, limit?,
   * may_lag?}: `by` is the other collection, `index` and `prefix` are those of `range` in it, and
   * its `field`, a text, is the key of `collection`, which has one part. A record without `order`
   * is left out; those equal in it come in the order of their keys. `beyond`: only those behind a
   * record with this order and key, the last one of the page before. limit, may_lag and done are
   * those of `range`. The store looks at all that `by` gives, and gives no more than the limit.
   * FAILED where the store cannot. */
  parley_status (*through)(parley_call call, parley_str collection, parley_value query,
                           parley_done done, void* user);
} parley_storage_api;

#ifdef __cplusplus
}
#endif
#endif
