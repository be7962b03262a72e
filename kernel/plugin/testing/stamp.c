/* A native plugin for tests: puts its version behind the id of every note. Built several times. */
#include "parley/parley.h"

#include <stdio.h>
#include <string.h>

static const parley_call_api* calls;
static const parley_value_api* values;

static parley_str text(const char* from) {
  parley_str out = {from, strlen(from)};
  return out;
}

static void stamp(void* user, parley_call call, parley_value input) {
  parley_str name = text("id");
  parley_slot id;
  parley_value stamped = 0;
  char marked[128];
  (void)user;
  values->fields(input, &name, 1, &id);
  snprintf(marked, sizeof marked, "%.*s" STAMP, (int)id.as.text.len, id.as.text.ptr);
  id.as.text = text(marked);
  values->object(call, &name, &id, 1, &stamped);
  calls->finish(call, stamped);
}

PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* host, parley_plugin* out);
PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* host, parley_plugin* out) {
  (void)out;
  calls = (const parley_call_api*)host->query(host, PARLEY_CALL_INTERFACE, sizeof *calls);
  values = (const parley_value_api*)host->query(host, PARLEY_VALUE_INTERFACE, sizeof *values);
  if (!calls || !values) return PARLEY_E_UNAVAILABLE;
  return calls->provide(host, PARLEY_HOOK, text("note.filter"), stamp, NULL);
}
