#include "password_hash.hpp"

#include <sodium.h>

#include <span>

namespace auth_password {

namespace {

constexpr std::size_t hash_bytes = 32;

std::string base64(std::span<const unsigned char> data) {
  constexpr int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  std::string text(sodium_base64_encoded_len(data.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), data.data(), data.size(), variant);
  text.pop_back();
  return text;
}

std::string encode(const hash_cost& cost, const salt& with, std::span<const unsigned char> hash) {
  return "$argon2id$v=19$m=" + std::to_string(cost.memory_bytes / 1024) +
         ",t=" + std::to_string(cost.passes) + ",p=1$" + base64(with) + '$' + base64(hash);
}

} // namespace

bool prepare_hashing() {
  return sodium_init() >= 0;
}

std::optional<std::string> make_hash(std::string_view password, const salt& with,
                                     const hash_cost& cost) {
  std::array<unsigned char, hash_bytes> hash{};
  if (crypto_pwhash(hash.data(), hash.size(), password.data(), password.size(), with.data(),
                    cost.passes, cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return std::nullopt;
  }
  return encode(cost, with, hash);
}

bool matches(const std::string& hash, std::string_view password) {
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool needs_rehash(const std::string& hash, const hash_cost& cost) {
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost.passes, cost.memory_bytes) != 0;
}

std::string dummy_hash(const hash_cost& cost) {
  // Nobody knows a password whose hash is all zeros.
  return encode(cost, salt{}, std::array<unsigned char, hash_bytes>{});
}

} // namespace auth_password
