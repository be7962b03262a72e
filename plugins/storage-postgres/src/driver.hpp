#pragma once

// parley.storage_driver/1 over a PostgreSQL database.

#include "dumper.hpp"
#include "readers.hpp"
#include "settings.hpp"
#include "writer.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <mutex>
#include <thread>

namespace parley::storage_postgres {

class driver {
 public:
  explicit driver(settings with);
  ~driver();
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;

  const parley_storage_driver& face() const { return face_; }

 private:
  using request = std::variant<write_request, read_request>;
  void ask(request what); // any thread
  void hand_over();

  const settings settings_;
  asio::io_context io_{1}; // ends last: what waits in it refers to the rest
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  readers readers_, searchers_;
  replicas replicas_;
  writer writer_;
  dumper dumper_;
  parley_storage_driver face_{};
  std::mutex mutex_;
  std::vector<request> asked_;
  std::thread thread_;
};

} // namespace parley::storage_postgres
