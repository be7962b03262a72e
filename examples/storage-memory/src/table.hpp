#pragma once

// Rows in the order of their key, and indexes over them.

#include "cell.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace storage_memory {

struct column {
  std::string name;
  std::int32_t type = PARLEY_COLUMN_TEXT;
};

struct index {
  std::string name;
  std::vector<std::uint32_t> columns;
  bool unique = false;
  bool operator==(const index&) const = default;
};

// A place beside all rows that begin with `part`: before (-1) or after (1) them.
struct edge {
  const row& part;
  int side = -1;
};

struct in_order {
  using is_transparent = void;
  bool operator()(const row& a, const row& b) const { return a < b; }
  bool operator()(const row& a, const edge& b) const {
    const int seen = compare(a, b.part);
    return seen == 0 ? b.side > 0 : seen < 0;
  }
  bool operator()(const edge& a, const row& b) const {
    const int seen = compare(b, a.part);
    return seen == 0 ? a.side < 0 : seen > 0;
  }
  // The first cells of `whole` against `part`.
  static int compare(const row& whole, const row& part);
};

struct range {
  std::optional<std::size_t> index; // of `indexes`; nothing: the key
  row prefix;
  std::optional<cell> lower, upper; // of the column after the prefix
  bool lower_exclusive = false, upper_exclusive = false, reverse = false;
};

class table {
 public:
  std::vector<column> columns; // the key comes first
  std::uint32_t key_count = 0;
  std::vector<cell> defaults; // what a NULL in a column becomes
  std::vector<index> indexes;
  std::vector<std::string> searched; // columns by whose words rows are found
  // Of the rows that have some, by key: for each of `searched`, with a blank around every word.
  std::map<row, std::vector<std::string>, in_order> words;

  // The row of a key, or nullptr.
  const row* find(const row& key) const;
  // Visits rows until it gives false.
  void read(const range& what, const std::function<bool(const row&)>& visit) const;
  // Puts or (nothing) erases the row of a key. False where a unique index has such a row already;
  // then nothing has changed.
  bool write(const row& key, std::optional<row> to);
  // Makes an index for the rows that are there; false where they are equal in a unique one.
  bool add_index(index what);
  // Gives every row as many cells as there are columns, and defaults to NULLs in `filled`. Gives
  // the unique index in which rows would then be equal, or an empty text.
  std::string fill(const std::vector<std::uint32_t>& filled);
  std::size_t size() const { return rows_.size(); }

 private:
  using entries = std::map<row, row, in_order>; // of an index: its cells and the key → the key

  static row index_entry(const index& of, const row& from, const row& key);
  bool is_taken(std::size_t at, const row& by, const row& key) const;

  std::map<row, row, in_order> rows_;
  std::vector<entries> entries_; // as `indexes`
};

} // namespace storage_memory
