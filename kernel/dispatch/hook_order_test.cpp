#include "dispatch/hook_order.hpp"

#include <gmock/gmock.h>

namespace parley::dispatch {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> names(const std::vector<hook_participant>& all) {
  std::vector<std::string> result;
  for (const std::size_t i : order_hooks(all).order) result.push_back(all[i].plugin);
  return result;
}

TEST(hook_order, ties_go_by_name) {
  EXPECT_THAT(names({{"c", {}, {}}, {"a", {}, {}}, {"b", {}, {}}}), ElementsAre("a", "b", "c"));
}

TEST(hook_order, constraints_win_over_names) {
  EXPECT_THAT(names({{"a", {}, {"c"}}, {"b", {}, {}}, {"c", {}, {}}}), ElementsAre("b", "c", "a"));
  EXPECT_THAT(names({{"a", {}, {}}, {"b", {}, {}}, {"c", {"a"}, {}}}), ElementsAre("b", "c", "a"));
}

TEST(hook_order, who_is_not_there_is_ignored) {
  EXPECT_THAT(names({{"a", {}, {"nobody"}}, {"b", {"nobody"}, {}}}), ElementsAre("a", "b"));
}

TEST(hook_order, a_cycle_is_named) {
  const hook_order found = order_hooks({{"a", {"b"}, {}}, {"b", {"a"}, {}}, {"c", {}, {}}});
  EXPECT_THAT(found.cycle, ElementsAre("a", "b"));
}

TEST(hook_order, says_why) {
  EXPECT_THAT(order_hooks({{"a", {}, {"b"}}, {"b", {}, {}}}).reasons,
              ElementsAre("by name", "after b"));
}

} // namespace
} // namespace parley::dispatch
