#pragma once

// One reader's connection.

#include "readers.hpp"
#include "statements.hpp"

namespace parley::storage_sqlite {

class snapshot {
 public:
  // `why` says what went wrong; empty: open.
  snapshot(const settings& with, std::shared_ptr<const layout> known, std::string& why);
  const std::shared_ptr<const layout>& known() const { return layout_; }
  // Answers all of them from one state of the file, no older than this call.
  void answer(const std::vector<read_request>& requests);

 private:
  int one(const parley_driver_read& read, const char*& fault);
  int one(const parley_driver_log_read& read, const char*& fault);
  int one(const logs_query& read, const char*& fault);
  int one(const head_query& read, const char*& fault);
  int one(const parley_driver_search& what, const char*& fault);
  int one(const parley_driver_through& what, const char*& fault);
  int look_for_frequent(const parley_driver_search& what, bool& is_frequent);
  int collect(statement& from, std::uint32_t columns, std::uint32_t limit);
  // Only rows of which `wanted()` says so, asked once for each.
  template <typename Wanted>
  int collect(statement& from, std::uint32_t columns, std::uint32_t limit, const Wanted& wanted);
  parley_cell kept(parley_cell cell);
  void reply_rows(const read_request& to);

  const std::shared_ptr<const layout> layout_;
  const std::uint32_t ranked_rows_;
  database file_;
  statements statements_;
  statement begin_, end_, read_log_, read_logs_, read_head_;
  // The rows of the request at hand. Texts lie in texts_, as offsets until all are there.
  std::vector<parley_cell> cells_;
  std::string texts_;
  std::uint32_t columns_ = 0;
  std::uint32_t rows_ = 0;
  bool more_ = false;
};

} // namespace parley::storage_sqlite
