#include "identity/identity.hpp"

#include "identity/encoding.hpp"
#include "identity/interface.hpp"
#include "observe/log.hpp"
#include "parley/call.h"

#include <sodium.h>

#include <utility>

namespace parley::identity {

namespace json = boost::json;

namespace {

// An HTTP scheme is compared without regard to case (RFC 9110, 11.1).
bool is_bearer(std::string_view scheme) {
  constexpr std::string_view bearer = "bearer";
  if (scheme.size() != bearer.size()) return false;
  for (std::size_t i = 0; i < bearer.size(); ++i) {
    if ((scheme[i] | 0x20) != bearer[i]) return false;
  }
  return true;
}

// What the hook point's schema allows.
constexpr std::size_t max_scheme = 32;
constexpr std::size_t max_credential = 4096;

std::string text_of(const json::value& from, std::string_view field) {
  const auto* object = from.if_object();
  const auto* value = object ? object->if_contains(field) : nullptr;
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

} // namespace

service::service(settings with, role_table roles, const env::clock& clock, env::random& random,
                 storage::engine& store, host_access& host)
    : with_(std::move(with)),
      roles_(std::move(roles)),
      clock_(clock),
      random_(random),
      store_(store),
      host_(host),
      accounts_(store, clock, random) {}

service::~service() {
  serve_interface(nullptr);
}

void service::start(std::function<void(std::string)> done) {
  if (!prepare_cryptography()) return done("libsodium cannot be used on this machine");
  load_secret("access_token_key", signing_key::seed_size,
              [this, done = std::move(done)](std::string problem, bytes access) {
                if (!problem.empty()) return done(std::move(problem));
                load_secret(
                    "refresh_token_key", refresh_tokens::key_size,
                    [this, access = std::move(access), done](std::string why, bytes refresh) {
                      if (!why.empty()) return done(std::move(why));
                      ready(access, std::move(refresh), done);
                    });
              });
}

void service::ready(const bytes& access, bytes refresh, std::function<void(std::string)> done) {
  sessions_ = std::make_unique<sessions_service>(
      sessions_service::parts{store_, clock_, random_, accounts_, roles_, with_.issuer,
                              with_.access_token_ms, with_.refresh_token_ms},
      token_keys{signing_key(access), std::move(refresh)});
  sessions_->on_revoked = [this](std::string_view session) {
    if (on_revoked) on_revoked(session);
  };
  serve_interface(this);
  sessions_->load_revoked(std::move(done));
}

void service::stop() {
  stopped_ = true;
  serve_interface(nullptr);
}

void service::load_secret(std::string name, std::size_t size,
                          std::function<void(std::string, bytes)> done) {
  store_.get(secrets, json::array{name}, {},
             [this, name, size, done = std::move(done)](const storage::failure& why,
                                                        std::optional<json::object> record) {
               if (why.code != storage::status::ok) {
                 return done("the key " + name + " cannot be read: " + why.message, {});
               }
               if (!record) return make_secret(name, size, done);
               auto value = from_base64url(text_of(*record, "value"));
               if (!value || value->size() != size) {
                 return done("the key " + name + " in the store is damaged", {});
               }
               done({}, std::move(*value));
             });
}

void service::make_secret(std::string name, std::size_t size,
                          std::function<void(std::string, bytes)> done) {
  bytes value(size);
  random_.fill(std::as_writable_bytes(std::span(value)));
  auto writes = store_.begin();
  // Another node may make its own at the same moment: the first one counts.
  writes->require(secrets, json::array{name}, false, {}, storage::condition_reason::batch);
  writes->put(secrets, {{"name", name}, {"value", to_base64url(value)}});
  store_.commit(std::move(writes), [this, name, size, value,
                                    done = std::move(done)](const storage::commit_result& result) {
    if (result.why.code == storage::status::conflict) return load_secret(name, size, done);
    if (result.why.code != storage::status::ok) {
      return done("the key " + name + " cannot be stored: " + result.why.message, {});
    }
    observe::write(observe::level::info, "a key was made", {{"name", name}});
    done({}, value);
  });
}

void service::authenticate(std::string scheme, std::string credential, std::string remote,
                           authenticated done) {
  if (stopped_ || !sessions_) {
    return done(nullptr,
                dispatch::error{"unavailable", "The server is not ready.", {}, 1000, true});
  }
  if (is_bearer(scheme)) {
    auto session = sessions_->check(credential);
    if (!session) return done(nullptr, unauthenticated());
    return done(std::move(session), std::nullopt);
  }
  if (scheme.empty() || scheme.size() > max_scheme || credential.size() > max_credential) {
    return done(nullptr, unauthenticated());
  }
  json::object payload{{"scheme", scheme}, {"credential", credential}, {"remote", remote}};
  host_.run_hook("identity.authenticate", std::move(payload), {{}, std::move(remote), 0},
                 [this, done = std::move(done)](std::optional<dispatch::error> denied,
                                                const json::value& answer) {
                   if (denied) return done(nullptr, std::move(denied));
                   look_up(answer, done);
                 });
}

void service::look_up(const json::value& answer, authenticated done) {
  if (const auto session = text_of(answer, "session"); !session.empty())
    return sessions_->resume(std::string(session), std::move(done));
  const auto principal = text_of(answer, "principal");
  if (principal.empty()) return done(nullptr, unauthenticated()); // nobody knows this scheme
  accounts_.get(principal, [this, done = std::move(done)](const storage::failure& why,
                                                          std::optional<account_record> account) {
    if (why.code != storage::status::ok) return done(nullptr, error_of(why));
    if (!account) return done(nullptr, unauthenticated());
    done(session_of(*account), std::nullopt);
  });
}

dispatch::session_ptr service::session_of(const account_record& account) const {
  auto session = std::make_shared<dispatch::session>();
  session->principal = account.id;
  session->kind = account.kind;
  session->roles = roles_.roles_of(account.kind, account.id, account.name);
  return session;
}

void service::ensure_bot(std::string plugin, std::string name, std::string display_name,
                         bot_ready done) {
  account_record bot;
  bot.kind = PARLEY_BOT;
  bot.name = name;
  accounts_.ensure_bot(std::move(plugin), std::move(name), std::move(display_name),
                       [this, bot, done = std::move(done)](std::string id, std::string problem) {
                         if (!problem.empty()) return done(nullptr, std::move(problem));
                         auto made = bot;
                         made.id = std::move(id);
                         done(session_of(made), {});
                       });
}

parley_status service::create(parley_batch batch, const json::value& profile, std::string& id) {
  auto* writes = host_.writes(batch);
  if (!writes) return PARLEY_E_STALE;
  account_record account;
  account.kind = PARLEY_USER;
  account.name = text_of(profile, "name");
  account.display_name = text_of(profile, "display_name");
  if (accounts_.create(*writes, account).code != storage::status::ok) return PARLEY_E_INVALID;
  id = account.id;
  host_.after_commit(batch, [this, account = std::move(account), from = host_.cause_of(batch)] {
    if (!stopped_) host_.run_hook("account.created", to_profile(account), from, {});
  });
  return PARLEY_OK;
}

} // namespace parley::identity
