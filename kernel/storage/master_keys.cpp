#include "storage/master_keys.hpp"

#include "storage/key_file.hpp"

#include <sodium.h>

#include <array>

namespace parley::storage {
namespace {

constexpr std::string_view mark = "parley-master-key:";
constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

std::string in_base64(std::span<const unsigned char> bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(), variant);
  out.pop_back(); // what ends it in C
  return out;
}

bool from_base64(std::string_view text, std::span<unsigned char> out) {
  std::size_t size = 0;
  const char* end = nullptr;
  return sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, &end,
                           variant) == 0 &&
         size == out.size() && end == text.data() + text.size();
}

std::string id_of(const secret& key) {
  constexpr std::string_view label = "the id of a master key";
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(label.data()),
                     label.size(), key.bytes().data(), secret::size);
  char hex[17];
  return sodium_bin2hex(hex, sizeof hex, hash.data(), 8);
}

// A whole data key: nonce, the key, tag.
using envelope = std::array<unsigned char, aes_gcm::nonce_size + secret::size + aes_gcm::tag_size>;

} // namespace

master_key::master_key(const secret& key) : cipher_(key), id_(id_of(key)) {}

std::string master_key::wrap(const secret& data_key, std::string_view bound_to,
                             nonces& from) const {
  const aes_gcm::nonce once = from.next();
  envelope out{};
  std::copy(once.begin(), once.end(), out.begin());
  const std::string_view plain(reinterpret_cast<const char*>(data_key.bytes().data()),
                               secret::size);
  if (!cipher_.seal(once, bound_to, plain, out.data() + once.size())) return {};
  return in_base64(out);
}

std::optional<secret> master_key::unwrap(std::string_view wrapped,
                                         std::string_view bound_to) const {
  envelope in{};
  if (!from_base64(wrapped, in)) return std::nullopt;
  aes_gcm::nonce once{};
  std::copy_n(in.begin(), once.size(), once.begin());
  std::optional<secret> out(std::in_place);
  if (!cipher_.open(once, bound_to, std::span(in).subspan(once.size()), out->bytes().data()))
    out.reset();
  return out;
}

std::string ids_of(const master_keys& all) {
  std::string out;
  for (const auto& each : all) out += (out.empty() ? "" : ", ") + each->id();
  return out;
}

std::string written(const secret& key) {
  return std::string(mark) + in_base64(key.bytes());
}

std::shared_ptr<const master_key> read_master_key(std::string_view text, std::string& why) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  secret key;
  if (text.starts_with(mark) && from_base64(text.substr(mark.size()), key.bytes()))
    return std::make_shared<const master_key>(key);
  why = "holds no master key; `parleyctl keys new FILE` makes one";
  return nullptr;
}

std::shared_ptr<const master_key> read_master_key(const std::filesystem::path& file,
                                                  std::string& why) {
  std::optional<std::string> text = read_key_file(file, why);
  if (!text) return nullptr;
  auto out = read_master_key(std::string_view(*text), why);
  sodium_memzero(text->data(), text->size());
  return out;
}

} // namespace parley::storage
