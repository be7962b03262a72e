// parley.connections/1 over dispatch.

#include "parley/draft/connections.h"

#include "dispatch/breach.hpp"
#include "dispatch/dispatcher.hpp"
#include "dispatch/values.hpp"
#include "env/env.hpp"
#include "plugin/host.hpp"

#include <charconv>

namespace parley::plugin {

namespace {

namespace json = boost::json;
using dispatch::breach;
using dispatch::call;
using dispatch::calls;
using dispatch::view;

constexpr const char* no_null = "no pointer is NULL";
constexpr const char* wrong_text = "text is UTF-8, and one of account and session is not empty";
constexpr std::size_t longest_reason = 123; // of a close frame

dispatch::topics* topics_of(const call& c) {
  dispatch::dispatcher* all = loaded_plugin::of(c).shared->dispatch;
  return all ? &all->all_topics() : nullptr;
}

bool names_somebody(parley_str account, parley_str session) {
  return dispatch::is_text(account) && dispatch::is_text(session) &&
         (account.len > 0 || session.len > 0);
}

bool is_close(std::uint32_t code, parley_str reason) {
  return (code == PARLEY_CLOSE_RECONNECT || code == PARLEY_CLOSE_LOG_IN) &&
         reason.len <= longest_reason && dispatch::is_text(reason);
}

parley_status list(parley_call handle, parley_str account, parley_str session, parley_value* out) {
  constexpr const char* function = "parley.connections/1 list";
  if (!out) return breach(PARLEY_E_INVALID, function, no_null);
  const call* c = calls::find(handle);
  if (!c) return dispatch::gone(function);
  if (!names_somebody(account, session)) return breach(PARLEY_E_INVALID, function, wrong_text);
  const dispatch::topics* all = topics_of(*c);
  if (!all) return PARLEY_E_UNAVAILABLE;
  json::array found(c->arena->storage());
  for (const dispatch::topics::seen& one : all->find(view(account), view(session))) {
    json::object each(found.storage());
    each["id"] = std::to_string(one.id);
    each["account"] = one.session->principal;
    if (!one.session->id.empty()) each["session"] = one.session->id;
    each["remote"] = one.remote;
    each["since"] = env::rfc3339(one.since_ms);
    each["background"] = one.in_background;
    found.emplace_back(std::move(each));
  }
  *out = c->arena->keep(json::value(std::move(found)));
  return *out ? PARLEY_OK : PARLEY_E_LIMIT;
}

parley_status close(parley_call handle, parley_str id, std::uint32_t code, parley_str reason) {
  constexpr const char* function = "parley.connections/1 close";
  const call* c = calls::find(handle);
  if (!c) return dispatch::gone(function);
  if (!is_close(code, reason) || !dispatch::is_text(id))
    return breach(PARLEY_E_INVALID, function, "the code is one of connections.h, and text short");
  dispatch::topics* all = topics_of(*c);
  if (!all) return PARLEY_E_UNAVAILABLE;
  dispatch::connection_id which = 0;
  const auto [end, wrong] = std::from_chars(id.ptr, id.ptr + id.len, which);
  if (wrong != std::errc() || end != id.ptr + id.len) return PARLEY_E_NOT_FOUND;
  return all->close(which, static_cast<std::uint16_t>(code), view(reason)) ? PARLEY_OK
                                                                           : PARLEY_E_NOT_FOUND;
}

parley_status close_all(parley_call handle, parley_str account, parley_str session,
                        std::uint32_t code, parley_str reason, std::uint32_t* closed) {
  constexpr const char* function = "parley.connections/1 close_all";
  const call* c = calls::find(handle);
  if (!c) return dispatch::gone(function);
  if (!names_somebody(account, session)) return breach(PARLEY_E_INVALID, function, wrong_text);
  if (!is_close(code, reason))
    return breach(PARLEY_E_INVALID, function, "the code is one of connections.h, and text short");
  dispatch::topics* all = topics_of(*c);
  if (!all) return PARLEY_E_UNAVAILABLE;
  const auto found = all->find(view(account), view(session));
  for (const dispatch::topics::seen& one : found)
    all->close(one.id, static_cast<std::uint16_t>(code), view(reason));
  if (closed) *closed = static_cast<std::uint32_t>(found.size());
  return PARLEY_OK;
}

} // namespace

const void* connections_interface() {
  static const parley_connections_api api{sizeof(parley_connections_api), list, close, close_all};
  return &api;
}

} // namespace parley::plugin
