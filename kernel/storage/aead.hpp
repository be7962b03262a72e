#pragma once

// AES-256-GCM (NIST SP 800-38D) by OpenSSL, and keys that do not stay in memory. One thread.

#include "env/env.hpp"

#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace parley::storage {

// 256 bits that are overwritten when nobody needs them any more.
class secret {
 public:
  static constexpr std::size_t size = 32;

  secret() = default; // zeros
  explicit secret(env::random& source);
  ~secret();
  secret(secret&& other) noexcept;
  secret& operator=(secret&&) = delete;

  std::span<unsigned char, size> bytes() { return bytes_; }
  std::span<const unsigned char, size> bytes() const { return bytes_; }

 private:
  std::array<unsigned char, size> bytes_{};
};

// The schedule of the key is made once.
class aes_gcm {
 public:
  static constexpr std::size_t nonce_size = 12, tag_size = 16;
  using nonce = std::array<unsigned char, nonce_size>;

  explicit aes_gcm(const secret& key);

  // `out` has room for the plain bytes and the tag. A nonce is used once with a key. False: OpenSSL
  // has no memory.
  bool seal(const nonce& once, std::string_view bound_to, std::string_view plain,
            unsigned char* out) const;
  // `out` has room for the plain bytes, and holds nothing of use where it gives false: these bytes
  // were not sealed with this key, nonce and `bound_to`.
  bool open(const nonce& once, std::string_view bound_to, std::span<const unsigned char> sealed,
            unsigned char* out) const;

 private:
  struct freed {
    void operator()(EVP_CIPHER_CTX* what) const;
  };
  bool begin(const nonce& once, std::string_view bound_to, bool seals) const;

  std::unique_ptr<EVP_CIPHER_CTX, freed> state_; // OpenSSL overwrites the key in it
};

// Random nonces. They are no secret, so many are made at once.
class nonces {
 public:
  explicit nonces(env::random& source) : source_(source) {}
  aes_gcm::nonce next();

 private:
  env::random& source_;
  std::array<aes_gcm::nonce, 64> made_{};
  std::size_t used_ = 64;
};

} // namespace parley::storage
