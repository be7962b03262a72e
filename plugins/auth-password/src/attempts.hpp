#pragma once

// Growing delays after failed attempts. In memory, bounded, and without a clock of its own.
//
// An attempt counts as failed from its beginning until `succeeded` takes it back: so many at once
// gain nothing over one after another.

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace auth_password {

struct delay_rules {
  std::uint32_t free_attempts = 5;
  std::int64_t first_delay_ms = 1'000;
  std::int64_t max_delay_ms = 300'000;
  std::int64_t forget_ms = 3'600'000;
  std::size_t tracked = 100'000;
};

class attempts {
 public:
  explicit attempts(const delay_rules& rules) : rules_(rules) {}

  // How long to wait before an attempt for `key` is allowed; 0: now.
  std::int64_t wait_ms(std::string_view key, std::int64_t now_ms);
  // Counts an attempt that is being made.
  void begin(std::string_view key, std::int64_t now_ms);
  // Takes one attempt back, or all of them.
  void take_back(std::string_view key);
  void forget(std::string_view key);

  std::size_t size() const { return by_key_.size(); }

 private:
  struct entry {
    std::string key;
    std::uint32_t failures = 0;
    std::int64_t last_ms = 0;
  };
  using entries = std::list<entry>; // the latest first

  std::int64_t delay_after(std::uint32_t failures) const;
  entries::iterator find(std::string_view key, std::int64_t now_ms);
  void drop(entries::iterator which);

  delay_rules rules_;
  entries entries_;
  std::unordered_map<std::string_view, entries::iterator> by_key_; // views into the entries
};

} // namespace auth_password
