#pragma once

// What has had its time goes by itself: records whose field says so (`expires` in a manifest), and
// old entries of topics' logs. Every so often, a batch after the other, so that what others commit
// waits for no more than one of them. Nodes that share a store may do it at once: a record is
// erased under the condition that it is as it was read.

#include "env/env.hpp"
#include "storage/engine.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace parley::storage {

// Where no index of the collection begins with the field by which its records expire, one is added.
void index_expiry(collection& of);

class expiry {
 public:
  struct settings {
    std::int64_t every_ms = 60'000;                  // from the end of one sweep to the next
    std::uint32_t batch = 100;                       // erased at once
    std::int64_t log_ms = 7LL * 24 * 60 * 60 * 1000; // how long entries of logs are kept
  };

  // All outlive it. Everything on the logic loop.
  expiry(engine& store, env::loop& logic, const env::clock& clock, settings with);
  ~expiry();
  expiry(const expiry&) = delete;
  expiry& operator=(const expiry&) = delete;

  // Stored collections, of which those without `expires` are left alone. A newer shape takes the
  // place of the one before.
  void watch(const std::vector<collection>& all);
  // Sweeps now, and from then on by itself.
  void begin();
  // All that is due now; `done` is called later. One at a time.
  void sweep(std::function<void()> done);

 private:
  struct due {
    std::string name, field, index;
    std::vector<std::string> key;
  };

  void next();
  void page();
  void erase(const std::vector<boost::json::object>& records, bool more);
  void trim();
  template <typename Then>
  auto later(Then then) {
    return [alive = alive_, then = std::move(then)](auto&&... what) {
      if (*alive) then(std::forward<decltype(what)>(what)...);
    };
  }

  engine& store_;
  env::loop& logic_;
  const env::clock& clock_;
  const settings settings_;
  std::map<std::string, due> watched_; // by name
  env::timer_id timer_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  // Of the sweep under way.
  std::vector<due> left_; // the last is under way
  int conflicts_ = 0;     // in a row
  std::function<void()> done_;
};

} // namespace parley::storage
