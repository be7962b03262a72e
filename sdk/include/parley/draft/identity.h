/* parley.identity/1 (draft): accounts and sessions, for plugins that let people in.
 * Needs the capability `identity` in the manifest.
 */
#ifndef PARLEY_DRAFT_IDENTITY_H
#define PARLEY_DRAFT_IDENTITY_H

#include "../abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_IDENTITY_INTERFACE "parley.identity/1"

typedef struct parley_identity_api {
  uint32_t size;
  /* [logic] Adds a new account to a batch. profile {name?, display_name}; `name` is unique: a taken
   * one makes the commit a conflict. *id (36 characters) is the new account. After the commit the
   * kernel runs the observe hook `account.created`. */
  parley_status (*create)(parley_batch batch, parley_value profile, char id[36]);
  /* [logic] Opens a session. device: a label of at most 64 characters, may be empty. done:
   * {account, session, access_token, access_expires_at, refresh_token, refresh_expires_at}. */
  parley_status (*open_session)(parley_call call, parley_str account, parley_str device,
                                parley_done done, void* user);
  /* [logic] New tokens for a refresh token (rotating; the old one stays good until the new one is
   * first used). A token that was replaced and is used again revokes its session. done: as
   * open_session; FORBIDDEN. */
  parley_status (*refresh_session)(parley_call call, parley_str refresh_token, parley_done done,
                                   void* user);
  /* [logic] Revokes a session: its tokens are refused and its connections closed. */
  parley_status (*close_session)(parley_call call, parley_str session, parley_done done,
                                 void* user);
} parley_identity_api;

#ifdef __cplusplus
}
#endif
#endif
