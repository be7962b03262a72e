// The global names of an author: what Lua has, without the ways out.

#include "library.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace parley::lua {
namespace {

constexpr std::uintmax_t max_file_bytes = 1u << 20;

// A finaliser runs inside of the collector, where no budget reaches it; so does the work for weak
// tables, see weak_mode.cpp.
int safe_setmetatable(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_istable(L, 2)) {
    for (const char* const name : {"__gc", "__mode"}) {
      lua_pushstring(L, name);
      if (lua_rawget(L, 2) != LUA_TNIL)
        return luaL_error(L, "%s is not available in plugins", name);
      lua_pop(L, 1);
    }
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

int print(lua_State* L) {
  std::string line;
  const int count = lua_gettop(L);
  constexpr std::size_t enough = 4096; // more is cut anyway
  vm& v = vm::of(L);
  v.charge(L, 1000);
  for (int i = 1; i <= count && line.size() < enough; ++i) {
    std::size_t length = 0;
    const char* const text = luaL_tolstring(L, i, &length);
    if (i > 1) line += ' ';
    line.append(text, std::min(length, enough + 1));
    lua_pop(L, 1);
  }
  v.log(v.current_call(), PARLEY_INFO, line);
  return 0;
}

bool is_module_name(std::string_view name) {
  bool at_start = true;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (c == '.' ? at_start : !(letter || (c >= '0' && c <= '9' && !at_start))) return false;
    at_start = c == '.';
  }
  return !at_start;
}

// Pushes the chunk of a file of the plugin's folder; otherwise *why.
bool push_file(lua_State* L, const std::string& relative, std::string* why) {
  namespace fs = std::filesystem;
  const vm& v = vm::of(L);
  std::error_code e;
  const fs::path folder = fs::canonical(v.folder, e);
  const fs::path file = e ? fs::path() : fs::canonical(folder / relative, e);
  if (e || !fs::is_regular_file(file, e)) {
    *why = v.declared.name + ": there is no file " + relative;
    return false;
  }
  // A link may not lead out of the folder.
  const auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  if (end != folder.end()) {
    *why = v.declared.name + "/" + relative + ": leads out of the plugin's folder";
    return false;
  }
  if (fs::file_size(file, e) > max_file_bytes || e) {
    *why = v.declared.name + "/" + relative + ": is larger than 1 MiB";
    return false;
  }
  std::ifstream in(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::string name = "@" + v.declared.name + "/" + relative;
  if (luaL_loadbufferx(L, text.data(), text.size(), name.c_str(), "t") == LUA_OK) return true;
  *why = lua_tostring(L, -1);
  return false;
}

int require(lua_State* L) {
  const std::string name(check_name(L, 1));
  vm& v = vm::of(L);
  lua_settop(L, 1);
  lua_pushvalue(L, 1);
  if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TTABLE || !lua_isnil(L, -1)) {
    if (lua_touserdata(L, -1) == &v) return luaL_error(L, "'%s' requires itself", name.c_str());
    return 1;
  }
  if (!is_module_name(name)) {
    return luaL_error(L,
                      "'%s' cannot be required: write a file of this folder without .lua, "
                      "such as \"words\" or \"lists.words\"",
                      printable_name(name).c_str());
  }
  if (!v.loading) {
    return luaL_error(L,
                      "require '%s': works while the plugin loads; write it at the top of a file",
                      name.c_str());
  }
  lua_pushvalue(L, 1);
  lua_pushlightuserdata(L, &v); // being loaded
  lua_rawset(L, lua_upvalueindex(1));
  std::string relative = name, why;
  for (char& c : relative) c = c == '.' ? '/' : c;
  if (!push_file(L, relative + ".lua", &why)) return luaL_error(L, "%s", why.c_str());
  lua_call(L, 0, 1);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
  }
  lua_pushvalue(L, 1);
  lua_pushvalue(L, -2);
  lua_rawset(L, lua_upvalueindex(1));
  return 1;
}

// Numbers that look random come from the host, so that a run can be repeated from its seed.
void seed_random(lua_State* L) {
  const host_api& api = vm::of(L).api;
  lua_Integer seed[2] = {0, 0};
  api.env->random(api.host, seed, sizeof seed);
  lua_getglobal(L, "math");
  lua_getfield(L, -1, "randomseed");
  lua_pushinteger(L, seed[0]);
  lua_pushinteger(L, seed[1]);
  lua_call(L, 2, 0);
  lua_pop(L, 1);
}

void drop(lua_State* L, std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    lua_pushnil(L);
    lua_setfield(L, -2, name);
  }
}

} // namespace

std::string printable_name(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 60)) out += c >= ' ' && c < 127 ? c : '?';
  return out;
}

void open_base(lua_State* L) {
  luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
  drop(L, {"collectgarbage", "dofile", "load", "loadfile", "loadstring", "warn"});
  lua_getfield(L, -1, "setmetatable");
  lua_pushcclosure(L, safe_setmetatable, 1);
  lua_setfield(L, -2, "setmetatable");
  lua_pushcfunction(L, print);
  lua_setfield(L, -2, "print");
  charge_by_length(L, {"tonumber"});
  lua_pop(L, 1);
  luaL_requiref(L, LUA_MATHLIBNAME, luaopen_math, 1);
  luaL_requiref(L, LUA_UTF8LIBNAME, luaopen_utf8, 1);
  charge_by_length(L, {"codepoint", "codes", "len", "offset"});
  lua_pop(L, 2);
  seed_random(L);
}

int open_libraries(lua_State* L) {
  open_base(L);
  open_protected_calls(L);
  open_strings(L);
  open_tables(L);
  open_coroutines(L);
  lua_newtable(L); // what was required already
  push_module(L);
  lua_setfield(L, -2, "parley");
  lua_pushcclosure(L, require, 1);
  lua_setglobal(L, "require");
  // What luaL_requiref keeps; nothing looks there any more.
  lua_pushnil(L);
  lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  return 0;
}

int run_init(lua_State* L) {
  std::string why;
  if (!push_file(L, "init.lua", &why)) {
    lua_pushlstring(L, why.data(), why.size());
    return lua_error(L);
  }
  lua_call(L, 0, 0);
  return 0;
}

std::string_view check_text(lua_State* L, int index) {
  std::size_t length = 0;
  const char* const bytes = luaL_checklstring(L, index, &length);
  return {bytes, length};
}

std::string_view check_name(lua_State* L, int index) {
  const std::string_view name = check_text(L, index);
  constexpr std::size_t longest = 1000;
  if (name.size() > longest) {
    luaL_error(L, "'%s…' is longer than any name", printable_name(name.substr(0, 20)).c_str());
  }
  return name;
}

} // namespace parley::lua
