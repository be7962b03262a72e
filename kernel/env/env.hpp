#pragma once

// The one door to what is not deterministic: clock, timers, randomness and scheduling. Everything
// else in the kernel takes these interfaces, so that a whole server can run under a virtual clock
// and a seed.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace parley::env {

using task = std::function<void()>;
using timer_id = std::uint64_t; // 0 is no timer

class clock {
 public:
  virtual ~clock() = default;
  virtual std::int64_t unix_ms() const = 0;   // wall clock, UTC; any thread
  virtual std::int64_t steady_ns() const = 0; // never goes back; any thread
};

class random {
 public:
  virtual ~random() = default;
  virtual void fill(std::span<std::byte> out) = 0; // fit for keys; any thread
};

// What one thread runs. Tasks run in the order in which they were posted.
class loop {
 public:
  virtual ~loop() = default;
  virtual void post(task work) = 0;                                       // any thread
  virtual timer_id after(std::chrono::milliseconds delay, task work) = 0; // on the loop
  virtual void cancel(timer_id timer) = 0;                                // on the loop
  virtual bool in_this_thread() const = 0;                                // any thread
};

// Threads for CPU work, with a bounded queue.
class workers {
 public:
  virtual ~workers() = default;
  virtual bool post(task work) = 0; // any thread; false where the queue is full
};

// RFC 3339, UTC, milliseconds: 2026-11-21T08:15:30.123Z
std::string rfc3339(std::int64_t unix_ms);

// RFC 9562 version 7: ordered by time.
std::string uuid_v7(const clock& now, random& source);

} // namespace parley::env
