#pragma once

// Full text. The words of a field lie in a column of their row, "field:words", as they were given,
// and a GIN index over all such columns of a table takes them for lexemes. It says which rows have
// all words of a search, in whatever field it is narrowed by as well; that words follow each other
// is seen in the columns. (A tsvector's positions would end at 16,383, and after 255 of a word.)

#include "connection.hpp"
#include "layout.hpp"

#include <string>

namespace parley::storage_postgres {

// Bytes. A lexeme has at most 2046.
inline constexpr std::size_t longest_word = 2000;

// Names the columns that it is over, so another search has another index.
std::string search_index_name(const table& of, const shape& by);
std::string create_search_index(const table& of, const shape& by);

// What is wrong, or nullptr.
const char* fault_of(const layout& known, const parley_driver_search& what);
// Gives the shape's rows. `ranked`: so many of those found are compared at most.
query search_query(const layout& known, const parley_driver_search& what, std::uint32_t ranked);

} // namespace parley::storage_postgres
