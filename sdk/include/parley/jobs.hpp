#pragma once

// Durable work for later (draft, see draft/jobs.h). parley-gen writes a class for the parameters of
// each job, and a handler on_job_… for who provides it:
//
//   b.enqueue(deliver_job(url, body));                       // with the batch, at once
//   b.enqueue(remind_job(note), job_options{.at_ms = when, .key = note});

#include "parley/call.hpp"
#include "parley/draft/jobs.h"

#include <concepts>
#include <string>
#include <string_view>

namespace parley {

template <class T>
concept job_class = requires {
  { T::job_name } -> std::convertible_to<std::string_view>;
};

struct job_options {
  std::int64_t at_ms = 0;    // Unix time; not before then
  std::string_view key = {}; // of one job and key there is one at a time: the last one counts
};

// Which run of a job a call is.
struct job_run {
  std::string id;            // the same at every attempt
  std::uint32_t attempt = 0; // from 1
  std::uint32_t attempts = 0;
  bool is_last() const { return attempt >= attempts; }
};

inline const parley_jobs_api& jobs_of(const host& on) {
  if (on.jobs == nullptr) throw unavailable("The host has no jobs.");
  return *on.jobs;
}

// In a handler of a job; throws elsewhere.
inline job_run this_job(const call& c) {
  parley_job_info info{};
  info.size = sizeof info;
  check(jobs_of(c.host()).info(c.handle(), &info), "reading the job");
  return {std::string(from_c(info.id)), info.attempt, info.attempts};
}

} // namespace parley
