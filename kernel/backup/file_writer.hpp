#pragma once

// A backup's file while it is written. It has its name once it is whole and on disk; before that,
// and where it fails, there is only FILE.part, which goes.

#include "backup/file_format.hpp"
#include "backup/key.hpp"

#include <zstd.h>

#include <filesystem>
#include <memory>
#include <optional>

namespace parley::backup {

class file_writer {
 public:
  file_writer() = default;
  ~file_writer() { give_up(); }
  file_writer(const file_writer&) = delete;
  file_writer& operator=(const file_writer&) = delete;

  // Each gives what went wrong, which is the end of it.
  std::string open(const std::filesystem::path& file, header what, const std::optional<key>& by);
  std::string add(const parley_driver_piece& piece);
  // Not until here is there a file of that name.
  std::string finish();
  // Nothing is left of it.
  void give_up();

  const counts& counted() const { return counted_; } // after `finish`
  std::uint64_t bytes() const { return bytes_; }     // of the file, so far

 private:
  struct free_context {
    void operator()(ZSTD_CCtx* what) const { ZSTD_freeCCtx(what); }
  };

  std::string write(std::string_view what);
  std::string write_block(std::string_view plain, bool is_last);
  std::string failed(const std::string& what) const;

  std::filesystem::path file_, part_;
  int handle_ = -1;
  std::unique_ptr<ZSTD_CCtx, free_context> packer_;
  std::optional<crypto_secretstream_xchacha20poly1305_state> cipher_;
  record_writer records_;
  std::string waiting_; // records of the next block
  std::string packed_, sealed_;
  std::uint64_t blocks_ = 0, bytes_ = 0;
  check whole_;
  counts counted_;
};

} // namespace parley::backup
