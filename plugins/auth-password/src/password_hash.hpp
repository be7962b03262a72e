#pragma once

// Argon2id (RFC 9106) through libsodium, in the usual text form `$argon2id$v=19$m=…,t=…,p=1$…$…`.
// Slow on purpose: run it on the pool.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace auth_password {

// Sets libsodium up; false where it cannot work. Before anything else.
bool prepare_hashing();

struct hash_cost {
  std::size_t memory_bytes = 64U << 20;
  std::uint64_t passes = 2;
};

using salt = std::array<unsigned char, 16>;

// Nothing where the memory cannot be had. The salt comes from outside, so that a seeded server does
// the same on every run.
std::optional<std::string> make_hash(std::string_view password, const salt& with,
                                     const hash_cost& cost);

// At the cost that the hash names.
bool matches(const std::string& hash, std::string_view password);

// Whether the hash was made at another cost.
bool needs_rehash(const std::string& hash, const hash_cost& cost);

// A hash that no password matches and that takes as long to check as a real one: for logins that do
// not exist.
std::string dummy_hash(const hash_cost& cost);

} // namespace auth_password
