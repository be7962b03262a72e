#pragma once

// Who is who: the one door to accounts, sessions, tokens and roles. Everything on the logic loop.

#include "dispatch/gateway.hpp"
#include "env/env.hpp"
#include "identity/accounts.hpp"
#include "identity/encoding.hpp"
#include "identity/host_access.hpp"
#include "identity/roles.hpp"
#include "identity/sessions.hpp"
#include "parley/draft/identity.h"
#include "storage/engine.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace parley::identity {

struct settings {
  std::string issuer = "parley"; // `iss` of access tokens
  std::int64_t access_token_ms = 15 * 60'000;
  std::int64_t refresh_token_ms = std::int64_t{30} * 24 * 60 * 60'000;
};

class service {
 public:
  // All but `settings` and `roles` are kept by reference, and outlive the service. No callback of
  // `store` may come after its end: close the store first.
  service(settings with, role_table roles, const env::clock& clock, env::random& random,
          storage::engine& store, host_access& host);
  ~service();
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  // Reads or makes the keys, and reads what was revoked. The store is open, with the collections of
  // the manifest. `problem` is empty where it went well; nothing else is called before.
  void start(std::function<void(std::string problem)> done);
  // Nothing is let in any more.
  void stop();

  // A session, or why not. A Bearer token is checked in memory, and `done` is called before this
  // returns. Other schemes go through the hook point identity.authenticate; their session has no
  // id and does not expire.
  using authenticated = std::function<void(dispatch::session_ptr, std::optional<dispatch::error>)>;
  void authenticate(std::string scheme, std::string credential, std::string remote,
                    authenticated done);

  // Whether a session that was let in is none any more.
  bool is_revoked(std::string_view session) const {
    return sessions_ && sessions_->is_revoked(session);
  }
  // Removes what has expired, some of it at a time.
  void tidy() {
    if (sessions_ && !stopped_) sessions_->tidy();
  }

  // The account of a plugin's bot, as a session for its calls.
  using bot_ready = std::function<void(dispatch::session_ptr, std::string problem)>;
  void ensure_bot(std::string plugin, std::string name, std::string display_name, bot_ready done);

  // A session was revoked: close its connections (4100).
  std::function<void(std::string_view session)> on_revoked;

  const role_table& roles() const { return roles_; }
  // Sessions keep the roles that they were opened with; what a role may do counts at once.
  void set_roles(role_table next) { roles_ = std::move(next); }
  accounts& people() { return accounts_; }
  sessions_service* open_sessions() { return sessions_.get(); } // nullptr before start
  host_access& host() { return host_; }

  // Adds an account to a batch; tells the hook point account.created once it is durable.
  parley_status create(parley_batch batch, const boost::json::value& profile, std::string& id);

 private:
  void load_secret(std::string name, std::size_t size,
                   std::function<void(std::string problem, bytes)> done);
  void make_secret(std::string name, std::size_t size,
                   std::function<void(std::string problem, bytes)> done);
  void ready(const bytes& access, bytes refresh, std::function<void(std::string)> done);
  void look_up(const boost::json::value& answer, authenticated done);
  dispatch::session_ptr session_of(const account_record& account) const;

  settings with_;
  role_table roles_;
  const env::clock& clock_;
  env::random& random_;
  storage::engine& store_;
  host_access& host_;
  accounts accounts_;
  std::unique_ptr<sessions_service> sessions_;
  bool stopped_ = false;
};

// The C interface parley.identity/1. Its functions have no pointer of their own, so they reach the
// one service of the process through a pointer that `start` sets and the destructor clears. That
// is sound because all of them, and both of these, run on the logic loop.
const parley_identity_api& identity_api();

} // namespace parley::identity
