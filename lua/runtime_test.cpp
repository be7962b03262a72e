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

fake_host& filtering(fake_host& host, const std::string& body) {
  host.declared.hooks.push_back(declare_hook("a.b", manifest::hook_kind::filter));
  EXPECT_EQ(host.load({{"init.lua",
                        preamble + "function plugin.hooks.a.b(call, payload)\n" + body + "\nend"}}),
            PARLEY_OK)
      << host.why;
  return host;
}

TEST(lua_filter, passes_replaces_and_denies) {
  fake_host host;
  filtering(host,
            "if payload.x == 1 then return end\n"
            "if payload.x == 2 then payload.x = 20 return payload end\n"
            "if payload.x == 3 then return plugin.deny('no_good', 'Not that.', '/x') end\n"
            "if payload.x == 4 then error(plugin.deny('no_good', 'Not that.')) end\n"
            "return 'yes'");
  const auto with = [&host](int x) { return *host.hook("a.b", {{"x", x}}); };
  EXPECT_EQ(with(1).status, PARLEY_OK);
  EXPECT_FALSE(with(1).replaced);
  EXPECT_EQ(with(2).result, (json::value{{"x", 20}}));
  const ending denied = with(3);
  EXPECT_EQ(denied.status, PARLEY_E_REFUSED);
  EXPECT_EQ(denied.code, "no_good");
  EXPECT_EQ(denied.message, "Not that.");
  EXPECT_EQ(denied.field, "/x");
  EXPECT_EQ(with(4).code, "no_good");
  EXPECT_EQ(with(5).status, PARLEY_E_FAILED) << "a mistake must not let anything pass";
  EXPECT_TRUE(host.has_logged("a.b returned a string"));
}

TEST(lua_join, adds_to_the_owners_batch_but_does_not_commit_it) {
  fake_host host;
  host.declared.hooks.push_back(declare_hook("a.b", manifest::hook_kind::join));
  ASSERT_EQ(host.load({{"init.lua", preamble + "function plugin.hooks.a.b(call, payload, batch)\n"
                                               "batch:put('notes', {id = payload.id})\n"
                                               "if payload.commit then batch:commit() end end"}}),
            PARLEY_OK);
  EXPECT_EQ(host.hook("a.b", {{"id", 1}})->status, PARLEY_OK);
  EXPECT_EQ(host.hook("a.b", {{"id", 1}, {"commit", true}})->status, PARLEY_E_FAILED);
  EXPECT_TRUE(host.has_logged("belongs to the hook's owner"));
}

TEST(lua_scope, answers_access_and_places) {
  fake_host host;
  manifest::scope s;
  s.name = "room";
  host.declared.scopes.push_back(s);
  ASSERT_EQ(host.load({{"init.lua",
                        preamble + "plugin.scopes.room = {access = function(call, who)\n"
                                   "if who.place == 'r1' then return {role = 'member'} end end,\n"
                                   "places = function(call, who) return {} end}"}}),
            PARLEY_OK)
      << host.why;
  const auto access = [&host](const char* place) {
    return host.call(PARLEY_SCOPE_ACCESS, "room", {{"principal", "p"}, {"place", place}})->result;
  };
  EXPECT_EQ(access("r1"), (json::value{{"role", "member"}}));
  EXPECT_EQ(access("r2"), json::value(json::object{}));
  EXPECT_EQ(host.call(PARLEY_SCOPE_PLACES, "room", {{"principal", "p"}})->result,
            json::value(json::array{}));
}

TEST(lua_call, tells_who_calls) {
  one_method host(
      "return {call.account, call.kind, call.request_id, call.session == nil, call.depth}");
  EXPECT_EQ(json::serialize(host.run_it().result), R"(["0192-account","user","r-1",true,1])");
}

TEST(lua_call, cannot_be_used_after_its_end) {
  one_method host("if kept then return kept.account end kept = call");
  EXPECT_EQ(host.run_it().status, PARLEY_OK);
  EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED);
  EXPECT_TRUE(host.has_logged("the call has ended"));
}

TEST(lua_errors, of_the_plugin_reach_the_caller) {
  one_method host("error(plugin.error(params.code, 'A sentence.', '/x'))");
  EXPECT_EQ(host.run_it({{"code", "too_many_notes"}}).status, PARLEY_E_REFUSED);
  const ending known = host.run_it({{"code", "not_found"}});
  EXPECT_EQ(known.status, PARLEY_E_NOT_FOUND);
  EXPECT_EQ(known.message, "A sentence.");
  EXPECT_EQ(known.field, "/x");
}

TEST(lua_errors, by_mistake_are_logged_and_not_told_to_the_caller) {
  one_method host("local t = nil\nreturn t.x");
  const ending end = host.run_it();
  EXPECT_EQ(end.status, PARLEY_E_FAILED);
  EXPECT_EQ(end.code + end.message, "");
  EXPECT_TRUE(host.has_logged("sample.run: sample/init.lua:5: attempt to index a nil value"));
}

class lua_error_objects : public ::testing::TestWithParam<const char*> {};

TEST_P(lua_error_objects, of_any_type_end_the_call) {
  one_method host(std::string("error(") + GetParam() + ")");
  host.bounds.instructions = 100'000;
  EXPECT_NE(host.run_it().status, PARLEY_OK);
  EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED);
}

INSTANTIATE_TEST_SUITE_P(
    objects, lua_error_objects,
    ::testing::Values("", "nil", "1", "true", "{}", "print", "call", "parley.null", "'\\xff\\0'",
                      "coroutine.create(print)", "{code = 1}", "{code = {}}",
                      "setmetatable({}, {__tostring = function() while true do end end})",
                      "setmetatable({}, {__index = function() while true do end end})",
                      "setmetatable({}, {__name = 'x', __index = error, __tostring = error})"));

TEST(lua_await, invokes_a_method_and_resumes_with_its_result) {
  one_method host(
      "local r = plugin.requires.other.double(call, {n = params.n}); return {twice = r.n}");
  host.methods["other.double"] = [](const json::value& in) {
    ending out;
    out.result = {{"n", in.at("n").as_int64() * 2}};
    return out;
  };
  EXPECT_EQ(host.run_it({{"n", 21}}).result, (json::value{{"twice", 42}}));
}

TEST(lua_await, raises_what_the_method_ended_with) {
  const auto refuses = [](const json::value&) {
    ending out;
    out.status = PARLEY_E_FORBIDDEN;
    out.code = "forbidden";
    out.message = "Not you.";
    return out;
  };
  one_method caught(
      "local ok, e = pcall(plugin.requires.other.go, call)\n"
      "return {ok = ok, code = e.code, message = e.message, text = tostring(e)}");
  caught.methods["other.go"] = refuses;
  const json::value result = caught.run_it().result;
  EXPECT_EQ(result.at("code"), "forbidden");
  EXPECT_EQ(result.at("message"), "Not you.");
  one_method uncaught("plugin.requires.other.go(call)");
  uncaught.methods["other.go"] = refuses;
  const ending end = uncaught.run_it();
  EXPECT_EQ(end.status, PARLEY_E_FORBIDDEN);
  EXPECT_EQ(end.message, "Not you.");
  one_method unknown("plugin.requires.other.nothing(call)");
  EXPECT_EQ(unknown.run_it().status, PARLEY_E_FAILED);
  EXPECT_TRUE(unknown.has_logged("sample/init.lua:4:"));
}

ending echo(const json::value& in) {
  ending out;
  out.result = in;
  return out;
}

TEST(lua_await, works_in_odd_places) {
  one_method host(
      "local go = plugin.requires.other.echo\n"
      "local seen = {}\n"
      "pcall(function() seen[#seen+1] = go(call, {n = 1}).n; error('x') end)\n" // across pcall
      "local co = coroutine.wrap(function(a) local b = coroutine.yield(go(call, {n = a}).n)\n"
      "  seen[#seen+1] = go(call, {n = b}).n; return 'end' end)\n" // in a coroutine, between yields
      "local x, y = co(2), co(3); table.move({x, y}, 1, 2, 2, seen)\n"
      "local outer = coroutine.wrap(function() return coroutine.wrap(function()\n"
      "  return go(call, {n = 4}).n end)() end)\n" // two deep
      "seen[#seen+1] = outer()\n"
      "local t = setmetatable({}, {__index = function(_, k) return go(call, {n = k}).n end,\n"
      "  __add = function() return go(call, {n = 6}).n end})\n"
      "seen[#seen+1] = t[5]; seen[#seen+1] = t + 1\n" // in metamethods
      "for x in function(_, last) if not last then return go(call, {n = 7}).n end end do\n"
      "  seen[#seen+1] = x end\n" // in an iterator
      "do local c <close> = setmetatable({}, {__close = function() seen[#seen+1] = go(call, {n = "
      "8}).n end}) end\n"
      "return seen");
  host.methods["other.echo"] = echo;
  const ending end = host.run_it();
  EXPECT_EQ(json::serialize(end.result), R"([1,2,"end",4,5,6,7,8])");
}

TEST(lua_await, is_refused_where_c_is_in_between) {
  for (const char* const body :
       {"table.sort({1, 2, 3}, function(a, b) go(call, {}) return a < b end)",
        "('abc'):gsub('.', function() go(call, {}) end)",
        "table.sort({1, 2}, function(a, b) coroutine.wrap(function() go(call, {}) end)() return a "
        "< b end)",
        "coroutine.yield()",
        "tostring(setmetatable({}, {__tostring = function() go(call, {}) return '' end}))",
        "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = "
        "function()"
        " go(call, {}) end}) coroutine.yield() end) coroutine.resume(co)\n"
        "local ok, why = coroutine.close(co) error(why)"}) {
    one_method host(body, "local go = plugin.requires.other.echo");
    host.methods["other.echo"] = echo;
    EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED) << body;
    EXPECT_TRUE(host.invoked.empty()) << body;
    EXPECT_TRUE(host.has_logged("sample/init.lua:4: ")) << body;
  }
}

TEST(lua_await, keeps_calls_apart_that_wait_at_once) {
  one_method host(
      "local x = params.n; local r = plugin.requires.other.echo(call, {n = x})\n"
      "assert(r.n == x) return r");
  host.methods["other.echo"] = echo;
  host.run_it({{"n", 0}});
  std::vector<parley_call> calls;
  for (int i = 1; i <= 100; ++i)
    calls.push_back(host.enter(PARLEY_METHOD, "sample.run", {{"n", i}}));
  EXPECT_EQ(host.open_calls(), 100u);
  host.run();
  for (int i = 1; i <= 100; ++i) {
    EXPECT_EQ(host.ended(calls[static_cast<std::size_t>(i - 1)])->result, (json::value{{"n", i}}));
  }
}

TEST(lua_await, a_waiting_coroutine_belongs_to_who_waits) {
  one_method host(
      "if params.first then shared = coroutine.wrap(function()\n"
      "  return plugin.requires.other.echo(call, {n = 1}) end) return shared() end\n"
      "shared()");
  host.methods["other.echo"] = echo;
  host.run_it({{"first", true}});
  const parley_call first = host.enter(PARLEY_METHOD, "sample.run", {{"first", true}});
  const parley_call second = host.enter(PARLEY_METHOD, "sample.run", {{"first", false}});
  EXPECT_EQ(host.ended(second)->status, PARLEY_E_FAILED);
  EXPECT_TRUE(host.has_logged("cannot resume a coroutine that waits"));
  host.run();
  EXPECT_EQ(host.ended(first)->result, (json::value{{"n", 1}}));
}

TEST(lua_bot, runs_as_the_bot_and_ends_its_call) {
  one_method host(
      "return plugin.bot(function(bot)\n"
      "plugin.requires.other.echo(call, {n = 1})\n"
      "return plugin.requires.other.echo(bot, {n = 2}) end)");
  host.declared.wants_bot = manifest::bot{"sample", "Sample"};
  host.methods["other.echo"] = echo;
  EXPECT_EQ(host.run_it().result, (json::value{{"n", 2}}));
  ASSERT_EQ(host.invoked.size(), 2u);
  EXPECT_FALSE(host.invoked[0].as_bot);
  EXPECT_TRUE(host.invoked[1].as_bot);
}

TEST(lua_bot, ends_its_call_when_the_function_fails) {
  for (const char* const body :
       {"error('x')", "while true do end", "while true do pcall(error) end",
        "plugin.requires.other.echo(bot, {}); error({})"}) {
    one_method host(std::string("plugin.bot(function(bot)\n") + body + "\nend)");
    host.bounds.instructions = 100'000;
    host.declared.wants_bot = manifest::bot{"sample", "Sample"};
    host.methods["other.echo"] = echo;
    EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED) << body;
  }
  one_method refused("plugin.bot(function(bot) end)");
  refused.declared.wants_bot = manifest::bot{"sample", "Sample"};
  refused.grants_bot = false;
  EXPECT_EQ(refused.run_it().status, PARLEY_E_FAILED);
  EXPECT_TRUE(refused.has_logged("has not granted the capability bot"));
}

TEST(lua_timer, fires_once_in_a_call_of_its_own) {
  one_method host(
      "plugin.after(500, function(own) fired = (fired or 0) + 1\n"
      "plugin.requires.other.echo(own, {}) end)\n"
      "plugin.cancel(plugin.after(500, function() fired = 100 end))\n"
      "return {fired = fired or 0}");
  host.methods["other.echo"] = echo;
  EXPECT_EQ(host.run_it().result.at("fired"), 0);
  host.advance(499);
  EXPECT_TRUE(host.invoked.empty());
  host.advance(1);
  EXPECT_EQ(host.invoked.size(), 1u);
  EXPECT_EQ(host.open_calls(), 0u);
  EXPECT_EQ(host.run_it().result.at("fired"), 1);
}

TEST(lua_timer, ends_with_the_plugin_and_is_counted) {
  one_method host("for _ = 1, 1001 do plugin.after(1, function() end) end");
  EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED);
  EXPECT_TRUE(host.has_logged("more than 1000 timers"));
  host.unload();
  host.advance(10'000); // none is left to fire into what is gone
}

TEST(lua_lifecycle, start_and_stop_run_in_their_calls) {
  fake_host host;
  ASSERT_EQ(host.load({{"init.lua", preamble +
                                        "function plugin.start(call) plugin.log.info('up') end\n"
                                        "function plugin.stop(call) plugin.log.warn('down') end"}}),
            PARLEY_OK);
  EXPECT_EQ(host.start()->status, PARLEY_OK);
  EXPECT_TRUE(host.has_logged("up"));
  host.unload();
  EXPECT_TRUE(host.has_logged("down"));
  EXPECT_EQ(host.open_calls(), 0u);
}

TEST(lua_lifecycle, a_failing_start_says_so) {
  fake_host host;
  ASSERT_EQ(host.load({{"init.lua", preamble + "function plugin.start(call) error('no') end"}}),
            PARLEY_OK);
  EXPECT_EQ(host.start()->status, PARLEY_E_FAILED);
  EXPECT_TRUE(host.has_logged("start: sample/init.lua:2: no"));
}

TEST(lua_storage, reads_and_writes_through_batches) {
  one_method host(
      "local notes = plugin.collections.notes\n"
      "assert(notes:get(call, 'a', 1) == nil)\n"
      "local b = plugin.batch(call)\n"
      "b:put('notes', {room = 'a', n = 1, hits = 0})\n"
      "b:require{collection = 'notes', key = {'a', 1}, exists = false}\n"
      "b:publish('note.made', 'a', {n = b:next('room', 'a')})\n"
      "b:commit({ok = true})\n"
      "b = plugin.batch(call); b:increment('notes', {'a', 1}, 'hits', 3)\n"
      "b:patch('notes', {'a', 1}, {text = 'x'}); b:commit()\n"
      "local all = notes:range(call, {prefix = {'a'}}).items\n"
      "b = plugin.batch(call); b:erase('notes', {'a', 1}); b:commit()\n"
      "assert(notes:get(call, 'a', 1) == nil)\n"
      "plugin.publish(call, 'typing', 'a', {})\n"
      "return all[1]");
  manifest::collection c;
  c.name = "notes";
  c.key = {"room", "n"};
  host.declared.collections.push_back(c);
  EXPECT_EQ(host.run_it().result,
            (json::value{{"room", "a"}, {"n", 1}, {"hits", 3}, {"text", "x"}}));
  ASSERT_EQ(host.published.size(), 2u);
  EXPECT_EQ(host.published[1], "typing a {}");
}

TEST(lua_storage, a_conflict_is_an_error_with_a_code) {
  one_method host(
      "local b = plugin.batch(call); b:erase('notes', 'x')\n"
      "b:require{collection = 'notes', key = {'x'}, exists = true}; b:commit()");
  EXPECT_EQ(host.run_it().status, PARLEY_E_CONFLICT);
  one_method unknown("return plugin.collections.nots:get(call, 1)");
  manifest::collection c;
  c.name = "notes";
  unknown.declared.collections.push_back(c);
  EXPECT_EQ(unknown.run_it().status, PARLEY_E_FAILED);
  EXPECT_TRUE(unknown.has_logged("did you mean notes?"));
}

TEST(lua_text, lower_and_words_know_more_than_ascii) {
  one_method host(
      "local w = {}; for a, b, word in parley.words(params.text) do\n"
      "w[#w+1] = word .. ':' .. a .. '-' .. b end\n"
      "return {lower = parley.lower(params.text), words = w}");
  const json::value result = host.run_it({{"text", "ÄRGER, Ωmega! ЁЖ x_1 co\u00ADop"}}).result;
  EXPECT_EQ(result.at("lower"), "ärger, ωmega! ёж x_1 co\u00ADop");
  EXPECT_EQ(json::serialize(result.at("words")),
            R"(["ärger:1-6","ωmega:9-14","ёж:17-20","x_1:22-24","coop:26-31"])");
}

} // namespace
} // namespace parley::lua
