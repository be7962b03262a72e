#pragma once

// A server under measurement: a child process, and what /proc says about it.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace parley::bench {

class process {
 public:
  // Its output goes to `log`.
  process(const std::vector<std::string>& command, const std::string& log);
  ~process(); // SIGTERM, then waits; SIGKILL after ten seconds
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  bool running() const;
  // Nanoseconds on a CPU, of all its threads. Ticks of 10 ms would be too coarse.
  std::uint64_t cpu_ns() const;
  std::uint64_t resident_kib() const;

 private:
  pid_t pid_ = -1;
};

std::uint64_t own_cpu_ns();
std::int64_t steady_ns();
std::uint16_t free_port();

} // namespace parley::bench
