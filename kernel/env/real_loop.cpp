#include "env/real_loop.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace parley::env {

namespace {

constexpr int turn_limit = 256; // handlers a turn: more would let the first replies wait

std::int64_t steady_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

} // namespace

real_loop::real_loop() : work_(context_.get_executor()), alarm_(context_) {}
real_loop::~real_loop() = default;

void real_loop::post(task work) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
    // The loop looks at the queue before it waits, so only another thread has to wake it.
    if (!woken_ && !in_this_thread()) wake = woken_ = true;
  }
  if (wake) boost::asio::post(context_, [] {});
}

timer_id real_loop::after(std::chrono::milliseconds delay, task work) {
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(delay).count();
  const timer_id id = timers_.add(steady_now() + std::max<std::int64_t>(ns, 0), std::move(work));
  arm_timer();
  return id;
}

void real_loop::cancel(timer_id timer) {
  timers_.cancel(timer);
}

bool real_loop::in_this_thread() const {
  return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

real_loop::turn_id real_loop::on_turn_end(task work) {
  turn_ends_.emplace_back(++last_turn_end_, std::move(work));
  return last_turn_end_;
}

void real_loop::forget_turn_end(turn_id which) {
  std::erase_if(turn_ends_, [which](const auto& one) { return one.first == which; });
}

void real_loop::run() {
  thread_ = std::this_thread::get_id();
  while (!stopped_) {
    if (nothing_posted()) context_.run_one();
    for (int i = 0; i < turn_limit && !stopped_; ++i) {
      const bool ran = run_posted();
      if (context_.poll_one() == 0 && !ran) break;
    }
    end_turn();
  }
  thread_ = std::thread::id();
  stopped_ = false; // it may run again
}

void real_loop::stop() {
  stopped_ = true;
  boost::asio::post(context_, [] {});
}

bool real_loop::nothing_posted() {
  const std::lock_guard lock(mutex_);
  return posted_.empty();
}

bool real_loop::run_posted() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    if (posted_.empty()) return false;
    running_.swap(posted_);
  }
  for (task& one : running_) one();
  running_.clear();
  return true;
}

bool real_loop::fire_timers() {
  bool fired = false;
  while (auto due = timers_.take_due(steady_now())) {
    (*due)();
    fired = true;
  }
  return fired;
}

// Only an earlier due time touches the system's timer; a cancelled one just fires for nothing.
void real_loop::arm_timer() {
  const auto due = timers_.next_due();
  if (!due || (alarm_due_ns_ != 0 && alarm_due_ns_ <= *due)) return;
  alarm_due_ns_ = *due;
  alarm_.expires_at(std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(
          std::chrono::nanoseconds(*due))));
  alarm_.async_wait([this](const boost::system::error_code& failed) {
    if (failed) return;
    alarm_due_ns_ = 0;
    fire_timers();
    arm_timer();
  });
}

void real_loop::end_turn() {
  for (std::size_t i = 0; i < turn_ends_.size(); ++i) turn_ends_[i].second();
}

} // namespace parley::env
