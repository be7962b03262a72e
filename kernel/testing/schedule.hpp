#pragma once

// Time and chance of a test: a clock that stands still until told, and one seed for every choice
// that nobody promised: which of several answers comes first.

#include "env/virtual.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>

namespace parley::test {

class schedule;

// Work beside the logic thread, done on it: in any order, as on several threads.
class any_order_workers final : public env::workers {
 public:
  explicit any_order_workers(schedule& of) : of_(of) {}
  bool post(env::task work) override;

  std::function<bool()> full; // asked before each

 private:
  schedule& of_;
  std::deque<env::task> waiting_;
};

class schedule {
 public:
  explicit schedule(std::uint64_t seed);

  // One of 0 … n-1.
  std::size_t pick(std::size_t n);

  env::virtual_clock clock;
  env::virtual_loop loop;
  env::seeded_random random; // for what the server makes: ids, keys
  any_order_workers pool;

 private:
  env::seeded_random choices_;
};

} // namespace parley::test
