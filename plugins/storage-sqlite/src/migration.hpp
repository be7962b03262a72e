#pragma once

// New shapes of collections, brought into the file beside the commits: the tables at once, rows
// that lack a default in steps. Where a crash ends it, asking again finds what is left to do.

#include "layout.hpp"

#include <memory>
#include <string>
#include <vector>

namespace parley::storage_sqlite {

struct widen_request {
  const parley_collection* collections = nullptr;
  std::uint32_t count = 0;
  parley_driver_progress progress = nullptr; // nullptr: nobody asks
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
};

class migration {
 public:
  migration(database& file, const widen_request& what, std::shared_ptr<const layout> before)
      : file_(file), what_(what), before_(std::move(before)) {}

  // Tables, columns and indexes, all or none. Gives a sentence where that cannot be.
  std::string begin();
  const std::shared_ptr<const layout>& before() const { return before_; }
  const std::shared_ptr<const layout>& after() const { return after_; }

  bool is_complete() const { return at_ == added_.size(); }
  // Looks at the next rows of one collection, and commits.
  std::string step();
  void end(parley_status status, const std::string& why) const;

 private:
  struct key_value {
    parley_cell cell{};
    std::string text;
  };

  std::string fill(const collection& of);
  std::string find_last(const collection& of, std::vector<key_value>& last);
  std::string update(const collection& of, const std::vector<key_value>& last);
  void find_next();
  std::string count_rows(const collection& of);
  void tell() const;

  database& file_;
  const widen_request what_;
  const std::shared_ptr<const layout> before_;
  std::shared_ptr<const layout> after_;
  layout added_;

  // Of the collection at hand.
  std::size_t at_ = 0;
  bool is_counted_ = false;
  std::uint64_t done_ = 0, total_ = 0;
  std::vector<key_value> seen_; // the key of the last row that was looked at; empty: none yet
};

} // namespace parley::storage_sqlite
