#pragma once

// What the collections look like in the database: one table each. Several shapes of a table may be
// in use, each with its own columns; rows in memory hold the columns of all of them.

#include "values.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace parley::storage_postgres {

// What a NULL stands for.
struct constant {
  parley_cell what = null_cell();
  std::string text; // where it is one

  bool is_there() const { return what.kind != PARLEY_NULL; }
  parley_cell cell() const;
};

struct column {
  std::string name;
  std::int32_t type = PARLEY_COLUMN_TEXT;
  constant fallback;
  bool holds_words = false; // of another column, for searching
};

struct index {
  std::string name;
  std::vector<std::uint32_t> columns; // of the table
  bool is_unique = false;
};

struct table {
  std::string name;
  std::vector<column> columns; // the first `key_count` are the key
  std::uint32_t key_count = 0;
  std::vector<index> uniques;   // of any shape
  std::uint32_t partitions = 0; // by the hash of the key's first column; 0: one table

  std::vector<std::int32_t> types(const std::vector<std::uint32_t>& of) const;
  std::vector<std::uint32_t> key() const;
  std::vector<std::uint32_t> all() const;
};

// A collection as somebody declared it.
struct shape {
  std::uint32_t table = 0;
  std::uint32_t key_count = 0;
  std::vector<std::uint32_t> columns; // of the table
  std::vector<index> indexes;
  std::vector<std::uint32_t> searched; // columns of the table that hold the words, see search.hpp
  std::vector<std::uint32_t> fill; // columns of the table in which rows may hold NULL and must not
};

struct layout {
  std::vector<table> tables;
  std::vector<shape> shapes; // in the order in which they were given
};

// Those known and those added. What is NULL to the newest shape of a table is so to all of them.
// `why` says what cannot be kept.
layout widened(const layout& known, const parley_collection* added, std::uint32_t count,
               std::string& why);

} // namespace parley::storage_postgres
