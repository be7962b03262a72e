#include "identity/sessions.hpp"

#include "observe/log.hpp"

#include <algorithm>
#include <utility>

namespace parley::identity {

namespace json = boost::json;

namespace {

// How often a write is decided anew because another one came first.
constexpr int max_attempts = 8;

dispatch::error refused_token() {
  return {"forbidden", "This refresh token is not good any more.", {}, 0, false};
}

dispatch::error no_such(std::string what) {
  return {"not_found", std::move(what), {}, 0, false};
}

} // namespace

dispatch::error unauthenticated() {
  return {
      "unauthenticated", "The credential is missing, expired, forged or revoked.", {}, 0, false};
}

dispatch::error error_of(const storage::failure& why) {
  switch (why.code) {
    case storage::status::unavailable:
      return {"unavailable", "The storage cannot serve now.", {}, 1000, true};
    case storage::status::conflict:
      return {"conflict", "Something else was changed at the same time.", {}, 0, true};
    default:
      return {"internal", "A fault of the server.", {}, 0, false};
  }
}

struct sessions_service::refreshing {
  std::string session;
  std::string presented; // hash
  int attempts = max_attempts;
  issued done;
};

sessions_service::sessions_service(parts with, const token_keys& keys)
    : with_(std::move(with)),
      access_(keys.access, with_.issuer, with_.access_ms),
      refresh_(keys.refresh) {}

session_tokens sessions_service::tokens_for(const account_record& account,
                                            const session_record& session,
                                            std::string refresh_token) const {
  claims who;
  who.account = account.id;
  who.session = session.id;
  who.kind = account.kind;
  who.roles = with_.roles.roles_of(account.kind, account.id, account.name);
  who.issued_ms = with_.clock.unix_ms() / 1000 * 1000;
  who.expires_ms = std::min(who.issued_ms + with_.access_ms, session.expires_ms) / 1000 * 1000;
  return {
      account.id,        session.id, access_.issue(who), who.expires_ms, std::move(refresh_token),
      session.expires_ms};
}

void sessions_service::open(std::string account, std::string device, issued done) {
  with_.people.get(account, [this, device = std::move(device), done = std::move(done)](
                                const storage::failure& why, std::optional<account_record> owner) {
    if (why.code != storage::status::ok) return done(std::nullopt, error_of(why));
    if (!owner) return done(std::nullopt, no_such("There is no such account."));
    session_record session;
    session.id = env::uuid_v7(with_.clock, with_.random);
    session.account = owner->id;
    session.device = device;
    session.created_at = now();
    session.expires_ms = with_.clock.unix_ms() + with_.refresh_ms;
    auto token = refresh_.make(session.id, with_.random);
    session.current = refresh_tokens::hash(token);

    auto writes = with_.store.begin();
    const auto wrong = writes->put(sessions, to_record(session));
    if (wrong.code != storage::status::ok) return done(std::nullopt, error_of(wrong));
    auto tokens = tokens_for(*owner, session, std::move(token));
    with_.store.commit(std::move(writes),
                       [done, tokens = std::move(tokens)](const storage::commit_result& result) {
                         if (result.why.code != storage::status::ok)
                           return done(std::nullopt, error_of(result.why));
                         done(tokens, std::nullopt);
                       });
  });
}

bool sessions_service::knows(std::string_view refresh_token) const {
  return !refresh_.session_of(refresh_token).empty();
}

void sessions_service::refresh(std::string refresh_token, issued done) {
  auto work = std::make_shared<refreshing>();
  work->session = refresh_.session_of(refresh_token);
  work->presented = refresh_tokens::hash(refresh_token);
  work->done = std::move(done);
  if (work->session.empty()) return work->done(std::nullopt, refused_token());
  decide(std::move(work));
}

void sessions_service::decide(std::shared_ptr<refreshing> work) {
  if (work->attempts-- == 0) {
    return work->done(std::nullopt, error_of({storage::status::conflict, {}}));
  }
  with_.store.get(sessions, json::array{work->session}, {},
                  [this, work](const storage::failure& why, std::optional<json::object> record) {
                    if (why.code != storage::status::ok) {
                      return work->done(std::nullopt, error_of(why));
                    }
                    // Erased with its account.
                    if (!record) return work->done(std::nullopt, refused_token());
                    decided(work, read_session(*record));
                  });
}

void sessions_service::decided(std::shared_ptr<refreshing> work, const session_record& session) {
  auto step = rotate(session, work->presented, with_.clock.unix_ms());
  if (step.what == rotation::refuse) return work->done(std::nullopt, refused_token());
  if (step.what == rotation::revoke) return revoke_reused(std::move(work), session);
  with_.people.get(session.account,
                   [this, work, session, step = std::move(step)](
                       const storage::failure& why, std::optional<account_record> owner) {
                     if (why.code != storage::status::ok)
                       return work->done(std::nullopt, error_of(why));
                     if (!owner) return work->done(std::nullopt, refused_token());
                     issue_next(work, session, *owner, step);
                   });
}

void sessions_service::issue_next(std::shared_ptr<refreshing> work, const session_record& session,
                                  const account_record& account, rotation_step step) {
  auto token = refresh_.make(session.id, with_.random);
  step.next.push_back(refresh_tokens::hash(token));
  auto renewed = session;
  renewed.expires_ms = with_.clock.unix_ms() + with_.refresh_ms;

  auto writes = with_.store.begin();
  const json::array key{session.id};
  writes->require(sessions, key, true, {{"generation", session.generation}},
                  storage::condition_reason::batch);
  writes->patch(sessions, key,
                {{"current", step.current},
                 {"next", json::array(step.next.begin(), step.next.end())},
                 {"generation", session.generation + 1},
                 {"expires_at", env::rfc3339(renewed.expires_ms)}});
  auto tokens = tokens_for(account, renewed, std::move(token));
  with_.store.commit(std::move(writes), [this, work, tokens = std::move(tokens)](
                                            const storage::commit_result& result) {
    if (result.why.code == storage::status::conflict) return decide(work);
    if (result.why.code != storage::status::ok) {
      return work->done(std::nullopt, error_of(result.why));
    }
    work->done(tokens, std::nullopt);
  });
}

void sessions_service::revoke_reused(std::shared_ptr<refreshing> work,
                                     const session_record& session) {
  write_revocation(session, [this, work](const storage::commit_result& result) {
    if (result.why.code == storage::status::conflict) return decide(work);
    if (result.why.code != storage::status::ok) {
      return work->done(std::nullopt, error_of(result.why));
    }
    observe::write(observe::level::warn, "a session was revoked: a spent refresh token came back",
                   {{"session", work->session}});
    revoked(work->session);
    work->done(std::nullopt, refused_token());
  });
}

void sessions_service::write_revocation(const session_record& session,
                                        storage::engine::committed done) {
  auto writes = with_.store.begin();
  const json::array key{session.id};
  writes->require(sessions, key, true, {{"generation", session.generation}},
                  storage::condition_reason::batch);
  writes->patch(sessions, key, {{"revoked_at", now()}, {"generation", session.generation + 1}});
  with_.store.commit(std::move(writes), std::move(done));
}

void sessions_service::close(std::string session, closed done) {
  try_close(std::move(session), std::move(done), max_attempts);
}

void sessions_service::try_close(std::string session, closed done, int attempts) {
  if (attempts == 0) return done(error_of({storage::status::conflict, {}}));
  const json::array key{session};
  with_.store.get(sessions, key, {},
                  [this, session, done, attempts](const storage::failure& why,
                                                  std::optional<json::object> record) {
                    if (why.code != storage::status::ok) return done(error_of(why));
                    if (!record) return done(no_such("There is no such session."));
                    const auto known = read_session(*record);
                    if (!known.revoked_at.empty()) return done(std::nullopt);
                    write_revocation(known, [this, session, done,
                                             attempts](const storage::commit_result& result) {
                      if (result.why.code == storage::status::conflict) {
                        return try_close(session, done, attempts - 1);
                      }
                      if (result.why.code != storage::status::ok) return done(error_of(result.why));
                      revoked(session);
                      done(std::nullopt);
                    });
                  });
}

void sessions_service::forget(std::string account, forgotten done) {
  forget_from(account, {}, 0, std::move(done));
}

void sessions_service::forget_from(const std::string& account, const std::string& after,
                                   std::size_t so_far, forgotten done) {
  storage::query query;
  query.index = "by_account";
  query.prefix = json::array{account};
  query.limit = forgotten_at_once;
  if (!after.empty()) query.lower = json::string(after);
  query.lower_exclusive = true;
  with_.store.range(
      sessions, query, {},
      [this, account, after, so_far, done = std::move(done)](
          const storage::failure& why, const std::vector<json::object>& records, bool more) {
        if (why.code != storage::status::ok || records.empty()) return done(why, so_far);
        const std::int64_t ends_ms =
            with_.clock.unix_ms() + with_.access_ms + access_tokens::leeway_ms;
        auto writes = with_.store.begin();
        std::vector<std::string> closed;
        for (const json::object& record : records) {
          session_record known = read_session(record);
          if (!known.revoked_at.empty() && known.device.empty() && known.expires_ms <= ends_ms)
            continue;
          const json::array key{known.id};
          writes->require(sessions, key, true, {{"generation", known.generation}},
                          storage::condition_reason::batch);
          writes->patch(sessions, key,
                        {{"revoked_at", known.revoked_at.empty() ? now() : known.revoked_at},
                         {"device", nullptr},
                         {"expires_at", env::rfc3339(std::min(known.expires_ms, ends_ms))},
                         {"generation", known.generation + 1}});
          closed.push_back(known.id);
        }
        const auto go_on =
            [this, account, after, so_far, more, done, closed,
             last = read_session(records.back()).id](const storage::commit_result& result) {
              if (result.why.code == storage::status::conflict)
                return forget_from(account, after, so_far, done);
              if (result.why.code != storage::status::ok) return done(result.why, so_far);
              for (const std::string& each : closed) revoked(each);
              if (!more) return done({}, so_far + closed.size());
              forget_from(account, last, so_far + closed.size(), done);
            };
        if (closed.empty()) return go_on({});
        with_.store.commit(std::move(writes), go_on);
      });
}

void sessions_service::resume(std::string session, resumed done) {
  const auto read = [this, session, done](const storage::failure& why,
                                          std::optional<json::object> record) {
    if (why.code != storage::status::ok) return done(nullptr, error_of(why));
    if (!record) return done(nullptr, unauthenticated());
    const session_record known = read_session(*record);
    if (!known.revoked_at.empty() || is_revoked(session) ||
        known.expires_ms <= with_.clock.unix_ms())
      return done(nullptr, unauthenticated());
    with_.people.get(known.account,
                     [this, session, done, expires_ms = known.expires_ms](
                         const storage::failure& failed, std::optional<account_record> account) {
                       if (failed.code != storage::status::ok)
                         return done(nullptr, error_of(failed));
                       if (!account || is_revoked(session)) return done(nullptr, unauthenticated());
                       auto out = std::make_shared<dispatch::session>();
                       out->principal = account->id;
                       out->kind = account->kind;
                       out->id = session;
                       out->expires_ms = expires_ms;
                       out->roles = with_.roles.roles_of(account->kind, account->id, account->name);
                       done(std::move(out), std::nullopt);
                     });
  };
  with_.store.get(sessions, json::array{session}, {}, read);
}

void sessions_service::revoked(const std::string& session) {
  const auto now_ms = with_.clock.unix_ms();
  revoked_.purge(now_ms);
  // Tokens that are issued from a read before the revocation expire by then as well.
  revoked_.add(session, now_ms + with_.access_ms + access_tokens::leeway_ms);
  if (on_revoked) on_revoked(session);
}

void sessions_service::load_revoked(std::function<void(std::string)> done) {
  const auto oldest = with_.clock.unix_ms() - with_.access_ms - access_tokens::leeway_ms;
  load_page(env::rfc3339(oldest), {}, std::move(done));
}

// In the order of (time, id). Without `id` from `time` on; with it what follows `id` at that same
// time, so that many at one moment are no obstacle.
void sessions_service::load_page(std::string time, std::string id,
                                 std::function<void(std::string)> done) {
  storage::query query;
  query.index = "by_revoked_at";
  query.limit = 1000;
  query.lower_exclusive = !id.empty();
  if (id.empty()) {
    query.lower = json::string(time);
  } else {
    query.prefix = json::array{time};
    query.lower = json::string(id);
  }
  with_.store.range(
      sessions, query, {},
      [this, time, id, done = std::move(done)](
          const storage::failure& why, const std::vector<json::object>& records, bool more) {
        if (why.code != storage::status::ok) return done("the sessions: " + why.message);
        session_record last;
        for (const auto& record : records) {
          last = read_session(record);
          revoked_.add(last.id,
                       parse_time(last.revoked_at) + with_.access_ms + access_tokens::leeway_ms);
        }
        if (more && !records.empty()) return load_page(last.revoked_at, last.id, done);
        if (id.empty()) return done({});
        load_page(env::rfc3339(parse_time(time) + 1), {}, done);
      });
}

// In the order of ids, round and round: no index has to be kept for what is looked at so rarely.
void sessions_service::tidy() {
  storage::query query;
  query.limit = 1000;
  if (!tidied_.empty()) query.lower = json::string(tidied_);
  query.lower_exclusive = !tidied_.empty();
  with_.store.range(
      sessions, query, {},
      [this](const storage::failure& why, const std::vector<json::object>& records, bool more) {
        if (why.code != storage::status::ok) return;
        tidied_ = more && !records.empty() ? read_session(records.back()).id : "";
        remove_expired(records);
      });
}

void sessions_service::remove_expired(const std::vector<json::object>& records) {
  const auto now_ms = with_.clock.unix_ms();
  auto writes = with_.store.begin();
  bool any = false;
  for (const auto& record : records) {
    const auto session = read_session(record);
    // Its last access token does not outlive it, but for what clocks differ.
    if (now_ms < session.expires_ms + access_tokens::leeway_ms) continue;
    const json::array key{session.id};
    writes->require(sessions, key, true, {{"generation", session.generation}},
                    storage::condition_reason::batch);
    writes->erase(sessions, key);
    any = true;
  }
  if (any) with_.store.commit(std::move(writes), [](const storage::commit_result&) {});
}

dispatch::session_ptr sessions_service::check(std::string_view access_token) const {
  auto seen = access_.verify(access_token, with_.clock.unix_ms());
  if (seen.why != refusal::none || revoked_.contains(seen.who.session)) return nullptr;
  auto session = std::make_shared<dispatch::session>();
  session->roles = with_.roles.still_given(seen.who.roles, seen.who.kind, seen.who.account);
  session->principal = std::move(seen.who.account);
  session->id = std::move(seen.who.session);
  session->kind = seen.who.kind;
  session->expires_ms = seen.who.expires_ms;
  return session;
}

} // namespace parley::identity
