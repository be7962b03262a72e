#include "identity/interface.hpp"

#include "identity/identity.hpp"

#include <algorithm>

namespace parley::identity {

namespace json = boost::json;

namespace {

service* served = nullptr;

std::string text(parley_str s) {
  return s.ptr ? std::string(s.ptr, s.len) : std::string();
}

json::object to_json(const session_tokens& tokens) {
  return {{"account", tokens.account},
          {"session", tokens.session},
          {"access_token", tokens.access_token},
          {"access_expires_at", env::rfc3339(tokens.access_expires_ms)},
          {"refresh_token", tokens.refresh_token},
          {"refresh_expires_at", env::rfc3339(tokens.refresh_expires_ms)}};
}

sessions_service* open_sessions() {
  return served ? served->open_sessions() : nullptr;
}

// Ends the operation with tokens or an error, while there is a service to end it with.
sessions_service::issued completing(std::uint64_t operation) {
  return [operation](const std::optional<session_tokens>& tokens,
                     const std::optional<dispatch::error>& why) {
    if (!served) return; // stopped: the host has completed it
    if (why) return served->host().fail(operation, *why);
    served->host().complete(operation, to_json(*tokens));
  };
}

parley_status create(parley_batch batch, parley_value profile, char id[36]) {
  if (!served) return PARLEY_E_UNAVAILABLE;
  const auto* value = served->host().value(profile);
  if (!value) return PARLEY_E_STALE;
  std::string made;
  const auto status = served->create(batch, *value, made);
  if (status == PARLEY_OK) std::copy_n(made.begin(), 36, id);
  return status;
}

parley_status open_session(parley_call call, parley_str account, parley_str device,
                           parley_done done, void* user) {
  auto* sessions = open_sessions();
  if (!sessions) return PARLEY_E_UNAVAILABLE;
  // Code points are counted by the schema of whoever took the label; here it is only bounded.
  if (account.len == 0 || device.len > 4 * 64) return PARLEY_E_INVALID;
  const auto operation = served->host().begin_operation(call, done, user);
  if (operation == 0) return PARLEY_E_STALE;
  sessions->open(text(account), text(device), completing(operation));
  return PARLEY_OK;
}

parley_status refresh_session(parley_call call, parley_str refresh_token, parley_done done,
                              void* user) {
  auto* sessions = open_sessions();
  if (!sessions) return PARLEY_E_UNAVAILABLE;
  auto token = text(refresh_token);
  if (!sessions->knows(token)) return PARLEY_E_FORBIDDEN;
  const auto operation = served->host().begin_operation(call, done, user);
  if (operation == 0) return PARLEY_E_STALE;
  sessions->refresh(std::move(token), completing(operation));
  return PARLEY_OK;
}

parley_status close_session(parley_call call, parley_str session, parley_done done, void* user) {
  auto* sessions = open_sessions();
  if (!sessions) return PARLEY_E_UNAVAILABLE;
  if (session.len == 0) return PARLEY_E_INVALID;
  const auto operation = served->host().begin_operation(call, done, user);
  if (operation == 0) return PARLEY_E_STALE;
  sessions->close(text(session), [operation](const std::optional<dispatch::error>& why) {
    if (!served) return;
    if (why) return served->host().fail(operation, *why);
    served->host().complete(operation, nullptr);
  });
  return PARLEY_OK;
}

} // namespace

void serve_interface(service* with) {
  served = with;
}

const parley_identity_api& identity_api() {
  static const parley_identity_api api{sizeof(parley_identity_api), create, open_session,
                                       refresh_session, close_session};
  return api;
}

} // namespace parley::identity
