#pragma once

// Where the tests' databases are, and drivers on them.

#include "driver.hpp"

#include <gtest/gtest.h>
#include <parley/test/storage_driver.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

namespace parley::test::storage {

// The address in a folder that cluster.sh was given.
inline std::string url_in(const std::filesystem::path& folder) {
  std::ifstream file(folder / "url");
  std::string out;
  std::getline(file, out);
  if (out.empty()) throw std::runtime_error(folder.string() + " names no PostgreSQL");
  return out;
}

// The cluster that ctest starts; by hand: cluster.sh start DIR, PARLEY_POSTGRES=DIR.
inline std::string shared_url() {
  const char* folder = std::getenv("PARLEY_POSTGRES");
  if (folder == nullptr) throw std::runtime_error("set PARLEY_POSTGRES: see tests/cluster.sh");
  return url_in(folder);
}

inline void cluster(const std::string& command, const std::filesystem::path& folder,
                    const std::string& settings = "") {
  const std::string line =
      PARLEY_CLUSTER_SCRIPT " " + command + " '" + folder.string() + "' " + settings;
  if (std::system(line.c_str()) != 0) throw std::runtime_error(line + " failed");
}

// A schema for each place; names that differ in case alone are two.
inline storage_postgres::settings settings_for(const std::string& place) {
  storage_postgres::settings out;
  out.url = shared_url();
  out.schema = "place_" + std::to_string(std::hash<std::string>{}(place));
  return out;
}

class postgres_under_test final : public running_driver {
 public:
  explicit postgres_under_test(storage_postgres::settings with) : driver_(std::move(with)) {}
  const parley_storage_driver& driver() const override { return driver_.face(); }

 private:
  storage_postgres::driver driver_;
};

// One of several servers on the same tables.
class node {
 public:
  explicit node(storage_postgres::settings with) : driver_(std::move(with)), store(driver_.face()) {
    const rows opened = store.open(suite_collections());
    EXPECT_EQ(opened.error, "");
  }
  ~node() { EXPECT_EQ(store.close().status, PARLEY_OK); }

 private:
  storage_postgres::driver driver_;

 public:
  calls store;
};

// A schema of this test's own.
inline storage_postgres::settings fresh_settings() {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  return settings_for(std::string(info->name()) + std::to_string(std::random_device{}()));
}

} // namespace parley::test::storage
