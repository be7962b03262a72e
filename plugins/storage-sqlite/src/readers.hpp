#pragma once

// Threads that read, each with a connection of its own, from snapshots of the write-ahead log.

#include "layout.hpp"
#include "settings.hpp"
#include "sqlite.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

namespace parley::storage_sqlite {

struct head_query {
  const parley_str* topics = nullptr;
  std::uint32_t count = 0;
};

// Of all topics, from behind an event of one.
struct logs_query {
  const parley_driver_log_read* from = nullptr;
};

struct read_request {
  std::variant<const parley_driver_read*, const parley_driver_log_read*, logs_query, head_query,
               const parley_driver_search*, const parley_driver_through*>
      what;
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
};

class readers {
 public:
  explicit readers(settings with);
  ~readers();

  // Again for another layout: those that are asked from then on are answered by it.
  void open(std::shared_ptr<const layout> known);
  // Returns when all that was asked is answered and the files are closed.
  void close();
  void ask(read_request what); // any thread

 private:
  void run();
  std::vector<read_request> take();

  const settings settings_;
  std::mutex mutex_;
  std::condition_variable work_, quiet_;
  std::deque<read_request> asked_;
  std::shared_ptr<const layout> layout_; // null: not open
  std::size_t busy_ = 0;                 // threads that answer, or have a file open
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace parley::storage_sqlite
