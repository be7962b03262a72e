#include "table.hpp"

#include <utility>

namespace storage_memory {

int in_order::compare(const row& whole, const row& part) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (whole[i] < part[i]) return -1;
    if (part[i] < whole[i]) return 1;
  }
  return 0;
}

const row* table::find(const row& key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : &found->second;
}

void table::read(const range& what, const std::function<bool(const row&)>& visit) const {
  row from = what.prefix, to = what.prefix;
  if (what.lower) from.push_back(*what.lower);
  if (what.upper) to.push_back(*what.upper);
  const bool both = what.lower && what.upper;
  if (both && (to < from || (to == from && what.lower_exclusive && what.upper_exclusive))) return;
  const entries& in = what.index ? entries_[*what.index] : rows_;
  auto first = in.lower_bound(edge{from, what.lower && what.lower_exclusive ? 1 : -1});
  auto last = in.lower_bound(edge{to, what.upper && what.upper_exclusive ? -1 : 1});
  const std::size_t bounded = what.prefix.size();
  const auto visited = [&](const entries::value_type& entry) {
    // As in SQL a NULL is neither above nor below anything.
    if ((what.lower || what.upper) && is_null(entry.first[bounded])) return true;
    return visit(what.index ? rows_.find(entry.second)->second : entry.second);
  };
  if (what.reverse) {
    while (last != first)
      if (!visited(*--last)) return;
  } else {
    for (; first != last; ++first)
      if (!visited(*first)) return;
  }
}

row table::index_entry(const index& of, const row& from, const row& key) {
  row out;
  for (const std::uint32_t c : of.columns) out.push_back(from[c]);
  out.insert(out.end(), key.begin(), key.end());
  return out;
}

// Whether another row is equal in all columns of a unique index, none of them NULL.
bool table::is_taken(std::size_t at, const row& by, const row& key) const {
  if (!indexes[at].unique) return false;
  row part;
  for (const std::uint32_t c : indexes[at].columns) {
    if (is_null(by[c])) return false;
    part.push_back(by[c]);
  }
  const auto first = entries_[at].lower_bound(edge{part, -1});
  return first != entries_[at].end() && in_order::compare(first->first, part) == 0 &&
         first->second != key;
}

bool table::write(const row& key, std::optional<row> to) {
  for (std::size_t i = 0; to && i < indexes.size(); ++i)
    if (is_taken(i, *to, key)) return false;
  const auto old = rows_.find(key);
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    if (old != rows_.end()) entries_[i].erase(index_entry(indexes[i], old->second, key));
    if (to) entries_[i].emplace(index_entry(indexes[i], *to, key), key);
  }
  if (to)
    rows_.insert_or_assign(key, *std::move(to));
  else if (old != rows_.end())
    rows_.erase(old);
  return true;
}

bool table::add_index(index what) {
  indexes.push_back(std::move(what));
  entries& made = entries_.emplace_back();
  for (const auto& [key, of] : rows_) {
    if (is_taken(indexes.size() - 1, of, key)) return false;
    made.emplace(index_entry(indexes.back(), of, key), key);
  }
  return true;
}

std::string table::fill(const std::vector<std::uint32_t>& filled) {
  const auto old = std::move(rows_);
  const std::vector<index> all = std::exchange(indexes, {});
  rows_ = {};
  entries_.clear();
  for (auto [key, of] : old) {
    for (std::size_t c = of.size(); c < columns.size(); ++c) of.push_back(defaults[c]);
    for (const std::uint32_t c : filled)
      if (is_null(of[c])) of[c] = defaults[c];
    rows_.emplace(key, std::move(of));
  }
  for (const index& each : all)
    if (!add_index(each)) return each.name;
  return {};
}

} // namespace storage_memory
