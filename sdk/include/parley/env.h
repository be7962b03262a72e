/* parley.env/1: clock, timers, randomness and ids. A plugin that takes them from here can be run
 * under a virtual clock and a seed; one that asks the operating system cannot.
 */
#ifndef PARLEY_ENV_H
#define PARLEY_ENV_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_ENV_INTERFACE "parley.env/1"

typedef struct parley_env_api {
  uint32_t size;
  /* [any-thread] Unix time in milliseconds, UTC. */
  int64_t (*now_ms)(const parley_host* host);
  /* [any-thread] Fills `out` with random bytes fit for keys. */
  parley_status (*random)(const parley_host* host, void* out, size_t len);
  /* [any-thread] A new UUIDv7 (RFC 9562), 36 characters, no NUL. */
  parley_status (*id)(const parley_host* host, char out[36]);
  /* [logic] Calls `fire` once on [logic] after `delay_ms`; *out may be cancelled before. Timers end
   * with the plugin. */
  parley_status (*after)(const parley_host* host, uint32_t delay_ms, void (*fire)(void* user),
                         void* user, parley_timer* out);
  /* [logic] STALE where it has fired. */
  parley_status (*cancel)(const parley_host* host, parley_timer timer);
} parley_env_api;

#ifdef __cplusplus
}
#endif
#endif
