#pragma once

// Wider shapes of the suite's `items`.

#include "testing/driver_suite.hpp"

#include <string>
#include <vector>

namespace parley::test::storage {

inline parley_str str(const char* from) {
  return {from, std::char_traits<char>::length(from)};
}

inline parley_cell cell(std::int64_t from) {
  parley_cell out{};
  out.kind = PARLEY_INTEGER;
  out.as.integer = from;
  return out;
}

inline parley_cell cell(const char* from) {
  parley_cell out{};
  out.kind = PARLEY_STRING;
  out.as.text = str(from);
  return out;
}

// items with two columns, an index and, where asked for, a default for `size` more.
class wider {
 public:
  wider()
      : columns_(items_.columns, items_.columns + items_.column_count),
        indexes_(items_.indexes, items_.indexes + items_.index_count),
        defaults_(8) {
    columns_.push_back({str("colour"), PARLEY_COLUMN_TEXT, 0});
    columns_.push_back({str("rank"), PARLEY_COLUMN_INTEGER, 0});
    for (parley_cell& each : defaults_) each.kind = PARLEY_NULL;
    defaults_[6] = cell("it's red");
    indexes_.push_back({str("by_rank"), on_rank_, 1, 0});
  }
  wider(const wider&) = delete;
  wider& operator=(const wider&) = delete;

  wider& fill_size(std::int64_t with) {
    defaults_[3] = cell(with);
    fill_ = {3};
    return *this;
  }
  wider& unique_weight() {
    indexes_.push_back({str("by_weight"), on_weight_, 1, 1});
    return *this;
  }
  std::vector<parley_collection> view() {
    parley_collection out = items_;
    out.columns = columns_.data();
    out.column_count = static_cast<std::uint32_t>(columns_.size());
    out.indexes = indexes_.data();
    out.index_count = static_cast<std::uint32_t>(indexes_.size());
    out.defaults = defaults_.data();
    out.fill = fill_.data();
    out.fill_count = static_cast<std::uint32_t>(fill_.size());
    return {out};
  }

 private:
  static constexpr std::uint32_t on_rank_[] = {7}, on_weight_[] = {4};
  parley_collection items_ = suite_collections()[items];
  std::vector<parley_column> columns_;
  std::vector<parley_index> indexes_;
  std::vector<parley_cell> defaults_;
  std::vector<std::uint32_t> fill_;
};

} // namespace parley::test::storage
