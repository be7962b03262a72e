#pragma once

// SQLite with errors as values. A connection and its statements belong to one thread.

#include "parley/draft/storage_driver.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace parley::storage_sqlite {

class statement {
 public:
  statement() = default;
  explicit operator bool() const { return handle_ != nullptr; }

  void bind_null(int at);
  void bind(int at, std::int64_t value);
  void bind(int at, double value);
  void bind_borrowed(int at, std::string_view text); // stays where it is until `step` is done
  void bind_copied(int at, std::string_view text);
  void bind(int at, const parley_cell& cell); // one of a row; text is borrowed

  int step() const;
  void reset() const;
  // Steps once and resets: for statements that give no rows.
  int run() const;

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const; // until the next step
  // What the column holds; text until the next step.
  parley_cell cell(int column) const;

 private:
  friend class database;
  struct finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  std::unique_ptr<sqlite3_stmt, finalize> handle_;
};

class database {
 public:
  // The SQLite result code.
  int open(const std::string& path, bool writable, std::uint32_t cache_mib);
  void close();
  explicit operator bool() const { return handle_ != nullptr; }
  sqlite3* handle() const { return handle_.get(); }

  int execute(const std::string& sql);
  int prepare(std::string_view sql, statement& out);
  bool in_transaction() const;
  int changes() const;
  std::string error() const; // of the last call that failed

 private:
  struct shut {
    void operator()(sqlite3* handle) const;
  };
  int make_shrinkable(); // where the file is empty
  std::unique_ptr<sqlite3, shut> handle_;
};

std::string_view view(const parley_str& text);
parley_str borrow(std::string_view text);
// "a" with its quotes doubled: identifiers come from manifests, values are always bound.
std::string quoted(std::string_view identifier);

} // namespace parley::storage_sqlite
