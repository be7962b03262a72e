#pragma once

// JSON values to cells, in the memory of a batch or a read.

#include "storage/table.hpp"

namespace parley::storage {

// Copies into the arena.
parley_str kept(std::string_view text, arena& in);

// The batch and how many topics it has: other stand-ins are refused. 0 topics: none are allowed.
struct cell_source {
  arena& in;
  std::size_t topics = 0;
  std::uint32_t batch = 0;
  std::uint32_t depth = limits{}.value_depth;
};

// One value as a cell of a column. Null becomes NULL.
problem to_cell(const boost::json::value& from, column_type type, const cell_source& with,
                parley_cell& out);
// JSON text, in pieces where it holds stand-ins.
problem to_text_cell(const boost::json::value& from, const cell_source& with, parley_cell& out);
// The bytes that are sealed for a value: a text as it is, anything else as JSON. No stand-ins.
problem to_plain_cell(const boost::json::value& from, column_type type, const cell_source& with,
                      parley_cell& out);
// The keyed hash by which an equal value of a sealed column is found; of NULL there is none.
parley_cell hash_cell(const parley_cell& plain, const data_key& with, arena& in);
// The cells of a whole key; a message names the collection and the field.
problem to_key(const table& of, const boost::json::array& key, const cell_source& with,
               const parley_cell*& out);
// "there is no collection messaging.messages"
problem no_such(collection_ref which);
// "collection messaging.messages, field seq: …"
problem at_field(const table& of, std::string_view field, const problem& why);

} // namespace parley::storage
