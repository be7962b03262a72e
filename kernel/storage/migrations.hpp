#pragma once

// Brings the store to what plugins declare, one plugin at a time: what cannot be is refused before
// anything is changed, the driver widens its tables, and then the new declarations are stored. A
// crash on the way leaves the old declarations, so that the next start does the rest.

#include "env/env.hpp"
#include "storage/declaration.hpp"
#include "storage/limits.hpp"
#include "storage/mailbox.hpp"
#include "storage/scan.hpp"

#include <deque>
#include <map>
#include <optional>

namespace parley::storage {

class migrations {
 public:
  using progressed = std::function<void(const migration_progress&)>;

  // `known` is what the engine resolves names by: it grows when the driver has what is new.
  migrations(engine& store, const parley_storage_driver& driver, env::loop& logic,
             std::shared_ptr<mailbox> box, std::shared_ptr<tables>& known, const limits& bounds);
  ~migrations();

  // Reads what is stored; the declarations' own collection is open.
  void load(engine::opened done);
  void ask(std::vector<collection> wanted, progressed progress, engine::opened done);

 private:
  struct job {
    std::vector<collection> wanted;
    progressed progress;
    engine::opened done;
  };

  void load_after(const boost::json::value& last, engine::opened done);
  void next();
  problem plan(const job& what);
  void widen();
  void widened();
  void index_next();
  void index_page();
  void indexed(const std::vector<boost::json::object>& page, bool more);
  void write();
  void note(const migration_progress& at);
  void expect_progress();
  void give_up();
  void finish(const failure& why);

  engine& store_;
  const parley_storage_driver& driver_;
  env::loop& logic_;
  const std::shared_ptr<mailbox> box_;
  std::shared_ptr<tables>& known_;
  std::map<std::string, declaration, std::less<>> stored_;
  std::deque<job> jobs_; // the first is under way
  const std::chrono::milliseconds stall_;

  // Of the job under way.
  std::vector<std::shared_ptr<const table>> added_;
  std::map<std::string, declaration> changed_;
  std::deque<std::shared_ptr<const table>> unindexed_; // the first is under way
  std::optional<scan> at_;
  std::uint64_t rows_ = 0;                     // of it, so far
  std::map<std::string, env::timer_id> quiet_; // collections whose progress was just logged
  env::timer_id stalled_{};                    // while the driver widens
  std::string given_up_; // why: the driver is at it still, and nobody waits for it
};

} // namespace parley::storage
