/* parley.jobs/1 (draft): durable work for later. plugin.yaml declares each job:
 *
 *   jobs:
 *     deliver: { doc: Tells a webhook., params: { ... }, attempts: 10, concurrency: 8 }
 *
 * and the entry function provides it by parley.call/1 provide(PARLEY_JOB, "deliver", ...). A job is
 * queued in a batch: it is there when the batch is committed, and not before. It runs on whichever
 * node is free, at least once: again where it fails, where its node dies, or where the news of its
 * end was lost. So what it does must bear being done twice.
 */
#ifndef PARLEY_DRAFT_JOBS_H
#define PARLEY_DRAFT_JOBS_H

#include "../call.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_JOBS_INTERFACE "parley.jobs/1"

/* [logic] A kind of handler, beside those of call.h. Input: the parameters, checked against the
 * schema of the version that runs. The call acts as the plugin. `finish` ends the job. After
 * `fail`, or at its deadline, it waits and is tried again, until its attempts are used up: then it
 * is a dead letter, kept with the last error for the operator. An error's `retry_after_ms` is the
 * least that it waits. A call that the host cancels (an upgrade, a stop) is no attempt. */
enum { PARLEY_JOB = 6 };

/* Set `size` before `info`. Lives as long as the call. */
typedef struct parley_job_info {
  uint32_t size;
  uint32_t attempt;  /* from 1 */
  uint32_t attempts; /* after which it is a dead letter */
  uint32_t reserved;
  parley_str id; /* the same at every attempt: for whoever must know a repetition */
} parley_job_info;

typedef struct parley_jobs_api {
  uint32_t size;
  /* [logic] Queues a job of this plugin in the batch, a join hook's too. `params` as the manifest
   * says. at_ms (Unix time): not before then; 0: at once. `key` (may be empty, 200 bytes at most):
   * of one job and key there is one at a time: it takes the place of the one that is there, also of
   * a dead letter; one that is running goes on beside it. INVALID where the parameters or the key
   * are not as they should be, NOT_FOUND where the manifest declares no such job; the log says
   * more. */
  parley_status (*enqueue)(parley_batch batch, parley_str job, parley_value params, int64_t at_ms,
                           parley_str key);
  /* [logic] Of the call of a job; NOT_FOUND for any other. */
  parley_status (*info)(parley_call call, parley_job_info* out);
} parley_jobs_api;

#ifdef __cplusplus
}
#endif
#endif
