#include "lua/testkit/runner.hpp"

#include "lua/testkit/module.hpp"
#include "lua/testkit/values.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>
#include <sstream>

namespace parley::lua::testkit {

namespace fs = std::filesystem;

namespace {

// One file of tests, with a state of its own.
struct file_of_tests {
  context in;
  std::ostream& out;
  int passed = 0, failed = 0;
};

file_of_tests& current(lua_State* L) {
  lua_getfield(L, LUA_REGISTRYINDEX, "parley.test.file");
  auto* found = static_cast<file_of_tests*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  return *found;
}

void tell(file_of_tests& of, const std::string& name, const std::string& why) {
  of.out << (why.empty() ? "  ok      " : "  FAILED  ") << name << '\n';
  ++(why.empty() ? of.passed : of.failed);
  std::istringstream lines(why);
  for (std::string line; std::getline(lines, line);) of.out << "    " << line << '\n';
  of.out.flush();
}

// The error as it is; it has its place already.
std::string error_at_top(lua_State* L) {
  std::size_t size = 0;
  const char* text = luaL_tolstring(L, -1, &size);
  std::string out(text, size);
  lua_pop(L, 2);
  return out;
}

// t.test(name, function)
int one_test(lua_State* L) {
  const std::string name = luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  file_of_tests& of = current(L);
  lua_pushvalue(L, 2);
  std::string why;
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) why = error_at_top(L);
  const std::string at_end = of.in.end();
  if (why.empty()) why = at_end;
  tell(of, name, why);
  return 0;
}

std::string shown(lua_State* L, int index) {
  if (lua_isnoneornil(L, index)) return "nil";
  return read(L, index).json();
}

// t.equal(is, wanted)
int equal(lua_State* L) {
  const bool same = lua_isnil(L, 1) == lua_isnil(L, 2) && read(L, 1) == read(L, 2);
  if (same) return 0;
  const std::string why =
      where(L).text() + ": should be " + shown(L, 2) + ", and is " + shown(L, 1);
  lua_pushlstring(L, why.data(), why.size());
  return lua_error(L);
}

int array(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_setmetatable(L, array_mark);
  return 1;
}

int special(lua_State* L, const char* kind) {
  lua_newtable(L);
  lua_pushstring(L, kind);
  lua_setfield(L, -2, answer_mark);
  return 1;
}
int refusal(lua_State* L) {
  const char* code = luaL_checkstring(L, 1);
  const char* message = luaL_optstring(L, 2, "");
  special(L, "refusal");
  lua_pushstring(L, code);
  lua_setfield(L, -2, "code");
  lua_pushstring(L, message);
  lua_setfield(L, -2, "message");
  return 1;
}
int failure(lua_State* L) {
  return special(L, "failure");
}
int silence(lua_State* L) {
  return special(L, "silence");
}

int open_module(lua_State* L) {
  luaL_newmetatable(L, array_mark);
  lua_pop(L, 1);
  register_host(L);
  register_people(L);
  static const luaL_Reg functions[] = {
      {"test", one_test},   {"equal", equal},     {"array", array},  {"refusal", refusal},
      {"failure", failure}, {"silence", silence}, {nullptr, nullptr}};
  luaL_newlib(L, functions);
  add_host_functions(L);
  return 1;
}

void run_file(const std::string& folder, const fs::path& file, file_of_tests& of) {
  of.in.folder = folder;
  of.out << file.string() << '\n';
  const std::unique_ptr<lua_State, void (*)(lua_State*)> state(luaL_newstate(), lua_close);
  lua_State* L = state.get();
  luaL_openlibs(L);
  lua_pushlightuserdata(L, &of);
  lua_setfield(L, LUA_REGISTRYINDEX, "parley.test.file");
  lua_pushlightuserdata(L, &of.in);
  lua_setfield(L, LUA_REGISTRYINDEX, "parley.test.context");
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, open_module);
  lua_setfield(L, -2, "parley.test");
  lua_pop(L, 1);
  if (luaL_loadfilex(L, file.c_str(), "t") != LUA_OK || lua_pcall(L, 0, 0, 0) != LUA_OK) {
    const std::string why = error_at_top(L);
    of.in.end();
    tell(of, "the file itself", why);
  }
  const std::string at_end = of.in.end(); // hosts outside of any test
  if (!at_end.empty()) tell(of, "the end of the file", at_end);
}

} // namespace

test::place where(lua_State* L) {
  lua_Debug at{};
  for (int level = 1; lua_getstack(L, level, &at) != 0; ++level) {
    lua_getinfo(L, "Sl", &at);
    if (at.currentline > 0) return {at.short_src, static_cast<unsigned>(at.currentline)};
  }
  return {"?", 0};
}

int run_tests(const std::string& folder, std::ostream& out) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& each : fs::directory_iterator(fs::path(folder) / "tests", ignored))
    if (each.path().filename().string().ends_with("_test.lua")) files.push_back(each.path());
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    out << "there is no " << folder << "/tests/*_test.lua\n";
    return 2;
  }
  int passed = 0, failed = 0;
  for (const fs::path& each : files) {
    file_of_tests of{{}, out};
    run_file(folder, each, of);
    passed += of.passed;
    failed += of.failed;
  }
  out << passed + failed << " tests, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}

} // namespace parley::lua::testkit
