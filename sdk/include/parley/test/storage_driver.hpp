// What every storage driver must do, for authors of drivers. With GoogleTest:
//
//   class conformance : public testing::TestWithParam<parley::test::storage::driver_case> {};
//   TEST_P(conformance, holds) {
//     run_driver_case(GetParam().name, from_plugin("build/plugins/mine"));
//   }
//   INSTANTIATE_TEST_SUITE_P(all, conformance, testing::ValuesIn(driver_cases()),
//                            [](const auto& each) { return std::string(each.param.name); });
#ifndef PARLEY_TEST_STORAGE_DRIVER_HPP
#define PARLEY_TEST_STORAGE_DRIVER_HPP

#include <parley/test/driver_calls.hpp>
#include <parley/test/value.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test::storage {

// A driver that is there; it ends as by a clean stop of the server.
class running_driver {
 public:
  virtual ~running_driver() = default;
  virtual const parley_storage_driver& driver() const = 0;
  // Called again and again while something is waited for.
  virtual void work() {}
};

// Begins a driver over what lies at a place, a folder: the same place again is the same store.
using driver_maker = std::function<std::unique_ptr<running_driver>(const std::string& place)>;

// From a plugin's folder, as the server loads it. `config`: its configuration for a place.
PARLEY_TEST_API driver_maker
from_plugin(std::string folder, std::function<test::value(const std::string& place)> config = {});

// Collections of the suite, for tests besides. items: place, seq | name, size, weight, data; unique
// by_name(name), by_size(place, size). tags: tag (the key is all there is).
inline constexpr std::uint32_t items = 0, tags = 1;
inline constexpr std::int32_t by_key = -1, by_name = 0, by_size = 1;
PARLEY_TEST_API const std::vector<parley_collection>& suite_collections();

struct driver_case {
  std::string_view name;
  bool begins_again = false; // not for a store that ends with its driver
};

PARLEY_TEST_API const std::vector<driver_case>& driver_cases();
// Throws a failure where the driver does something else.
PARLEY_TEST_API void run_driver_case(std::string_view name, const driver_maker& make);

// As many random operations, of all kinds and over every kind of range, each compared with what a
// plain model does; what is written goes in groups. Throws a failure with the shortest sequence
// that still differs. `begins_again`: the driver is taken down and begun again in between as well.
PARLEY_TEST_API void compare_with_model(std::uint64_t seed, std::size_t steps,
                                        const driver_maker& make, bool begins_again = true);

} // namespace parley::test::storage
#endif
