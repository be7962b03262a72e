#include "env/thread.hpp"

#include <pthread.h>
#include <sched.h>

namespace parley::env {

thread::thread(std::string name, task body)
    : thread_([name = std::move(name), body = std::move(body)] {
        pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
        body();
      }) {}

void thread::join() {
  if (thread_.joinable()) thread_.join();
}

loop_thread::loop_thread(std::string name) : name_(std::move(name)) {}

void loop_thread::start() {
  if (thread_.empty()) thread_.emplace_back(name_, [this] { loop_.run(); });
}

void loop_thread::stop() {
  loop_.stop();
  thread_.clear();
}

worker_pool::worker_pool(std::size_t threads, std::size_t capacity) : capacity_(capacity) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back("worker-" + std::to_string(i), [this] { run(); });
  }
}

worker_pool::~worker_pool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

bool worker_pool::post(task work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= capacity_) return false;
    queue_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

void worker_pool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    task work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr; // what it captured must not die under the lock
    lock.lock();
  }
}

ticker::ticker(std::string name, std::chrono::milliseconds every, task what) {
  thread_.emplace_back(std::move(name), [this, every, what = std::move(what)] {
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, every, [this] { return stopping_; })) {
      lock.unlock();
      what();
      lock.lock();
    }
  });
}

ticker::~ticker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ended_.notify_all();
  thread_.clear();
}

std::size_t processors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  const int count = CPU_COUNT(&allowed);
  return count > 0 ? static_cast<std::size_t>(count) : 1;
}

} // namespace parley::env
