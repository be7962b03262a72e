#include "runtime.hpp"

#include "lua/testing/one_method.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace parley::lua {
namespace {

using testing::declare_hook;
using testing::declare_method;
using testing::ending;
using testing::fake_host;
using ::testing::HasSubstr;
using testing::one_method;
using testing::preamble;
namespace json = boost::json;

TEST(lua_load, runs_a_method) {
  one_method host("return {greeting = 'Hello ' .. params.name}");
  const ending end = host.run_it({{"name", "Ada"}});
  EXPECT_EQ(end.status, PARLEY_OK);
  EXPECT_EQ(end.result, (json::value{{"greeting", "Hello Ada"}}));
}

std::string why_not(const std::string& init) {
  fake_host host;
  host.declared.hooks.push_back(declare_hook("message.before_send", manifest::hook_kind::filter));
  EXPECT_NE(host.load({{"init.lua", init}}), PARLEY_OK);
  return host.why;
}

TEST(lua_load, names_file_and_line_of_a_syntax_error) {
  EXPECT_THAT(why_not("local x = 1\nlocal = 2\n"), HasSubstr("sample/init.lua:2:"));
}

TEST(lua_load, names_file_and_line_of_an_error) {
  EXPECT_THAT(why_not("\n\nerror('no good')"), HasSubstr("sample/init.lua:3: no good"));
  EXPECT_THAT(why_not("\nlocal t = nil; t.x = 1"), HasSubstr("sample/init.lua:2: "));
  EXPECT_THAT(why_not("error()"), HasSubstr("an error of type nil"));
}

TEST(lua_load, refuses_a_declared_handler_that_is_missing) {
  const std::string why = why_not("return 1");
  EXPECT_THAT(why, HasSubstr("message.before_send"));
  EXPECT_THAT(why, HasSubstr("function plugin.hooks.message.before_send(call, payload)"));
}

TEST(lua_load, refuses_an_undeclared_handler_with_the_nearest_name) {
  const std::string leaf = why_not(preamble + "function plugin.hooks.message.before_sent() end");
  EXPECT_THAT(leaf, HasSubstr("sample/init.lua:2: plugin.yaml declares no hook"));
  EXPECT_THAT(leaf, HasSubstr("did you mean message.before_send?"));
  EXPECT_THAT(why_not(preamble + "function plugin.methods.sample.run() end"),
              HasSubstr("sample/init.lua:2: plugin.yaml declares no method sample"));
  EXPECT_THAT(why_not(preamble + "plugin.strat = function() end"),
              HasSubstr("did you mean plugin.start?"));
  EXPECT_THAT(why_not(preamble + "plugin.hooks.message.before_send = 7"),
              HasSubstr("must be a function"));
  EXPECT_THAT(why_not(preamble + "plugin.scopes.room = {}"), HasSubstr("declares no scope room"));
}

TEST(lua_load, says_when_init_is_missing) {
  fake_host host;
  EXPECT_NE(host.load({{"other.lua", ""}}), PARLEY_OK);
  EXPECT_THAT(host.why, HasSubstr("there is no file init.lua"));
}

TEST(lua_load, ends_a_loop_in_init) {
  fake_host host;
  host.bounds.instructions = 100'000;
  EXPECT_NE(host.load({{"init.lua", "\nwhile true do end"}}), PARLEY_OK);
  EXPECT_THAT(host.why, HasSubstr("sample/init.lua:2: over its budget of 100000 instructions"));
}

TEST(lua_load, ends_a_memory_hog_in_init) {
  fake_host host;
  host.bounds.memory_bytes = 4 << 20;
  EXPECT_NE(
      host.load({{"init.lua", "local t = {}\nwhile true do t[#t+1] = ('x'):rep(1e5)..#t end"}}),
      PARLEY_OK);
  EXPECT_THAT(host.why, HasSubstr("sample/init.lua:2:"));
}

TEST(lua_memory, is_told_and_given_back) {
  one_method host(
      "kept = nil for i = 1, 1e4 do kept = {kept} end if params.drop then kept = nil end");
  host.run_it();
  const std::size_t full = host.memory();
  EXPECT_GT(full, 500'000U);
  host.run_it({{"drop", true}});
  host.collect();
  EXPECT_LT(host.memory(), full / 2);
}

TEST(lua_require, loads_files_of_its_own_folder_once) {
  fake_host host;
  host.declared.methods.push_back(declare_method("sample.run"));
  ASSERT_EQ(
      host.load({{"init.lua", preamble + "local w = require 'words'; assert(require 'words' == w)\n"
                                         "assert(require 'deep.more' == 7)\n"
                                         "function plugin.methods.sample.run() return w end"},
                 {"words.lua", "return {count = 2}"},
                 {"deep/more.lua", "return 7"}}),
      PARLEY_OK)
      << host.why;
  EXPECT_EQ(host.method("sample.run")->result, (json::value{{"count", 2}}));
}

class lua_require_refuses : public ::testing::TestWithParam<const char*> {};

TEST_P(lua_require_refuses, what_is_no_module) {
  const std::string why = why_not("require(" + std::string(GetParam()) + ")");
  EXPECT_THAT(why, HasSubstr("sample"));
  EXPECT_THAT(why, ::testing::AnyOf(HasSubstr("cannot be required"), HasSubstr("no file")));
}

INSTANTIATE_TEST_SUITE_P(names, lua_require_refuses,
                         ::testing::Values("'../x'", "'/etc/passwd'", "'..'", "'.'", "''", "'a..b'",
                                           "'words/../../x'", "'a\\0b'", "'.a'", "'io'", "'os'",
                                           "'debug'", "'words.lua\\n'", "'nothing'", "'string'",
                                           "'_G'"));

TEST(lua_require, follows_no_link_out_of_the_folder) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("parley-link-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder / "secret.lua");
  std::filesystem::create_symlink("/etc/passwd", folder / "secret.lua");
  std::ofstream(folder / "init.lua") << "require 'secret'";
  fake_host host;
  EXPECT_NE(host.load_folder(folder.string()), PARLEY_OK);
  EXPECT_THAT(host.why, HasSubstr("leads out of the plugin's folder"));
  std::filesystem::remove_all(folder);
}

TEST(lua_require, refuses_a_ring) {
  fake_host host;
  EXPECT_NE(
      host.load({{"init.lua", "require 'a'"}, {"a.lua", "require 'b'"}, {"b.lua", "require 'a'"}}),
      PARLEY_OK);
  EXPECT_THAT(host.why, HasSubstr("sample/b.lua:1: 'a' requires itself"));
}

TEST(lua_require, refuses_bytecode) {
  fake_host host;
  EXPECT_NE(host.load({{"init.lua", std::string("\x1bLua\x54\0\x19\x93", 8)}}), PARLEY_OK);
  EXPECT_THAT(host.why, HasSubstr("binary chunk"));
}

TEST(lua_require, works_only_while_loading) {
  one_method host("require 'words'");
  EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED);
  EXPECT_TRUE(host.has_logged("sample/init.lua:4: require 'words': works while the plugin loads"));
}

} // namespace
} // namespace parley::lua
