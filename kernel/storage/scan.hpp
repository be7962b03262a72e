#pragma once

// Walks through a whole collection in the order of its key, page by page, whatever is written
// meanwhile: rows that stay are met once.

#include "storage/engine.hpp"

namespace parley::storage {

class scan {
 public:
  explicit scan(std::vector<std::string> key) : key_(std::move(key)) {}

  // What to ask for next.
  query next(std::uint32_t limit) const;
  // What came of it.
  void seen(const std::vector<boost::json::object>& records, bool more);
  bool is_over() const { return is_over_; }

 private:
  const std::vector<std::string> key_;
  boost::json::array last_; // the key of the last record
  std::size_t fixed_ = 0;   // so many of its components are equal in what comes next
  bool is_over_ = false;
};

} // namespace parley::storage
