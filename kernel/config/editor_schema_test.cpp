#include "config/editor_schema.hpp"

#include <gtest/gtest.h>

namespace parley::config {
namespace {

namespace json = boost::json;

json::value at(const json::object& schema, const char* pointer) {
  boost::system::error_code failed;
  const json::value whole(schema);
  const json::value* found = whole.find_pointer(pointer, failed);
  return found == nullptr ? json::value("nothing at " + std::string(pointer)) : *found;
}

TEST(editor_schema, has_the_configuration_of_each_plugin) {
  const json::object config{{"type", "object"}, {"properties", {{"words", {{"type", "array"}}}}}};
  const json::object made = editor_schema({{"word-filter", config}, {"welcome", {}}});
  EXPECT_EQ(at(made,
               "/properties/plugins/properties/word-filter/properties/config/properties/"
               "words/type"),
            "array");
  EXPECT_EQ(at(made,
               "/properties/plugins/properties/word-filter/properties/config/"
               "additionalProperties"),
            false);
  EXPECT_EQ(at(made, "/properties/plugins/properties/welcome/properties/config/type"), "object");
  EXPECT_EQ(at(made, "/properties/plugins/properties/welcome/properties/grants/type"), "array");
}

TEST(editor_schema, refuses_keys_that_the_server_does_not_know) {
  const json::object made = editor_schema({});
  EXPECT_EQ(at(made, "/additionalProperties"), false);
  EXPECT_EQ(at(made, "/properties/limits/additionalProperties"), false);
  EXPECT_EQ(at(made, "/properties/listen/items/additionalProperties"), false);
  EXPECT_TRUE(at(made, "/properties/roles/additionalProperties").is_object()); // names of one's own
}

} // namespace
} // namespace parley::config
