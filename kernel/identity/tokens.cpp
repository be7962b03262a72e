#include "identity/tokens.hpp"

#include "identity/encoding.hpp"
#include "parley/call.h"

#include <sodium.h>
#include <boost/json.hpp>

#include <algorithm>
#include <limits>

namespace parley::identity {

namespace json = boost::json;

namespace {

constexpr std::size_t max_roles = 64;

std::string thumbprint(std::span<const std::uint8_t> public_key) {
  // RFC 7638 with RFC 8037: the required members, in this order, without spaces.
  const std::string text =
      R"({"crv":"Ed25519","kty":"OKP","x":")" + to_base64url(public_key) + R"("})";
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), as_bytes(text).data(), text.size());
  return to_base64url(digest);
}

std::string_view kind_name(int kind) {
  return kind == PARLEY_BOT ? "bot" : "user";
}

// The text member `name`, or empty where it is missing or of another type.
std::string text_of(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

std::optional<std::int64_t> seconds_of(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  const auto* number = value ? value->if_int64() : nullptr;
  // What overflows in milliseconds is no time of ours.
  if (!number || *number < 0 || *number > std::numeric_limits<std::int64_t>::max() / 4000) {
    return std::nullopt;
  }
  return *number;
}

bool read_roles(const json::object& from, std::vector<std::string>& roles) {
  const auto* value = from.if_contains("roles");
  const auto* items = value ? value->if_array() : nullptr;
  if (!items || items->size() > max_roles) return false;
  for (const auto& item : *items) {
    if (!item.is_string()) return false;
    roles.emplace_back(item.get_string());
  }
  return true;
}

std::optional<claims> read_claims(std::string_view encoded, std::string_view issuer) {
  const auto payload = from_base64url(encoded);
  if (!payload) return std::nullopt;
  boost::system::error_code failed;
  json::parse_options options;
  options.max_depth = 3;
  const auto parsed = json::parse({reinterpret_cast<const char*>(payload->data()), payload->size()},
                                  failed, {}, options);
  const auto* object = failed ? nullptr : parsed.if_object();
  if (!object || text_of(*object, "iss") != issuer) return std::nullopt;

  claims who;
  who.account = text_of(*object, "sub");
  who.session = text_of(*object, "sid");
  const auto kind = text_of(*object, "kind");
  who.kind = kind == "user" ? PARLEY_USER : kind == "bot" ? PARLEY_BOT : PARLEY_ANONYMOUS;
  const auto issued = seconds_of(*object, "iat");
  const auto expires = seconds_of(*object, "exp");
  if (who.account.empty() || who.session.empty() || who.kind == PARLEY_ANONYMOUS || !issued ||
      !expires || !read_roles(*object, who.roles)) {
    return std::nullopt;
  }
  who.issued_ms = *issued * 1000;
  who.expires_ms = *expires * 1000;
  return who;
}

verdict refused(refusal why) {
  return {why, {}};
}

} // namespace

bool prepare_cryptography() {
  static const bool works = sodium_init() >= 0;
  return works;
}

signing_key::signing_key(std::span<const std::uint8_t> seed) {
  prepare_cryptography();
  std::array<std::uint8_t, seed_size> copy{};
  std::copy_n(seed.begin(), std::min(seed.size(), seed_size), copy.begin());
  crypto_sign_seed_keypair(public_.data(), secret_.data(), copy.data());
  sodium_memzero(copy.data(), copy.size());
  id_ = thumbprint(public_);
}

signing_key signing_key::generate(env::random& source) {
  std::array<std::uint8_t, seed_size> seed{};
  source.fill(std::as_writable_bytes(std::span(seed)));
  signing_key made(seed);
  sodium_memzero(seed.data(), seed.size());
  return made;
}

signing_key::~signing_key() {
  sodium_memzero(secret_.data(), secret_.size());
}

std::string signing_key::seed() const {
  return to_base64url(std::span(secret_).first(seed_size));
}

std::array<std::uint8_t, 64> signing_key::sign(std::string_view text) const {
  std::array<std::uint8_t, 64> signature{};
  crypto_sign_detached(signature.data(), nullptr, as_bytes(text).data(), text.size(),
                       secret_.data());
  return signature;
}

bool signing_key::verifies(std::string_view text, std::span<const std::uint8_t> signature) const {
  return signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(signature.data(), as_bytes(text).data(), text.size(),
                                     public_.data()) == 0;
}

access_tokens::access_tokens(signing_key key, std::string issuer, std::int64_t lifetime_ms)
    : key_(std::move(key)), issuer_(std::move(issuer)), lifetime_ms_(lifetime_ms) {
  const std::string header = R"({"alg":"EdDSA","kid":")" + key_.id() + R"(","typ":"JWT"})";
  header_ = to_base64url(as_bytes(header)) + '.';
}

std::string access_tokens::issue(const claims& who) const {
  json::object payload;
  payload["iss"] = issuer_;
  payload["sub"] = who.account;
  payload["sid"] = who.session;
  payload["kind"] = kind_name(who.kind);
  payload["roles"] = json::array(who.roles.begin(), who.roles.end());
  payload["iat"] = who.issued_ms / 1000;
  payload["exp"] = who.expires_ms / 1000;
  std::string token = header_ + to_base64url(as_bytes(json::serialize(payload)));
  const auto signature = key_.sign(token);
  return token + '.' + to_base64url(signature);
}

verdict access_tokens::verify(std::string_view token, std::int64_t now_ms) const {
  if (token.size() > max_size || !token.starts_with(header_)) return refused(refusal::malformed);
  const auto dot = token.rfind('.');
  if (dot < header_.size()) return refused(refusal::malformed);
  const auto signature = from_base64url(token.substr(dot + 1));
  if (!signature) return refused(refusal::malformed);
  // Nothing of the payload is read before its signature is found good.
  if (!key_.verifies(token.substr(0, dot), *signature)) return refused(refusal::forged);
  auto who = read_claims(token.substr(header_.size(), dot - header_.size()), issuer_);
  if (!who) return refused(refusal::malformed);
  if (who->issued_ms > now_ms + leeway_ms) return refused(refusal::not_yet);
  who->expires_ms = std::min(who->expires_ms, who->issued_ms + lifetime_ms_);
  if (now_ms >= who->expires_ms) return refused(refusal::expired);
  return {refusal::none, std::move(*who)};
}

refresh_tokens::refresh_tokens(std::span<const std::uint8_t> key) {
  prepare_cryptography();
  std::copy_n(key.begin(), std::min(key.size(), key_size), key_.begin());
}

std::array<std::uint8_t, 16> refresh_tokens::tag(std::string_view session,
                                                 std::span<const std::uint8_t> secret) const {
  std::array<std::uint8_t, 16> out{};
  // The secret has a fixed length, so the two parts cannot be shifted against each other.
  crypto_generichash_state state;
  crypto_generichash_init(&state, key_.data(), key_.size(), out.size());
  crypto_generichash_update(&state, secret.data(), secret.size());
  crypto_generichash_update(&state, as_bytes(session).data(), session.size());
  crypto_generichash_final(&state, out.data(), out.size());
  return out;
}

std::string refresh_tokens::make(std::string_view session, env::random& source) const {
  std::array<std::uint8_t, 48> secret{};
  source.fill(std::as_writable_bytes(std::span(secret)).first(32));
  const auto mark = tag(session, std::span(secret).first(32));
  std::copy(mark.begin(), mark.end(), secret.begin() + 32);
  return "r1." + std::string(session) + '.' + to_base64url(secret);
}

std::string refresh_tokens::session_of(std::string_view token) const {
  if (token.size() > max_size || !token.starts_with("r1.")) return {};
  token.remove_prefix(3);
  const auto dot = token.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const auto session = token.substr(0, dot);
  const auto secret = from_base64url(token.substr(dot + 1));
  if (!secret || secret->size() != 48) return {};
  const auto expected = tag(session, std::span(*secret).first(32));
  if (sodium_memcmp(expected.data(), secret->data() + 32, expected.size()) != 0) return {};
  return std::string(session);
}

std::string refresh_tokens::hash(std::string_view token) {
  prepare_cryptography();
  std::array<std::uint8_t, 32> digest{};
  crypto_generichash(digest.data(), digest.size(), as_bytes(token).data(), token.size(), nullptr,
                     0);
  return to_base64url(digest);
}

} // namespace parley::identity
