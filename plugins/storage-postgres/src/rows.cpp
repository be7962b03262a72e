#include "rows.hpp"

#include <utility>

namespace parley::storage_postgres {

cells picked_without_null(const cells& row, const std::vector<std::uint32_t>& columns) {
  cells out;
  if (row.empty()) return out;
  for (const std::uint32_t each : columns) {
    if (row[each].kind == PARLEY_NULL) return {};
    out.push_back(row[each]);
  }
  return out;
}

row& rows_of_table::at(const cells& key) {
  const auto [found, is_new] = rows_.try_emplace(encoded(key));
  if (is_new) found->second.key = key;
  return found->second;
}

owner& rows_of_table::owner_of(std::size_t unique, const cells& values) {
  const auto [found, is_new] = owners_[unique].try_emplace(encoded(values));
  if (is_new) found->second.values = values;
  return found->second;
}

void rows_of_table::read(cells whole) {
  const cells key(whole.begin(), whole.begin() + of_.key_count);
  at(key).stored = std::move(whole);
}

void rows_of_table::read_owner(std::size_t unique, const cells& values, const cells& key) {
  owner_of(unique, values).stored = encoded(key);
}

void rows_of_table::restart() {
  for (auto& [key, each] : rows_) {
    each.now = each.stored;
    each.was_erased = each.is_changed = false;
  }
  for (auto& by_value : owners_) {
    for (auto& [values, each] : by_value) each.now = each.stored;
  }
}

bool rows_of_table::set(row& which, cells to, bool is_new) {
  undo_.emplace_back(&which, which);
  const std::string key = encoded(which.key);
  for (std::size_t i = 0; i < of_.uniques.size(); ++i) {
    const cells from = picked_without_null(which.now, of_.uniques[i].columns);
    const cells next = picked_without_null(to, of_.uniques[i].columns);
    if (!move_owner(i, key, from, next, is_new)) return false;
  }
  if (to.empty()) which.was_erased = true;
  which.now = std::move(to);
  which.is_changed = true;
  return true;
}

bool rows_of_table::move_owner(std::size_t unique, const std::string& key, const cells& from,
                               const cells& to, bool is_new) {
  const auto change = [&](owner& of, const std::string& now) {
    undo_owners_.emplace_back(&of, of.now);
    of.now = now;
  };
  if (!from.empty()) {
    owner& before = owner_of(unique, from);
    if (!before.is_read && before.now.empty()) { // the row's own: there is nothing to ask for
      before.is_read = true;
      before.stored = before.now = key;
    }
    if (before.now == key) change(before, {});
  }
  if (to.empty()) return true;
  owner& next = owner_of(unique, to);
  if (is_new) next.is_read = true;
  if (!next.now.empty() && next.now != key) return false;
  change(next, key);
  return true;
}

void rows_of_table::undo() {
  while (!undo_.empty()) {
    *undo_.back().first = std::move(undo_.back().second);
    undo_.pop_back();
  }
  while (!undo_owners_.empty()) {
    undo_owners_.back().first->now = std::move(undo_owners_.back().second);
    undo_owners_.pop_back();
  }
}

} // namespace parley::storage_postgres
