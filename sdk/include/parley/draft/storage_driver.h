/* parley.storage_driver/1 (draft): for plugins that store what all others write.
 *
 * The kernel turns records into rows of typed columns before they reach the driver, so a driver
 * knows collections, rows and topic logs, and nothing of JSON but text columns. All functions are
 * called on [logic] and must not block: a driver has threads of its own. Arguments stay where they
 * are until `done` was called, which may happen on [any-thread], exactly once, and never from
 * inside the function. Commits are applied in the order in which they were given.
 */
#ifndef PARLEY_DRAFT_STORAGE_DRIVER_H
#define PARLEY_DRAFT_STORAGE_DRIVER_H

#include "storage_dump.h"
#include "storage_reads.h"
#include "storage_rows.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_STORAGE_DRIVER_INTERFACE "parley.storage_driver/1"

typedef struct parley_driver_commit_result {
  uint32_t size;
  parley_status status; /* OK (durable), CONFLICT, UNAVAILABLE (full, or an I/O error) */
  uint32_t failed_op;   /* CONFLICT: which */
  uint32_t reserved;
  const int64_t* first_numbers; /* OK: for each topic the number of the batch's first event */
  parley_str error;             /* UNAVAILABLE: for the log */
} parley_driver_commit_result;
typedef void (*parley_driver_committed)(void* user, const parley_driver_commit_result* result);

/* Borrowed while `done` runs. Row after row, column_count cells each. */
typedef struct parley_driver_rows {
  uint32_t size;
  parley_status status;
  const parley_cell* cells;
  uint32_t row_count;
  uint32_t column_count;
  uint32_t more; /* 1: there were more than `limit` */
  uint32_t reserved;
  parley_str error;
} parley_driver_rows;
typedef void (*parley_driver_rows_done)(void* user, const parley_driver_rows* rows);
/* [any-thread] Rows of collections[collection] that were looked at, of how many. None after `done`.
 */
typedef void (*parley_driver_progress)(void* user, uint32_t collection, uint64_t done,
                                       uint64_t total);

typedef struct parley_storage_driver {
  uint32_t size;
  uint32_t reserved;
  void* self;
  /* Opens the store, and does with the collections what `widen` does. status in rows; no rows. */
  void (*open)(void* self, const parley_collection* collections, uint32_t count,
               parley_driver_rows_done done, void* user);
  void (*commit)(void* self, const parley_driver_batch* batch, parley_driver_committed done,
                 void* user);
  void (*read)(void* self, const parley_driver_read* read, parley_driver_rows_done done,
               void* user);
  /* Columns: number, event (NULL: void), data, time. */
  void (*read_log)(void* self, const parley_driver_log_read* read, parley_driver_rows_done done,
                   void* user);
  /* One row a topic, in the order asked: the number of its last event (0: none yet). */
  void (*heads)(void* self, const parley_str* topics, uint32_t count, parley_driver_rows_done done,
                void* user);
  /* Erases log entries older than `before` (RFC 3339), at most `limit`; numbers are never reused.
   * No rows; `more` is 0 where none is left that is older. */
  void (*trim_log)(void* self, parley_str before, uint32_t limit, parley_driver_rows_done done,
                   void* user);
  /* Everything accepted is finished, then files are closed. */
  void (*close)(void* self, parley_driver_rows_done done, void* user);
  /* More collections, while the store is in use: they are counted on from those given before. One
   * may be a wider shape of a table that an earlier one named: more columns, more indexes, more
   * defaults. Key and types are the same, or it is refused with a sentence, like a unique index
   * over rows that are equal in it; a refusal changes nothing.
   * - Tables, columns and indexes are made, all or none; then rows are filled in steps of some
   *   milliseconds at most, and commits go on in between. After a crash it is asked for again.
   * - Earlier shapes go on: they read and write their own columns and leave the others alone. In a
   *   row that they insert, a column which they do not know has its default.
   * - From now on a NULL that is written becomes the default of the newest shape, and an increment
   *   begins at it.
   * - Indexes that no shape declares any more go when the store is opened next.
   * Not called again before `done`. status in rows; no rows; after a failure nothing is counted. */
  void (*widen)(void* self, const parley_collection* collections, uint32_t count,
                parley_driver_progress progress, parley_driver_rows_done done, void* user);
  /* Whole rows, as `read` gives them. NULL: collections of this driver cannot be searched. */
  void (*search)(void* self, const parley_driver_search* search, parley_driver_rows_done done,
                 void* user);
  /* All that is stored, as it was at one moment after the call: tables in the order of their names,
   * rows in that of their keys, then topics in the order of their names with what their logs hold.
   * A piece has some hundred KiB, or one row. Words are left out. Given again to an empty store
   * (PUT, APPEND, SKIP) it gives the same dump, whatever the driver. Commits go on meanwhile; not
   * called again before `done`. status in rows: CANCELLED where `take` had enough; no rows. NULL:
   * this driver cannot. */
  void (*dump)(void* self, const parley_driver_dump* dump, parley_driver_rows_done done,
               void* user);
  /* Events of all topics: those of one topic in order, topics in an order of the driver's own that
   * stays. From behind `after` of `topic`, or from the first where that is empty; at most `limit`.
   * Columns: topic, number, event (NULL: void), data, time. */
  void (*read_logs)(void* self, const parley_driver_log_read* from, parley_driver_rows_done done,
                    void* user);
  /* What was erased, replaced or made void before the call is found no more in the store's files:
   * not in free room, not among the words that are searched, not in logs of the driver's own. May
   * take long, and commits may wait for it. status in rows; no rows. NULL: whoever keeps the files
   * sees to it. */
  void (*scrub)(void* self, parley_driver_rows_done done, void* user);
  /* Whole rows, as `read` gives them. NULL: this driver cannot. */
  void (*read_through)(void* self, const parley_driver_through* what, parley_driver_rows_done done,
                       void* user);
} parley_storage_driver;

typedef struct parley_storage_driver_api {
  uint32_t size;
  /* [init] Offers a driver; the struct lives as long as the plugin. The manifest says
   * `provides: [storage]`. */
  parley_status (*offer)(const parley_host* host, const parley_storage_driver* driver);
} parley_storage_driver_api;

#ifdef __cplusplus
}
#endif
#endif
