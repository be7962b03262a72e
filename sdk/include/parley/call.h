/* parley.call/1: what a plugin provides, and the calls that run it.
 *
 * The kernel enters a plugin through handlers. Every entry is a call: it has a principal, a
 * deadline, an arena for values, and ends exactly once by `finish` or `fail`, at any later time.
 */
#ifndef PARLEY_CALL_H
#define PARLEY_CALL_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_CALL_INTERFACE "parley.call/1"

/* What a handler is for. The manifest declares each; `name` is the declared one. */
enum {
  PARLEY_METHOD = 1, /* input: parameters, already checked; finish with the result */
  /* input: the hook's payload. filter: finish with 0 to pass, with a value to replace it, `fail` to
   * deny. join: add to parley_call_info.batch, then finish. observe: finish. */
  PARLEY_HOOK = 2,
  /* The owner of a scope answers for one principal and one place. input {principal, place}; finish
   * with {role, from?, conditions?} (role absent: no access). `from` is the first number of the
   * place's topic that the principal may read; conditions as parley.storage `require` takes them.
   */
  PARLEY_SCOPE_ACCESS = 3,
  /* Lists all places of a principal. input {principal}; finish with [{place, from?}]. */
  PARLEY_SCOPE_PLACES = 4
};

/* [logic] */
typedef void (*parley_handler)(void* user, parley_call call, parley_value input);

enum {
  PARLEY_ANONYMOUS = 0,
  PARLEY_USER = 1,
  PARLEY_BOT = 2,
  PARLEY_PLUGIN = 3,
  PARLEY_SYSTEM = 4
};

/* Lives as long as the call. Set `size` before `info`. */
typedef struct parley_call_info {
  uint32_t size;
  int32_t principal_kind;
  parley_str principal;  /* id; empty for PARLEY_ANONYMOUS */
  parley_str session;    /* id; empty where there is none */
  parley_str request_id; /* the same in every log line of this request */
  parley_str remote;     /* the client's address without port; empty for calls between plugins */
  int64_t deadline_ms;   /* Unix time in milliseconds */
  parley_batch batch;    /* join hooks: the owner's batch; otherwise 0 */
  uint32_t depth;        /* calls and hooks above this one; beyond 8 a call is refused */
  uint32_t reserved;
  /* Methods whose permission has a scope that is a place: the first number of the place's topic
   * that the principal may read. Otherwise 0. What was before is not for them to see. */
  int64_t readable_from;
} parley_call_info;

/* An error for the caller. `code` is stable and declared in the manifest; `message` is one sentence
 * for people. */
typedef struct parley_error {
  uint32_t size;
  parley_status status;   /* one of PARLEY_E_*, PARLEY_E_REFUSED for codes of the plugin's own */
  parley_str code;        /* empty: the status' own, such as not_found */
  parley_str message;     /* empty: the code's own sentence; of PARLEY_E_FAILED the caller is not
                           * told it, but the operator where a plugin does not start */
  parley_str field;       /* the parameter at fault, or empty */
  int64_t retry_after_ms; /* 0: trying again does not help */
} parley_error;

typedef struct parley_call_api {
  uint32_t size;

  /* [init] Provides what the manifest declares. INVALID where it declares no such name. What stays
   * unprovided after the entry function refuses the plugin, by name. */
  parley_status (*provide)(const parley_host* host, int32_t kind, parley_str name,
                           parley_handler handler, void* user);
  /* [logic] */
  parley_status (*info)(parley_call call, parley_call_info* out);
  /* [logic] Ends a call well; `result` (0: null) is read before it returns, then the call's values
   * are gone. A second end of one call is PARLEY_E_STALE. */
  parley_status (*finish)(parley_call call, parley_value result);
  /* [logic] Ends a call with an error. */
  parley_status (*fail)(parley_call call, const parley_error* error);

  /* [logic] Calls a method of this plugin or of one that it requires, on behalf of the call's
   * principal; its permission, schema and deadline apply. done: the method's result. */
  parley_status (*invoke)(parley_call call, parley_str method, parley_value params,
                          parley_done done, void* user);
  /* [logic] Begins a call of the plugin's own, outside of any request. `as_bot`: as the plugin's
   * bot account, which its manifest declares under `capabilities.bot` and the operator grants;
   * otherwise as the plugin. End it with `finish`. FORBIDDEN without the grant. */
  parley_status (*begin)(const parley_host* host, int32_t as_bot, uint32_t timeout_ms,
                         parley_call* out);
  /* [logic] Completes every outstanding operation of the call with PARLEY_E_CANCELLED. */
  parley_status (*cancel)(parley_call call);
  /* [init] [logic] 1 where that plugin is there and the manifest names it under `requires` or
   * `optional`, otherwise 0. An optional one may come while the server runs. */
  int32_t (*available)(const parley_host* host, parley_str plugin);
} parley_call_api;

#ifdef __cplusplus
}
#endif
#endif
