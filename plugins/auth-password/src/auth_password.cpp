#include "auth_password.hpp"

#include "names.hpp"

#include <algorithm>

using namespace auth_password; // NOLINT(google-build-using-namespace)

namespace {

delay_rules rules(const auth_password_config& from, std::int64_t free_attempts,
                  std::int64_t max_delay_ms) {
  return {static_cast<std::uint32_t>(free_attempts), from.first_delay_ms, max_delay_ms,
          from.forget_minutes * 60'000, static_cast<std::size_t>(from.tracked)};
}

} // namespace

auth_password_logins::auth_password_logins()
    : cost_{static_cast<std::size_t>(config().argon2_memory_mib) << 20,
            static_cast<std::uint64_t>(config().argon2_passes)},
      dummy_(dummy_hash(cost_)),
      by_login_(rules(config(), config().free_attempts_per_login, config().max_delay_per_login_ms)),
      by_address_(
          rules(config(), config().free_attempts_per_address, config().max_delay_per_address_ms)) {
  if (!prepare_hashing()) throw error(PARLEY_E_FAILED, {}, "libsodium cannot be used here");
}

task<tokens> auth_password_logins::login(call& c, login_params p) {
  const std::string account =
      co_await check(c, normalised(p.login), std::move(p.password), network_of(c.remote()));
  const std::string device = p.device.value_or("");
  co_return co_await open_session<tokens>(c, account, device);
}

task<tokens> auth_password_logins::refresh(call& c, refresh_params p) {
  auto renewed = co_await attempt(refresh_session<tokens>(c, p.refresh_token));
  if (renewed.failed_with(PARLEY_E_FORBIDDEN)) {
    co_return wrong_token("This refresh token is not good any more; log in again.");
  }
  if (!renewed) co_return renewed.error();
  co_return *renewed;
}

task<void> auth_password_logins::logout(call& c, logout_params) {
  const std::string session(c.session());
  // Who came by HTTP Basic has none.
  if (!session.empty()) co_await close_session(c, session);
}

task<std::optional<identity_types::identity_authenticate_payload>>
auth_password_logins::on_identity_authenticate(
    call& c, identity_types::identity_authenticate_payload payload) {
  if (!is_basic(payload.scheme)) co_return std::nullopt;
  const auto credential = read_basic(payload.credential);
  if (!credential.valid) throw error("unauthenticated", "The credential is not HTTP Basic.");
  const std::string address = network_of(payload.remote.value_or(""));
  auto account =
      co_await attempt(check(c, normalised(credential.login), credential.password, address));
  if (account) {
    payload.principal = *account;
    co_return payload;
  }
  // A method's codes would mean nothing to a client that called another one.
  const error& why = account.error();
  if (why.code() == "wrong_login") throw error("unauthenticated", why.message());
  if (why.code() == "too_many_attempts") {
    throw error("too_many_requests", why.message(), {}, why.retry_after_ms());
  }
  throw error(why);
}

std::int64_t auth_password_logins::admit(const std::string& login, const std::string& address,
                                         std::int64_t now_ms) {
  const auto wait =
      std::max(by_login_.wait_ms(login, now_ms), by_address_.wait_ms(address, now_ms));
  if (wait > 0) return wait;
  by_login_.begin(login, now_ms);
  by_address_.begin(address, now_ms);
  return 0;
}

void auth_password_logins::take_back(const std::string& login, const std::string& address) {
  by_login_.take_back(login);
  by_address_.take_back(address);
}

task<std::string> auth_password_logins::check(call& c, std::string login, std::string password,
                                              std::string address) {
  const auto wait = admit(login, address, c.now_ms());
  if (wait > 0) co_return too_many_attempts("Too many attempts; wait a little.", {}, wait);

  const logins_key key(login);
  auto found = co_await attempt(get(c, key));
  if (!found) {
    take_back(login, address); // it was no guess that failed, but the store
    co_return found.error();
  }
  const std::optional<logins_record> known = *found;
  const std::string hash = known ? known->hash : dummy_;
  auto compare = [&hash, &password] { return matches(hash, password); };
  auto compared = co_await attempt(offload(c, compare));
  if (!compared) {
    take_back(login, address);
    co_return compared.error();
  }
  if (!*compared || !known) {
    co_return wrong_login("There is no such login, or the password is another one.");
  }
  by_login_.forget(login);
  by_address_.take_back(address); // and no more: a known login must not pay for guesses at others
  if (needs_rehash(known->hash, cost_)) co_await renew_hash(c, *known, password);
  co_return known->account;
}

task<std::string> auth_password_logins::hash_of(call& c, std::string password) {
  salt salted{};
  random_bytes(host(), salted.data(), salted.size());
  auto work = [&] { return make_hash(password, salted, cost_); };
  const std::optional<std::string> hash = co_await offload(c, work);
  if (!hash) co_return unavailable("There is not enough memory to hash a password.", 1'000);
  co_return *hash;
}

task<void> auth_password_logins::renew_hash(call& c, logins_record known, std::string password) {
  auto hash = co_await attempt(hash_of(c, password));
  if (!hash) co_return;
  const logins_key key(known.login);
  batch b(c);
  b.require(equals(c, key, "hash", known.hash));
  b.patch(key, "hash", *hash);
  const auto committed = co_await attempt(b.commit());
  if (!committed) c.log_debug("a password hash could not be renewed");
}
