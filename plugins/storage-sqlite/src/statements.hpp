#pragma once

// Prepared statements of one connection, made once for each shape of an operation.

#include "layout.hpp"
#include "sqlite.hpp"

#include <string>
#include <unordered_map>

namespace parley::storage_sqlite {

// Whether indexes into the layout and counts of a request from outside hold. What is wrong, or
// nullptr.
const char* fault_of(const layout& known, const parley_driver_op& op, std::uint32_t topics);
const char* fault_of(const layout& known, const parley_driver_read& read);
const char* fault_of(const layout& known, const parley_driver_search& what);
const char* fault_of(const layout& known, const parley_driver_through& what);

class statements {
 public:
  statements(database& file, const layout& known) : file_(file), layout_(known) {}

  // nullptr where SQLite refuses; the database has the error. Cells are bound in the order:
  // for PUT: all; for PATCH and INCREMENT: cells, then the key; for ERASE: the key; for
  // conditions: the key, then cells; for WORDS: cells, then the key twice.
  statement* write(const parley_driver_op& op);
  // Cells are bound in the order: prefix without NULLs, lower, upper, limit.
  statement* read(const parley_driver_read& read);
  // Cells are bound in the order: prefix of `by` without NULLs, beyond, limit.
  statement* through(const parley_driver_through& what);
  // Bound as search_sql and count_sql say.
  statement* best(const parley_driver_search& what);
  statement* newest(const parley_driver_search& what);
  statement* count(const parley_driver_search& what);

 private:
  statement* search(const char* shape, const parley_driver_search& what,
                    std::string (*sql)(const layout&, const void*));
  statement* prepared(const std::string& shape, std::string (*sql)(const layout&, const void*),
                      const void* of);

  database& file_;
  const layout& layout_;
  std::unordered_map<std::string, statement> made_;
  std::string shape_;
};

} // namespace parley::storage_sqlite
