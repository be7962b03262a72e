#pragma once

// Puts the pieces of a dump into an empty store. Calls wait for the store. Until all of it is there
// the store says that it is not whole, and no server starts with it.

#include "backup/records.hpp"
#include "storage/batch.hpp"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace parley::backup {

class loader {
 public:
  // The driver outlives it; its answers need no thread that waits here.
  explicit loader(const parley_storage_driver& into) : into_(into) {}
  ~loader() { wait(0); }
  loader(const loader&) = delete;
  loader& operator=(const loader&) = delete;

  // Each gives what is wrong, which ends it.
  std::string begin(); // opens the store, which has to be empty
  std::string take(const parley_driver_piece& piece);
  std::string end();
  const counts& counted() const { return counted_; } // after `end`: what was put there

 private:
  struct sent;

  std::string open(const std::vector<std::shared_ptr<storage::table>>& these, bool is_first);
  std::string take_declarations(const parley_driver_piece& piece);
  std::string declare();
  std::string take_rows(const parley_driver_piece& piece);
  void take_events(const parley_driver_piece& piece);
  void end_log();
  storage::batch_builder& batch();
  void send_if_full();
  void send();
  std::string wait(std::size_t most); // until no more than these are under way

  const parley_storage_driver& into_;
  std::shared_ptr<storage::tables> known_ = std::make_shared<storage::tables>();
  std::map<std::string, std::shared_ptr<storage::table>> tables_;
  std::vector<storage::collection> declared_;
  std::unique_ptr<storage::batch_builder> declarations_; // written last
  bool is_declared_ = false;
  std::unique_ptr<storage::batch_builder> next_;
  std::size_t next_bytes_ = 0;
  record_writer records_;
  counts counted_;
  std::string topic_; // whose events come
  std::int64_t head_ = 0;

  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t under_way_ = 0;
  std::string why_; // of the first that failed
};

} // namespace parley::backup
