#pragma once

// Pieces of a dump as bytes, and back. How a driver cuts its pieces makes no difference to the
// bytes, nor do collections without rows, so the same contents give the same digest.

#include "parley/draft/storage_driver.h"

#include <sodium.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace parley::backup {

struct counts {
  std::map<std::string, std::uint64_t> rows; // of each collection that has some
  std::uint64_t topics = 0, events = 0;
  std::string digest; // hexadecimal BLAKE2b of all records

  std::uint64_t records() const; // rows and events
  bool operator==(const counts&) const = default;
};
// Where they differ, as a sentence; empty: nowhere.
std::string difference(const counts& a, const counts& b);

class record_writer {
 public:
  record_writer();
  // Appends whole records.
  void add(const parley_driver_piece& from, std::string& to);
  // Counts them only.
  void add(const parley_driver_piece& from);
  counts end();

 private:
  std::string heading_; // under which the last record stands
  counts counted_;
  crypto_generichash_state digest_{};
  std::string scratch_;
};

class record_reader {
 public:
  // Gives what is wrong, which ends it; empty: go on.
  using taker = std::function<std::string(const parley_driver_piece& piece)>;
  // Whole records, as they were written. Gives what is wrong.
  std::string read(std::string_view records, const taker& take);

 private:
  struct run;
  std::int32_t kind_ = 0;
  std::string name_;
  std::int64_t head_ = 0;
  std::vector<std::string> columns_;
  std::uint32_t key_count_ = 0;
};

} // namespace parley::backup
