#pragma once

// One thread's event loop on Asio. It runs in turns: wait for one thing, take what else is ready,
// up to a bound, then call the ends of the turn. What queues during a turn (replies, events) is
// written there at once, by one system call a connection.

#include "env/env.hpp"
#include "env/timer_queue.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace parley::env {

class real_loop final : public loop {
 public:
  real_loop();
  ~real_loop() override;

  void post(task work) override;
  timer_id after(std::chrono::milliseconds delay, task work) override;
  void cancel(timer_id timer) override;
  bool in_this_thread() const override;

  boost::asio::io_context& context() { return context_; }

  // Called after every turn, in the order of registration, until taken back. On the loop, or before
  // it runs.
  using turn_id = std::uint64_t;
  turn_id on_turn_end(task work);
  void forget_turn_end(turn_id which);

  void run();  // until stop(); the calling thread becomes the loop's
  void stop(); // any thread

 private:
  bool run_posted();
  bool fire_timers();
  void arm_timer();
  void end_turn();
  bool nothing_posted();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer alarm_;
  std::int64_t alarm_due_ns_ = 0; // 0: not armed
  timer_queue timers_;
  std::vector<std::pair<turn_id, task>> turn_ends_;
  turn_id last_turn_end_ = 0;
  std::vector<task> running_;
  std::atomic<std::thread::id> thread_{};
  std::atomic<bool> stopped_ = false;

  std::mutex mutex_; // guards what follows
  std::vector<task> posted_;
  bool woken_ = false;
};

} // namespace parley::env
