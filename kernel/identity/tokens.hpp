#pragma once

// The two kinds of tokens that a session has.
//
// An access token is a compact JWS (RFC 7515, 7519; EdDSA by RFC 8037): short-lived, and checked in
// memory by anybody who has the key. A refresh token is a secret: the store keeps only its hash.

#include "env/env.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::identity {

// An Ed25519 key pair, made of its seed.
class signing_key {
 public:
  static constexpr std::size_t seed_size = 32;

  explicit signing_key(std::span<const std::uint8_t> seed); // of seed_size
  static signing_key generate(env::random& source);
  ~signing_key();
  signing_key(const signing_key&) = default;
  signing_key& operator=(const signing_key&) = default;

  const std::string& id() const { return id_; } // RFC 7638 thumbprint, for `kid`
  std::string seed() const;                     // base64url, for the store
  std::array<std::uint8_t, 64> sign(std::string_view text) const;
  bool verifies(std::string_view text, std::span<const std::uint8_t> signature) const;

 private:
  std::array<std::uint8_t, 64> secret_{}; // seed and public key, as libsodium keeps them
  std::array<std::uint8_t, 32> public_{};
  std::string id_;
};

struct claims {
  std::string account; // sub
  std::string session; // sid
  int kind = 0;        // PARLEY_USER or PARLEY_BOT
  std::vector<std::string> roles;
  std::int64_t issued_ms = 0;  // iat; a token carries whole seconds
  std::int64_t expires_ms = 0; // exp
};

enum class refusal { none, malformed, forged, expired, not_yet };

struct verdict {
  refusal why = refusal::none;
  claims who; // only where why is none
};

// Issues and checks access tokens.
class access_tokens {
 public:
  // Longer ones are refused unread.
  static constexpr std::size_t max_size = 4096;
  // A clock that was set back a little must not refuse what was issued just before.
  static constexpr std::int64_t leeway_ms = 60'000;

  // No token is good for longer than `lifetime_ms`, whatever it says: a shorter lifetime in the
  // configuration applies to tokens that were issued before, and the set of revoked sessions
  // need not be kept for longer.
  access_tokens(signing_key key, std::string issuer, std::int64_t lifetime_ms);

  // Fills in neither iat nor exp; cut to seconds, rounded down.
  std::string issue(const claims& who) const;
  // The header must be, to the byte, the one that `issue` writes: so the algorithm is pinned to the
  // key, and nothing in a token can choose how it is checked.
  verdict verify(std::string_view token, std::int64_t now_ms) const;

  std::int64_t lifetime_ms() const { return lifetime_ms_; }

 private:
  signing_key key_;
  std::string issuer_;
  std::int64_t lifetime_ms_;
  std::string header_; // encoded, with its dot
};

// Refresh tokens: `r1.<session id>.<base64url of 32 random bytes and a tag>`. The tag (a keyed hash
// under a key of the server) tells a token that was once issued from one that somebody made up:
// only the former may revoke a session when it is used again, and the latter costs no look into the
// store.
class refresh_tokens {
 public:
  static constexpr std::size_t key_size = 32;
  static constexpr std::size_t max_size = 512;

  explicit refresh_tokens(std::span<const std::uint8_t> key); // of key_size

  std::string make(std::string_view session, env::random& source) const;
  // The session that it was issued for; empty where it was not issued here.
  std::string session_of(std::string_view token) const;
  // What the store keeps.
  static std::string hash(std::string_view token);

 private:
  std::array<std::uint8_t, 16> tag(std::string_view session,
                                   std::span<const std::uint8_t> secret) const;

  std::array<std::uint8_t, key_size> key_{};
};

// libsodium wants to be set up once before anything else of it is used. False: it cannot work here.
bool prepare_cryptography();

} // namespace parley::identity
