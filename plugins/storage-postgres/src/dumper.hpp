#pragma once

// Gives away all that the database holds, from one snapshot (REPEATABLE READ), on a thread and a
// connection of its own.

#include "settings.hpp"
#include "values.hpp"

#include <atomic>
#include <mutex>
#include <thread>

namespace parley::storage_postgres {

struct dump_request {
  parley_driver_dump how{};
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
};

class dumper {
 public:
  explicit dumper(const settings& with) : settings_(with) {}
  ~dumper();

  void ask(const dump_request& what); // any thread; one at a time
  void start() { is_stopped_ = false; }
  // What is under way ends with its next piece.
  void stop() { is_stopped_ = true; }

 private:
  // Of the request at hand.
  class run;

  const settings& settings_;
  std::atomic<bool> is_stopped_{true};
  std::mutex mutex_;
  std::thread thread_;
};

} // namespace parley::storage_postgres
