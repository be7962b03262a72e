/* What a storage driver is given (draft): collections as typed columns, and batches of writes. Part
 * of parley.storage_driver/1, see storage_driver.h.
 */
#ifndef PARLEY_DRAFT_STORAGE_ROWS_H
#define PARLEY_DRAFT_STORAGE_ROWS_H

#include "../value.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Types of columns. A field that is absent or null is a NULL. */
enum {
  PARLEY_COLUMN_TEXT = 1,    /* ids, accounts, times (RFC 3339) and texts; compared by bytes */
  PARLEY_COLUMN_INTEGER = 2, /* 64-bit; booleans are 0 and 1 */
  PARLEY_COLUMN_NUMBER = 3,
  PARLEY_COLUMN_JSON = 4 /* JSON text, never in a key or an index */
};

typedef struct parley_column {
  parley_str name; /* [a-z][a-z0-9_]* */
  int32_t type;
  uint32_t reserved;
} parley_column;

typedef struct parley_index {
  parley_str name;
  const uint32_t* columns;
  uint32_t column_count;
  uint32_t unique; /* 1: rows equal in all columns, none of them NULL, are a conflict */
} parley_index;

typedef struct parley_collection {
  uint32_t size;
  uint32_t reserved;
  parley_str name; /* "plugin.collection": the table */
  const parley_column* columns;
  uint32_t column_count;
  uint32_t key_count; /* the first columns are the key, in order */
  const parley_index* indexes;
  uint32_t index_count;
  uint32_t fill_count;
  /* NULL, or a cell for each column: what a NULL in it stands for (kind NULL: nothing). */
  const struct parley_cell* defaults;
  /* Columns with a default in which stored rows may hold NULL: those are given the default. */
  const uint32_t* fill;
  /* Text columns by whose words rows are searched; the driver is given the words (OP_WORDS). Never
   * with a driver that has no `search`. */
  const uint32_t* searched;
  uint32_t searched_count;
  uint32_t reserved2;
} parley_collection;

/* Cells of rows are slots of kind NULL, INTEGER, NUMBER or STRING; in batches also these two. */
enum {
  PARLEY_CELL_NEXT = 16,  /* as.next */
  PARLEY_CELL_PIECES = 17 /* as.pieces: text with numbers in it */
};

/* A number that the batch's events will get: head of the topic + 1 + offset. */
typedef struct parley_next {
  uint32_t topic; /* index into parley_driver_batch.topics */
  uint32_t offset;
} parley_next;

/* texts[0] numbers[0] texts[1] … texts[number_count]: numbers in decimal. */
typedef struct parley_pieces {
  const parley_str* texts;
  const parley_next* numbers;
  uint32_t number_count;
  uint32_t reserved;
} parley_pieces;

typedef struct parley_cell {
  int32_t kind;
  uint32_t reserved;
  union {
    int64_t integer;
    double number;
    parley_str text;
    parley_next next;
    const parley_pieces* pieces;
  } as;
} parley_cell;

enum {
  PARLEY_OP_PUT = 1,       /* insert or replace the whole row: cells for every column */
  PARLEY_OP_PATCH = 2,     /* set `columns`; conflict where there is no such row */
  PARLEY_OP_INCREMENT = 3, /* add cells[0].integer to columns[0]; conflict likewise */
  PARLEY_OP_ERASE = 4,     /* no row is no error */
  /* An event to a topic: cells[0] name (NULL: a void), cells[1] data, cells[2] time. */
  PARLEY_OP_APPEND = 5,
  PARLEY_OP_REQUIRE_ABSENT = 6,
  PARLEY_OP_REQUIRE_EXISTS = 7,
  PARLEY_OP_REQUIRE_EQUAL = 8, /* the row exists, and each of `columns` equals its cell */
  /* The event numbered cells[0] (an INTEGER) of a topic becomes a void, if its name is cells[1]:
   * name and data are gone for good, number and time stay. No such event is no error. */
  PARLEY_OP_VOID = 9,
  /* The words of a row, for searching: `columns` are places in `searched`, cells their words in
   * order with a blank between, or NULL. They replace those given before, and go with the row. No
   * such row is no error. Words are ASCII letters and digits, and what of UTF-8 is not ASCII, at
   * most 2000 bytes each; they are compared by bytes. */
  PARLEY_OP_WORDS = 10,
  /* Numbers of a topic up to cells[0] (an INTEGER) count as given, so that a restored log is as it
   * was. A batch with one has no CELL_NEXT and no CELL_PIECES. */
  PARLEY_OP_SKIP = 11
};

typedef struct parley_driver_op {
  uint32_t size;
  int32_t kind;
  uint32_t collection;    /* index into what `open`, then `widen` were given */
  uint32_t topic;         /* APPEND, VOID, SKIP: index into parley_driver_batch.topics */
  const parley_cell* key; /* key_count cells; not for PUT and those of topics */
  const uint32_t* columns;
  const parley_cell* cells;
  uint32_t cell_count;
  uint32_t reserved;
} parley_driver_op;

/* Conditions are checked against the state before the batch; then all is written, or nothing. */
typedef struct parley_driver_batch {
  uint32_t size;
  uint32_t op_count;
  const parley_driver_op* ops;
  const parley_str* topics; /* each once */
  uint32_t topic_count;
  uint32_t reserved;
} parley_driver_batch;

#ifdef __cplusplus
}
#endif
#endif
