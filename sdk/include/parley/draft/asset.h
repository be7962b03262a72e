/* parley.asset/1 (draft): files that a plugin serves and makes while it runs, beside those of its
 * folder. They lie below a path that the manifest declares for it:
 *
 *   assets: [{ path: /calendar, at_run_time: true }]
 *
 * They live in memory as long as this version of the plugin: a new version adds its own.
 */
#ifndef PARLEY_DRAFT_ASSET_H
#define PARLEY_DRAFT_ASSET_H

#include "../abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_ASSET_INTERFACE "parley.asset/1"

typedef struct parley_asset_api {
  uint32_t size;
  /* [logic] Adds or replaces the file at `path` ("/calendar/day.ics"), copied. Served to everybody
   * from the next turn on, with an ETag. INVALID for a path that is not below a declared one, has
   * empty, "." or ".." parts, or for a content type that is none; LIMIT beyond
   * `limits.asset_mib` of all such files of the plugin. */
  parley_status (*put)(const parley_host* host, parley_str path, parley_str content_type,
                       const void* bytes, size_t len);
  /* [logic] NOT_FOUND where `put` has made none there. */
  parley_status (*remove)(const parley_host* host, parley_str path);
} parley_asset_api;

#ifdef __cplusplus
}
#endif
#endif
