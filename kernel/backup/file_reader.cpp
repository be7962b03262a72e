#include "backup/file_reader.hpp"

#include <algorithm>

namespace parley::backup {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t most_header_bytes = 64 << 10;

std::uint64_t number_of(std::string_view bytes) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return out;
}

} // namespace

std::string file_reader::wrong(const std::string& what) const {
  return file_.string() + " " + what;
}

std::string file_reader::cut_off() const {
  return wrong("is cut off: it ends after " + std::to_string(size_) + " bytes, in the middle");
}

bool file_reader::get(std::size_t count, std::string& out) {
  if (count > size_ - at_) return false;
  out.resize(count);
  at_ += count;
  return static_cast<bool>(from_.read(out.data(), static_cast<std::streamsize>(count)));
}

std::string file_reader::open(const fs::path& file, const std::optional<key>& by) {
  file_ = file;
  if (sodium_init() < 0) return "libsodium cannot be used";
  std::error_code failed;
  size_ = fs::file_size(file, failed);
  if (!failed) from_.open(file, std::ios::binary);
  if (failed || !from_) return wrong("cannot be read" + (failed ? ": " + failed.message() : ""));
  std::string begin, described, expected;
  const std::string_view name = magic.substr(0, magic.find(' ') + 1);
  if (!get(magic.size(), begin) || !begin.starts_with(name)) return wrong("is no backup of Parley");
  if (begin != magic)
    return wrong("has a format that this version of Parley does not know; take a newer one");
  std::string length;
  if (!get(number_bytes, length)) return cut_off();
  if (number_of(length) > most_header_bytes) return wrong("is damaged: its header is too long");
  if (!get(number_of(length), described) || !get(check_bytes, expected)) return cut_off();
  whole_.add(begin).add(length).add(described);
  if (whole_.text() != expected) return wrong("is damaged: its header was changed");
  whole_.add(expected);
  boost::system::error_code no_json;
  if (!from_json(json::parse(described, no_json), header_) || no_json)
    return wrong("is damaged: its header cannot be read");
  unpacker_.reset(ZSTD_createDCtx());
  if (!unpacker_) return "there is no memory for zstd";
  if (header_.nonce.empty() || !by) return {};
  unsigned char nonce[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
  if (header_.nonce.size() != 2 * sizeof nonce ||
      sodium_hex2bin(nonce, sizeof nonce, header_.nonce.data(), header_.nonce.size(), nullptr,
                     nullptr, nullptr) != 0 ||
      crypto_secretstream_xchacha20poly1305_init_pull(&cipher_.emplace(), nonce, by->data()) != 0)
    return wrong("is damaged: its nonce is none");
  return {};
}

std::string file_reader::read(const record_reader::taker& take,
                              const std::function<void(std::uint64_t, std::uint64_t)>& read) {
  bool is_last = false;
  std::string length, expected, contents;
  while (!is_last) {
    if (!get(number_bytes, length) || !get(check_bytes, expected)) return cut_off();
    const auto marked = static_cast<std::uint32_t>(number_of(length));
    is_last = (marked & last_block) != 0;
    const std::uint32_t count = marked & ~last_block;
    const std::string block = "block " + std::to_string(blocks_ + 1);
    if (count > most_block_bytes) return wrong("is damaged: the length of " + block);
    if (!get(count, contents)) return cut_off();
    if (check_of_block(blocks_++, contents) != expected)
      return wrong("is damaged: " + block + " was changed, which ends at byte " +
                   std::to_string(at_));
    whole_.add(length).add(expected).add(contents);
    if (std::string why = take_block(contents, is_last, take); !why.empty()) return why;
    read(at_, size_);
  }
  if (!get(check_bytes, expected)) return cut_off();
  if (whole_.text() != expected || at_ != size_)
    return wrong("is damaged: what comes after its last block");
  if (!is_legible()) return {};
  const std::string other = difference(counted_, again_.end());
  return other.empty() ? "" : wrong("is not what it says it is: " + other);
}

std::string file_reader::take_block(std::string& contents, bool is_last,
                                    const record_reader::taker& take) {
  if (!is_legible()) return {};
  if (cipher_)
    if (std::string why = unseal(contents, is_last); !why.empty()) return why;
  if (std::string why = unpack(contents); !why.empty()) return why;
  if (is_last) {
    boost::system::error_code no_json;
    const bool read = from_json(json::parse(plain_, no_json), counted_) && !no_json;
    return read ? "" : wrong("is damaged: its counts cannot be read");
  }
  std::string taken;
  const std::string why = records_.read(plain_, [&](const parley_driver_piece& piece) {
    again_.add(piece);
    return taken = take(piece);
  });
  if (!taken.empty()) return taken;
  return why.empty() ? "" : wrong("is damaged: " + why);
}

std::string file_reader::unseal(std::string& contents, bool is_last) {
  constexpr std::size_t more = crypto_secretstream_xchacha20poly1305_ABYTES;
  scratch_.resize(contents.size() < more ? 0 : contents.size() - more);
  unsigned char tag = 0;
  if (contents.size() < more ||
      crypto_secretstream_xchacha20poly1305_pull(
          &*cipher_, reinterpret_cast<unsigned char*>(scratch_.data()), nullptr, &tag,
          reinterpret_cast<const unsigned char*>(contents.data()), contents.size(), nullptr,
          0) != 0)
    return wrong(blocks_ == 1 ? "was encrypted with another key"
                              : "was changed: a block is not of this backup");
  if (is_last != (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL))
    return wrong("was changed: its last block is not the last that was written");
  contents.swap(scratch_);
  return {};
}

std::string file_reader::unpack(const std::string& packed) {
  const unsigned long long length = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (length == ZSTD_CONTENTSIZE_ERROR || length == ZSTD_CONTENTSIZE_UNKNOWN ||
      length > 4ULL * most_block_bytes)
    return wrong("is damaged: a block is no zstd frame");
  plain_.resize(static_cast<std::size_t>(length));
  const std::size_t done = ZSTD_decompressDCtx(unpacker_.get(), plain_.data(), plain_.size(),
                                               packed.data(), packed.size());
  if (ZSTD_isError(done) != 0 || done != plain_.size())
    return wrong("is damaged: a block cannot be unpacked");
  return {};
}

} // namespace parley::backup
