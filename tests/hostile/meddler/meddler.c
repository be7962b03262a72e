#include "../hostile.h"

static volatile int forever = 1;

static void meddle(void* user, parley_call call, parley_value input) {
  parley_value value = 0;
  (void)user;
  if (asks(input, "filter-loop")) {
    while (forever) {
    }
  } else if (asks(input, "filter-garbage")) {
    value_api->parse(call, text("{\"how\": [true]}"), &value);
    call_api->finish(call, value);
  } else if (!asks(input, "filter-never")) {
    call_api->finish(call, 0);
  }
}

PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* given, parley_plugin* out) {
  (void)out;
  if (!find_host(given)) return PARLEY_E_NOT_FOUND;
  return call_api->provide(given, PARLEY_HOOK, text("unruly.asked"), meddle, NULL);
}
