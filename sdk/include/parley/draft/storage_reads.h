/* What a storage driver is asked for (draft). Part of parley.storage_driver/1, see
 * storage_driver.h.
 */
#ifndef PARLEY_DRAFT_STORAGE_READS_H
#define PARLEY_DRAFT_STORAGE_READS_H

#include "storage_rows.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows in the order of the key or of an index. */
typedef struct parley_driver_read {
  uint32_t size;
  uint32_t collection;
  int32_t index; /* -1: the key */
  uint32_t limit;
  const parley_cell* prefix; /* equal in the first columns of the key or index */
  uint32_t prefix_count;
  uint32_t reverse;
  const parley_cell* lower; /* of the next column, or NULL */
  const parley_cell* upper;
  uint32_t lower_exclusive;
  uint32_t upper_exclusive;
  uint32_t may_lag; /* 1: what was committed a moment ago may be missing */
  uint32_t reserved;
} parley_driver_read;

/* Rows that rows of another collection lead to, one for each of those: in the order of one of their
 * own columns, then of their key. A row that is NULL in it is left out, and so is one that leads to
 * none. */
typedef struct parley_driver_through {
  uint32_t size;
  uint32_t collection;          /* of the rows that are given; its key is one text */
  const parley_driver_read* by; /* those that lead there: collection, index and prefix, no more */
  uint32_t by_column;           /* theirs, a text: the key of the row that each leads to */
  uint32_t order;               /* a column of the rows that are given */
  const parley_cell* beyond;    /* two cells, order and key: rows behind them; or NULL */
  uint32_t limit;
  uint32_t reverse;
  uint32_t may_lag; /* as in parley_driver_read */
  uint32_t reserved;
} parley_driver_through;

/* What the words of a term are. */
enum {
  PARLEY_TERM_PHRASE = 0, /* they follow each other */
  PARLEY_TERM_PREFIX = 1, /* likewise, and the last is the beginning of a word */
  PARLEY_TERM_ANY = 2     /* one of them is enough; a row is none the better for it */
};

/* Words that are found in one of these columns (places in `searched`). */
typedef struct parley_search_term {
  parley_str words; /* with a blank between */
  const uint32_t* columns;
  uint32_t column_count;
  uint32_t kind;
} parley_search_term;

/* Rows with this text in one column, and at least this integer in another. */
typedef struct parley_search_range {
  parley_str text;
  int64_t from;
} parley_search_range;

/* Rows in which every term is found, the best first, by whatever the driver thinks best. */
typedef struct parley_driver_search {
  uint32_t size;
  uint32_t collection;
  const parley_search_term* terms;
  uint32_t term_count;
  uint32_t limit;
  uint32_t skip;                     /* so many of the best are left out */
  uint32_t range_count;              /* 0: all rows; at most 1000 */
  const parley_search_range* ranges; /* rows of one of these, in the order of texts, each once */
  uint32_t range_text, range_from;   /* the columns of theirs */
  uint32_t may_lag;                  /* as in parley_driver_read */
  uint32_t reserved;
} parley_driver_search;

/* Events of a topic with numbers above `after`, in order, at most `limit`. */
typedef struct parley_driver_log_read {
  uint32_t size;
  uint32_t limit;
  parley_str topic;
  int64_t after;
} parley_driver_log_read;

#ifdef __cplusplus
}
#endif
#endif
