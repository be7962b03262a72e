#pragma once

// The one thread that writes. What waits when it comes round is committed together.

#include "checkpointer.hpp"
#include "dumper.hpp"
#include "free_space.hpp"
#include "group.hpp"
#include "migration.hpp"
#include "readers.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

namespace parley::storage_sqlite {

struct open_request {
  const parley_collection* collections = nullptr;
  std::uint32_t count = 0;
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
};

struct trim_request {
  std::string_view before;
  std::uint32_t limit = 0;
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
};

struct close_request {
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
};

struct scrub_request {
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
};

using write_request = std::variant<open_request, commit_request, widen_request, trim_request,
                                   scrub_request, close_request>;

class writer {
 public:
  writer(settings with, readers& reading, dumper& dumping);
  ~writer();

  void ask(write_request what); // any thread

 private:
  void run();
  void work(std::vector<write_request>& requests);
  void commit();
  void one(const open_request& what);
  void one(const commit_request& what);
  void one(const widen_request& what);
  void one(const trim_request& what);
  void one(const scrub_request& what);
  void one(const close_request& what);
  std::string open();
  std::string use(std::shared_ptr<const layout> known);
  void migrate();
  void end_migration(const std::string& problem);
  std::string lock_file();
  void shut();
  void scrub();
  void give_back();
  void checkpoint_if_due();

  const settings settings_;
  readers& readers_;
  dumper& dumper_;
  checkpointer checkpointer_;

  std::mutex mutex_;
  std::condition_variable asked_for_;
  std::deque<write_request> asked_;
  bool stopping_ = false;

  // Of the thread.
  int lock_ = -1;
  database file_;
  std::optional<free_space> free_space_;
  bool may_give_back_ = false; // something was written since there was nothing to give back
  bool gave_back_ = false;     // and the log still has to be moved into the file
  std::chrono::steady_clock::time_point next_back_;
  std::shared_ptr<const layout> layout_;
  std::optional<group> group_;
  std::optional<migration> migration_; // under way
  bool is_open_ = false;
  std::vector<commit_request> waiting_;
  std::vector<scrub_request> scrubs_; // that wait: one does for all
  int log_pages_ = 0;
  int pages_at_wake_ = 0;

  std::thread thread_;
};

} // namespace parley::storage_sqlite
