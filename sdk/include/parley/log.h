/* parley.log/1: structured log lines. The kernel adds time, plugin, request id and principal. */
#ifndef PARLEY_LOG_H
#define PARLEY_LOG_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_LOG_INTERFACE "parley.log/1"

enum { PARLEY_DEBUG = 1, PARLEY_INFO = 2, PARLEY_WARN = 3, PARLEY_ERROR = 4 };

typedef struct parley_log_api {
  uint32_t size;
  /* [any-thread] One line. `call` (0: none) names the request; on other threads it must be 0.
   * Never log what a person wrote, nor a secret. */
  void (*write)(const parley_host* host, parley_call call, int32_t level, parley_str message);
} parley_log_api;

#ifdef __cplusplus
}
#endif
#endif
