#pragma once

// The SQL of reads and writes. Writes are of whole groups: each takes an array a column, and does
// one kind of thing to many rows of a table. Identifiers come from manifests, values are
// parameters.

#include "layout.hpp"

#include <string>

namespace parley::storage_postgres {

std::string quoted(std::string_view identifier);
// PostgreSQL cuts a name at 63 bytes; a longer one ends in a hash here.
std::string short_name(const std::string& full);
std::string table_name(const table& of); // quoted
std::string column_list(const table& of, const std::vector<std::uint32_t>& columns);

enum class row_lock { shared, exclusive };

// Parameters: the key's columns. Gives whole rows, locked, in the order of the key.
std::string load_sql(const table& of, row_lock how);
// Parameters: all columns, or `columns`. A row that is there already is an error.
std::string insert_sql(const table& of);
// Parameters: all columns; the key says which.
std::string update_sql(const table& of);
// Parameters: the key's columns.
std::string remove_sql(const table& of);
// Parameters: the index's columns. Gives them and the key of the row that has them.
std::string owners_sql(const table& of, const index& by);
// Parameters: the key's columns. Takes the rows out of the index until they are written.
std::string release_sql(const table& of, const index& from);
// Parameters: the key's columns. Two statements that keep keys absent until the transaction ends:
// who inserts one waits for it, as for any row that may yet come.
std::string guard_sql(const table& of);
std::string unguard_sql(const table& of);

// In an index as in what reads by it: NULL is less than anything.
std::string ordered(const table& of, std::uint32_t column, bool downwards);
// Parameters in the order: prefix without NULLs, lower, upper, limit.
std::string read_sql(const layout& known, const parley_driver_read& read);
// Parameters in the order: prefix of `by` without NULLs, beyond, limit.
std::string through_sql(const layout& known, const parley_driver_through& what);
// The columns of the key or of an index, and then the rest of the key, which settles ties.
std::vector<std::uint32_t> order_of(const shape& of, std::int32_t index);

inline bool is_condition(std::int32_t kind) {
  return kind >= PARLEY_OP_REQUIRE_ABSENT && kind <= PARLEY_OP_REQUIRE_EQUAL;
}
// Whether indexes into the layout and counts of a request from outside hold. What is wrong, or
// nullptr.
const char* fault_of(const layout& known, const parley_driver_op& op, std::uint32_t topics);
const char* fault_of(const layout& known, const parley_driver_read& read);
const char* fault_of(const layout& known, const parley_driver_through& what);

} // namespace parley::storage_postgres
