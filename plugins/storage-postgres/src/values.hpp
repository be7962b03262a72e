#pragma once

// Cells in PostgreSQL's binary format, as parameters and as results.
//
// A PostgreSQL text holds no zero byte, so that is written as 01 01, and 01 as 01 02: any other
// text lies in the table as it is, and all are in the order of their bytes.

#include "parley/draft/storage_driver.h"

#include <libpq-fe.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace parley::storage_postgres {

inline std::string_view view(const parley_str& text) {
  return {text.ptr, text.len};
}
inline parley_str borrow(std::string_view text) {
  return {text.data(), text.size()};
}
parley_cell null_cell();
parley_cell cell(std::int64_t from);
parley_cell cell(std::string_view borrowed);

// A row or a key; texts are borrowed.
using cells = std::vector<parley_cell>;
// Texts that cells refer to.
using arena = std::deque<std::string>;

const char* sql_type(std::int32_t column_type);
// Whether a column of the type takes the cell as it is. NULL fits all.
bool fits(const parley_cell& what, std::int32_t column_type);
bool same(const parley_cell& left, const parley_cell& right);
// Equal cells give equal bytes.
void encode(std::string& to, const parley_cell& what);
std::string encoded(const cells& of);

// The parameters of one statement.
class parameters {
 public:
  parameters& add(std::int32_t column_type, const parley_cell& what);
  parameters& add(std::string_view text) { return add(PARLEY_COLUMN_TEXT, cell(text)); }
  parameters& add(std::int64_t number) { return add(PARLEY_COLUMN_INTEGER, cell(number)); }
  parameters& add_array(std::int32_t element_type, const std::vector<const parley_cell*>& of);
  // Column by column of the rows: an array each.
  parameters& add_arrays(const std::vector<std::int32_t>& types,
                         const std::vector<const cells*>& rows);

  int count() const { return static_cast<int>(types_.size()); }
  const Oid* types() const { return types_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }
  std::vector<const char*> values() const;

 private:
  void end(Oid type, std::size_t begun, bool is_null);

  std::string bytes_;
  std::vector<Oid> types_;
  std::vector<std::size_t> places_;
  std::vector<int> lengths_, formats_;
  std::vector<bool> nulls_;
};

// A cell of a result, which has to outlive it; `kept` holds texts that had to be changed.
parley_cell decoded(const PGresult* from, int row, int column, arena& kept);

} // namespace parley::storage_postgres
