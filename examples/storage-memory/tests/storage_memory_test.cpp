// The suite that every driver passes, over stores that last as long as their place does.

#include "driver.hpp"

#include <gtest/gtest.h>
#include <parley/test/storage_driver.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace parley::test::storage {
namespace {

// A thread that answers, since the suite waits for each answer on its own.
class answering {
 public:
  answering() : thread_([this] { run(); }) {}
  ~answering() {
    post({});
    thread_.join();
  }
  void post(std::function<void()> what) {
    const std::lock_guard held(mutex_);
    waiting_.push_back(std::move(what));
    changed_.notify_one();
  }

 private:
  void run() {
    for (;;) {
      std::unique_lock held(mutex_);
      changed_.wait(held, [this] { return !waiting_.empty(); });
      const std::function<void()> next = std::move(waiting_.front());
      waiting_.pop_front();
      held.unlock();
      if (!next) return;
      next();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::thread thread_;
};

class memory_under_test final : public running_driver {
 public:
  explicit memory_under_test(std::shared_ptr<storage_memory::store> over)
      : driver_(std::move(over), [this](auto what) { answers_.post(std::move(what)); }) {}
  const parley_storage_driver& driver() const override { return driver_.face(); }

 private:
  answering answers_;
  storage_memory::driver driver_;
};

std::unique_ptr<running_driver> make(const std::string& place) {
  static std::map<std::string, std::shared_ptr<storage_memory::store>> stores;
  auto& over = stores[place];
  if (!over) over = std::make_shared<storage_memory::store>();
  return std::make_unique<memory_under_test>(over);
}

class conformance : public testing::TestWithParam<driver_case> {};
TEST_P(conformance, holds) {
  run_driver_case(GetParam().name, make);
}
INSTANTIATE_TEST_SUITE_P(memory, conformance, testing::ValuesIn(driver_cases()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(random_operations, do_what_a_model_does) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) compare_with_model(seed, 200, make);
}

} // namespace
} // namespace parley::test::storage
