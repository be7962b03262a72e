#include "storage/sealed_fields.hpp"

#include <openssl/evp.h>

#include <bit>

namespace parley::storage {
namespace {

constexpr unsigned char format = 1;
constexpr std::size_t head_size = 2 + sizeof(key_id); // 18 bytes: 24 letters of base64
constexpr std::size_t least_size = head_size + aes_gcm::nonce_size + aes_gcm::tag_size;
constexpr std::size_t most_bound = 8; // bits

std::string_view view(const parley_str& text) {
  return {text.ptr, text.len};
}

std::size_t letters_of(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

// False where it is no base64.
bool decode(std::string_view text, std::vector<unsigned char>& out) {
  if (text.empty() || text.size() % 4 != 0) return false;
  out.resize(text.size() / 4 * 3);
  const int size = EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size != static_cast<int>(out.size())) return false;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(out.size() - padding);
  return true;
}

using head = std::array<unsigned char, head_size>;

bool decode_head(std::string_view sealed, head& out) {
  constexpr std::size_t letters = head_size / 3 * 4;
  static_assert(head_size % 3 == 0);
  return sealed.size() >= letters &&
         EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(sealed.data()),
                         letters) == static_cast<int>(head_size) &&
         out[0] == format;
}

unsigned char known_parts(const table& of, const parley_cell* key) {
  unsigned char out = 0;
  for (std::uint32_t i = 0; i < of.key_count() && i < most_bound; ++i) {
    if (key[i].kind != PARLEY_CELL_NEXT) out = static_cast<unsigned char>(out | 1u << i);
  }
  return out;
}

} // namespace

bool read_key_of(std::string_view sealed, key_id& out) {
  head first{};
  if (!decode_head(sealed, first)) return false;
  std::copy_n(first.begin() + 2, out.size(), out.begin());
  return true;
}

sealed_place::sealed_place(const table& of, std::uint32_t column, const parley_cell* key)
    : sealed_place(of, column, key, known_parts(of, key)) {}

// Each part has its length before it, so that none can be shifted into another.
sealed_place::sealed_place(const table& of, std::uint32_t column, const parley_cell* key,
                           unsigned char bound)
    : bound_(bound) {
  text_ = {'r', static_cast<char>(format), static_cast<char>(bound)};
  add(of.name());
  add(of.columns()[column].name);
  for (std::uint32_t i = 0; i < of.key_count(); ++i) {
    if (i < most_bound && (bound >> i & 1u) == 0) continue;
    const parley_cell& part = key[i];
    std::uint64_t number = 0;
    if (part.kind == PARLEY_INTEGER) number = static_cast<std::uint64_t>(part.as.integer);
    // 0.0 and -0.0 are the same key.
    if (part.kind == PARLEY_NUMBER) number = std::bit_cast<std::uint64_t>(part.as.number + 0.0);
    text_ += static_cast<char>(part.kind);
    part.kind == PARLEY_STRING ? add(view(part.as.text)) : add(std::to_string(number));
  }
}

sealed_place::sealed_place(std::string_view topic, std::string_view event,
                           std::string_view member) {
  text_ = {'e', static_cast<char>(format)};
  add(topic);
  add(event);
  add(member);
}

void sealed_place::add(std::string_view part) {
  text_ += std::to_string(part.size());
  text_ += ':';
  text_ += part;
}

parley_str seal(std::string_view plain, const sealed_place& at, const data_key& with, nonces& fresh,
                arena& in) {
  const std::size_t size = least_size + plain.size();
  auto* raw = static_cast<unsigned char*>(in.allocate(size, 1));
  const aes_gcm::nonce once = fresh.next();
  raw[0] = format;
  raw[1] = at.bound();
  std::copy(with.id.begin(), with.id.end(), raw + 2);
  std::copy(once.begin(), once.end(), raw + head_size);
  if (!with.cipher.seal(once, at.text(), plain, raw + head_size + once.size())) return {"", 0};
  auto* text = static_cast<unsigned char*>(in.allocate(letters_of(size) + 1, 1)); // and a zero
  const int letters = EVP_EncodeBlock(text, raw, static_cast<int>(size));
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(letters)};
}

problem damaged_field(std::string_view collection, std::string_view field) {
  return "collection " + std::string(collection) + ", field " + std::string(field) +
         ": what is stored was tampered with, or belongs to another record";
}

opening unsealer::open(const table& of, std::uint32_t column, const parley_cell* row,
                       std::string& plain) const {
  if (what_ == sealed_data::left) return opening::erased;
  const parley_cell& cell = row[column];
  head first{};
  if (cell.kind != PARLEY_STRING || !decode_head(view(cell.as.text), first)) {
    return opening::damaged;
  }
  return open(view(cell.as.text), sealed_place(of, column, row, first[1]), plain);
}

opening unsealer::open(std::string_view sealed, const sealed_place& at, std::string& plain) const {
  std::vector<unsigned char> raw;
  if (!decode(sealed, raw) || raw.size() < least_size || raw[0] != format) return opening::damaged;
  key_id id{};
  std::copy_n(raw.begin() + 2, id.size(), id.begin());
  const auto found = keys_.find(id);
  if (found == keys_.end() || found->second == nullptr) return opening::erased;
  aes_gcm::nonce once{};
  std::copy_n(raw.begin() + head_size, once.size(), once.begin());
  const auto rest = std::span(raw).subspan(head_size + once.size());
  plain.resize(rest.size() - aes_gcm::tag_size);
  const bool opens = found->second->cipher.open(once, at.text(), rest,
                                                reinterpret_cast<unsigned char*>(plain.data()));
  return opens ? opening::ok : opening::damaged;
}

} // namespace parley::storage
