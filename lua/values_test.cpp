#include "lua/testing/one_method.hpp"

namespace parley::lua {
namespace {

using testing::one_method;
namespace json = boost::json;

TEST(lua_values, keep_their_kinds) {
  const json::value all = {{"integer", 9'007'199'254'740'993},
                           {"number", 1.5},
                           {"whole", 2.0},
                           {"yes", true},
                           {"nothing", nullptr},
                           {"text", "žluťoučký"},
                           {"empty_array", json::array{}},
                           {"empty_object", json::object{}},
                           {"list", {1, "two", {{"three", 3}}}}};
  one_method host("return params");
  const json::value back = host.run_it(all).result;
  for (const auto& [name, value] : all.as_object()) EXPECT_EQ(back.at(name), value) << name;
  EXPECT_TRUE(back.at("integer").is_int64());
  EXPECT_TRUE(back.at("whole").is_double());
}

TEST(lua_values, of_an_author) {
  one_method host(
      "assert(params.nothing == parley.null)\n"
      "return {a = parley.array{}, o = {}, n = parley.null, i = 3, f = 3.0, m = math.mininteger,"
      " l = {1, 2}, config = plugin.config}");
  host.config = {{"words", {"x", "y"}}, {"deep", {{"k", json::array{}}}}};
  const json::value back = host.run_it({{"nothing", nullptr}}).result;
  EXPECT_EQ(json::serialize(back),
            R"({"a":[],"config":{"deep":{"k":[]},"words":["x","y"]},"f":3E0,"i":3,"l":[1,2],)"
            R"("m":-9223372036854775808,"n":null,"o":{}})");
}

struct bad_value {
  const char* expression;
  const char* said;
};
class lua_values_refuse : public ::testing::TestWithParam<bad_value> {};

TEST_P(lua_values_refuse, what_is_no_data) {
  one_method host(std::string("return {a = {b = ") + GetParam().expression + "}}",
                  "local loop = {}; loop.loop = loop; local two = {1}; "
                  "for _ = 1, 20 do two = {two, two} end");
  EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED);
  EXPECT_TRUE(host.has_logged(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(
    values, lua_values_refuse,
    ::testing::Values(
        bad_value{"0/0", "a.b is not a finite number"}, bad_value{"print", "a.b is a function"},
        bad_value{"'\\xff'", "a.b is not UTF-8"}, bad_value{"{1, nil, 3, x = 1}", "a.b is neither"},
        bad_value{"{[1.5] = 1}", "a.b has a key"}, bad_value{"{[true] = 1}", "a.b has a key"},
        bad_value{"loop", "nested deeper"}, bad_value{"two", "is larger than 8 MiB"},
        bad_value{"call", "a.b is a userdata"},
        bad_value{"coroutine.create(print)", "a.b is a thread"}));

TEST(lua_config, is_read_only_all_the_way_down) {
  for (const char* const write :
       {"plugin.config.x = 1", "plugin.config.words[1] = 'z'",
        "table.insert(plugin.config.words, 'z')",
        "rawset(getmetatable(plugin.config).__index, 'x', 1)", "setmetatable(plugin.config, {})",
        "local next, t = pairs(plugin.config); t.words = 1"}) {
    one_method host(write);
    host.config = {{"words", {"x", "y"}}};
    EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED) << write;
  }
  one_method host(
      "local n = 0; for k, v in pairs(plugin.config.words) do n = n + k end\n"
      "for i, w in ipairs(plugin.config.words) do n = n + i end\n"
      "return {n = n, size = #plugin.config.words, all = table.concat(plugin.config.words, '+'),"
      " one = select('#', table.unpack(plugin.config.words))}");
  host.config = {{"words", {"x", "y"}}};
  EXPECT_EQ(host.run_it().result, (json::value{{"all", "x+y"}, {"n", 6}, {"one", 2}, {"size", 2}}));
}

TEST(lua_text, lower_and_words_know_more_than_ascii) {
  one_method host(
      "local w = {}; for a, b, word in parley.words(params.text) do\n"
      "w[#w+1] = word .. ':' .. a .. '-' .. b end\n"
      "return {lower = parley.lower(params.text), words = w}");
  const json::value result =
      host.run_it({{"text", "ÄRGER, Ωmega! ЁЖ x_1 co\u00ADop 在A上海1"}}).result;
  EXPECT_EQ(result.at("lower"), "ärger, ωmega! ёж x_1 co\u00ADop 在a上海1");
  EXPECT_EQ(
      json::serialize(result.at("words")),
      R"(["ärger:1-6","ωmega:9-14","ёж:17-20","x_1:22-24","coop:26-31","在:33-35","a:36-36","上海:37-42","1:43-43"])");
}

} // namespace
} // namespace parley::lua
