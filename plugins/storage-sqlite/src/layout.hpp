#pragma once

// What the collections look like in the file: one table each, and the tables of the topics.

#include "sqlite.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace parley::storage_sqlite {

struct column {
  std::string name;
  std::int32_t type = PARLEY_COLUMN_TEXT;
  std::string fallback; // what NULL stands for, as an SQL literal; empty: nothing
};

struct index {
  std::string name;
  std::vector<std::uint32_t> columns;
  bool unique = false;
};

struct collection {
  std::string name;
  std::vector<column> columns; // the first `key_count` are the key
  std::uint32_t key_count = 0;
  std::vector<index> indexes;
  std::vector<std::uint32_t> fill;     // columns in which rows may hold NULL and must not
  std::vector<std::uint32_t> searched; // columns by whose words rows are found
};

using layout = std::vector<collection>;

// `why` says what cannot be kept.
layout copied(const parley_collection* collections, std::uint32_t count, std::string& why);

// Those known and those added. What is NULL to the newest shape of a table is so to all of them.
layout joined(const layout& known, const layout& added);

// Creates or widens the tables, all or nothing. Gives a sentence where that cannot be. Columns that
// it makes need no filling: SQLite reads their default in every row that was there before.
std::string prepare_tables(database& file, const layout& known, layout& added);

std::string key_list(const collection& of);

} // namespace parley::storage_sqlite
