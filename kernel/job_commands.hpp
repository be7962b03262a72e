#pragma once

// What `parleyctl jobs …` asks of a running server.
//
//   {"do": "jobs.list", "dead": BOOL}      → {"jobs": [{id, job, state, attempts, due_at, …}],
//   "more": BOOL}
//   {"do": "jobs.requeue", "id": "ID"}     → {"count": 1, "done": "requeued"}
//   {"do": "jobs.requeue", "job": "NAME"}  → the same, of all dead letters of plugin.job
//   {"do": "jobs.drop", "id": "ID"}        → {"count": 1, "done": "dropped"}
// Each may answer {"error": "a sentence"} instead.

#include "dispatch/job_orders.hpp"

#include <boost/json.hpp>

#include <functional>

namespace parley {

// [logic] `answer` is called once. False where it is none of these orders. `orders` outlives it.
bool run_job_command(dispatch::job_orders& orders, std::int64_t now_ms,
                     const boost::json::object& asked,
                     const std::function<void(boost::json::object)>& answer);

} // namespace parley
