#include "backup/file_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace parley::backup {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {
constexpr int compression = 3; // zstd's own default: as fast as most disks
} // namespace

void file_writer::give_up() {
  if (handle_ < 0) return;
  ::close(std::exchange(handle_, -1));
  ::unlink(part_.c_str());
}

std::string file_writer::failed(const std::string& what) const {
  return what + " " + part_.string() + ": " + std::strerror(errno);
}

std::string file_writer::open(const fs::path& file, header what, const std::optional<key>& by) {
  file_ = file;
  part_ = file.string() + ".part";
  if (sodium_init() < 0) return "libsodium cannot be used";
  std::error_code ignored;
  if (fs::exists(file_, ignored)) return file_.string() + " is there already; name another file";
  handle_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (handle_ < 0) return failed("cannot write");
  packer_.reset(ZSTD_createCCtx());
  if (!packer_) return "there is no memory for zstd";
  ZSTD_CCtx_setParameter(packer_.get(), ZSTD_c_compressionLevel, compression);
  what.nonce.clear();
  if (by) {
    cipher_.emplace();
    unsigned char nonce[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    crypto_secretstream_xchacha20poly1305_init_push(&*cipher_, nonce, by->data());
    char text[2 * sizeof nonce + 1];
    what.nonce = sodium_bin2hex(text, sizeof text, nonce, sizeof nonce);
  }
  const std::string described = json::serialize(to_json(what));
  std::string why =
      write(std::string(magic) + little_endian(described.size(), number_bytes) + described);
  return why.empty() ? write(whole_.text()) : why;
}

std::string file_writer::add(const parley_driver_piece& piece) {
  records_.add(piece, waiting_);
  if (waiting_.size() < block_bytes) return {};
  std::string why = write_block(waiting_, false);
  waiting_.clear();
  return why;
}

std::string file_writer::finish() {
  std::string why = waiting_.empty() ? std::string() : write_block(waiting_, false);
  counted_ = records_.end();
  if (why.empty()) why = write_block(json::serialize(to_json(counted_)), true);
  if (why.empty()) why = write(whole_.text());
  if (!why.empty()) return why;
  if (::fsync(handle_) != 0) return failed("cannot write");
  if (::rename(part_.c_str(), file_.c_str()) != 0) return failed("cannot rename");
  ::close(std::exchange(handle_, -1));
  // The name as well.
  const fs::path folder = file_.has_parent_path() ? file_.parent_path() : ".";
  const int in = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_kept = in >= 0 && ::fsync(in) == 0;
  if (in >= 0) ::close(in);
  return is_kept ? "" : "cannot write the folder " + folder.string() + ": " + std::strerror(errno);
}

std::string file_writer::write(std::string_view what) {
  whole_.add(what);
  bytes_ += what.size();
  while (!what.empty()) {
    const ssize_t count = ::write(handle_, what.data(), what.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failed("cannot write");
    what.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

std::string file_writer::write_block(std::string_view plain, bool is_last) {
  packed_.resize(ZSTD_compressBound(plain.size()));
  const std::size_t length =
      ZSTD_compress2(packer_.get(), packed_.data(), packed_.size(), plain.data(), plain.size());
  if (ZSTD_isError(length) != 0) return std::string("zstd: ") + ZSTD_getErrorName(length);
  packed_.resize(length);
  std::string_view contents = packed_;
  if (cipher_) {
    sealed_.resize(packed_.size() + crypto_secretstream_xchacha20poly1305_ABYTES);
    crypto_secretstream_xchacha20poly1305_push(
        &*cipher_, reinterpret_cast<unsigned char*>(sealed_.data()), nullptr,
        reinterpret_cast<const unsigned char*>(packed_.data()), packed_.size(), nullptr, 0,
        is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
    contents = sealed_;
  }
  if (contents.size() > most_block_bytes) return "a record is too large for a backup";
  const std::uint64_t marked = contents.size() | (is_last ? last_block : 0);
  std::string why =
      write(little_endian(marked, number_bytes) + check_of_block(blocks_++, contents));
  return why.empty() ? write(contents) : why;
}

} // namespace parley::backup
