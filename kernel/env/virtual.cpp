#include "env/virtual.hpp"

#include <algorithm>

namespace parley::env {

void virtual_loop::post(task work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
  }
  has_post_.notify_one();
}

bool virtual_loop::wait_for_post(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  return has_post_.wait_for(lock, longest, [this] { return !posted_.empty(); });
}

timer_id virtual_loop::after(std::chrono::milliseconds delay, task work) {
  return timers_.add(clock_.steady_ns() + delay.count() * 1'000'000, std::move(work));
}

bool virtual_loop::run_one() {
  task work;
  {
    const std::lock_guard lock(mutex_);
    if (!posted_.empty()) {
      work = std::move(posted_.front());
      posted_.pop_front();
    }
  }
  if (!work) {
    auto due =
        pick_ ? timers_.take_due(clock_.steady_ns(), pick_) : timers_.take_due(clock_.steady_ns());
    if (!due) return false;
    work = std::move(*due);
  }
  work();
  return true;
}

std::size_t virtual_loop::run_until_idle() {
  std::size_t ran = 0;
  while (run_one()) ++ran;
  return ran;
}

void virtual_loop::advance(std::chrono::milliseconds by) {
  const std::int64_t until = clock_.steady_ns() + by.count() * 1'000'000;
  run_until_idle();
  while (true) {
    const auto due = timers_.next_due();
    if (!due || *due > until) break;
    if (*due > clock_.steady_ns()) clock_.set_steady_ns(*due);
    run_until_idle();
  }
  clock_.set_steady_ns(until);
  run_until_idle();
}

void virtual_loop::clear() {
  std::deque<task> posted;
  {
    const std::lock_guard lock(mutex_);
    posted.swap(posted_);
  }
  timers_ = {};
}

std::optional<std::chrono::milliseconds> virtual_loop::next_due() const {
  const auto due = timers_.next_due();
  if (!due) return std::nullopt;
  const std::int64_t left_ns = std::max<std::int64_t>(0, *due - clock_.steady_ns());
  return std::chrono::milliseconds((left_ns + 999'999) / 1'000'000);
}

void seeded_random::fill(std::span<std::byte> out) {
  const std::lock_guard lock(mutex_);
  for (std::byte& one : out) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    one = static_cast<std::byte>((z ^ (z >> 31)) & 0xff);
  }
}

} // namespace parley::env
