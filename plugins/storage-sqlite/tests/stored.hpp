#pragma once

// A store in a folder of its own, used and taken down as often as a test likes.

#include "driver.hpp"

#include <parley/test/driver_load.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace parley::storage_sqlite {

class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "parley-sqlite-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  const std::string& path() const { return path_; }
  std::string file() const { return path_ + "/parley.db"; }

 private:
  std::string path_;
};

// A driver as a server has it from its start to its stop.
class stored {
 public:
  explicit stored(const std::string& path) : driver_({.path = path}), calls_(driver_.face()) {}
  test::storage::calls* operator->() { return &calls_; }
  test::storage::calls& operator*() { return calls_; }
  test::storage::rows open() { return calls_.open(test::storage::suite_collections()); }

 private:
  driver driver_;
  test::storage::calls calls_;
};

// How often a test goes round: what the soak wants, or less.
inline std::uint64_t rounds(const char* variable, std::uint64_t otherwise) {
  const char* given = std::getenv(variable);
  return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

} // namespace parley::storage_sqlite
