// Scripts that mean harm, or are merely wrong: each call ends, the next one works, nothing grows.

#include "lua/testing/one_method.hpp"

#include <gmock/gmock.h>

namespace parley::lua {
namespace {

using testing::ending;
using testing::one_method;
namespace json = boost::json;

// Runs the body with small bounds; the plugin must be over its budget, and work again after that.
class lua_hostile : public ::testing::TestWithParam<const char*> {};

TEST_P(lua_hostile, is_ended_and_named) {
  one_method host(std::string("if params.well then return {fine = true} end\n") + GetParam());
  host.bounds.instructions = 1'000'000;
  host.bounds.memory_bytes = 8u << 20;
  host.bounds.cpu_ms = 200;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(host.run_it({{"well", false}}).status, PARLEY_E_FAILED);
    ASSERT_FALSE(host.logged.empty());
    EXPECT_THAT(host.logged.back().text, ::testing::HasSubstr("sample/init.lua:"));
    EXPECT_EQ(host.run_it({{"well", true}}).result, (json::value{{"fine", true}}));
  }
}

INSTANTIATE_TEST_SUITE_P(
    loops, lua_hostile,
    ::testing::Values(
        "while true do end", "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()",
        "while true do pcall(coroutine.wrap(function() while true do end end)) end",
        "while true do coroutine.wrap(function() for i = 1, 500 do end end)() end",
        "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
        "while true do xpcall(function() while true do end end, function() while true do end end) "
        "end",
        "local function f() return f() end f()",
        "local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) return t[1]",
        "for _ in function() return 1 end do end", "goto a ::a:: goto a",
        "repeat local x <close> = setmetatable({}, {__close = function() while true do end end}) "
        "until false",
        "local x <close> = setmetatable({}, {__close = function() while true do end end}) "
        "error('x')",
        "local x <close> = setmetatable({}, {__close = function() while true do end end}) while "
        "true do end",
        "local co = coroutine.wrap(function() local x <close> = setmetatable({}, {__close = "
        "function()"
        " while true do end end}) while true do end end) pcall(co) while true do end",
        "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = "
        "function()"
        " while true do end end}) coroutine.yield() end) coroutine.resume(co) coroutine.close(co)"
        " while true do end"));

INSTANTIATE_TEST_SUITE_P(
    memory, lua_hostile,
    ::testing::Values("local t = {} while true do t[#t + 1] = {} end",
                      "local s = 'x' while true do s = s .. s end", "return ('x'):rep(1e9)",
                      "return ('x'):rep(1 << 62)", "local t = {} for i = 1, 1e9 do t[i] = i end",
                      "while true do pcall(string.rep, 'x', 1e9) end",
                      "while true do pcall(string.rep, 'x', 7e6) end",
                      "local t = {} while true do pcall(function() while true do t[#t + 1] = "
                      "('x'):rep(1000) .. #t end end) end",
                      "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
                      "string.format('%99999d', 1)",
                      "return table.concat(setmetatable({}, {__len = function() return 1 << 40 end,"
                      " __index = function() return 'xxxxxxxxxxxxxxxxxxxxxxxxxxxx' end}))",
                      "local s = ('x'):rep(1e6) while true do s:gsub('x', s) end",
                      "local s = ('x'):rep(1e6) while true do s:upper() end",
                      "local s = ('x'):rep(1e6) while true do local t = s .. 'y' end"));

INSTANTIATE_TEST_SUITE_P(
    recursion, lua_hostile,
    ::testing::Values(
        "local function f() return 1 + f() end return f()",
        "local function f() pcall(f) error('x') end return f() .. ''",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end "
        "return t.x",
        "local function f() return coroutine.wrap(f)() end f()",
        "local function f(a) return (a:gsub('.', f)) end return f('x')",
        "local function f() table.sort({1, 2, 3}, f) end f()",
        "local t = {} for i = 1, 1e4 do t = setmetatable({}, {__index = t}) end return t.x .. ''",
        "error(('('):rep(300), 2)",
        "local s = 'x' for i = 1, 250 do s = '(' .. s .. ')' end error(s)"));

INSTANTIATE_TEST_SUITE_P(
    catching, lua_hostile,
    ::testing::Values(
        "pcall(function() while true do end end) return {}",
        "xpcall(function() while true do end end, function() end) return {}",
        "coroutine.resume(coroutine.create(function() while true do end end)) return {}",
        "pcall(coroutine.wrap(function() while true do end end)) return {}",
        "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = "
        "function() while true do end end}) coroutine.yield() end) coroutine.resume(co) "
        "coroutine.close(co) return {}",
        "pcall(table.sort, {1, 2, 3}, function() while true do end end) return {}",
        "pcall(string.gsub, 'x', 'x', function() pcall(function() while true do end end) end)"
        " return {}",
        "pcall(pcall, pcall, function() while true do end end) return {}",
        "local function f() pcall(f) while true do pcall(f) end end f()",
        "local function f() xpcall(f, f) while true do xpcall(f, f) end end f()",
        "local function f() coroutine.wrap(function() pcall(f) while true do pcall(f) end end)() "
        "end f()",
        "local function f() coroutine.resume(coroutine.create(f)) while true do pcall(f) end end "
        "f()",
        "local function f() table.sort({1, 2}, f) while true do pcall(f) end end "
        "while true do pcall(f) end",
        "local function deep(n) if n > 0 then return 1 + deep(n - 1) end while true do "
        "pcall(error) end end deep(1e4)"));

INSTANTIATE_TEST_SUITE_P(
    long_c_functions, lua_hostile,
    ::testing::Values(
        "return string.rep('', 1 << 62) .. nil",
        "local s, p = ('b'):rep(1e6), '[' .. ('a'):rep(1e6) .. ']' s:find(p .. '*')",
        "local s, p = ('b'):rep(1e6), '[' .. ('a'):rep(1e6) .. ']' s:find('.-' .. p)",
        "local s, p = ('b'):rep(1e6), '[^' .. ('a'):rep(1e6) .. ']' s:find(p .. '-x')",
        "local s, p = ('b'):rep(1e6), '%f[' .. ('a'):rep(1e6) .. ']' s:find(p)",
        "local s = (' '):rep(3e6) while true do string.packsize(s) end",
        "local s = (' '):rep(3e6) while true do tonumber(s) end",
        "local s = ('x'):rep(3e6) while true do utf8.len(s) end",
        "local s = 'x' .. ('\\x80'):rep(3e6) while true do utf8.offset(s, 2) end",
        "local s = 'x' .. ('\\x80'):rep(3e6) while true do pcall(utf8.codes(s), s, 0) end",
        "local s = ('a'):rep(30) return s:find(('a?'):rep(30) .. s .. 'b') .. ''",
        "local s = ('a'):rep(1e5) return s:find(('.-'):rep(20) .. 'b') .. ''",
        "local s = ('a'):rep(1e5) return s:match('.-.-.-.-b') .. ''",
        "local s = ('a'):rep(1e5) for x in s:gmatch('.-.-.-.-b') do end error('x')",
        "local s = ('a'):rep(1e5) return s:gsub('.-.-.-.-b', '') .. nil",
        "local s = ('('):rep(1e5) while true do s:find('%b()') end",
        "while true do pcall(string.find, ('a'):rep(1e5), '.-.-.-.-b') end",
        "('a'):rep(300):find(('(a'):rep(33))", "table.move({}, 1, 1 << 62, 2)",
        "table.insert(setmetatable({}, {__len = function() return 1 << 62 end}), 1, 1)",
        "table.remove(setmetatable({}, {__len = function() return 1 << 62 end}), 1)",
        "table.sort(setmetatable({}, {__len = function() return (1 << 31) - 2 end}), rawequal)",
        "table.unpack({}, 1, 1e8)",
        "table.concat(setmetatable({}, {__index = rawlen}), '', 1, 1 << 40)",
        "local t = {} for i = 1, 1e4 do t[i] = i end while true do table.insert(t, 1, 0) "
        "table.remove(t, 1) end",
        "local t = {} for i = 1, 1e4 do t[i] = i end while true do table.sort(t) end",
        "local t = {} for i = 1, 1e5 do t[-i] = i end for k in pairs(t) do t[k] = nil end "
        "while true do next(t) end",
        "local m = {} for i = 1, 1900 do m = setmetatable({}, {__index = m}) end "
        "while true do local _ = m.x end",
        "local s = (' '):rep(3e6) .. '1' while true do local _ = s * 1 end",
        "local s = ('1'):rep(199) while true do local _ = s + 1 end",
        "while true do string.format('%99.99f', -1e308) end",
        "local function f(...) while true do pcall(error, ...) end end "
        "f(table.unpack({}, 1, 1e5))",
        "while true do print('x') end", "while true do plugin.log.info(('x'):rep(1e5)) end",
        "while true do parley.lower(('X'):rep(1e5)) end",
        "while true do for _ in parley.words(('X '):rep(1e4)) do end end"));

TEST(lua_protected_calls, catch_and_give_what_was_raised) {
  one_method host(
      "local seen = {}\n"
      "local function note(...) seen[#seen + 1] = table.pack(...) seen[#seen].n = nil end\n"
      "note(pcall(function(...) return ... end, 1, 'two', 3))\n"
      "note(pcall(error, 'x', 0))\n"
      "note(pcall(error, {k = 1}))\n"
      "note(pcall(7))\n"
      "note(pcall(pcall))\n"
      "note(xpcall(function(...) return ... end, print, 1, 2))\n"
      "note(xpcall(error, function(e, more) return e .. '!', 'dropped' end, 'x', 0))\n"
      "note(xpcall(error, function(e) error(e .. ' in the handler', 0) end, 'x', 0))\n"
      "note(pcall(xpcall, error))\n"
      "local co = coroutine.wrap(function() return pcall(function()\n"
      "  coroutine.yield(1) error('after', 0) end) end)\n"
      "note(co()) note(co())\n"
      "note(xpcall(function() return plugin.requires.other.echo(call, {n = 1}).n end, print))\n"
      "note(xpcall(error, function() return plugin.requires.other.echo(call, {n = 2}).n end))\n"
      "return seen");
  host.methods["other.echo"] = [](const json::value& in) {
    ending out;
    out.result = in;
    return out;
  };
  EXPECT_EQ(json::serialize(host.run_it().result),
            R"~([[true,1,"two",3],[false,"x"],[false,{"k":1}],)~"
            R"~([false,"attempt to call a number value"],)~"
            R"~([false,"bad argument #1 to '?' (value expected)"],)~"
            R"~([true,1,2],[false,"x!"],[false,"x in the handler"],)~"
            R"~([false,"bad argument #2 to '?' (function expected, got no value)"],)~"
            R"~([1],[false,"after"],[true,1],[false,2]])~");
}

TEST(lua_protected_calls, are_nested_so_deep_and_no_deeper) {
  one_method host(
      "local function nest(n) if n == 0 then return true, 'bottom' end\n"
      "  local a, b, c = pcall(nest, n - 1) return b, c end\n"
      "local seen = {}\n"
      "for i = 1, 3 do\n" // what is left is counted no more, however it was left
      "  seen[#seen + 1] = select(2, nest(150))\n"
      "  for j = 1, 200 do pcall(function() return pcall(error) and 1 end) end\n"
      "  coroutine.resume(coroutine.create(function() pcall(pcall, coroutine.yield) end))\n"
      "end\n"
      "coroutine.wrap(function() seen[#seen + 1] = select(2, nest(150)) end)()\n"
      "local depth, why = 0\n"
      "local function down() depth = depth + 1 local ok, e = pcall(down)\n"
      "  why = why or e end\n"
      "down() seen[#seen + 1] = depth seen[#seen + 1] = why\n"
      "return seen");
  EXPECT_EQ(json::serialize(host.run_it().result),
            R"(["bottom","bottom","bottom","bottom",151,)"
            R"("sample/init.lua:14: pcall is nested deeper than 150"])");
}

TEST(lua_sandbox, time_ends_what_counting_does_not_see) {
  // Comparing two long strings is one instruction.
  one_method host("local a, b = ('x'):rep(3e6) .. 'a', ('x'):rep(3e6) .. 'b'; while a ~= b do end");
  host.bounds.instructions = 1'000'000'000'000;
  host.bounds.cpu_ms = 50;
  EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED);
  EXPECT_TRUE(host.has_logged("sample/init.lua:4: over its budget of 50 ms"));
}

class lua_absent : public ::testing::TestWithParam<const char*> {};

TEST_P(lua_absent, is_not_there) {
  one_method host(std::string("return {absent = ") + GetParam() + " == nil}");
  EXPECT_EQ(host.run_it().result, (json::value{{"absent", true}}));
}

INSTANTIATE_TEST_SUITE_P(names, lua_absent,
                         ::testing::Values("io", "os", "debug", "package", "load", "loadfile",
                                           "loadstring", "dofile", "collectgarbage", "string.dump",
                                           "_LOADED", "warn"));

TEST(lua_sandbox, a_finaliser_is_refused) {
  for (const char* const body :
       {"setmetatable({}, {__gc = function() while true do end end})",
        "setmetatable({}, setmetatable({__gc = true}, {}))",
        "local m = {} local t = setmetatable({}, m) m.__gc = function() while true do end end\n"
        "t = nil; setmetatable({}, m)"}) {
    one_method host(body);
    EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED) << body;
    EXPECT_TRUE(host.has_logged("__gc is not available")) << body;
  }
}

TEST(lua_sandbox, a_finaliser_added_later_never_runs) {
  one_method host(
      "local m = {} for i = 1, 100 do setmetatable({}, m) end\n"
      "m.__gc = function() ran = true end\n"
      "for i = 1, 1e5 do local t = {} end return {ran = ran or false}");
  EXPECT_EQ(host.run_it().result, (json::value{{"ran", false}}));
}

// However a metatable comes by its mode: the collector would take minutes for this in one step.
TEST(lua_sandbox, weak_keys_do_not_hold_the_collector) {
  for (const char* const set :
       {"m.__mode = 'k'", "rawset(m, '__mode', 'k')", "m['__mo' .. 'de'] = 'k'"}) {
    one_method host(std::string("local keys, n = {}, 50000\n"
                                "for i = 1, n do keys[i] = {} end\n"
                                "for i = n, 2, -1 do local j = math.random(i)\n"
                                "  keys[i], keys[j] = keys[j], keys[i] end\n"
                                "local m = {} local w = setmetatable({}, m)\n") +
                    set +
                    "\nfor i = 1, n - 1 do w[keys[i]] = keys[i + 1] end\n"
                    "kept, first, keys = w, keys[1], nil\n"
                    "for i = 1, 1e5 do local garbage = {} end\n"
                    "local left = 0 for _ in pairs(w) do left = left + 1 end\n"
                    "return {left = left}");
    host.bounds.cpu_ms = 5'000;
    EXPECT_EQ(host.run_it().result, (json::value{{"left", 49'999}})) << set;
  }
  one_method refused("setmetatable({}, {__mode = 'v'})");
  EXPECT_EQ(refused.run_it().status, PARLEY_E_FAILED);
  EXPECT_TRUE(refused.has_logged("__mode is not available in plugins"));
}

TEST(lua_sandbox, metatables_of_the_runtime_are_sealed) {
  for (const char* const body :
       {"getmetatable(call).__index = nil", "getmetatable(plugin.hooks).__index = nil",
        "setmetatable(plugin, {})", "getmetatable(parley.array{}).__gc = print",
        "setmetatable(parley.array{}, {})", "plugin.batch.x = 1", "plugin.x = 1"}) {
    one_method host(body);
    EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED) << body;
  }
}

TEST(lua_sandbox, nested_closing_is_refused) {
  // Each level would be a C call that nobody counts.
  one_method real(
      "function nest() local co = coroutine.create(function()\n"
      "local x <close> = setmetatable({}, {__close = nest}) coroutine.yield() end)\n"
      "coroutine.resume(co) local ok, why = coroutine.close(co)\n"
      "if not ok then error(why, 0) end end nest()");
  EXPECT_EQ(real.run_it().status, PARLEY_E_FAILED);
  one_method plain(
      "local co = coroutine.create(function() local x <close> = setmetatable({}, {__close =\n"
      "function() coroutine.close(coroutine.create(print)) end}) coroutine.yield() end)\n"
      "coroutine.resume(co) local ok, why = coroutine.close(co) error(why, 0)");
  EXPECT_EQ(plain.run_it().status, PARLEY_E_FAILED);
  EXPECT_TRUE(plain.has_logged("coroutine.close inside of a closing variable"));
}

TEST(lua_sandbox, coroutines_behave_as_elsewhere) {
  one_method host(
      "local seen = {}\n"
      "local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b)\n"
      "  local d, e = coroutine.yield(c * 2) return d + e end)\n"
      "seen[1] = coroutine.status(co)\n"
      "seen[2] = select(2, coroutine.resume(co, 1, 2))\n"
      "seen[3] = select(2, coroutine.resume(co, 10))\n"
      "seen[4] = select(2, coroutine.resume(co, 3, 4))\n"
      "seen[5] = coroutine.status(co)\n"
      "seen[6] = select(2, coroutine.resume(co))\n"
      "seen[7] = select(2, pcall(coroutine.wrap(function() error({k = 1}) end))).k\n"
      "local n = 0 for x in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) "
      "do n = n + x end\n"
      "seen[8] = n\n"
      "local _, main = coroutine.running() seen[9] = main\n"
      "seen[10] = coroutine.isyieldable()\n"
      "local closed = coroutine.create(function() local x <close> = setmetatable({}, {__close = "
      "function()\n"
      "  seen[11] = 'closed' end}) coroutine.yield() end)\n"
      "coroutine.resume(closed) seen[12] = coroutine.close(closed) seen[13] = "
      "coroutine.status(closed)\n"
      "return seen");
  EXPECT_EQ(
      json::serialize(host.run_it().result),
      R"(["suspended",3,20,7,"dead","cannot resume a dead coroutine",1,6,true,false,"closed",true,"dead"])");
}

TEST(lua_sandbox, one_full_plugin_still_answers) {
  one_method host(
      "if params.fill then kept = {} while true do kept[#kept + 1] = ('x'):rep(999) .. #kept end "
      "end\n"
      "if params.drop then kept = nil return {} end return {fine = true}");
  host.bounds.memory_bytes = 4u << 20;
  EXPECT_EQ(host.run_it({{"fill", true}}).status, PARLEY_E_FAILED);
  for (int i = 0; i < 200; ++i) host.run_it(); // with the memory full: ends, well or not
  host.run_it({{"drop", true}});
  EXPECT_EQ(host.run_it().result, (json::value{{"fine", true}}));
}

TEST(lua_sandbox, memory_is_flat_over_many_calls) {
  one_method host(
      "if params.n % 7 == 0 then error('x') end\n"
      "local t = setmetatable({}, {__close = function() end}) local c <close> = t\n"
      "local r = plugin.requires.other.echo(call, {n = params.n})\n"
      "return coroutine.wrap(function() return r end)()");
  host.bounds.memory_bytes = 1u << 20; // a leak of 11 bytes a call would reach it
  host.methods["other.echo"] = [](const json::value& in) {
    ending out;
    out.result = in;
    return out;
  };
  host.run_it({{"n", 1}});
  for (int n = 1; n <= 100'000; ++n) {
    const parley_call call = host.enter(PARLEY_METHOD, "sample.run", {{"n", n}});
    host.run();
    ASSERT_EQ(host.ended(call)->status, n % 7 == 0 ? PARLEY_E_FAILED : PARLEY_OK) << n;
    host.forget(call);
    host.logged.clear();
    host.invoked.clear();
  }
  EXPECT_LE(host.live_values(), 2u); // the configuration
}

} // namespace
} // namespace parley::lua
