#include "../hostile.h"

#include <pthread.h>

static const parley_hook_api* hook_api;
static const parley_offload_api* offload_api;
static const parley_env_api* env_api;

static parley_call kept, late;
static volatile int forever = 1;

static parley_value of_json(parley_call call, const char* json) {
  parley_value out = 0;
  value_api->parse(call, text(json), &out);
  return out;
}

static void passed(void* user, parley_status status, parley_value payload) {
  parley_call call = *(parley_call*)user;
  if (status == PARLEY_OK) {
    call_api->finish(call, payload);
    return;
  }
  parley_error why;
  memset(&why, 0, sizeof why);
  why.size = sizeof why;
  why.status = PARLEY_E_REFUSED;
  why.code = text("denied");
  call_api->fail(call, &why);
}

static void fires_late(void* user) {
  (void)user;
  call_api->finish(late, 0); /* ended long ago */
}

static void* elsewhere(void* user) {
  parley_value value = 0;
  (void)user;
  value_api->parse(kept, text("{}"), &value);
  call_api->finish(kept, 0);
  return NULL;
}

static void work_forever(void* user) {
  (void)user;
  while (forever) {
  }
}
static void work_done(void* user, parley_status status, parley_value result) {
  (void)user, (void)status, (void)result;
}

static void act(void* user, parley_call call, parley_value input) {
  (void)user;
  kept = call;
  if (asks(input, "well")) {
    call_api->finish(call, of_json(call, "{\"how\":\"well\"}"));
  } else if (asks(input, "loop")) {
    while (forever) {
    }
  } else if (asks(input, "twice")) {
    call_api->finish(call, of_json(call, "{\"how\":\"twice\"}"));
    call_api->finish(call, of_json(call, "{\"how\":\"again\"}"));
    call_api->finish(call, 0);
  } else if (asks(input, "never")) {
    return;
  } else if (asks(input, "late")) {
    parley_timer timer;
    late = call;
    env_api->after(host, 1500, fires_late, NULL, &timer);
  } else if (asks(input, "thread")) {
    pthread_t other;
    if (pthread_create(&other, NULL, elsewhere, NULL) == 0) pthread_join(other, NULL);
    call_api->finish(call, of_json(call, "{\"how\":\"thread\"}"));
  } else if (asks(input, "garbage")) {
    call_api->finish(call, of_json(call, "[1, {\"how\": 7}]"));
  } else if (asks(input, "handles")) {
    parley_slot slot;
    parley_call_info info;
    memset(&info, 0, sizeof info);
    info.size = sizeof info;
    value_api->read(0xdeadbeefdeadbeefu, &slot);
    call_api->info(0xdeadbeefdeadbeefu, &info);
    call_api->finish(0xdeadbeefdeadbeefu, 0);
    call_api->finish(call, 0xdeadbeefdeadbeefu);
    call_api->invoke(call, text("no.such"), 0xdeadbeefu, work_done, NULL);
    call_api->finish(call, of_json(call, "{\"how\":\"handles\"}"));
  } else if (asks(input, "pool")) {
    offload_api->run(call, work_forever, work_done, NULL);
    call_api->finish(call, of_json(call, "{\"how\":\"pool\"}"));
  } else {
    hook_api->run(call, text("unruly.asked"), input, 0, passed, &kept);
  }
}

PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* given, parley_plugin* out) {
  (void)out;
  if (!find_host(given)) return PARLEY_E_NOT_FOUND;
  hook_api = given->query(given, PARLEY_HOOK_INTERFACE, sizeof *hook_api);
  env_api = given->query(given, PARLEY_ENV_INTERFACE, sizeof *env_api);
  offload_api = given->query(given, PARLEY_OFFLOAD_INTERFACE, sizeof *offload_api);
  return call_api->provide(given, PARLEY_METHOD, text("unruly.do"), act, NULL);
}
