#pragma once

// What a storage driver must do, as plain maps: to compare drivers with.

#include "parley/test/driver_calls.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace parley::test::storage {

constexpr std::size_t model_topics = 3;
std::string model_topic(std::size_t at);

// Shapes of items: 0 as the suite opens it, 1 with colour and rank, 2 with a default for size
// besides.
constexpr int widest = 2;
constexpr int of_tags = -1;

struct model_op {
  std::int32_t kind = 0;
  int shape = of_tags;
  std::size_t topic = 0; // APPEND, VOID
  row key;
  std::vector<std::uint32_t> columns;
  row cells; // VOID: number and name
};

struct model_read {
  int shape = of_tags;
  std::int32_t index = -1;
  row prefix;
  bounds within;
};

class driver_model {
 public:
  int shape() const { return shape_; }
  void widen();
  void reopen() { shape_ = 0; } // not from the widest: who knows its default then?

  committed commit(const std::vector<model_op>& ops);
  rows read(const model_read& what) const;
  rows read_log(std::size_t topic, std::int64_t after, std::uint32_t limit) const;
  rows heads() const;
  void trim(const std::string& before);

 private:
  using tables = std::pair<std::map<plain_row, plain_row>, std::map<plain_row, plain_row>>;
  struct topic {
    std::int64_t head = 0;
    std::map<std::int64_t, plain_row> log;
  };
  using topics = std::vector<topic>;

  const std::map<plain_row, plain_row>& table(int shape) const {
    return shape == of_tags ? tables_.second : tables_.first;
  }
  plain resolved(const value& from) const;
  plain_row resolved(const row& from) const;
  plain stored(int shape, std::uint32_t column, const value& from) const;
  bool holds(const model_op& condition) const;
  parley_status apply(const model_op& what, tables& to, topics& in) const;
  parley_status change(const model_op& what, tables& to) const;

  int shape_ = 0;
  tables tables_;
  topics topics_{model_topics};
};

} // namespace parley::test::storage
