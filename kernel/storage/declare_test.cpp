#include "storage/declare.hpp"

#include <gtest/gtest.h>

namespace parley::storage {
namespace {

TEST(declare, maps_schemas_to_columns) {
  manifest::manifest from;
  from.name = "shop";
  manifest::collection& orders = from.collections.emplace_back();
  orders.name = "orders";
  orders.version = 3;
  orders.key = {"id"};
  orders.record = boost::json::parse(R"({"type": "object", "required": ["id", "at"], "properties": {
      "id": {"type": "string", "x-type": "id"}, "at": {"type": "string", "x-type": "time"},
      "count": {"type": "integer", "default": 3}, "paid": {"type": "boolean"}, "price": {"type": "number"},
      "lines": {"type": "array"}, "extra": {"type": "object"}, "any": {}}})")
                      .as_object();
  orders.indexes.push_back({"by_at", {"at", "id"}, true});

  const std::vector<collection> all = declared(from);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "shop.orders");
  EXPECT_EQ(all[0].version, 3u);
  EXPECT_EQ(all[0].key, std::vector<std::string>{"id"});
  ASSERT_EQ(all[0].indexes.size(), 1u);
  EXPECT_EQ(all[0].indexes[0].columns, (std::vector<std::string>{"at", "id"}));
  EXPECT_TRUE(all[0].indexes[0].unique);
  const std::vector<std::pair<std::string, column_type>> expected = {
      {"id", column_type::text},       {"at", column_type::text},
      {"count", column_type::integer}, {"paid", column_type::boolean},
      {"price", column_type::number},  {"lines", column_type::json},
      {"extra", column_type::json},    {"any", column_type::json}};
  ASSERT_EQ(all[0].columns.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(all[0].columns[i].name, expected[i].first);
    EXPECT_EQ(all[0].columns[i].type, expected[i].second) << expected[i].first;
    EXPECT_EQ(all[0].columns[i].required, i < 2) << expected[i].first;
    EXPECT_EQ(all[0].columns[i].fallback, i == 2 ? boost::json::value(3) : nullptr);
  }
}

} // namespace
} // namespace parley::storage
