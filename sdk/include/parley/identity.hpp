#pragma once

// Accounts and sessions (draft, see draft/identity.h), for plugins that let people in.

#include "parley/draft/identity.h"
#include "parley/storage.hpp"

#include <string>
#include <string_view>

namespace parley {

inline const parley_identity_api& identity_of(const arena& a) {
  if (a.host().accounts == nullptr) {
    throw error(PARLEY_E_FORBIDDEN, {}, "The plugin lacks the capability identity.");
  }
  return *a.host().accounts;
}

// Adds a new account to a batch, and gives its id. `name` may be empty; a taken one makes the
// commit a conflict.
inline std::string create_account(const arena& a, batch& b, std::string_view name,
                                  std::string_view display_name) {
  const value profile = name.empty() ? make_object(a, "display_name", display_name)
                                     : make_object(a, "name", name, "display_name", display_name);
  char id[36];
  check(identity_of(a).create(b.handle(), to_handle(a, profile.slot()), id), "making an account");
  return std::string(id, sizeof id);
}

enum class session_step { open, refresh, close };

// Texts must live until it is awaited.
template <session_step Step, class Tokens>
class session_operation : public operation<session_operation<Step, Tokens>> {
 public:
  session_operation(const arena& a, std::string_view what, std::string_view device)
      : operation<session_operation<Step, Tokens>>(a.host()),
        api_(&identity_of(a)),
        call_(a.handle()),
        what_(to_c(what)),
        device_(to_c(device)) {}
  parley_status begin(parley_done done, void* user) const {
    if constexpr (Step == session_step::open) {
      return api_->open_session(call_, what_, device_, done, user);
    } else if constexpr (Step == session_step::refresh) {
      return api_->refresh_session(call_, what_, done, user);
    } else {
      return api_->close_session(call_, what_, done, user);
    }
  }
  Tokens await_resume() { return decode_result<Tokens>(this->take()); }

 private:
  const parley_identity_api* api_;
  parley_call call_;
  parley_str what_;
  parley_str device_;
};

// Opens a session for an account; Tokens is a generated class with account, session, access_token,
// access_expires_at, refresh_token and refresh_expires_at. device: at most 64 characters, or empty.
template <class Tokens = value>
session_operation<session_step::open, Tokens> open_session(const arena& a, std::string_view account,
                                                           std::string_view device) {
  return session_operation<session_step::open, Tokens>(a, account, device);
}
// New tokens for a refresh token. Throws FORBIDDEN where it is not one, or was used before.
template <class Tokens = value>
session_operation<session_step::refresh, Tokens> refresh_session(const arena& a,
                                                                 std::string_view refresh_token) {
  return session_operation<session_step::refresh, Tokens>(a, refresh_token, {});
}
// Revokes a session.
inline session_operation<session_step::close, void> close_session(const arena& a,
                                                                  std::string_view session) {
  return session_operation<session_step::close, void>(a, session, {});
}

} // namespace parley
