#pragma once

// A clock, a loop and randomness that do the same on every run, for tests and the simulation.

#include "env/env.hpp"
#include "env/timer_queue.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace parley::env {

class virtual_clock final : public clock {
 public:
  explicit virtual_clock(std::int64_t unix_ms = 1'767'225'600'000) : start_ms_(unix_ms) {} // 2026
  std::int64_t unix_ms() const override { return start_ms_ + steady_ns() / 1'000'000; }
  std::int64_t steady_ns() const override { return now_ns_.load(std::memory_order_relaxed); }
  void set_steady_ns(std::int64_t now) { now_ns_.store(now, std::memory_order_relaxed); }
  void advance(std::chrono::milliseconds by) {
    now_ns_.fetch_add(by.count() * 1'000'000, std::memory_order_relaxed);
  }
  // As when somebody sets the wall clock; time itself goes on.
  void jump(std::chrono::milliseconds by) {
    start_ms_.fetch_add(by.count(), std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> start_ms_;
  std::atomic<std::int64_t> now_ns_{1'000'000'000};
};

// Runs only when told to, on the thread that made it.
class virtual_loop final : public loop {
 public:
  // `pick(n)` gives one of 0 … n-1: which of `n` timers that are due at the same time goes first.
  // Without it the one that was set first.
  using picker = std::function<std::size_t(std::size_t n)>;
  explicit virtual_loop(virtual_clock& now, picker pick = {})
      : clock_(now), pick_(std::move(pick)) {}

  void post(task work) override;
  timer_id after(std::chrono::milliseconds delay, task work) override;
  void cancel(timer_id timer) override { timers_.cancel(timer); }
  bool in_this_thread() const override { return std::this_thread::get_id() == thread_; }

  // Runs what is posted and due until nothing is left; time stands still. How many it ran.
  std::size_t run_until_idle();
  // Waits, in the machine's time, until another thread has posted; false where none did.
  bool wait_for_post(std::chrono::milliseconds longest);
  // Moves the clock on, from timer to timer, running what becomes due.
  void advance(std::chrono::milliseconds by);
  // Forgets what was posted and every timer: whoever they were for is gone.
  void clear();
  // How long until the next timer is due: 0 where one is; nothing where there is none.
  std::optional<std::chrono::milliseconds> next_due() const;

 private:
  bool run_one();

  virtual_clock& clock_;
  picker pick_;
  const std::thread::id thread_ = std::this_thread::get_id();
  timer_queue timers_;
  std::mutex mutex_; // worker threads of a test may post
  std::condition_variable has_post_;
  std::deque<task> posted_;
};

// Runs the work when the loop next runs: CPU work without threads.
class virtual_workers final : public workers {
 public:
  explicit virtual_workers(loop& on) : loop_(on) {}
  bool post(task work) override {
    loop_.post(std::move(work));
    return true;
  }

 private:
  loop& loop_;
};

// SplitMix64 from a seed. Not fit for keys.
class seeded_random final : public random {
 public:
  explicit seeded_random(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::byte> out) override;

 private:
  std::mutex mutex_;
  std::uint64_t state_;
};

} // namespace parley::env
