#include "storage/aead.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

namespace parley::storage {
namespace {

// Looked up once: by name it costs more than to seal a short text.
const EVP_CIPHER* cipher() {
  static EVP_CIPHER* const found = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return found;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

} // namespace

secret::secret(env::random& source) {
  source.fill(std::as_writable_bytes(std::span(bytes_)));
}

secret::~secret() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

secret::secret(secret&& other) noexcept : bytes_(other.bytes_) {
  OPENSSL_cleanse(other.bytes_.data(), other.bytes_.size());
}

void aes_gcm::freed::operator()(EVP_CIPHER_CTX* what) const {
  EVP_CIPHER_CTX_free(what);
}

aes_gcm::aes_gcm(const secret& key) : state_(EVP_CIPHER_CTX_new()) {
  if (!state_ ||
      EVP_CipherInit_ex2(state_.get(), cipher(), key.bytes().data(), nullptr, 1, nullptr) != 1)
    state_.reset(); // then it seals and opens nothing
}

bool aes_gcm::begin(const nonce& once, std::string_view bound_to, bool seals) const {
  int length = 0;
  return state_ &&
         EVP_CipherInit_ex2(state_.get(), nullptr, nullptr, once.data(), seals ? 1 : 0, nullptr) ==
             1 &&
         EVP_CipherUpdate(state_.get(), nullptr, &length, bytes_of(bound_to),
                          static_cast<int>(bound_to.size())) == 1;
}

bool aes_gcm::seal(const nonce& once, std::string_view bound_to, std::string_view plain,
                   unsigned char* out) const {
  int length = 0, rest = 0;
  return begin(once, bound_to, true) &&
         EVP_CipherUpdate(state_.get(), out, &length, bytes_of(plain),
                          static_cast<int>(plain.size())) == 1 &&
         EVP_CipherFinal_ex(state_.get(), out + length, &rest) == 1 &&
         EVP_CIPHER_CTX_ctrl(state_.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, out + plain.size()) ==
             1;
}

bool aes_gcm::open(const nonce& once, std::string_view bound_to,
                   std::span<const unsigned char> sealed, unsigned char* out) const {
  if (sealed.size() < tag_size) return false;
  const std::size_t size = sealed.size() - tag_size;
  std::array<unsigned char, tag_size> tag{};
  std::copy_n(sealed.data() + size, tag_size, tag.data());
  int length = 0, rest = 0;
  return begin(once, bound_to, false) &&
         EVP_CipherUpdate(state_.get(), out, &length, sealed.data(), static_cast<int>(size)) == 1 &&
         EVP_CIPHER_CTX_ctrl(state_.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1 &&
         EVP_CipherFinal_ex(state_.get(), out + length, &rest) == 1;
}

aes_gcm::nonce nonces::next() {
  if (used_ == made_.size()) {
    source_.fill(std::as_writable_bytes(std::span(made_)));
    used_ = 0;
  }
  return made_[used_++];
}

} // namespace parley::storage
