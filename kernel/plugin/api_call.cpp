// parley.call/1, parley.hook/1 and parley.topic/1 over dispatch.

#include "dispatch/breach.hpp"
#include "dispatch/dispatcher.hpp"
#include "dispatch/values.hpp"
#include "env/env.hpp"
#include "observe/log.hpp"
#include "parley/draft/http_route.h"
#include "parley/draft/jobs.h"
#include "parley/hook.h"
#include "parley/topic.h"
#include "plugin/host.hpp"

#include <algorithm>
#include <cstddef>

namespace parley::plugin {

namespace {

using dispatch::breach;
using dispatch::call;
using dispatch::calls;
using dispatch::gone;
using dispatch::is_text;
using dispatch::str;
using dispatch::value_arena;
using dispatch::view;

constexpr const char* no_null = "no pointer is NULL";
// The structs as they were first published: nobody has a shorter one.
constexpr std::size_t least_info = offsetof(parley_call_info, depth) + sizeof(std::uint32_t);
constexpr std::size_t least_error = offsetof(parley_error, retry_after_ms) + sizeof(std::int64_t);

std::vector<std::string> declared(const loaded_plugin& plugin, std::int32_t kind) {
  std::vector<std::string> out;
  const auto take = [&](const auto& all) {
    for (const auto& each : all) out.push_back(each.name);
  };
  if (kind == PARLEY_METHOD) take(plugin.declared.methods);
  if (kind == PARLEY_HOOK) take(plugin.declared.hooks);
  if (kind == PARLEY_ROUTE) take(plugin.declared.routes);
  if (kind == PARLEY_JOB) take(plugin.declared.jobs);
  if (kind == PARLEY_SCOPE_ACCESS || kind == PARLEY_SCOPE_PLACES) take(plugin.declared.scopes);
  return out;
}

// Nothing where the manifest declares it.
std::string undeclared(const loaded_plugin& plugin, std::int32_t kind, parley_str name) {
  if (!is_text(name)) return "text is UTF-8, and not NULL";
  const std::vector<std::string> known = declared(plugin, kind);
  const std::string given(view(name));
  if (std::find(known.begin(), known.end(), given) != known.end()) return {};
  const std::string near = schema::nearest(given, known);
  return "the manifest declares what is provided, and no " + given +
         (near.empty() ? "" : "; did you mean " + near + "?");
}

parley_status provide(const parley_host* host, std::int32_t kind, parley_str name,
                      parley_handler handler, void* user) {
  constexpr const char* function = "parley.call/1 provide";
  if (!host) return breach(PARLEY_E_INVALID, function, no_null);
  loaded_plugin& plugin = loaded_plugin::of(host);
  if (!dispatch::on_logic_thread() || !plugin.initialising)
    return breach(PARLEY_E_THREAD, function, "it is [init]: called by the entry function only");
  if (!handler) return breach(PARLEY_E_INVALID, function, no_null);
  if (const std::string why = undeclared(plugin, kind, name); !why.empty())
    return breach(PARLEY_E_INVALID, function, why);
  dispatch::handlers& kept = kind == PARLEY_METHOD         ? plugin.methods
                             : kind == PARLEY_HOOK         ? plugin.hooks
                             : kind == PARLEY_ROUTE        ? plugin.routes
                             : kind == PARLEY_JOB          ? plugin.jobs
                             : kind == PARLEY_SCOPE_ACCESS ? plugin.access
                                                           : plugin.places;
  constexpr const char* words[] = {"method ", "hook ", "access ", "places ", "route ", "job "};
  kept[std::string(view(name))] = {
      handler, user, &point(plugin, words[kind - PARLEY_METHOD] + std::string(view(name)))};
  return PARLEY_OK;
}

parley_status info(parley_call handle, parley_call_info* out) {
  constexpr const char* function = "parley.call/1 info";
  if (!out) return breach(PARLEY_E_INVALID, function, no_null);
  const call* c = calls::find(handle);
  if (!c) return gone(function);
  if (out->size < least_info)
    return breach(PARLEY_E_INVALID, function, "`size` is set to that of the struct");
  parley_call_info full{};
  full.size = out->size;
  full.principal_kind = c->who->kind;
  full.principal = str(c->who->principal);
  full.session = str(c->who->id);
  full.request_id = str(c->request_id);
  full.remote = str(c->remote);
  full.deadline_ms = c->deadline_ms;
  full.batch = c->joined;
  full.depth = c->depth;
  full.readable_from = c->work ? c->work->readable_from : 0;
  // a plugin built earlier knows a shorter struct
  std::copy_n(reinterpret_cast<const char*>(&full), std::min<std::size_t>(out->size, sizeof full),
              reinterpret_cast<char*>(out));
  return PARLEY_OK;
}

// A call that its plugin has ended already, or nothing that is a call.
[[gnu::always_inline]] inline parley_status ended_before(parley_call handle, const char* function) {
  if (calls::ended_by_plugin(handle))
    return breach(PARLEY_E_STALE, function, "a call is ended once");
  return gone(function);
}

parley_status finish(parley_call handle, parley_value result) {
  call* c = calls::find(handle);
  if (!c) return ended_before(handle, "parley.call/1 finish");
  const boost::json::value* value = value_arena::find(result);
  if (result != 0 && !value) return PARLEY_E_STALE;
  c->ended_by_plugin = true;
  return loaded_plugin::of(*c).shared->calls->finish(handle, value);
}

parley_status fail(parley_call handle, const parley_error* given) {
  constexpr const char* function = "parley.call/1 fail";
  if (!given) return breach(PARLEY_E_INVALID, function, no_null);
  call* c = calls::find(handle);
  if (!c) return ended_before(handle, function);
  if (given->size < least_error)
    return breach(PARLEY_E_INVALID, function, "`size` is set to that of the struct");
  if (!is_text(given->code) || !is_text(given->message) || !is_text(given->field))
    return breach(PARLEY_E_INVALID, function, "text is UTF-8, and not NULL");
  c->ended_by_plugin = true;
  const parley_status status = given->status == PARLEY_OK ? PARLEY_E_FAILED : given->status;
  dispatch::error why = dispatch::error_of(status);
  if (given->code.len > 0) why.code = view(given->code);
  std::string fault;
  if (status == PARLEY_E_FAILED)
    fault = view(given->message);
  else if (given->message.len > 0)
    why.message = view(given->message);
  why.field = view(given->field);
  why.retry_after_ms = given->retry_after_ms;
  if (given->retry_after_ms > 0) why.temporary = true;
  return loaded_plugin::of(*c).shared->calls->fail(handle, std::move(why), status,
                                                   std::move(fault));
}

parley_status invoke(parley_call handle, parley_str method, parley_value params, parley_done done,
                     void* user) {
  constexpr const char* function = "parley.call/1 invoke";
  call* c = calls::find(handle);
  if (!c) return gone(function);
  if (!is_text(method)) return breach(PARLEY_E_INVALID, function, "text is UTF-8, and not NULL");
  const boost::json::value* value = value_arena::find(params);
  if (params != 0 && !value) return PARLEY_E_STALE;
  if (value && !value->is_object()) return PARLEY_E_INVALID;
  dispatch::dispatcher* dispatch = loaded_plugin::of(*c).shared->dispatch;
  if (!dispatch) return PARLEY_E_UNAVAILABLE;
  return dispatch->all_methods().invoke(*c, view(method), value, done, user);
}

parley_status begin(const parley_host* host, std::int32_t as_bot, std::uint32_t timeout_ms,
                    parley_call* out) {
  constexpr const char* function = "parley.call/1 begin";
  if (!host || !out) return breach(PARLEY_E_INVALID, function, no_null);
  loaded_plugin& plugin = loaded_plugin::of(host);
  if (!dispatch::on_logic_thread()) return breach(PARLEY_E_THREAD, function, "it is [logic]");
  if (as_bot && !plugin.bot) return PARLEY_E_FORBIDDEN;
  call& c = plugin.shared->calls->begin(plugin, as_bot ? plugin.bot : plugin.self, nullptr,
                                        timeout_ms, nullptr);
  c.origin = plugin.name;
  c.depth = plugin.shared->calls->depth_now();
  *out = c.handle;
  return PARLEY_OK;
}

parley_status cancel(parley_call handle) {
  call* c = calls::find(handle);
  if (!c) return gone("parley.call/1 cancel");
  loaded_plugin::of(*c).shared->calls->cancel_operations(*c, PARLEY_E_CANCELLED);
  return PARLEY_OK;
}

std::int32_t available(const parley_host* host, parley_str name) {
  constexpr const char* function = "parley.call/1 available";
  if (!host || !is_text(name)) return breach(PARLEY_E_INVALID, function, no_null) == PARLEY_OK;
  if (!dispatch::on_logic_thread())
    return breach(PARLEY_E_THREAD, function, "it is [init] or [logic]") == PARLEY_OK;
  const loaded_plugin& plugin = loaded_plugin::of(host);
  const dispatch::dispatcher* dispatch = plugin.shared->dispatch;
  return dispatch && plugin.declared.may_use(std::string(view(name))) && dispatch->has(view(name));
}

parley_status run_hook(parley_call handle, parley_str name, parley_value payload,
                       parley_batch batch, parley_done done, void* user) {
  constexpr const char* function = "parley.hook/1 run";
  call* c = calls::find(handle);
  if (!c) return gone(function);
  if (!is_text(name)) return breach(PARLEY_E_INVALID, function, "text is UTF-8, and not NULL");
  const loaded_plugin& plugin = loaded_plugin::of(*c);
  const boost::json::value* value = value_arena::find(payload);
  if (!value) return PARLEY_E_STALE;
  if (!plugin.shared->dispatch) return PARLEY_E_UNAVAILABLE;
  dispatch::hooks& hooks = plugin.shared->dispatch->all_hooks();
  if (!hooks.has(view(name), plugin)) return PARLEY_E_NOT_FOUND;

  calls& all = *plugin.shared->calls;
  const std::uint64_t operation = all.begin_operation(*c, done, user);
  const auto told = [&all, operation](const std::optional<dispatch::error>& why) {
    if (why) return all.complete_failed(operation, *why);
    all.complete(operation, PARLEY_OK);
  };
  switch (hooks.kind_of(view(name))) {
    case manifest::hook_kind::filter:
      hooks.filter(*c, view(name), *value,
                   [&all, operation, handle](const boost::json::value* left,
                                             const std::optional<dispatch::error>& why) {
                     if (why) return all.complete_failed(operation, *why, PARLEY_E_REFUSED);
                     call* in = calls::find(handle);
                     all.complete(operation, PARLEY_OK, in ? in->arena->refer(*left) : 0);
                   });
      break;
    case manifest::hook_kind::join:
      if (!dispatch::batches::find(batch)) {
        all.complete(operation, PARLEY_E_STALE);
        break;
      }
      hooks.join(*c, view(name), *value, batch, told);
      break;
    case manifest::hook_kind::observe:
      hooks.observe(*c, view(name), *value, told);
      break;
  }
  return PARLEY_OK;
}

parley_status publish(parley_call handle, parley_str event, parley_str place, parley_value data) {
  constexpr const char* function = "parley.topic/1 publish";
  const call* c = calls::find(handle);
  if (!c) return gone(function);
  if (!is_text(event) || !is_text(place))
    return breach(PARLEY_E_INVALID, function, "text is UTF-8, and not NULL");
  const boost::json::value* value = value_arena::find(data);
  if (!value) return PARLEY_E_STALE;
  const loaded_plugin& plugin = loaded_plugin::of(*c);
  const auto& events = plugin.declared.events;
  const auto declared = std::find_if(events.begin(), events.end(), [&](const auto& e) {
    return e.name == view(event) && !e.durable;
  });
  if (declared == events.end()) return PARLEY_E_NOT_FOUND;
  if (const std::string wrong = plugin.strict ? plugin.strict->event(declared->name, *value) : "";
      !wrong.empty()) {
    observe::write(observe::level::error, "an event is not what the manifest says",
                   {{"plugin", plugin.name}, {"event", declared->name}, {"what", wrong}});
    return PARLEY_E_INVALID;
  }
  if (!plugin.shared->dispatch) return PARLEY_E_UNAVAILABLE;
  plugin.shared->dispatch->all_topics().publish(declared->topic + ":" + std::string(view(place)),
                                                view(event), *value, declared->latest_by);
  return PARLEY_OK;
}

} // namespace

const void* call_interface() {
  static const parley_call_api api{
      sizeof(parley_call_api), provide, info, finish, fail, invoke, begin, cancel, available};
  return &api;
}

const void* hook_interface() {
  static const parley_hook_api api{sizeof(parley_hook_api), run_hook};
  return &api;
}

const void* topic_interface() {
  static const parley_topic_api api{sizeof(parley_topic_api), publish};
  return &api;
}

} // namespace parley::plugin
