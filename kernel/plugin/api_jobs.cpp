// parley.jobs/1 over dispatch.

#include "parley/draft/jobs.h"

#include "dispatch/breach.hpp"
#include "dispatch/dispatcher.hpp"
#include "dispatch/values.hpp"
#include "plugin/host.hpp"

namespace parley::plugin {

namespace {

using dispatch::breach;
using dispatch::gone;
using dispatch::is_text;
using dispatch::view;

parley_status enqueue(parley_batch handle, parley_str job, parley_value params, std::int64_t at_ms,
                      parley_str key) {
  constexpr const char* function = "parley.jobs/1 enqueue";
  if (!is_text(job) || !is_text(key))
    return breach(PARLEY_E_INVALID, function, "text is UTF-8, and not NULL");
  const dispatch::batch* b = dispatch::batches::find(handle);
  if (!b) return gone(function);
  return static_cast<const loaded_plugin*>(b->as)->shared->dispatch->all_batches().enqueue(
      handle, view(job), dispatch::value_arena::find(params), at_ms, view(key));
}

parley_status info(parley_call handle, parley_job_info* out) {
  constexpr const char* function = "parley.jobs/1 info";
  if (!out) return breach(PARLEY_E_INVALID, function, "no pointer is NULL");
  const dispatch::call* c = dispatch::calls::find(handle);
  if (!c) return gone(function);
  if (out->size < sizeof(parley_job_info))
    return breach(PARLEY_E_INVALID, function, "`size` is set to that of the struct");
  if (!c->job) return PARLEY_E_NOT_FOUND;
  out->attempt = c->job->attempt;
  out->attempts = c->job->attempts;
  out->id = dispatch::str(c->job->id);
  return PARLEY_OK;
}

} // namespace

const void* jobs_interface() {
  static const parley_jobs_api api{sizeof(parley_jobs_api), enqueue, info};
  return &api;
}

} // namespace parley::plugin
