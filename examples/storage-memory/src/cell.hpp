#pragma once

// Values of columns, in the order in which they are stored: NULL, numbers, texts by their bytes.

#include <parley/draft/storage_driver.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace storage_memory {

using cell = std::variant<std::monostate, std::int64_t, double, std::string>;
using row = std::vector<cell>;

inline bool is_null(const cell& of) {
  return of.index() == 0;
}
inline std::string_view view(parley_str from) {
  return {from.len == 0 ? "" : from.ptr, from.len};
}
inline parley_str borrow(std::string_view from) {
  return {from.data(), from.size()};
}

// A cell of a batch as a value: `numbers` are the next ones of the batch's topics.
cell to_cell(const parley_cell& from, const std::vector<std::int64_t>& numbers);
// A value as the kernel reads it, while the value lives.
parley_cell to_c(const cell& from);
// Whether a column of that type (PARLEY_COLUMN_…) can hold it; an integer in a number column
// becomes a number.
bool fits(cell& value, std::int32_t type);

} // namespace storage_memory
