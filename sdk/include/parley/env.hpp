#pragma once

// Randomness and timers, from the host: under a virtual clock and a seed they repeat themselves.
// Time and ids: call::now, call::new_id.

#include "parley/env.h"
#include "parley/value.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace parley {

// [any-thread] Fills with random bytes fit for keys.
inline void random_bytes(const host& host, void* out, std::size_t length) {
  check(host.environment->random(host.raw, out, length), "taking random bytes");
}

// Calls `fire` once on [logic], unless it is destroyed before. `fire` may destroy the timer.
class timer {
 public:
  timer(const host& host, std::uint32_t delay_ms, std::function<void()> fire)
      : host_(&host), fire_(std::move(fire)) {
    check(host.environment->after(host.raw, delay_ms, &timer::fired, this, &handle_),
          "setting a timer");
  }
  ~timer() {
    if (handle_ != 0) host_->environment->cancel(host_->raw, handle_);
  }
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

 private:
  static void fired(void* user) {
    auto* self = static_cast<timer*>(user);
    self->handle_ = 0;
    const std::function<void()> fire = std::move(self->fire_);
    fire();
  }

  const host* host_;
  std::function<void()> fire_;
  parley_timer handle_ = 0;
};

} // namespace parley
