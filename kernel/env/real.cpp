#include "env/real.hpp"

#include <sodium.h>

#include <stdexcept>

namespace parley::env {

std::int64_t real_clock::unix_ms() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::int64_t real_clock::steady_ns() const {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

real_random::real_random() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot find a source of randomness");
}

void real_random::fill(std::span<std::byte> out) {
  randombytes_buf(out.data(), out.size());
}

} // namespace parley::env
