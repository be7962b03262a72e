#include "fake_interfaces.hpp"

#include <cstdio>
#include <cstring>

namespace fake {
namespace {

parley_status provide(const parley_host*, int32_t kind, parley_str name, parley_handler handler,
                      void* user) {
  current_host->handlers[{kind, text(name)}] = {handler, user};
  return PARLEY_OK;
}

host::call_state* open_call(parley_call call) {
  const auto found = current_host->calls.find(call);
  return found == current_host->calls.end() || found->second.end.times > 0 ? nullptr
                                                                           : &found->second;
}

void end_values(host::call_state& state) {
  for (const parley_value each : state.values) current_host->values.erase(each);
  state.values.clear();
}

parley_status info(parley_call call, parley_call_info* out) {
  host::call_state* state = open_call(call);
  if (!state) return PARLEY_E_STALE;
  *out = {};
  out->size = sizeof *out;
  out->principal_kind = PARLEY_USER;
  out->principal = {current_host->principal.data(), current_host->principal.size()};
  out->request_id = {"request", 7};
  out->batch = state->batch;
  out->readable_from = current_host->readable_from;
  return PARLEY_OK;
}

parley_status finish(parley_call call, parley_value result) {
  host::call_state* state = open_call(call);
  if (!state) return PARLEY_E_STALE;
  state->end.result = read(result);
  ++state->end.times;
  end_values(*state);
  return PARLEY_OK;
}

parley_status fail(parley_call call, const parley_error* error) {
  host::call_state* state = open_call(call);
  if (!state) return PARLEY_E_STALE;
  state->end = {error->status, {}, text(error->code), text(error->message), text(error->field), 1};
  end_values(*state);
  return PARLEY_OK;
}

parley_status invoke(parley_call call, parley_str method, parley_value params, parley_done done,
                     void* user) {
  const auto found = current_host->methods.find(text(method));
  if (found == current_host->methods.end()) return PARLEY_E_NOT_FOUND;
  return current_host->begin(call, done, user,
                             [work = found->second, given = read(params)] { return work(given); });
}

parley_status begin_call(const parley_host*, int32_t as_bot, uint32_t, parley_call* out) {
  if (as_bot) return PARLEY_E_FORBIDDEN;
  *out = ++current_host->last_handle;
  current_host->calls[*out] = {};
  return PARLEY_OK;
}

std::int32_t available(const parley_host*, parley_str) {
  return 1;
}
parley_status cancel(parley_call) {
  current_host->cancel_all();
  return PARLEY_OK;
}

parley_status run_hook(parley_call call, parley_str name, parley_value payload, parley_batch,
                       parley_done done, void* user) {
  const auto found = current_host->hooks.find(text(name));
  const json::value given = read(payload);
  if (found == current_host->hooks.end()) {
    return current_host->begin(call, done, user, [given] { return outcome{PARLEY_OK, given}; });
  }
  return current_host->begin(call, done, user,
                             [work = found->second, given] { return work(given); });
}

parley_status offload(parley_call call, void (*work)(void*), parley_done done, void* user) {
  return current_host->begin(call, done, user, [work, user] {
    work(user);
    return outcome{};
  });
}

parley_status read_configuration(const parley_host*, parley_value* out) {
  *out = current_host->keep(0, current_host->configuration);
  return PARLEY_OK;
}

void write_log(const parley_host*, parley_call, int32_t, parley_str message) {
  current_host->log.push_back(text(message));
}

int64_t now_ms(const parley_host*) {
  return 1795248930123;
}

parley_status random_bytes(const parley_host*, void* out, size_t length) {
  std::memset(out, 7, length);
  return PARLEY_OK;
}

parley_status make_id(const parley_host*, char out[36]) {
  char made[40];
  std::snprintf(made, sizeof made, "id-%033llu",
                static_cast<unsigned long long>(++current_host->last_handle));
  std::memcpy(out, made, 36);
  return PARLEY_OK;
}

parley_status publish(parley_call, parley_str event, parley_str place, parley_value data) {
  current_host->events.push_back({text(event), text(place), read(data), -1, {}});
  return PARLEY_OK;
}

template <class Api>
const void* sized(const Api* api, uint32_t min_size) {
  return min_size <= sizeof(Api) ? api : nullptr;
}

} // namespace

const void* query_interface(const parley_host*, const char* name, uint32_t min_size) {
  static const parley_call_api calls{sizeof calls, provide,    info,   finish,   fail,
                                     invoke,       begin_call, cancel, available};
  static const parley_log_api log{sizeof log, write_log};
  static const parley_env_api env{sizeof env, now_ms, random_bytes, make_id, nullptr, nullptr};
  static const parley_hook_api hook{sizeof hook, run_hook};
  static const parley_offload_api pool{sizeof pool, offload};
  static const parley_config_api config{sizeof config, read_configuration};
  static const parley_topic_api topic{sizeof topic, publish};
  const std::string_view wanted(name);
  if (wanted == PARLEY_VALUE_INTERFACE) return sized(value_interface(), min_size);
  if (wanted == PARLEY_CALL_INTERFACE) return sized(&calls, min_size);
  if (wanted == PARLEY_LOG_INTERFACE) return sized(&log, min_size);
  if (wanted == PARLEY_ENV_INTERFACE) return sized(&env, min_size);
  if (wanted == PARLEY_HOOK_INTERFACE) return sized(&hook, min_size);
  if (wanted == PARLEY_OFFLOAD_INTERFACE) return sized(&pool, min_size);
  if (wanted == PARLEY_CONFIG_INTERFACE) return sized(&config, min_size);
  if (wanted == PARLEY_TOPIC_INTERFACE) return sized(&topic, min_size);
  if (wanted == PARLEY_STORAGE_INTERFACE) return sized(storage_interface(), min_size);
  if (wanted == PARLEY_EPHEMERAL_INTERFACE) return sized(ephemeral_interface(), min_size);
  return nullptr;
}

} // namespace fake
