// The host's values as Lua's.

#include "values.hpp"

#include <algorithm>

namespace parley::lua {
namespace {

void push_slot(lua_State* L, const parley_slot& slot, int depth);

void push_array(lua_State* L, parley_value value, int depth) {
  const host_api& api = vm::of(L).api;
  constexpr std::uint32_t chunk = 64;
  parley_slot slots[chunk];
  std::uint32_t total = 0;
  check(L, api.value->items(value, 0, slots, chunk, &total), "an array could not be read");
  lua_createtable(L, static_cast<int>(total), 0);
  luaL_setmetatable(L, array_mark);
  for (std::uint32_t at = 0; at < total;) {
    const std::uint32_t here = std::min(chunk, total - at);
    for (std::uint32_t i = 0; i < here; ++i) {
      push_slot(L, slots[i], depth);
      lua_rawseti(L, -2, static_cast<lua_Integer>(at + i) + 1);
    }
    at += here;
    if (at < total) {
      check(L, api.value->items(value, at, slots, chunk, &total), "an array could not be read");
    }
  }
}

void push_object(lua_State* L, parley_value value, int depth) {
  const host_api& api = vm::of(L).api;
  constexpr std::uint32_t chunk = 32;
  parley_str names[chunk];
  parley_slot slots[chunk];
  std::uint32_t total = 0;
  check(L, api.value->members(value, 0, names, slots, chunk, &total),
        "an object could not be read");
  lua_createtable(L, 0, static_cast<int>(total));
  for (std::uint32_t at = 0; at < total;) {
    const std::uint32_t here = std::min(chunk, total - at);
    for (std::uint32_t i = 0; i < here; ++i) {
      lua_pushlstring(L, names[i].ptr, names[i].len);
      push_slot(L, slots[i], depth);
      lua_rawset(L, -3);
    }
    at += here;
    if (at < total) {
      check(L, api.value->members(value, at, names, slots, chunk, &total),
            "an object could not be read");
    }
  }
}

void push_slot(lua_State* L, const parley_slot& slot, int depth) {
  if (depth > max_value_depth)
    luaL_error(L, "a value is nested deeper than %d", int{max_value_depth});
  luaL_checkstack(L, 4, "a value is nested too deep");
  switch (slot.kind) {
    case PARLEY_ABSENT:
      lua_pushnil(L);
      break;
    case PARLEY_NULL:
      lua_pushlightuserdata(L, nullptr);
      break;
    case PARLEY_BOOL:
      lua_pushboolean(L, slot.as.integer != 0);
      break;
    case PARLEY_INTEGER:
      lua_pushinteger(L, slot.as.integer);
      break;
    case PARLEY_NUMBER:
      lua_pushnumber(L, slot.as.number);
      break;
    case PARLEY_STRING:
      lua_pushlstring(L, slot.as.text.ptr, slot.as.text.len);
      break;
    case PARLEY_ARRAY:
      push_array(L, slot.as.value, depth + 1);
      break;
    case PARLEY_OBJECT:
      push_object(L, slot.as.value, depth + 1);
      break;
    default:
      luaL_error(L, "a value of an unknown kind (%d)", slot.kind);
  }
}

int refuse_write(lua_State* L) {
  return luaL_error(L, "this table is read-only");
}

int readonly_length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(lua_rawlen(L, lua_upvalueindex(1))));
  return 1;
}

int readonly_next(lua_State* L) {
  lua_settop(L, 2);
  return lua_next(L, lua_upvalueindex(1)) != 0 ? 2 : (lua_pushnil(L), 1);
}

int readonly_pairs(lua_State* L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushcclosure(L, readonly_next, 1); // never the table itself
  return 1;
}

} // namespace

bool is_utf8(std::string_view text) {
  const auto* s = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t n = text.size();
  for (std::size_t i = 0; i < n;) {
    if (s[i] < 0x80) {
      ++i;
      continue;
    }
    const int more = s[i] >= 0xF0 ? 3 : s[i] >= 0xE0 ? 2 : 1;
    if (s[i] < 0xC2 || s[i] > 0xF4 || n - i <= static_cast<std::size_t>(more)) return false;
    for (int k = 1; k <= more; ++k) {
      if ((s[i + k] & 0xC0) != 0x80) return false;
    }
    if ((s[i] == 0xE0 && s[i + 1] < 0xA0) || (s[i] == 0xED && s[i + 1] > 0x9F) ||
        (s[i] == 0xF0 && s[i + 1] < 0x90) || (s[i] == 0xF4 && s[i + 1] > 0x8F)) {
      return false;
    }
    i += static_cast<std::size_t>(more) + 1;
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string out(text);
  if (is_utf8(text)) return out;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return out;
}

void push_value(lua_State* L, parley_value value) {
  if (value == 0) {
    lua_pushnil(L);
    return;
  }
  parley_slot slot{};
  check(L, vm::of(L).api.value->read(value, &slot), "a value could not be read");
  if (slot.kind == PARLEY_NULL) {
    lua_pushnil(L);
  } else {
    push_slot(L, slot, 0);
  }
}

void make_readonly(lua_State* L) {
  luaL_checkstack(L, 8, "a value is nested too deep");
  const int inner = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, inner) != 0;) {
    if (lua_istable(L, -1)) {
      make_readonly(L);
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, inner); // an existing key: the traversal stays valid
    } else {
      lua_pop(L, 1);
    }
  }
  lua_newtable(L);
  lua_createtable(L, 0, 6);
  lua_pushvalue(L, inner);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, refuse_write);
  lua_setfield(L, -2, "__newindex");
  lua_pushvalue(L, inner);
  lua_pushcclosure(L, readonly_length, 1);
  lua_setfield(L, -2, "__len");
  lua_pushvalue(L, inner);
  lua_pushcclosure(L, readonly_pairs, 1);
  lua_setfield(L, -2, "__pairs");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, inner);
  lua_setfield(L, -2, readonly_mark);
  lua_setmetatable(L, -2);
  lua_replace(L, inner);
}

} // namespace parley::lua
