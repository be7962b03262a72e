/* parley.connections/1 (draft): the clients' connections to this node, to show and to close them.
 * Needs the capability `connections` in the manifest.
 */
#ifndef PARLEY_DRAFT_CONNECTIONS_H
#define PARLEY_DRAFT_CONNECTIONS_H

#include "../abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_CONNECTIONS_INTERFACE "parley.connections/1"

/* Close codes of docs/protocol.md that a plugin may use. */
enum {
  PARLEY_CLOSE_RECONNECT = 4000, /* come back at once, and resume */
  PARLEY_CLOSE_LOG_IN = 4100     /* log in again */
};

typedef struct parley_connections_api {
  uint32_t size;
  /* [logic] The WebSockets that are open here, of one account, or of one session where `session` is
   * not empty (`account` may then be). *out: [{id, account, session?, remote, since,
   * background}...], oldest first, in the arena of `call`; none is no error. `id` is text, and
   * unique while the server runs; `background`: the client says that its user does not look at it.
   * INVALID where both texts are empty. Cost: the account's connections; by session alone, all
   * there are. */
  parley_status (*list)(parley_call call, parley_str account, parley_str session,
                        parley_value* out);
  /* [logic] Closes one, after what is queued for it. `reason`: at most 123 bytes, for developers of
   * clients. NOT_FOUND where there is none; INVALID for another code than those above. */
  parley_status (*close)(parley_call call, parley_str id, uint32_t code, parley_str reason);
  /* [logic] Closes those that `list` would give. *closed (may be NULL): how many. */
  parley_status (*close_all)(parley_call call, parley_str account, parley_str session,
                             uint32_t code, parley_str reason, uint32_t* closed);
} parley_connections_api;

#ifdef __cplusplus
}
#endif
#endif
