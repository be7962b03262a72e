#pragma once

// What is stored: tables, and topics with their logs. Collections are shapes of tables: an older
// version of a plugin sees fewer columns of the same rows than a newer one.

#include "table.hpp"

#include <map>
#include <set>
#include <string>
#include <tuple>

namespace storage_memory {

struct outcome {
  parley_status status = PARLEY_OK;
  std::string error;
  std::uint32_t failed_op = 0;
  std::vector<std::int64_t> first_numbers;
};

struct rows {
  parley_status status = PARLEY_OK;
  std::string error;
  std::vector<row> all;
  bool more = false;
};

class store {
 public:
  // The collections are counted anew from 0.
  void forget_shapes() { shapes_.clear(); }
  // All or nothing; gives why not, or an empty text.
  std::string widen(const parley_collection* collections, std::uint32_t count);
  // Rows of the collection that was widened as the count-th last.
  std::size_t size_of(std::uint32_t collection) const { return shapes_[collection].of->size(); }
  std::uint32_t shape_count() const { return static_cast<std::uint32_t>(shapes_.size()); }

  outcome commit(const parley_driver_batch& batch);
  rows read(const parley_driver_read& what) const;
  rows read_through(const parley_driver_through& what) const;
  rows search(const parley_driver_search& what) const;
  rows read_log(const parley_driver_log_read& what) const;
  rows read_logs(const parley_driver_log_read& from) const; // topics by name
  rows heads(const parley_str* topics, std::uint32_t count) const;
  // Whether there are more.
  bool trim_log(std::string_view before, std::uint32_t limit);

  struct topic {
    std::int64_t head = 0;
    std::map<std::int64_t, row> log; // event, data, time
  };
  const std::map<std::string, table>& tables() const { return tables_; }
  const std::map<std::string, topic>& topics() const { return topics_; }

 private:
  struct shape {
    table* of = nullptr;
    std::vector<std::uint32_t> columns; // of the collection → of the table
    std::uint32_t key_count = 0;
    std::uint32_t searched_count = 0;
    std::vector<std::size_t> indexes;
    // What the collection has of a row of the table.
    row seen(const row& from) const {
      row out;
      for (const std::uint32_t each : columns) out.push_back(from[each]);
      return out;
    }
  };
  struct undo {
    table* of;
    row key;
    std::optional<row> before;
    std::vector<std::string> words;
  };
  class transaction;

  // Whole rows of the table, until `visit` gives false. Without a status that says why not.
  rows visit(const parley_driver_read& what, const std::function<bool(const row&)>& visit) const;
  std::string shape_onto(table& to, const parley_collection& from, shape& out) const;

  std::map<std::string, table> tables_; // never moved: shapes point to them
  std::vector<shape> shapes_;
  std::map<std::string, topic> topics_;
  std::set<std::tuple<std::string, std::string, std::int64_t>> by_time_; // time, topic, number
};

} // namespace storage_memory
