/* All that a store holds, in pieces (draft): what backups and copies are made of. Part of
 * parley.storage_driver/1, see storage_driver.h.
 */
#ifndef PARLEY_DRAFT_STORAGE_DUMP_H
#define PARLEY_DRAFT_STORAGE_DUMP_H

#include "storage_rows.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  PARLEY_PIECE_ROWS = 1, /* of a collection */
  PARLEY_PIECE_LOG = 2   /* of a topic; columns as those of `read_log` */
};

/* Some rows of a table, or the table alone where it has none. Borrowed while it is taken. */
typedef struct parley_driver_piece {
  uint32_t size;
  int32_t kind;
  parley_str name;           /* of the collection or the topic */
  int64_t head;              /* LOG: the number of the topic's last event */
  const parley_str* columns; /* ROWS: the key in its order, then the others by name */
  uint32_t column_count;
  uint32_t key_count;
  const parley_cell* cells; /* row after row */
  uint32_t row_count;
  uint32_t reserved;
  uint64_t done; /* rows and events, with these */
  uint64_t total;
} parley_driver_piece;

/* [a thread of the driver's] Not 0: enough, what follows is not wanted. May take its time. */
typedef uint32_t (*parley_driver_take)(void* user, const parley_driver_piece* piece);

typedef struct parley_driver_dump {
  uint32_t size;
  uint32_t reserved;
  parley_str first; /* the collection that comes before all others, where it is stored */
  parley_driver_take take;
} parley_driver_dump;

#ifdef __cplusplus
}
#endif
#endif
