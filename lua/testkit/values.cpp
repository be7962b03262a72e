#include "lua/testkit/values.hpp"

namespace parley::lua::testkit {

namespace {

constexpr int deepest = 32;

struct pushing {
  lua_State* L;
  void operator()(std::nullptr_t) const { lua_pushnil(L); }
  void operator()(bool from) const { lua_pushboolean(L, from ? 1 : 0); }
  void operator()(std::int64_t from) const { lua_pushinteger(L, from); }
  void operator()(double from) const { lua_pushnumber(L, from); }
  void operator()(const std::string& from) const { lua_pushlstring(L, from.data(), from.size()); }
  void operator()(const std::vector<test::value>& from) const {
    lua_createtable(L, static_cast<int>(from.size()), 0);
    lua_Integer at = 0;
    for (const test::value& each : from) {
      if (each.is_null())
        lua_pushboolean(L, 0);
      else
        push(L, each);
      lua_rawseti(L, -2, ++at);
    }
    luaL_setmetatable(L, array_mark);
  }
  void operator()(const test::value::members& from) const {
    lua_createtable(L, 0, static_cast<int>(from.size()));
    for (const auto& [name, each] : from) {
      push(L, each);
      lua_setfield(L, -2, name.c_str());
    }
  }
};

bool is_array(lua_State* L, int index) {
  if (lua_getmetatable(L, index) != 0) {
    luaL_getmetatable(L, array_mark);
    const bool marked = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
    if (marked) return true;
  }
  return lua_rawlen(L, index) > 0;
}

test::value read_at(lua_State* L, int index, int depth) {
  if (depth > deepest) luaL_error(L, "a table is nested deeper than %d", deepest);
  luaL_checkstack(L, 8, nullptr);
  switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
      return {};
    case LUA_TBOOLEAN:
      return lua_toboolean(L, index) != 0;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index) != 0) return lua_tointeger(L, index);
      return lua_tonumber(L, index);
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* text = lua_tolstring(L, index, &size);
      return std::string(text, size);
    }
    case LUA_TTABLE:
      break;
    default:
      luaL_error(L, "a %s is nothing that can be sent", luaL_typename(L, index));
  }
  index = lua_absindex(L, index);
  if (is_array(L, index)) {
    std::vector<test::value> items;
    const auto count = static_cast<lua_Integer>(lua_rawlen(L, index));
    for (lua_Integer i = 1; i <= count; ++i) {
      lua_rawgeti(L, index, i);
      items.push_back(read_at(L, -1, depth + 1));
      lua_pop(L, 1);
    }
    return items;
  }
  test::value::members members;
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "a name in a table is a %s, and must be text", luaL_typename(L, -2));
    members.emplace_back(lua_tostring(L, -2), read_at(L, -1, depth + 1));
    lua_pop(L, 1);
  }
  return members;
}

} // namespace

void push(lua_State* L, const test::value& from) {
  luaL_checkstack(L, 8, nullptr);
  from.visit(pushing{L});
}

test::value read(lua_State* L, int index) {
  return read_at(L, index, 0);
}

} // namespace parley::lua::testkit
