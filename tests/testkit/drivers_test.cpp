// The suite for storage drivers, over plugins as they are loaded.

#include <gmock/gmock.h>
#include <parley/test/storage_driver.hpp>

namespace parley::test::storage {
namespace {

class drivers : public testing::TestWithParam<driver_case> {};

TEST_P(drivers, in_memory) {
  if (GetParam().begins_again) GTEST_SKIP() << "its store ends with it";
  run_driver_case(GetParam().name, from_plugin(TEST_PLUGINS "/storage-memory"));
}

TEST_P(drivers, sqlite) {
  run_driver_case(GetParam().name,
                  from_plugin(TEST_PLUGINS "/storage-sqlite", [](const std::string& place) {
                    return test::value{{"path", place + "/parley.db"}};
                  }));
}

INSTANTIATE_TEST_SUITE_P(all, drivers, testing::ValuesIn(driver_cases()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(driver_suite, names_what_cannot_be_run) {
  EXPECT_GE(driver_cases().size(), 150u);
  const auto wrong = [](std::string_view name, const driver_maker& make) {
    try {
      run_driver_case(name, make);
    } catch (const failure& why) {
      return why.sentence();
    }
    return std::string();
  };
  const driver_maker memory = from_plugin(TEST_PLUGINS "/storage-memory");
  EXPECT_EQ(wrong("dances", memory), "there is no case `dances` for drivers");
  EXPECT_EQ(wrong("an_empty_batch_is_fine", from_plugin(TEST_PLUGINS "/messaging")),
            "the plugin messaging offers no driver");
  // A store that ends with its driver is found out.
  EXPECT_THAT(wrong("keeps_large_values_across_a_restart", memory),
              testing::HasSubstr("should be"));
}

} // namespace
} // namespace parley::test::storage
