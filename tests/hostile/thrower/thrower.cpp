// Exceptions that nobody catches on the plugin's side of C.

#include "../hostile.h"

#include <stdexcept>

namespace {

void act(void*, parley_call call, parley_value input) {
  if (asks(input, "well")) {
    call_api->finish(call, 0);
    return;
  }
  if (asks(input, "number")) throw 7;
  throw std::runtime_error("nobody catches me");
}

} // namespace

extern "C" PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* given,
                                                              parley_plugin*) {
  if (!find_host(given)) return PARLEY_E_NOT_FOUND;
  return call_api->provide(given, PARLEY_METHOD, text("thrower.do"), act, nullptr);
}
