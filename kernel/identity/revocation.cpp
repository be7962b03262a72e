#include "identity/revocation.hpp"

namespace parley::identity {

void revoked_sessions::add(std::string_view session, std::int64_t until_ms) {
  auto [entry, added] = until_.try_emplace(std::string(session), until_ms);
  if (!added) {
    if (entry->second >= until_ms) return;
    entry->second = until_ms;
  }
  by_time_.emplace(until_ms, std::string(session));
}

bool revoked_sessions::contains(std::string_view session) const {
  return until_.find(session) != until_.end();
}

void revoked_sessions::purge(std::int64_t now_ms) {
  while (!by_time_.empty() && by_time_.begin()->first <= now_ms) {
    const auto first = by_time_.begin();
    const auto entry = until_.find(first->second);
    // A later time may have been set since.
    if (entry != until_.end() && entry->second <= now_ms) until_.erase(entry);
    by_time_.erase(first);
  }
}

} // namespace parley::identity
