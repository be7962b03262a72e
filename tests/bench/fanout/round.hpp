#pragma once

#include "target.hpp"

#include <cstdint>

namespace parley::bench {

struct load {
  std::size_t members = 200;
  std::uint64_t messages = 2000;
  std::uint64_t window = 32; // unanswered calls of the one sender
  std::size_t text_bytes = 100;
};

struct figures {
  std::uint64_t deliveries = 0;
  double seconds = 0;
  double server_cpu_s = 0;
  double own_cpu_s = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double per_cpu_second() const { return static_cast<double>(deliveries) / server_cpu_s; }
};

// Connects all members, sends a tenth to warm up, then measures until every member has everything.
figures run_round(target& which, const load& how);

} // namespace parley::bench
