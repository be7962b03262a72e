#pragma once

// Walks through a collection, or what of it is equal in the first fields, in the order of its key
// or of an index in which no two rows are equal, page by page, whatever is written meanwhile: rows
// that stay are met once.

#include "storage/engine.hpp"

namespace parley::storage {

class scan {
 public:
  explicit scan(std::vector<std::string> order, boost::json::array prefix = {})
      : order_(std::move(order)), prefix_(std::move(prefix)), fixed_(prefix_.size()) {}
  // From where another one, of the same order and prefix, was.
  scan(std::vector<std::string> order, boost::json::array prefix,
       const boost::json::object& position);
  boost::json::object position() const;

  // What to ask for next, but for the name of the index.
  query next(std::uint32_t limit) const;
  // What came of it.
  void seen(const std::vector<boost::json::object>& records, bool more);
  bool is_over() const { return is_over_; }

 private:
  std::vector<std::string> order_;
  boost::json::array prefix_;
  boost::json::array last_; // of the last record: the fields of the order
  std::size_t fixed_ = 0;   // so many of them are equal in what comes next
  bool is_over_ = false;
};

} // namespace parley::storage
