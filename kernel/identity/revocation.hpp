#pragma once

// The sessions that were revoked and whose access tokens may not have expired yet. Kept in memory,
// so that checking a token reads no storage; filled from storage at start.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace parley::identity {

class revoked_sessions {
 public:
  // `until_ms`: when the last access token of the session expires.
  void add(std::string_view session, std::int64_t until_ms);
  bool contains(std::string_view session) const;
  // Forgets those whose tokens have expired. Cheap where there are none.
  void purge(std::int64_t now_ms);
  std::size_t size() const { return until_.size(); }

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::unordered_map<std::string, std::int64_t, text_hash, std::equal_to<>> until_;
  std::multimap<std::int64_t, std::string> by_time_;
};

} // namespace parley::identity
