#pragma once

// The driver between the server and its store, for tests: one operation at a time and in any order
// that the contract allows, so that a seed repeats it; with faults; and it stays when the server
// goes, so that another server finds what was committed.

#include "parley/draft/storage_driver.h"
#include "testing/faults.hpp"
#include "testing/loaded_driver.hpp"
#include "testing/schedule.hpp"

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>

namespace parley::test {

class kept_store {
 public:
  kept_store(schedule& on, fault_plan& faults);
  ~kept_store();
  kept_store(const kept_store&) = delete;

  // The real driver. What is wrong, or an empty text.
  std::string load(parley::plugin::candidate driver, const std::filesystem::path& code);
  // For the driver's place in a server.
  const parley_storage_driver& face() const { return face_; }

  // Nothing reaches the store any more, until a server opens it again.
  void cut();
  // What a fault holds back goes on at once.
  void let_go();
  std::size_t waiting() const { return queue_.size() + held_.size(); }

  // Called when an operation is about to reach the store.
  std::function<void()> on_operation;
  // Called when the answer of a commit was lost.
  std::function<void()> on_lost_answer;

 private:
  struct passage; // an operation on its way
  using passage_ptr = std::shared_ptr<passage>;

  static kept_store& of(void* self) { return *static_cast<kept_store*>(self); }
  static passage_ptr rows_to(parley_driver_rows_done done, void* user);
  void fill_in_reads();
  void fill_in_search();
  void fill_in_through();
  void fill_in_logs();
  void fill_in_scrub();
  void fill_in_writes();
  void enqueue(passage_ptr what);
  void arrange();
  passage_ptr take_next();
  void begin(const passage_ptr& what);
  void hold(const passage_ptr& what, std::chrono::milliseconds by);
  void run(const passage_ptr& what);
  bool refused(passage& what);
  void wait_for(const passage& what);
  void close_driver();

  schedule& on_;
  fault_plan& faults_;
  parley_storage_driver face_{};
  std::list<passage_ptr> queue_;
  std::list<passage_ptr> held_; // that a fault makes slow
  bool write_held_ = false;     // the writes behind it wait
  bool arranged_ = false;
  bool cut_ = false;
  std::uint32_t given_ = 0; // collections that the driver counts
  std::uint32_t base_ = 0;  // the first of this server's

  std::mutex guard_;
  std::condition_variable completed_;

  loaded_driver driver_;
};

} // namespace parley::test
