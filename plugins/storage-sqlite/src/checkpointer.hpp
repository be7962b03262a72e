#pragma once

// Moves committed pages from the write-ahead log into the file, beside the writer and the readers,
// on a thread and a connection of its own.

#include "settings.hpp"
#include "sqlite.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace parley::storage_sqlite {

class checkpointer {
 public:
  ~checkpointer() { stop(); }
  void start(const settings& with);
  void stop();
  void wake(); // the log has grown

 private:
  void run(const settings& with);

  std::mutex mutex_;
  std::condition_variable woken_;
  bool wanted_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace parley::storage_sqlite
