#include "attempts.hpp"

#include <algorithm>

namespace auth_password {

std::int64_t attempts::delay_after(std::uint32_t failures) const {
  if (failures < rules_.free_attempts) return 0;
  const auto doublings = std::min<std::uint32_t>(failures - rules_.free_attempts, 30);
  return std::min(rules_.first_delay_ms << doublings, rules_.max_delay_ms);
}

// Also drops the entry where it is old enough to be forgotten.
attempts::entries::iterator attempts::find(std::string_view key, std::int64_t now_ms) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return entries_.end();
  if (now_ms - found->second->last_ms < rules_.forget_ms) return found->second;
  drop(found->second);
  return entries_.end();
}

void attempts::drop(entries::iterator which) {
  by_key_.erase(which->key);
  entries_.erase(which);
}

std::int64_t attempts::wait_ms(std::string_view key, std::int64_t now_ms) {
  const auto found = find(key, now_ms);
  if (found == entries_.end()) return 0;
  return std::max<std::int64_t>(0, found->last_ms + delay_after(found->failures) - now_ms);
}

void attempts::begin(std::string_view key, std::int64_t now_ms) {
  auto found = find(key, now_ms);
  if (found == entries_.end()) {
    // Who fills the table drops those that failed the longest ago, and has to do it from many
    // addresses, each of which is counted too.
    if (entries_.size() >= rules_.tracked) drop(std::prev(entries_.end()));
    entries_.push_front({std::string(key), 0, 0});
    found = entries_.begin();
    by_key_.emplace(found->key, found);
  } else {
    entries_.splice(entries_.begin(), entries_, found);
  }
  ++found->failures;
  found->last_ms = now_ms;
}

void attempts::take_back(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  if (--found->second->failures == 0) drop(found->second);
}

void attempts::forget(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) drop(found->second);
}

} // namespace auth_password
