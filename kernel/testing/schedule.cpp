#include "testing/schedule.hpp"

#include <array>
#include <cstring>

namespace parley::test {

schedule::schedule(std::uint64_t seed)
    : loop(clock, [this](std::size_t n) { return pick(n); }),
      random(seed),
      pool(*this),
      choices_(~seed) {}

std::size_t schedule::pick(std::size_t n) {
  if (n < 2) return 0;
  std::array<std::byte, sizeof(std::uint64_t)> drawn{};
  choices_.fill(drawn);
  std::uint64_t number = 0;
  std::memcpy(&number, drawn.data(), sizeof number);
  return static_cast<std::size_t>(number % n);
}

bool any_order_workers::post(env::task work) {
  if (full && full()) return false;
  waiting_.push_back(std::move(work));
  of_.loop.post([this] {
    const auto which = waiting_.begin() + static_cast<std::ptrdiff_t>(of_.pick(waiting_.size()));
    const env::task next = std::move(*which);
    waiting_.erase(which);
    next();
  });
  return true;
}

} // namespace parley::test
