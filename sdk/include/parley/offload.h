/* parley.offload/1: CPU work beside the logic thread, on a bounded pool. */
#ifndef PARLEY_OFFLOAD_H
#define PARLEY_OFFLOAD_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_OFFLOAD_INTERFACE "parley.offload/1"

typedef struct parley_offload_api {
  uint32_t size;
  /* [logic] Runs `work(user)` on a pool thread, then `done(user, PARLEY_OK, 0)` on [logic]. `work`
   * must not call the host but for [any-thread] functions, and cannot be interrupted: `done` comes
   * only after `work` has returned, so `user` may own what both use. UNAVAILABLE where the pool's
   * queue is full (`limits.offload_queue`). */
  parley_status (*run)(parley_call call, void (*work)(void* user), parley_done done, void* user);
} parley_offload_api;

#ifdef __cplusplus
}
#endif
#endif
