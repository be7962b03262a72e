#pragma once

// A backup's file, read once from its beginning to its end. Nothing of a block is given before the
// block has been checked.

#include "backup/file_format.hpp"
#include "backup/key.hpp"

#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>

namespace parley::backup {

class file_reader {
 public:
  // Reads the header. Gives what is wrong.
  std::string open(const std::filesystem::path& file, const std::optional<key>& by);
  const header& what() const { return header_; }
  // Whether contents can be read: not encrypted, or with a key. Blocks are checked all the same.
  bool is_legible() const { return header_.nonce.empty() || cipher_.has_value(); }

  // All of the rest; `take` is given nothing where it is not legible. `read` is told how far it is.
  std::string read(const record_reader::taker& take,
                   const std::function<void(std::uint64_t done, std::uint64_t total)>& read);
  const counts& counted() const { return counted_; } // as it says in its end; where legible
  std::uint64_t bytes() const { return size_; }

 private:
  struct free_context {
    void operator()(ZSTD_DCtx* what) const { ZSTD_freeDCtx(what); }
  };

  bool get(std::size_t count, std::string& out);
  std::string wrong(const std::string& what) const;
  std::string cut_off() const;
  std::string unseal(std::string& contents, bool is_last);
  std::string unpack(const std::string& packed);
  std::string take_block(std::string& contents, bool is_last, const record_reader::taker& take);

  std::filesystem::path file_;
  std::ifstream from_;
  std::uint64_t size_ = 0, at_ = 0, blocks_ = 0;
  header header_;
  std::unique_ptr<ZSTD_DCtx, free_context> unpacker_;
  std::optional<crypto_secretstream_xchacha20poly1305_state> cipher_;
  record_reader records_;
  record_writer again_; // to see that the digest is the one in the end
  std::string plain_, scratch_;
  check whole_;
  counts counted_;
};

} // namespace parley::backup
