/* The authenticator (draft): another way to say who one is.
 *
 * A client authenticates with a scheme and a credential: the frame {"authenticate": {"scheme":
 * "Card", "credential": "..."}}, or `Authorization: Card ...`. The scheme Bearer is the kernel's
 * own; all others go to the plugins that step into the filter PARLEY_AUTHENTICATE_HOOK, as
 * plugin.yaml says:
 *
 *   capabilities: { authenticator: true }
 *   hooks: { identity.authenticate: { phase: filter } }
 *
 * Needs the capability `authenticator`, which the operator grants: who has it can let in anybody as
 * anybody. Without it the plugin is refused before its code is loaded.
 *
 * [logic] The handler (PARLEY_HOOK in call.h) gets {scheme, credential, remote}: scheme as it was
 * written (compare without case), credential at most 4,096 bytes, remote the client's address. The
 * call has no principal, and 5 seconds. It ends by
 *   finish(call, 0)       the scheme is not this plugin's: the next one is asked
 *   finish(call, value)   the same object with `principal` (an account's id), or with `session`
 * (the id of a session that is open) set: the client acts as that. A connection that came in by a
 * session is closed when the session is revoked. fail(call, ...)       the scheme is its own and
 * the credential wrong: best with PARLEY_E_REFUSED and the code `unauthenticated`. Any other
 * failure refuses the client too. Compare secrets in constant time, limit attempts by `remote`, and
 * never log a credential.
 */
#ifndef PARLEY_DRAFT_AUTHENTICATOR_H
#define PARLEY_DRAFT_AUTHENTICATOR_H

#include "../call.h"

#define PARLEY_AUTHENTICATE_HOOK "identity.authenticate"

#endif
