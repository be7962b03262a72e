#pragma once

// Gives away all that the file holds, from one snapshot of the write-ahead log, on a thread and a
// connection of its own.

#include "settings.hpp"
#include "sqlite.hpp"

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace parley::storage_sqlite {

struct dump_request {
  parley_driver_dump how{};
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
};

class dumper {
 public:
  explicit dumper(settings with) : settings_(std::move(with)) {}
  ~dumper() { close(); }

  void open();
  // Ends what is under way, within a piece.
  void close();
  void ask(const dump_request& what); // any thread; one at a time

 private:
  enum class state { closed, open, closing };
  // Of the request at hand.
  struct run;

  void work(const dump_request& what);
  bool is_closing();

  const settings settings_;
  std::mutex mutex_;
  state state_ = state::closed;
  std::thread thread_;
};

} // namespace parley::storage_sqlite
