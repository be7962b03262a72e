#pragma once

// What a backup is encrypted with: 32 bytes, written as 64 hexadecimal digits.

#include <sodium.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace parley::backup {

using key = std::array<unsigned char, crypto_secretstream_xchacha20poly1305_KEYBYTES>;

// Where one is to be had, from the operator's YAML.
struct key_source {
  std::filesystem::path file; // empty: no file
  std::string text;           // empty: none

  bool is_there() const { return !file.empty() || !text.empty(); }
};

// Nothing, and no `why`, where none is wanted.
std::optional<key> read_key(const key_source& from, std::string& why);

} // namespace parley::backup
