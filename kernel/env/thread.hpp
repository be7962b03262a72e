#pragma once

// Threads. Nobody outside env/ makes any.

#include "env/env.hpp"
#include "env/real_loop.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace parley::env {

// Joined when it goes out of scope.
class thread {
 public:
  thread(std::string name, task body);
  ~thread() { join(); }
  thread(thread&&) = default;
  thread(const thread&) = delete;
  void join();

 private:
  std::thread thread_;
};

// A loop with its thread.
class loop_thread {
 public:
  explicit loop_thread(std::string name);
  ~loop_thread() { stop(); }
  loop_thread(const loop_thread&) = delete;

  real_loop& loop() { return loop_; }
  void start(); // what was registered before runs on the thread
  void stop();  // waits for the thread; not on the thread itself

 private:
  std::string name_;
  real_loop loop_;
  std::vector<thread> thread_; // none or one
};

// What is queued when it is destroyed is still run.
class worker_pool final : public workers {
 public:
  worker_pool(std::size_t threads, std::size_t capacity);
  ~worker_pool() override;
  bool post(task work) override;

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<task> queue_;
  std::size_t capacity_;
  bool stopping_ = false;
  std::vector<thread> threads_;
};

// Calls a task every so often on a thread of its own, until it goes out of scope.
class ticker {
 public:
  ticker(std::string name, std::chrono::milliseconds every, task what);
  ~ticker();
  ticker(const ticker&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool stopping_ = false;
  std::vector<thread> thread_; // one; made when the rest is
};

// How many processors this process may use, at least 1.
std::size_t processors();

} // namespace parley::env
