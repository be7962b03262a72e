#pragma once

// How far something is: a bar on a terminal, elsewhere a line for each tenth.

#include <cstdint>
#include <string>

namespace parley::ctl {

class progress {
 public:
  explicit progress(std::string what); // "records"
  void at(std::uint64_t done, std::uint64_t total);
  void end(); // the bar goes

 private:
  const std::string what_;
  const bool is_terminal_;
  int shown_ = -1; // per cent, or tenths
};

} // namespace parley::ctl
