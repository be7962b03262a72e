#pragma once

// The operating system's clocks and randomness.

#include "env/env.hpp"

namespace parley::env {

class real_clock final : public clock {
 public:
  std::int64_t unix_ms() const override;
  std::int64_t steady_ns() const override;
};

// libsodium's; initialises the library.
class real_random final : public random {
 public:
  real_random();
  void fill(std::span<std::byte> out) override;
};

} // namespace parley::env
