#pragma once

// A file that holds a key, as the operator keeps it: for its owner alone.

#include <filesystem>
#include <optional>
#include <string>

namespace parley::storage {

// What it holds, at most `longest_key_file` bytes of it. Nothing where it cannot be read, or where
// its group or others may do anything with it (but a group's reading of what root owns and the
// server does not): `why` says what is wrong and goes on after the file's name.
inline constexpr std::size_t longest_key_file = 1024;
std::optional<std::string> read_key_file(const std::filesystem::path& file, std::string& why);

} // namespace parley::storage
