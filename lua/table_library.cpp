// Lua's table functions, each charged for the elements that it will touch: they loop in C, where no
// hook reaches them.

#include "library.hpp"

#include <algorithm>
#include <cstdint>

namespace parley::lua {
namespace {

// Calls the function of Lua's own, which is the first upvalue, with all arguments.
int call_original(lua_State* L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

// Only raw lengths can be trusted: a __len may say anything, and another thing the next time.
std::uint64_t plain_length(lua_State* L, int index) {
  luaL_checktype(L, index, LUA_TTABLE);
  for (const char* const name : {"__len", "__index", "__newindex"}) {
    if (luaL_getmetafield(L, index, name) != LUA_TNIL) {
      luaL_error(L, "this works on tables without %s only", name);
    }
  }
  return lua_rawlen(L, index);
}

std::uint64_t span(lua_Integer first, lua_Integer last) {
  if (last < first) return 0;
  const auto n = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
  return n == UINT64_MAX ? n : n + 1;
}

std::uint64_t capped(std::uint64_t n) {
  return n < (1ull << 40) ? n : 1ull << 40;
}

int insert_or_remove(lua_State* L) {
  const std::uint64_t length = plain_length(L, 1);
  if (lua_gettop(L) > 1 && lua_isinteger(L, 2)) {
    const lua_Integer at = lua_tointeger(L, 2);
    vm::of(L).charge(L, capped(span(at, static_cast<lua_Integer>(length))));
  }
  return call_original(L);
}

int move(lua_State* L) {
  plain_length(L, 1);
  if (!lua_isnoneornil(L, 5)) plain_length(L, 5);
  vm::of(L).charge(L, capped(span(luaL_checkinteger(L, 2), luaL_checkinteger(L, 3))));
  return call_original(L);
}

// For concat (bounds at 3 and 4) and unpack (2 and 3): the length is asked for once, and given on.
int over_range(lua_State* L, int first_index, int last_index) {
  luaL_checkany(L, 1);
  const lua_Integer first = luaL_optinteger(L, first_index, 1);
  const lua_Integer last =
      lua_isnoneornil(L, last_index) ? luaL_len(L, 1) : luaL_checkinteger(L, last_index);
  vm::of(L).charge(L, capped(span(first, last)));
  lua_settop(L, last_index);
  lua_pushinteger(L, first);
  lua_replace(L, first_index);
  lua_pushinteger(L, last);
  lua_replace(L, last_index);
  return call_original(L);
}

int concat(lua_State* L) {
  return over_range(L, 3, 4);
}
int unpack(lua_State* L) {
  return over_range(L, 2, 3);
}

int less_than(lua_State* L) {
  const auto cost = [L](int i) { return lua_isstring(L, i) ? lua_rawlen(L, i) / 16 : 0; };
  vm::of(L).charge(L, 4 + std::min(cost(1), cost(2)));
  lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
  return 1;
}

int sort(lua_State* L) {
  std::uint64_t steps = plain_length(L, 1) + 1;
  for (std::uint64_t n = steps, all = steps; n > 1; n /= 2) steps += all;
  vm::of(L).charge(L, steps);
  if (lua_isnoneornil(L, 2)) {
    lua_settop(L, 1);
    lua_pushcfunction(L, less_than);
  }
  return call_original(L);
}

void replace(lua_State* L, const char* name, lua_CFunction with) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, with, 1);
  lua_setfield(L, -2, name);
}

} // namespace

void open_tables(lua_State* L) {
  luaL_requiref(L, LUA_TABLIBNAME, luaopen_table, 1);
  replace(L, "insert", insert_or_remove);
  replace(L, "remove", insert_or_remove);
  replace(L, "move", move);
  replace(L, "concat", concat);
  replace(L, "unpack", unpack);
  replace(L, "sort", sort);
  lua_pop(L, 1);
}

} // namespace parley::lua
