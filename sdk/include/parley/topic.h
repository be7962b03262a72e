/* parley.topic/1: ephemeral events. They are sent to who is listening now, and stored nowhere.
 * Durable ones are part of a batch (draft/storage.h).
 */
#ifndef PARLEY_TOPIC_H
#define PARLEY_TOPIC_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_TOPIC_INTERFACE "parley.topic/1"

typedef struct parley_topic_api {
  uint32_t size;
  /* [logic] Publishes a declared, ephemeral event to the topic of `place` (the id within the
   * event's declared topic). Encoded once, sent once to each I/O shard. */
  parley_status (*publish)(parley_call call, parley_str event, parley_str place, parley_value data);
} parley_topic_api;

#ifdef __cplusplus
}
#endif
#endif
