#include "lua/testing/one_method.hpp"

#include <fstream>
#include <regex>

namespace parley::lua {
namespace {

using testing::declare_hook;
using testing::ending;
using testing::fake_host;
using testing::one_method;
using testing::preamble;
namespace json = boost::json;

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

TEST(lua_call, tells_from_where_on_the_caller_may_read) {
  one_method host("return {call.readable_from}");
  EXPECT_EQ(json::serialize(host.run_it().result), "{}");
  host.readable_from = 7;
  EXPECT_EQ(json::serialize(host.run_it().result), "[7]");
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

// The host tells the operator, and not the caller.
TEST(lua_errors, by_mistake_are_logged) {
  one_method host("local t = nil\nreturn t.x");
  const ending end = host.run_it();
  EXPECT_EQ(end.status, PARLEY_E_FAILED);
  EXPECT_EQ(end.code, "");
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
      "b:patch('notes', {'a', 1}, {text = 'x'}); b:withdraw('note.made', 'a', 7); b:commit()\n"
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
  ASSERT_EQ(host.published.size(), 3u);
  EXPECT_EQ(host.published[1], "void note.made a 7");
  EXPECT_EQ(host.published[2], "typing a {}");
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

// The names that parley.lua describes, by what they belong to.
json::object described() {
  std::ifstream in(PARLEY_SOURCE_DIR "/lua/parley.lua");
  EXPECT_TRUE(in.is_open());
  static const std::regex function("function (\\w+)[.:](\\w+)\\(.*"),
      type("---@class parley\\.?(\\w*).*"), field("---@field (\\w+) .*");
  json::object found;
  std::string current;
  const auto add = [&found](const std::string& owner, const std::string& name) {
    found[owner].is_array() ? found[owner].get_array().emplace_back(name)
                            : found[owner].emplace_array().emplace_back(name);
  };
  std::smatch m;
  for (std::string line; std::getline(in, line);) {
    if (std::regex_match(line, m, function)) {
      add(m[1], m[2]);
    } else if (std::regex_match(line, m, type)) {
      current = m[1].length() == 0 ? "parley" : m[1].str();
    } else if (std::regex_match(line, m, field)) {
      add(current, m[1]);
    }
  }
  return found;
}

TEST(lua_description, names_what_is_there_and_all_of_it) {
  one_method host(
      "local wrong = {}\n"
      "local there = {parley = parley, plugin = plugin, log = plugin.log, call = call,\n"
      "  collection = plugin.collections.notes, batch = plugin.batch(call)}\n"
      "local set = {start = true, stop = true, session = true, remote = true, job = true,\n"
      "  readable_from = "
      "true} -- may be nil\n"
      "for owner, thing in pairs(there) do\n"
      "  local known = {}\n"
      "  for _, name in ipairs(params[owner]) do known[name] = true\n"
      "    local ok, value = pcall(function() return thing[name] end)\n"
      "    if not ok or value == nil and not set[name] then\n"
      "      wrong[#wrong + 1] = owner .. '.' .. name .. ' is not there' end end\n"
      "  for name in pairs(type(thing) == 'table' and thing or {}) do if not known[name] then\n"
      "    wrong[#wrong + 1] = owner .. '.' .. name .. ' is not described' end end\n"
      "end\n"
      "return parley.array(wrong)");
  manifest::collection c;
  c.name = "notes";
  host.declared.collections.push_back(c);
  EXPECT_EQ(json::serialize(host.run_it(described()).result), "[]");
}

} // namespace
} // namespace parley::lua
