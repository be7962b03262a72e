#include "runtime.hpp"

#include "lua/testing/fake_host.hpp"

#include <gtest/gtest.h>

namespace parley::lua {
namespace {

using testing::ending;
using testing::fake_host;
namespace json = boost::json;

manifest::method declare_method(const std::string& name) {
  manifest::method m;
  m.name = name;
  return m;
}

[[maybe_unused]] manifest::hook declare_hook(const std::string& name, manifest::hook_kind kind) {
  manifest::hook h;
  h.name = name;
  h.kind = kind;
  return h;
}

// A plugin with one method, sample.run, whose body is `body`.
struct one_method : fake_host {
  explicit one_method(const std::string& body, const std::string& before = "") {
    declared.methods.push_back(declare_method("sample.run"));
    status = load({{"init.lua",
                    "local parley = require 'parley'\n"
                    "local plugin = parley.plugin()\n" +
                        before + "\nfunction plugin.methods.sample.run(call, params)\n" + body +
                        "\nend\nreturn plugin\n"}});
    EXPECT_EQ(status, PARLEY_OK) << why;
  }
  ending run_it(const json::value& params = json::object()) {
    const auto end = method("sample.run", params);
    EXPECT_TRUE(end.has_value());
    return end.value_or(ending{});
  }
  parley_status status;
};

TEST(lua_load, runs_a_method) {
  one_method host("return {greeting = 'Hello ' .. params.name}");
  const ending end = host.run_it({{"name", "Ada"}});
  EXPECT_EQ(end.status, PARLEY_OK);
  EXPECT_EQ(end.result, (json::value{{"greeting", "Hello Ada"}}));
  EXPECT_EQ(host.open_calls(), 0u);
}

} // namespace
} // namespace parley::lua
