#pragma once

// What every storage driver must do. A driver's own tests instantiate the suite:
//
//   INSTANTIATE_TEST_SUITE_P(name, driver_conformance, testing::Values(maker));

#include "driver_calls.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace parley::storage_test {

class driver_under_test {
 public:
  virtual ~driver_under_test() = default; // ends the driver, as a clean stop of the server would
  virtual const parley_storage_driver& driver() const = 0;
};

// A driver over what lies at a place: the same place again is the same store.
using driver_maker = std::function<std::unique_ptr<driver_under_test>(const std::string& place)>;

// Collections of the suite. items: place, seq | name, size, weight, data; unique by_name(name),
// by_size(place, size). tags: tag (the key is all there is).
inline constexpr std::uint32_t items = 0, tags = 1;
inline constexpr std::int32_t by_key = -1, by_name = 0, by_size = 1;
const std::vector<parley_collection>& suite_collections();

class driver_conformance : public testing::TestWithParam<driver_maker> {
 protected:
  void SetUp() override;
  void TearDown() override;
  void reopen();

  calls& store() { return *store_; }
  // A row of items with a name.
  static row item(std::string place, value seq, value name = null{}, value size = null{});

 private:
  std::string place_;
  std::unique_ptr<driver_under_test> driver_;
  std::unique_ptr<calls> store_;
};

} // namespace parley::storage_test
