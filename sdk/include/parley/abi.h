/* The shape of the line between parleyd and a plugin.
 *
 * What crosses is plain: strings as pointer and length, 32-bit status codes, 64-bit handles and
 * structs that begin with their own size. No C++ type, exception or allocator crosses. Structs grow
 * at their end only; what cannot be appended becomes a new interface with a new name.
 *
 * Tags used in every header:
 *   [init]        while the entry function runs
 *   [logic]       on the thread that is running the plugin's code, never on two at once
 *   [any-thread]  anywhere
 */
#ifndef PARLEY_ABI_H
#define PARLEY_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_ABI_VERSION 1u

#if defined(__GNUC__)
#define PARLEY_EXPORT __attribute__((visibility("default")))
#else
#define PARLEY_EXPORT
#endif

/* UTF-8 without a terminating NUL. Borrowed: who passes it owns it. An argument may be freed when
 * the function returns; a result lives as long as its header says. */
typedef struct parley_str {
  const char* ptr;
  size_t len;
} parley_str;

/* Handles carry a generation: one that has ended is refused with PARLEY_E_STALE. 0 is no handle. */
typedef uint64_t parley_call; /* one piece of work: a method, a hook, or one that a plugin began */
typedef uint64_t
    parley_value; /* JSON-like data in the arena of a call; lives until that call ends */
typedef uint64_t parley_batch; /* writes that are committed together, see draft/storage.h */
typedef uint64_t parley_timer;

typedef int32_t parley_status;
enum {
  PARLEY_OK = 0,
  PARLEY_E_INVALID = -1,   /* an argument is wrong; nothing was done */
  PARLEY_E_NOT_FOUND = -2, /* no such record, method, hook or interface */
  PARLEY_E_FORBIDDEN = -3, /* the principal may not, or a permission's condition no longer holds */
  PARLEY_E_CONFLICT = -4,  /* a condition of the batch failed */
  PARLEY_E_DEADLINE = -5,  /* the call's deadline passed */
  PARLEY_E_CANCELLED = -6, /* the call was cancelled */
  PARLEY_E_UNAVAILABLE = -7, /* try again later: storage, a plugin or a worker cannot serve now */
  PARLEY_E_LIMIT = -8,       /* a configured limit */
  PARLEY_E_FAILED = -9,      /* a fault; the log has the details */
  PARLEY_E_THREAD = -10,     /* called on a thread that the function's tag does not allow */
  PARLEY_E_STALE = -11,      /* a handle whose object has ended */
  PARLEY_E_REPEATED =
      -12, /* the call was answered from its idempotency record: stop, write nothing */
  PARLEY_E_REFUSED = -13 /* an error that the plugin declares, or a filter's denial; has a code */
};

/* How an operation that takes time ends: on [logic], exactly once, never from inside the function
 * that began it. On PARLEY_OK `result` is what the function documents (0 where it gives nothing);
 * otherwise it is an error object {code, message, field?, retry_after_ms?}. `result` lives in the
 * arena of the operation's call. An operation that returns another status than PARLEY_OK has not
 * begun, and `done` will not be called. */
typedef void (*parley_done)(void* user, parley_status status, parley_value result);

typedef struct parley_host parley_host;
struct parley_host {
  uint32_t size;
  uint32_t abi_version;
  /* [init] [logic] Gives the interface of that name (each header names its own), or NULL where the
   * host does not have it or has fewer than `min_size` bytes of it. Lives as long as the plugin. */
  const void* (*query)(const parley_host* host, const char* name, uint32_t min_size);
};

/* What the entry function fills in. */
typedef struct parley_plugin {
  uint32_t size;
  void* self;
  /* [logic] Everything declared in the manifest has been provided (see call.h) during entry. Ends
   * with parley.call/1 finish(call, …); a failure refuses the plugin. May be NULL. */
  void (*start)(void* self, parley_call call);
  /* [logic] No handler runs any more. Finish the call when done. May be NULL. */
  void (*stop)(void* self, parley_call call);
  /* [logic] The last call into the plugin: frees `self`. May be NULL. */
  void (*destroy)(void* self);
} parley_plugin;

/* [init] The one symbol that a plugin exports, named parley_plugin_entry_v1. `host` outlives the
 * plugin; `out->size` says how much of the struct the host knows. */
typedef parley_status (*parley_plugin_entry)(const parley_host* host, parley_plugin* out);
#define PARLEY_PLUGIN_ENTRY_SYMBOL "parley_plugin_entry_v1"

#ifdef __cplusplus
}
#endif
#endif
