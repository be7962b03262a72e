#pragma once

// Sessions in the store, and the tokens for them. What a refresh decides is in rotation.hpp.

#include "dispatch/gateway.hpp"
#include "env/env.hpp"
#include "identity/accounts.hpp"
#include "identity/encoding.hpp"
#include "identity/records.hpp"
#include "identity/revocation.hpp"
#include "identity/roles.hpp"
#include "identity/tokens.hpp"
#include "storage/engine.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace parley::identity {

struct session_tokens {
  std::string account;
  std::string session;
  std::string access_token;
  std::int64_t access_expires_ms = 0;
  std::string refresh_token;
  std::int64_t refresh_expires_ms = 0;
};

struct token_keys {
  signing_key access;
  bytes refresh; // refresh_tokens::key_size
};

class sessions_service {
 public:
  struct parts {
    storage::engine& store;
    const env::clock& clock;
    env::random& random;
    accounts& people;
    const role_table& roles;
    std::string issuer;
    std::int64_t access_ms;  // lifetime of an access token
    std::int64_t refresh_ms; // lifetime of a session after its last refresh
  };
  sessions_service(parts with, const token_keys& keys);

  using issued = std::function<void(std::optional<session_tokens>, std::optional<dispatch::error>)>;
  using closed = std::function<void(std::optional<dispatch::error>)>;

  // An account that does not exist is `not_found`.
  void open(std::string account, std::string device, issued done);
  // An open session, for somebody who was let in by it otherwise than by its token.
  using resumed = std::function<void(dispatch::session_ptr, std::optional<dispatch::error>)>;
  void resume(std::string session, resumed done);
  // Whether the token was issued here at all; the rest of `refresh` is then worth its reads.
  bool knows(std::string_view refresh_token) const;
  // `forbidden` for a token that is spent, expired, revoked or made up.
  void refresh(std::string refresh_token, issued done);
  // Closing twice is well; one that never was is `not_found`.
  void close(std::string session, closed done);

  // Closes all sessions of an account that goes. What is left of them goes when their last access
  // tokens have ended. How many were open, or told more than that.
  using forgotten = std::function<void(const storage::failure&, std::size_t how_many)>;
  void forget(std::string account, forgotten done);

  // Fills the set of revoked sessions. `problem` is empty where it went well.
  void load_revoked(std::function<void(std::string problem)> done);

  // Removes sessions that have expired, a page at a time: for calling now and then.
  void tidy();

  bool is_revoked(std::string_view session) const { return revoked_.contains(session); }
  // Checks an access token in memory.
  dispatch::session_ptr check(std::string_view access_token) const;

  // A session was revoked: its connections are to be closed.
  std::function<void(std::string_view session)> on_revoked;

 private:
  static constexpr std::uint32_t forgotten_at_once = 100;

  struct refreshing;

  void decide(std::shared_ptr<refreshing> work);
  void decided(std::shared_ptr<refreshing> work, const session_record& session);
  void issue_next(std::shared_ptr<refreshing> work, const session_record& session,
                  const account_record& account, rotation_step step);
  void revoke_reused(std::shared_ptr<refreshing> work, const session_record& session);
  void try_close(std::string session, closed done, int attempts);
  void write_revocation(const session_record& session, storage::engine::committed done);
  void forget_from(const std::string& account, const std::string& after, std::size_t so_far,
                   forgotten done);
  void revoked(const std::string& session);
  void remove_expired(const std::vector<boost::json::object>& records);
  void load_page(std::string time, std::string id, std::function<void(std::string)> done);
  session_tokens tokens_for(const account_record& account, const session_record& session,
                            std::string refresh_token) const;
  std::string now() const { return env::rfc3339(with_.clock.unix_ms()); }

  parts with_;
  access_tokens access_;
  refresh_tokens refresh_;
  revoked_sessions revoked_;
  std::string tidied_; // the last session that was looked at; empty: from the first on
};

// The errors that callers see.
dispatch::error unauthenticated();
dispatch::error error_of(const storage::failure& why);

} // namespace parley::identity
