/* Those who step in, as the author of a plugin in C writes them. */

#include <parley/parley.h>
#include <string.h>

static const parley_call_api* calls;
static const parley_value_api* values;

static void pass(void* user, parley_call call, parley_value input) {
  (void)user, (void)input;
  calls->finish(call, 0);
}

static void read_one(void* user, parley_call call, parley_value input) {
  static const parley_str text = {"text", 4};
  parley_slot slot;
  (void)user;
  if (values->fields(input, &text, 1, &slot) == PARLEY_OK && slot.kind == PARLEY_STRING &&
      slot.as.text.len > 0) {
    calls->finish(call, 0);
  } else {
    parley_error why = {0};
    why.size = sizeof why;
    why.status = PARLEY_E_FAILED;
    calls->fail(call, &why);
  }
}

static parley_status provide(const parley_host* host, const char* name, parley_handler handler) {
  const parley_str text = {name, strlen(name)};
  return calls->provide(host, PARLEY_HOOK, text, handler, NULL);
}

PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* host, parley_plugin* out) {
  parley_status status;
  (void)out;
  calls = host->query(host, PARLEY_CALL_INTERFACE, sizeof *calls);
  values = host->query(host, PARLEY_VALUE_INTERFACE, sizeof *values);
  if (!calls || !values) return PARLEY_E_UNAVAILABLE;
  status = provide(host, "bench.passed_by_c", pass);
  return status == PARLEY_OK ? provide(host, "bench.read_by_c", read_one) : status;
}
