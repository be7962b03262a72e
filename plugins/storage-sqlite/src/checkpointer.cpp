#include "checkpointer.hpp"

#include <sqlite3.h>

namespace parley::storage_sqlite {

void checkpointer::start(const settings& with) {
  stopping_ = false;
  wanted_ = false;
  thread_ = std::thread([this, with] { run(with); });
}

void checkpointer::stop() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_one();
  thread_.join();
}

void checkpointer::wake() {
  {
    const std::scoped_lock lock(mutex_);
    wanted_ = true;
  }
  woken_.notify_one();
}

void checkpointer::run(const settings& with) {
  database file;
  std::unique_lock lock(mutex_);
  while (true) {
    woken_.wait(lock, [this] { return wanted_ || stopping_; });
    if (stopping_) return;
    wanted_ = false;
    lock.unlock();
    // A failure here costs speed, not safety: the writer checkpoints itself when the log is long.
    if (!file && file.open(with.path, true, 1) != SQLITE_OK) file.close();
    if (file) {
      sqlite3_wal_checkpoint_v2(file.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                nullptr);
    }
    lock.lock();
  }
}

} // namespace parley::storage_sqlite
