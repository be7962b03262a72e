#include "lua/testing/one_method.hpp"

namespace parley::lua {
namespace {

using testing::ending;
using testing::fake_host;
using testing::one_method;
using testing::preamble;
namespace json = boost::json;

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

} // namespace
} // namespace parley::lua
