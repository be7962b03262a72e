#include "ctl/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace parley::ctl {

progress::progress(std::string what)
    : what_(std::move(what)), is_terminal_(::isatty(STDERR_FILENO) == 1) {}

void progress::at(std::uint64_t done, std::uint64_t total) {
  constexpr int width = 40;
  if (total == 0) return;
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const int now = static_cast<int>(part * (is_terminal_ ? 100 : 10));
  if (now == shown_) return;
  shown_ = now;
  const std::string counted = std::to_string(done) + " of " + std::to_string(total) + " " + what_;
  if (!is_terminal_) {
    std::cerr << 10 * now << " %, " << counted << '\n';
    return;
  }
  const auto full = static_cast<std::size_t>(part * width);
  std::cerr << "\r[" << std::string(full, '#') << std::string(width - full, ' ') << "] " << now
            << " %  " << counted << "\x1b[K" << std::flush;
}

void progress::end() {
  if (is_terminal_ && shown_ >= 0) std::cerr << "\r\x1b[K" << std::flush;
  shown_ = -1;
}

} // namespace parley::ctl
