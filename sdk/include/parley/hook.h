/* parley.hook/1: running the hooks that this plugin's manifest owns.
 *
 * Others step in through handlers (PARLEY_HOOK in call.h). The kernel keeps order, deadlines and
 * the owner's failure rule.
 */
#ifndef PARLEY_HOOK_H
#define PARLEY_HOOK_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_HOOK_INTERFACE "parley.hook/1"

typedef struct parley_hook_api {
  uint32_t size;
  /* [logic] Runs a hook of this plugin for `call`.
   *   filter   batch is 0. done: the payload as the filters left it, or PARLEY_E_REFUSED.
   *   join     batch is open; handlers add to it, and until `done` the owner leaves it alone. done:
   * nothing, or PARLEY_E_REFUSED. observe  after the commit; `done` may be NULL, and comes when all
   * were told. NOT_FOUND where the manifest does not own `name`. */
  parley_status (*run)(parley_call call, parley_str name, parley_value payload, parley_batch batch,
                       parley_done done, void* user);
} parley_hook_api;

#ifdef __cplusplus
}
#endif
#endif
