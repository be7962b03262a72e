#pragma once

// Brings what drivers complete on their threads to the logic loop: one post for all that gathers
// until the loop comes round.

#include "env/env.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace parley::storage {

class letter {
 public:
  virtual ~letter() = default;
  virtual void deliver() = 0; // on the logic loop
};

class errand final : public letter {
 public:
  explicit errand(std::function<void()> work) : work_(std::move(work)) {}
  void deliver() override { work_(); }

 private:
  std::function<void()> work_;
};

class mailbox : public std::enable_shared_from_this<mailbox> {
 public:
  explicit mailbox(env::loop& logic) : logic_(logic) {}

  void put(std::unique_ptr<letter> what) {
    bool first = false;
    {
      const std::scoped_lock lock(mutex_);
      first = letters_.empty();
      letters_.push_back(std::move(what));
    }
    if (first) logic_.post([self = shared_from_this()] { self->empty(); });
  }

  void put(std::function<void()> work) { put(std::make_unique<errand>(std::move(work))); }

  // What comes from now on is dropped unread: nobody is left to call.
  void shut() { shut_ = true; }

 private:
  void empty() {
    std::vector<std::unique_ptr<letter>> letters;
    {
      const std::scoped_lock lock(mutex_);
      letters.swap(letters_);
    }
    for (const auto& each : letters) {
      if (!shut_) each->deliver();
    }
  }

  env::loop& logic_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<letter>> letters_;
  bool shut_ = false; // of the logic loop
};

} // namespace parley::storage
