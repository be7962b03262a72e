/* Made for a host whose interface has more functions than this one's. */
#include <parley/parley.h>

PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* host, parley_plugin* out) {
  (void)out;
  return host->query(host, PARLEY_CALL_INTERFACE, sizeof(parley_call_api) + 4096)
             ? PARLEY_OK
             : PARLEY_E_NOT_FOUND;
}
