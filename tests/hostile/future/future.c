/* Made for a host with another entry. */
#include <parley/abi.h>

PARLEY_EXPORT int parley_plugin_entry_v2(void* host);
PARLEY_EXPORT int parley_plugin_entry_v2(void* host) {
  return host ? 0 : -1;
}
