// Walks over a list of rows that stands for a store.

#include "storage/scan.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace parley::storage {
namespace json = boost::json;
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> order{"a", "b", "c"};

// Every row of a, b, c from 1 to 3.
std::vector<json::object> rows() {
  std::vector<json::object> out;
  for (int i = 0; i < 27; ++i)
    out.push_back({{"a", 1 + i / 9}, {"b", 1 + i / 3 % 3}, {"c", 1 + i % 3}});
  return out;
}

bool is_in(const json::object& row, const query& what) {
  for (std::size_t i = 0; i < what.prefix.size(); ++i)
    if (row.at(order[i]) != what.prefix[i]) return false;
  return !what.lower || row.at(order[what.prefix.size()]).as_int64() > what.lower->as_int64();
}

std::vector<json::object> page(const query& what, bool& more) {
  std::vector<json::object> out;
  for (const json::object& each : rows())
    if (is_in(each, what)) out.push_back(each);
  more = out.size() > what.limit;
  if (more) out.resize(what.limit);
  return out;
}

// Numbers such as 123, with a new scan from the position of the last one at every page.
std::vector<int> walk(json::array prefix, std::uint32_t limit) {
  std::vector<int> out;
  scan at(order, prefix);
  while (!at.is_over()) {
    bool more = false;
    const auto found = page(at.next(limit), more);
    for (const json::object& each : found)
      out.push_back(static_cast<int>(100 * each.at("a").as_int64() + 10 * each.at("b").as_int64() +
                                     each.at("c").as_int64()));
    at.seen(found, more);
    if (!at.is_over()) at = scan(order, prefix, at.position());
  }
  return out;
}

TEST(scan, meets_each_row_once_in_order) {
  for (const std::uint32_t limit : {1u, 2u, 3u, 4u, 26u, 27u, 28u}) {
    const std::vector<int> seen = walk({}, limit);
    EXPECT_EQ(seen.size(), 27u) << limit;
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end())) << limit;
    EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end()) << limit;
  }
}

TEST(scan, stays_within_what_is_equal_in_the_first_fields) {
  for (const std::uint32_t limit : {1u, 2u, 3u, 9u, 10u}) {
    const std::vector<int> two = walk({2}, limit);
    EXPECT_EQ(two.size(), 9u) << limit;
    EXPECT_EQ(two.front(), 211) << limit;
    EXPECT_EQ(two.back(), 233) << limit;
    EXPECT_THAT(walk({2, 3}, limit), ElementsAre(231, 232, 233)) << limit;
    EXPECT_THAT(walk({2, 3, 1}, limit), ElementsAre(231)) << limit;
    EXPECT_THAT(walk({4}, limit), IsEmpty()) << limit;
  }
}

} // namespace
} // namespace parley::storage
