#pragma once

// Runs jobs: finds those that are due, takes them by a lease that others can see, enters the
// plugin, and writes down how it ended. Several nodes on one store share the work, see
// job_records.hpp.

#include "dispatch/calls.hpp"
#include "dispatch/job_records.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace parley::dispatch {

class jobs {
 public:
  struct settings {
    std::uint32_t running = 64;     // at the same time, on this node
    std::int64_t lease_ms = 30'000; // how long a job waits whose node has died
    std::int64_t poll_ms = 5'000;   // how often it is looked for what other nodes have queued
    std::uint32_t deadline_ms = 3'600'000; // the most that any run gets, whatever it declares
    std::int64_t keep_dead_ms = 30LL * 24 * 60 * 60 * 1000;
  };

  jobs(calls& all, storage::engine& store, observe::metrics& measured, settings with);
  ~jobs();
  jobs(const jobs&) = delete;

  // From now on jobs run: all plugins have started.
  void begin();
  // In the place of whoever provided the same before, whose runs go on.
  void provide(instance& plugin);
  void withdraw(const instance& plugin);
  // A job was committed.
  void queued(const std::string& name, std::int64_t due_ms);
  // Jobs of that name were changed from outside.
  void woken(const std::string& name);
  // Erases the oldest dead letters, some at a time.
  void tidy();
  // Told when a plugin was entered for a job, and has not ended it yet: for tests of what then goes
  // wrong.
  std::function<void()> on_run;

 private:
  // One declared job.
  struct kind {
    std::string name;       // plugin.job
    instance* by = nullptr; // nullptr: not there now, and its jobs wait
    manifest::job declared;
    std::size_t running = 0;          // from being claimed to being settled
    bool reading = false;             // it is being looked for due ones
    bool again = false;               // look once more afterwards
    bool starved = false;             // there is more than may run
    std::int64_t next_ms = INT64_MAX; // when to look again
    observe::counter *queued = nullptr, *done = nullptr, *failed = nullptr, *dead = nullptr;
    observe::gauge* runs = nullptr;
  };
  // A job that this node has.
  struct run {
    kind* of = nullptr;
    job_record job;
    parley_call call = 0; // 0: not begun, or over
    bool lost = false;    // somebody else has it
  };
  using run_ptr = std::shared_ptr<run>;
  enum class verdict { done, failed, put_back };

  void look(kind& at);
  void found(kind& at, const storage::failure& why,
             const std::vector<boost::json::object>& records);
  bool is_full(const kind& at) const;
  void drop(const job_record& job);
  void plan(kind& at, std::int64_t when_ms);
  void arm();
  void on_time();
  void keep_cron(kind& of);

  void claim(kind& of, job_record job);
  void claimed(const run_ptr& r, const storage::commit_result& result);
  void enter(const run_ptr& r);
  void over(const run_ptr& r, const call& c, const ending& how);
  void settle(const run_ptr& r, verdict how, const std::string& error = {},
              std::int64_t at_least_ms = 0);
  void fail(const kind& of, storage::batch& into, job_record& job, const std::string& error,
            std::int64_t at_least_ms);
  bool next_turn(const kind& of, job_record& job) const;
  void settled(const run_ptr& r, std::int64_t due_ms, const storage::commit_result& result);
  void forget(const run_ptr& r);
  void renew();

  std::int64_t next_time(const kind& of) const;
  void write(storage::batch& into, job_record& job) const;
  // A completion that is dropped where this has ended.
  template <typename Then>
  auto later(Then then) {
    return [alive = alive_, then = std::move(then)](auto&&... what) {
      if (*alive) then(std::forward<decltype(what)>(what)...);
    };
  }

  calls& calls_;
  storage::engine& store_;
  observe::metrics& metrics_;
  settings settings_;
  const std::string node_; // this server, until it ends
  bool began_ = false;
  std::map<std::string, kind, std::less<>> kinds_; // stay, so that they can be pointed to
  std::map<std::string, run_ptr> running_;         // by id
  env::timer_id timer_ = 0, renewal_ = 0;
  std::int64_t timer_ms_ = 0; // when it is due
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// How long a job waits after its attempt of that number (from 1) has failed: doubled each time,
// and somewhere between half of that and all, so that what failed together does not come together.
std::int64_t retry_delay_ms(const manifest::job& of, std::int64_t attempt, env::random& random);

} // namespace parley::dispatch
