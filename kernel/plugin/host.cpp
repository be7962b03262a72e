#include "plugin/host.hpp"

#include "dispatch/batches.hpp"
#include "dispatch/breach.hpp"
#include "dispatch/calls.hpp"
#include "dispatch/checked_values.hpp"
#include "parley/config.h"
#include "parley/draft/asset.h"
#include "parley/draft/connections.h"
#include "parley/draft/ephemeral.h"
#include "parley/draft/jobs.h"
#include "parley/draft/storage.h"
#include "parley/env.h"
#include "parley/hook.h"
#include "parley/log.h"
#include "parley/offload.h"
#include "parley/topic.h"

#include <algorithm>

namespace parley::plugin {

namespace {

dispatch::value_arena* arena_of(parley_call call) {
  dispatch::call* c = dispatch::calls::find(call);
  return c ? c->arena.get() : nullptr;
}

const void* query(const parley_host* host, const char* name, std::uint32_t min_size) {
  if (!host) {
    dispatch::breach(PARLEY_E_INVALID, "query", "no pointer is NULL");
    return nullptr;
  }
  const loaded_plugin& plugin = loaded_plugin::of(host);
  const std::string_view wanted = name ? name : "";
  const void* found = nullptr;
  if (wanted == PARLEY_VALUE_INTERFACE)
    found = &dispatch::checked_value_api(arena_of);
  else if (wanted == PARLEY_CALL_INTERFACE)
    found = call_interface();
  else if (wanted == PARLEY_STORAGE_INTERFACE)
    found = storage_interface();
  else if (wanted == PARLEY_EPHEMERAL_INTERFACE)
    found = ephemeral_interface();
  else if (wanted == PARLEY_JOBS_INTERFACE)
    found = jobs_interface();
  else if (wanted == PARLEY_HOOK_INTERFACE)
    found = hook_interface();
  else if (wanted == PARLEY_TOPIC_INTERFACE)
    found = topic_interface();
  else if (wanted == PARLEY_ENV_INTERFACE)
    found = env_interface();
  else if (wanted == PARLEY_LOG_INTERFACE)
    found = log_interface();
  else if (wanted == PARLEY_METRICS_INTERFACE)
    found = metrics_interface();
  else if (wanted == PARLEY_CONFIG_INTERFACE)
    found = config_interface();
  else if (wanted == PARLEY_OFFLOAD_INTERFACE)
    found = offload_interface();
  else if (wanted == PARLEY_STORAGE_DRIVER_INTERFACE && !plugin.declared.provides.empty())
    found = storage_driver_interface();
  else if (wanted == PARLEY_ASSET_INTERFACE)
    found = asset_interface();
  // these need a capability, granted by the operator
  else if (wanted == PARLEY_CONNECTIONS_INTERFACE && has_capability(plugin, "connections"))
    found = connections_interface();
  else if (wanted == PARLEY_IDENTITY_INTERFACE && has_capability(plugin, "identity"))
    found = plugin.shared->identity;
  // every interface begins with its size
  return found && *static_cast<const std::uint32_t*>(found) >= min_size ? found : nullptr;
}

std::string name_of(parley_status status) {
  static constexpr const char* names[] = {
      "OK",         "E_INVALID",   "E_NOT_FOUND",   "E_FORBIDDEN", "E_CONFLICT",
      "E_DEADLINE", "E_CANCELLED", "E_UNAVAILABLE", "E_LIMIT",     "E_FAILED",
      "E_THREAD",   "E_STALE",     "E_REPEATED",    "E_REFUSED"};
  const std::int64_t place = -std::int64_t{status};
  if (place < 0 || place >= std::ssize(names)) return "status " + std::to_string(status);
  return "PARLEY_" + std::string(names[place]);
}

std::string missing(std::string_view what, const std::string& name) {
  return "the manifest declares the " + std::string(what) + " " + name +
         ", and the plugin provides no handler for it";
}

std::string check_provided(const loaded_plugin& plugin) {
  for (const manifest::method& m : plugin.declared.methods)
    if (!plugin.methods.contains(m.name)) return missing("method", m.name);
  for (const manifest::hook& h : plugin.declared.hooks)
    if (!plugin.hooks.contains(h.name)) return missing("hook", h.name);
  for (const manifest::route& r : plugin.declared.routes)
    if (!plugin.routes.contains(r.name)) return missing("route", r.name);
  for (const manifest::job& j : plugin.declared.jobs)
    if (!plugin.jobs.contains(j.name)) return missing("job", j.name);
  for (const manifest::scope& s : plugin.declared.scopes)
    if (!plugin.access.contains(s.name) || !plugin.places.contains(s.name))
      return missing("scope", s.name);
  const auto& provides = plugin.declared.provides;
  if (std::find(provides.begin(), provides.end(), "storage") != provides.end() && !plugin.driver)
    return "the manifest says `provides: [storage]`, and the plugin offers no driver";
  return {};
}

} // namespace

bool has_capability(const loaded_plugin& plugin, const std::string& capability) {
  const std::vector<std::string> asked = plugin.declared.capabilities();
  if (std::find(asked.begin(), asked.end(), capability) == asked.end()) return false;
  return plugin.folder.empty() || plugin.grants.contains(capability);
}

dispatch::entry_point& point(const loaded_plugin& plugin, std::string_view name) {
  return plugin.shared->calls->all_stays().point(plugin, name, *plugin.shared->metrics);
}

bool run(const loaded_plugin& plugin, dispatch::entry_point* at,
         const std::function<void()>& code) {
  return plugin.shared->calls->all_stays().run(at, code);
}

void prepare_host(loaded_plugin& plugin) {
  auto& measured = plugin.shared->measured[plugin.name];
  if (!measured)
    measured = std::make_unique<plugin_metrics>(plugin.name, *plugin.shared->metrics,
                                                plugin.shared->most_metrics);
  plugin.measured = measured.get();
  plugin.own = &point(plugin, "own");
  plugin.timing = &point(plugin, "timer");
  plugin.working = &point(plugin, "work");
  plugin.host.base = {sizeof(parley_host), PARLEY_ABI_VERSION, query};
  plugin.host.plugin = &plugin;
}

std::string enter(loaded_plugin& plugin,
                  const std::function<parley_status(const parley_host*, parley_plugin*)>& entry) {
  plugin.entered.size = sizeof(parley_plugin);
  plugin.initialising = true;
  parley_status status = PARLEY_E_FAILED;
  std::string breach;
  dispatch::keep_first_breach(&breach);
  const bool well = run(plugin, &point(plugin, "entry"),
                        [&] { status = entry(&plugin.host.base, &plugin.entered); });
  plugin.initialising = false;
  dispatch::keep_first_breach(nullptr);
  if (!breach.empty()) return "its entry function breaks the rules of the C interface: " + breach;
  if (!well) return "its entry function threw an exception, and nothing may be thrown through C";
  if (status != PARLEY_OK) return "its entry function gave " + name_of(status);
  return check_provided(plugin);
}

void after_commit(parley_batch batch, std::function<void()> action) {
  dispatch::batches::after_commit(batch, std::move(action));
}

parley_batch lend(parley_batch batch, const parley_host* to, parley_call until) {
  dispatch::call* c = dispatch::calls::find(until);
  return c ? dispatch::batches::lend(batch, loaded_plugin::of(to), *c) : 0;
}

parley_call owner_of(parley_batch batch) {
  const dispatch::batch* b = dispatch::batches::find(batch);
  return b ? b->root->owner : 0;
}

} // namespace parley::plugin
