// The Lua pieces of docs/plugins/interfaces.md, put together, are the plugin of its manifest: each
// handler is there and runs.

#include "lua/testing/fake_host.hpp"

#include <parley/draft/http_route.h>

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace {

namespace json = boost::json;
using parley::lua::testing::fake_host;

// All blocks of a language; of yaml the first.
std::string blocks(const std::string& language) {
  std::ifstream in(PARLEY_ROOT "/docs/plugins/interfaces.md");
  std::string line, out;
  bool inside = false;
  while (std::getline(in, line)) {
    if (inside && line == "```") {
      if (language == "yaml") return out;
      inside = false;
    } else if (inside) {
      out += line + "\n";
    } else {
      inside = line == "```" + language;
    }
  }
  return out;
}

TEST(interfaces, the_pieces_in_lua_are_a_plugin) {
  fake_host host;
  std::vector<parley::yaml::problem> problems;
  const auto source = parley::yaml::parse(blocks("yaml"), "interfaces.md", problems);
  host.declared = parley::manifest::read(source, problems);
  for (const auto& each : problems) ADD_FAILURE() << to_string(each);
  ASSERT_EQ(host.load({{"init.lua", blocks("lua") + "_ = once_a_minute\nreturn plugin\n"}}),
            PARLEY_OK)
      << host.why;
  EXPECT_EQ(host.start()->status, PARLEY_OK);
  EXPECT_EQ(host.method("town.walk", {{"square", "market"}})->result,
            (json::value{{"square", "market"}, {"times", 1}}));
  ASSERT_EQ(host.published.size(), 1u);
  EXPECT_EQ(host.metrics["taken_total by=foot"], 1);
  EXPECT_EQ(host.hook("identity.authenticate", {{"scheme", "Card"}})->code, "unauthenticated");
  EXPECT_FALSE(host.hook("identity.authenticate", {{"scheme", "Basic"}})->replaced);
  EXPECT_EQ(host.call(PARLEY_ROUTE, "weather", {{"headers", json::object{}}})->result.at("status"),
            401);
  EXPECT_EQ(host.call(PARLEY_SCOPE_ACCESS, "square", {{"principal", "a"}, {"place", "b"}})
                ->result.at("role"),
            "walker");
}

} // namespace
