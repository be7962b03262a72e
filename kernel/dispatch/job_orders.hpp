#pragma once

// What an operator asks of jobs: which there are, dead letters once more, one that should go.

#include "dispatch/jobs.hpp"

#include <functional>
#include <string>
#include <vector>

namespace parley::dispatch {

// A job for people and tests: {id, job, state: queued | running | dead, attempts, due_at,
// queued_at, error}, without its parameters, which may be private.
boost::json::object shown(const job_record& job, std::int64_t now_ms);

class job_orders {
 public:
  // All outlive it.
  job_orders(jobs& all, storage::engine& store, calls& at)
      : jobs_(all), store_(store), calls_(at) {}

  // What is wrong, or an empty text.
  using listed = std::function<void(std::string why, std::vector<job_record> found, bool more)>;
  using done = std::function<void(std::string why, std::size_t how_many)>;

  // `name`: plugin.job, or empty: of all.
  void list(bool dead, const std::string& name, std::uint32_t limit, listed then);
  // A dead letter is due at once, with all of its attempts.
  void requeue(const std::string& id, done then);
  void requeue_all(const std::string& name, done then);
  // For good. Where it runs it is cancelled when that node renews its lease.
  void drop(const std::string& id, done then);

 private:
  using change = std::function<std::string(storage::batch&, job_record)>;
  void with(const std::string& id, change what, done then);
  std::string put_back(storage::batch& into, job_record job);
  void requeue_page(const std::string& name, std::size_t so_far, done then);

  jobs& jobs_;
  storage::engine& store_;
  calls& calls_;
};

} // namespace parley::dispatch
