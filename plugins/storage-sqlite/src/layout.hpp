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
};

struct index {
  std::string name;
  std::vector<std::uint32_t> columns;
  bool unique = false;
};

struct collection {
  std::string name;
  std::uint32_t version = 1;
  std::vector<column> columns; // the first `key_count` are the key
  std::uint32_t key_count = 0;
  std::vector<index> indexes;
};

using layout = std::vector<collection>;

layout copied(const parley_collection* collections, std::uint32_t count);

// Creates or widens the tables, all or nothing. Gives a sentence where that cannot be.
std::string prepare_tables(database& file, const layout& wanted);

} // namespace parley::storage_sqlite
