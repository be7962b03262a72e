#include "example_value.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley::schema {
namespace {

namespace json = boost::json;

std::string example_of(const std::string& schema) {
  const auto one = example_value(json::parse(schema).as_object());
  return one ? json::serialize(*one) : "none";
}

TEST(example_value, is_what_the_schema_gives_or_what_its_limits_admit) {
  EXPECT_EQ(example_of(R"({"type":"string"})"), R"("Hello")");
  EXPECT_EQ(example_of(R"({"type":"string","examples":["tea"],"default":"rain"})"), R"("tea")");
  EXPECT_EQ(example_of(R"({"type":"string","default":"rain"})"), R"("rain")");
  EXPECT_EQ(example_of(R"({"enum":["a","b"]})"), R"("a")");
  EXPECT_EQ(example_of(R"({"oneOf":[{"type":"integer"},{"type":"null"}]})"), "1");
  EXPECT_EQ(example_of(R"({"type":"integer","minimum":0})"), "1");
  EXPECT_EQ(example_of(R"({"type":"integer","minimum":7})"), "7");
  EXPECT_EQ(example_of(R"({"type":"string","maxLength":2})"), R"("👍")");
  EXPECT_EQ(example_of(R"({"type":"array","minItems":2,"items":{"type":"boolean"}})"),
            "[true,true]");
  EXPECT_EQ(example_of(R"({"type":"object","required":["a"],
                           "properties":{"a":{"type":"integer"},"b":{"type":"string"}}})"),
            R"({"a":1})");
  EXPECT_EQ(example_of(R"({"type":"object","required":["a"],"properties":{"a":{"type":"integer"}},
                           "examples":[{"a":3}]})"),
            R"({"a":3})");
}

TEST(example_value, is_none_where_none_can_be_made_or_the_given_one_is_wrong) {
  EXPECT_EQ(example_of(R"({"type":"string","pattern":"^odd$"})"), "none");
  EXPECT_EQ(example_of(R"({"type":"integer","examples":["tea"]})"), "none");
  EXPECT_EQ(example_of(R"({"type":"object","required":["a"],
                           "properties":{"a":{"type":"string","pattern":"^odd$"}}})"),
            "none");
}

// A manifest may come from anybody.
TEST(example_value, stays_short) {
  EXPECT_EQ(example_of(R"({"type":"string","minLength":9007199254740992})"), "none");
  EXPECT_EQ(example_of(R"({"type":"array","minItems":9007199254740992,"items":{"type":"null"}})"),
            "none");
  EXPECT_EQ(example_of(R"({"type":"array","minItems":500,"items":{"type":"array","minItems":500,
      "items":{"type":"array","minItems":500,"items":{"type":"null"}}}})"),
            "none");
}

} // namespace
} // namespace parley::schema
