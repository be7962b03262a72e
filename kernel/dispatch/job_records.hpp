#pragma once

// Jobs as they are stored, in a collection of the kernel's own. One record is one job: it is due at
// a time, and whoever finds it due takes it by moving that time to the end of a lease, under the
// condition that nobody has written it since it was read. So a job whose node has died is due again
// by itself, and dead letters are the same records in another state.

#include "manifest.hpp"
#include "storage/engine.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace parley::dispatch {

inline constexpr std::string_view jobs_name = "kernel.jobs";
storage::collection jobs_collection();

struct job_record {
  std::string id;
  std::string name; // plugin.job
  boost::json::value params;
  bool dead = false;
  std::int64_t due_ms =
      0;            // queued: when it may be taken; running: when its lease ends; dead: since
  std::string mark; // a new one with every write: the condition of the next
  std::string node; // that runs it; empty: none
  std::int64_t attempts = 0; // begun
  std::string error;         // of the last one that failed
  std::string cron;          // the expression that queues it again, or empty
  std::string queued_at;     // RFC 3339

  boost::json::object to_json() const;
  boost::json::object progress_json() const; // without what it was queued with
  static job_record from_json(const boost::json::object& in);
};

// Dead ones, or the others, of one job in the order in which they are due. `name` empty: of all, in
// the order of their names.
storage::query jobs_in_state(bool dead, std::string_view name, std::uint32_t limit);
// The oldest dead ones, up to a time.
storage::query jobs_dead_before(std::int64_t unix_ms, std::uint32_t limit);

// Under the condition that the job is as it was read.
storage::failure require_unchanged(storage::batch& in, const job_record& job);

} // namespace parley::dispatch
