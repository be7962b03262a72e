// parley.env/1, parley.log/1, parley.config/1 and parley.offload/1.

#include "parley/env.h"

#include "dispatch/breach.hpp"
#include "dispatch/calls.hpp"
#include "dispatch/values.hpp"
#include "env/env.hpp"
#include "observe/log.hpp"
#include "parley/config.h"
#include "parley/log.h"
#include "parley/offload.h"
#include "plugin/host.hpp"

#include <algorithm>

namespace parley::plugin {

namespace {

using dispatch::breach;
using dispatch::call;
using dispatch::calls;
using dispatch::view;

constexpr const char* no_null = "no pointer is NULL";

std::int64_t now_ms(const parley_host* host) {
  if (!host) return breach(0, "parley.env/1 now_ms", no_null);
  return loaded_plugin::of(host).shared->clock->unix_ms();
}

parley_status random(const parley_host* host, void* out, std::size_t len) {
  if (!host || (len > 0 && !out)) return breach(PARLEY_E_INVALID, "parley.env/1 random", no_null);
  loaded_plugin::of(host).shared->random->fill({static_cast<std::byte*>(out), len});
  return PARLEY_OK;
}

parley_status id(const parley_host* host, char out[36]) {
  if (!host || !out) return breach(PARLEY_E_INVALID, "parley.env/1 id", no_null);
  const services& shared = *loaded_plugin::of(host).shared;
  const std::string made = env::uuid_v7(*shared.clock, *shared.random);
  std::copy_n(made.data(), 36, out);
  return PARLEY_OK;
}

parley_status after(const parley_host* host, std::uint32_t delay_ms, void (*fire)(void* user),
                    void* user, parley_timer* out) {
  constexpr const char* function = "parley.env/1 after";
  if (!host || !fire) return breach(PARLEY_E_INVALID, function, no_null);
  loaded_plugin& plugin = loaded_plugin::of(host);
  if (!dispatch::on_logic_thread()) return breach(PARLEY_E_THREAD, function, "it is [logic]");
  const parley_timer timer = ++plugin.last_timer;
  plugin.timers[timer] = plugin.shared->logic->after(
      std::chrono::milliseconds(delay_ms), [&plugin, timer, fire, user] {
        plugin.timers.erase(timer);
        run(plugin, plugin.timing, [&] { fire(user); });
      });
  if (out) *out = timer;
  return PARLEY_OK;
}

parley_status cancel(const parley_host* host, parley_timer timer) {
  constexpr const char* function = "parley.env/1 cancel";
  if (!host) return breach(PARLEY_E_INVALID, function, no_null);
  loaded_plugin& plugin = loaded_plugin::of(host);
  if (!dispatch::on_logic_thread()) return breach(PARLEY_E_THREAD, function, "it is [logic]");
  const auto found = plugin.timers.find(timer);
  if (found == plugin.timers.end()) return PARLEY_E_STALE;
  plugin.shared->logic->cancel(found->second);
  plugin.timers.erase(found);
  return PARLEY_OK;
}

void write(const parley_host* host, parley_call handle, std::int32_t level, parley_str message) {
  if (!host || (message.len > 0 && !message.ptr)) {
    breach(PARLEY_E_INVALID, "parley.log/1 write", no_null);
    return;
  }
  const observe::level severity = level <= PARLEY_DEBUG  ? observe::level::debug
                                  : level == PARLEY_INFO ? observe::level::info
                                  : level == PARLEY_WARN ? observe::level::warn
                                                         : observe::level::error;
  const std::string& name = loaded_plugin::of(host).name;
  if (const call* c = handle ? calls::find(handle) : nullptr)
    observe::write(
        severity, view(message),
        {{"plugin", name}, {"request", c->request_id}, {"principal", c->who->principal}});
  else
    observe::write(severity, view(message), {{"plugin", name}});
}

parley_status read_config(const parley_host* host, parley_value* out) {
  constexpr const char* function = "parley.config/1 read";
  if (!host || !out) return breach(PARLEY_E_INVALID, function, no_null);
  if (!dispatch::on_logic_thread())
    return breach(PARLEY_E_THREAD, function, "it is [init] or [logic]");
  loaded_plugin& plugin = loaded_plugin::of(host);
  *out = plugin.lasting->refer(plugin.config);
  return PARLEY_OK;
}

// Not an operation of the call: `done` comes only once `work` has returned, whatever becomes of it.
parley_status run(parley_call handle, void (*work)(void* user), parley_done done, void* user) {
  constexpr const char* function = "parley.offload/1 run";
  const call* c = calls::find(handle);
  if (!c) return dispatch::gone(function);
  if (!work || !done) return breach(PARLEY_E_INVALID, function, no_null);
  loaded_plugin& plugin = loaded_plugin::of(*c); // stays until `offloaded` is 0
  const bool queued = plugin.shared->pool->post([&plugin, handle, work, done, user] {
    dispatch::working_for(plugin.name.c_str());
    work(user);
    dispatch::working_for(nullptr);
    plugin.shared->logic->post([&plugin, handle, done, user] {
      const parley_status status = calls::find(handle) ? PARLEY_OK : PARLEY_E_CANCELLED;
      run(plugin, plugin.working, [&] { done(user, status, 0); });
      --plugin.offloaded;
    });
  });
  if (queued) ++plugin.offloaded;
  return queued ? PARLEY_OK : PARLEY_E_UNAVAILABLE;
}

} // namespace

const void* env_interface() {
  static const parley_env_api api{sizeof(parley_env_api), now_ms, random, id, after, cancel};
  return &api;
}

const void* log_interface() {
  static const parley_log_api api{sizeof(parley_log_api), write};
  return &api;
}

const void* config_interface() {
  static const parley_config_api api{sizeof(parley_config_api), read_config};
  return &api;
}

const void* offload_interface() {
  static const parley_offload_api api{sizeof(parley_offload_api), run};
  return &api;
}

} // namespace parley::plugin
