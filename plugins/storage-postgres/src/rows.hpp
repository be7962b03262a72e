#pragma once

// Rows of one table that a group of batches touches: as they are stored, and as the batches leave
// them. What was not read yet is noted, read, and everything is tried again.

#include "layout.hpp"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley::storage_postgres {

struct row {
  cells key;
  cells stored; // of all columns; empty: none
  cells now;    // empty: none
  bool is_read = false;
  bool is_written = false; // some batch may; otherwise it is only looked at
  bool was_erased = false; // at some time, whatever is there now
  bool is_changed = false;

  bool is_there() const { return !now.empty(); }
};

// Who has a value of a unique index: the encoded key of a row, or empty.
struct owner {
  cells values;
  std::string stored, now;
  bool is_read = false;
};

class rows_of_table {
 public:
  explicit rows_of_table(const table& of) : of_(of), owners_(of.uniques.size()) {}

  const table& of() const { return of_; }
  row& at(const cells& key);
  owner& owner_of(std::size_t unique, const cells& values);

  // From the database: one that was asked for, and what is not among the answers is not there.
  void read(cells whole);
  void read_owner(std::size_t unique, const cells& values, const cells& key);

  // As it was before the first batch.
  void restart();
  // Sets or (empty) erases a row. False where another has its value in a unique index; then some of
  // it was done. `is_new`: the value holds a number just given, and is taken for free unread.
  bool set(row& which, cells to, bool is_new);
  // Takes back what was set since `begin`.
  void begin() { undo_.clear(), undo_owners_.clear(); }
  void undo();

  std::unordered_map<std::string, row>& all() { return rows_; }
  std::vector<std::unordered_map<std::string, owner>>& owners() { return owners_; }

 private:
  bool move_owner(std::size_t unique, const std::string& key, const cells& from, const cells& to,
                  bool is_new);

  const table& of_;
  std::unordered_map<std::string, row> rows_;                  // by their encoded key
  std::vector<std::unordered_map<std::string, owner>> owners_; // by their encoded values
  std::vector<std::pair<row*, row>> undo_;
  std::vector<std::pair<owner*, std::string>> undo_owners_;
};

// The cells of some columns; empty where a cell is NULL, or where there is no row.
cells picked_without_null(const cells& row, const std::vector<std::uint32_t>& columns);

} // namespace parley::storage_postgres
