// The writing half of collections in memory. A write of theirs is an operation of its own.

#include "library.hpp"
#include "values.hpp"

#include <cstdlib>
#include <limits>

namespace parley::lua {
namespace {

const parley_ephemeral_api& memory_of(lua_State* L) {
  const parley_ephemeral_api* const api = vm::of(L).api.memory;
  if (api == nullptr) {
    luaL_error(L, "this server has no ephemeral collections");
    std::abort(); // not reached
  }
  return *api;
}

struct options {
  std::uint32_t ttl_ms = 0;
  bool only_if_absent = false;
};

// {ttl_ms = 5000, only_if_absent = true}, or nothing.
options check_options(lua_State* L, int index, bool for_put) {
  options out;
  if (lua_isnoneornil(L, index)) return out;
  luaL_checktype(L, index, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    vm::of(L).charge(L, 1);
    const std::string_view name =
        lua_type(L, -2) == LUA_TSTRING ? check_name(L, -2) : std::string_view("?");
    if (name == "ttl_ms") {
      int whole = 0;
      const lua_Integer ms = lua_tointegerx(L, -1, &whole);
      luaL_argcheck(L, whole != 0 && ms > 0 && ms <= std::numeric_limits<std::uint32_t>::max(),
                    index, "ttl_ms is a whole number of milliseconds above 0");
      out.ttl_ms = static_cast<std::uint32_t>(ms);
    } else if (for_put && name == "only_if_absent") {
      luaL_argcheck(L, lua_isboolean(L, -1), index, "only_if_absent is true or false");
      out.only_if_absent = lua_toboolean(L, -1) != 0;
    } else {
      const std::string text = "there is no option " + printable_name(name);
      luaL_argerror(L, index, lua_pushlstring(L, text.data(), text.size()));
    }
  }
  return out;
}

std::string_view collection_of(lua_State* L) {
  return check_name(L, lua_upvalueindex(1));
}

// {stored: bool} or {erased: bool}: gives the only field.
int completed_with_flag(lua_State* L, int, lua_KContext) {
  const task& t = *vm::of(L).current();
  check_completion(L, t);
  push_value(L, t.result);
  lua_pushnil(L);
  if (lua_next(L, -2) == 0) lua_pushboolean(L, 0);
  return 1;
}

// plugin.collections.typing:put(call, record[, {ttl_ms = …, only_if_absent = …}]) → stored
int put(lua_State* L) {
  vm& v = vm::of(L);
  const auto& api = memory_of(L);
  const parley_call call = check_call(L, 2);
  const std::string_view name = collection_of(L);
  luaL_checktype(L, 3, LUA_TTABLE);
  const options with = check_options(L, 4, true);
  const parley_value record = build_value(L, 3, call);
  return v.await(L, completed_with_flag, [&](parley_done done, void* user) {
    return api.put(call, to_str(name), record, with.ttl_ms, with.only_if_absent ? 1 : 0, done,
                   user);
  });
}

// …:patch(call, key, fields[, {ttl_ms = …}]) → record
int patch(lua_State* L) {
  vm& v = vm::of(L);
  const auto& api = memory_of(L);
  const parley_call call = check_call(L, 2);
  const std::string_view name = collection_of(L);
  luaL_checktype(L, 4, LUA_TTABLE);
  const options with = check_options(L, 5, false);
  const parley_value key = build_key(L, 3, call);
  const parley_value fields = build_value(L, 4, call);
  return v.await(L, completed_with_value, [&](parley_done done, void* user) {
    return api.patch(call, to_str(name), key, fields, with.ttl_ms, done, user);
  });
}

// …:increment(call, key, field[, by[, {ttl_ms = …}]]) → record
int increment(lua_State* L) {
  vm& v = vm::of(L);
  const auto& api = memory_of(L);
  const parley_call call = check_call(L, 2);
  const std::string_view name = collection_of(L);
  const std::string_view field = check_name(L, 4);
  const lua_Integer by = luaL_optinteger(L, 5, 1);
  const options with = check_options(L, 6, false);
  const parley_value key = build_key(L, 3, call);
  return v.await(L, completed_with_value, [&](parley_done done, void* user) {
    return api.increment(call, to_str(name), key, to_str(field), by, with.ttl_ms, done, user);
  });
}

// …:erase(call, key) → erased
int erase(lua_State* L) {
  vm& v = vm::of(L);
  const auto& api = memory_of(L);
  const parley_call call = check_call(L, 2);
  const std::string_view name = collection_of(L);
  luaL_checkany(L, 3);
  const parley_value key = build_key(L, 3, call);
  return v.await(L, completed_with_flag, [&](parley_done done, void* user) {
    return api.erase(call, to_str(name), key, done, user);
  });
}

} // namespace

void add_ephemeral(lua_State* L, const std::string& collection) {
  for (const auto& [name, function] :
       {std::pair{"put", &put}, std::pair{"patch", &patch}, std::pair{"increment", &increment},
        std::pair{"erase", &erase}}) {
    lua_pushlstring(L, collection.data(), collection.size());
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
  }
}

} // namespace parley::lua
