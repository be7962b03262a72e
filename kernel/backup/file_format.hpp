#pragma once

// What a backup's file looks like:
//
//   "parley-backup 1\n", the length of the header (4 bytes), the header (JSON), the check of all
//   that blocks: length (4 bytes, the highest bit in the last one), check, contents the check of
//   all that
//
// Numbers are little-endian. A check is a BLAKE2b of 32 bytes; that of a block also goes over its
// number, from 0. Contents are records (records.hpp), in the last block the counts as JSON, as one
// zstd frame each; encrypted they are one message each of a libsodium secretstream, whose header is
// the header's `nonce`.

#include "backup/records.hpp"

#include <boost/json.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::backup {

inline constexpr std::string_view magic = "parley-backup 1\n";
inline constexpr std::size_t number_bytes = 4, check_bytes = 32;
inline constexpr std::uint32_t last_block = 1U << 31;
inline constexpr std::size_t block_bytes = 1U << 20; // of records, or one record
inline constexpr std::uint32_t most_block_bytes = 1U << 28;

struct header {
  std::string by;     // parleyd 0.1.0
  std::string server; // its name
  std::string driver; // storage-sqlite
  std::string at;     // RFC 3339
  std::string nonce;  // hexadecimal; empty: not encrypted
};

boost::json::object to_json(const header& from);
boost::json::object to_json(const counts& from);
bool from_json(const boost::json::value& from, header& to);
bool from_json(const boost::json::value& from, counts& to);

inline std::string little_endian(std::uint64_t number, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i));
  return out;
}

class check {
 public:
  check() { crypto_generichash_init(&state_, nullptr, 0, check_bytes); }
  check& add(std::string_view what) {
    crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(what.data()),
                              what.size());
    return *this;
  }
  // So far; more may be added.
  std::string text() const {
    crypto_generichash_state copy = state_;
    std::string out(check_bytes, '\0');
    crypto_generichash_final(&copy, reinterpret_cast<unsigned char*>(out.data()), out.size());
    return out;
  }

 private:
  crypto_generichash_state state_{};
};

inline std::string check_of_block(std::uint64_t number, std::string_view contents) {
  return check().add(little_endian(number, 8)).add(contents).text();
}

} // namespace parley::backup
