// The conformance suite over PostgreSQL.

#include "driver.hpp"

#include <gmock/gmock.h>
#include <parley/test/storage_driver.hpp>

#include <filesystem>
#include <fstream>

namespace parley::test::storage {
namespace {

// The cluster that ctest starts, see tests/CMakeLists.txt.
std::string url() {
  const char* folder = std::getenv("PARLEY_POSTGRES");
  std::ifstream file(std::filesystem::path(folder != nullptr ? folder : ".") / "url");
  std::string out;
  std::getline(file, out);
  if (out.empty())
    throw std::runtime_error("PARLEY_POSTGRES names no cluster: cluster.sh start DIR");
  return out;
}

// A schema for each place.
storage_postgres::settings settings_for(const std::string& place) {
  std::string name = std::filesystem::path(place).filename().string();
  for (char& each : name) {
    each = static_cast<char>(std::isalnum(static_cast<unsigned char>(each)) != 0
                                 ? std::tolower(static_cast<unsigned char>(each))
                                 : '_');
  }
  // Names that differ in case alone are two places.
  return {.url = url(), .schema = name + std::to_string(std::hash<std::string>{}(place) % 100000)};
}

class postgres_under_test final : public running_driver {
 public:
  explicit postgres_under_test(storage_postgres::settings with) : driver_(std::move(with)) {}
  const parley_storage_driver& driver() const override { return driver_.face(); }

 private:
  storage_postgres::driver driver_;
};

const driver_maker postgres = [](const std::string& place) {
  return std::make_unique<postgres_under_test>(settings_for(place));
};

class conformance : public testing::TestWithParam<driver_case> {};
TEST_P(conformance, holds) {
  run_driver_case(GetParam().name, postgres);
}
INSTANTIATE_TEST_SUITE_P(postgres, conformance, testing::ValuesIn(driver_cases()),
                         [](const auto& each) { return std::string(each.param.name); });

} // namespace
} // namespace parley::test::storage
