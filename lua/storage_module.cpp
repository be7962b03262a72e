// Collections and batches, and events that are sent to who is listening now.

#include "library.hpp"
#include "values.hpp"

#include <cstddef>
#include <cstdlib>

namespace parley::lua {
namespace {

struct batch_data {
  parley_batch batch;
  parley_call call;
  bool owned; // otherwise it is another plugin's, and not ours to commit
};

batch_data& check_batch(lua_State* L) {
  return *static_cast<batch_data*>(luaL_checkudata(L, 1, batch_type));
}

const parley_storage_api& storage_of(lua_State* L) {
  const parley_storage_api* const api = vm::of(L).api.storage;
  if (api == nullptr) {
    luaL_error(L, "this server has no storage");
    std::abort(); // not reached
  }
  return *api;
}

std::string_view collection_of(lua_State* L) {
  return check_name(L, lua_upvalueindex(1));
}

bool lives_in_memory(lua_State* L) {
  const bool ephemeral = lua_toboolean(L, lua_upvalueindex(2)) != 0;
  if (ephemeral && vm::of(L).api.memory == nullptr) {
    luaL_error(L, "this server has no ephemeral collections");
  }
  return ephemeral;
}

// plugin.collections.notes:get(call, key…)
int collection_get(lua_State* L) {
  vm& v = vm::of(L);
  const auto get = lives_in_memory(L) ? v.api.memory->get : storage_of(L).get;
  const parley_call call = check_call(L, 2);
  const std::string_view name = collection_of(L);
  const int count = lua_gettop(L) - 2;
  luaL_argcheck(L, count > 0, 3, "the key is missing");
  lua_createtable(L, count, 0);
  for (int i = 1; i <= count; ++i) {
    luaL_checkany(L, i + 2);
    luaL_argcheck(L, !lua_isnil(L, i + 2), i + 2, "a part of the key is nil");
    lua_pushvalue(L, i + 2);
    lua_rawseti(L, -2, i);
  }
  const parley_value key = build_value(L, -1, call, true);
  return v.await(L, completed_with_value, [&](parley_done done, void* user) {
    return get(call, to_str(name), key, done, user);
  });
}

// plugin.collections.notes:range(call, {prefix = {…}, limit = 20}) → {items = …, more = …}
int collection_range(lua_State* L) {
  vm& v = vm::of(L);
  const auto range = lives_in_memory(L) ? v.api.memory->range : storage_of(L).range;
  const parley_call call = check_call(L, 2);
  const std::string_view name = collection_of(L);
  if (lua_isnoneornil(L, 3)) {
    lua_settop(L, 2);
    lua_newtable(L);
  }
  luaL_checktype(L, 3, LUA_TTABLE);
  const parley_value query = build_value(L, 3, call);
  return v.await(L, completed_with_value, [&](parley_done done, void* user) {
    return range(call, to_str(name), query, done, user);
  });
}

// A query that a later version of the interface has; `missing`: what is said where it is not there.
int collection_query(lua_State* L,
                     decltype(parley_storage_api::search) parley_storage_api::*function,
                     const char* missing) {
  vm& v = vm::of(L);
  const parley_storage_api& api = storage_of(L);
  const auto end = reinterpret_cast<const char*>(&(api.*function) + 1);
  if (api.size < static_cast<std::size_t>(end - reinterpret_cast<const char*>(&api))) {
    return luaL_error(L, missing);
  }
  const parley_call call = check_call(L, 2);
  const std::string_view name = collection_of(L);
  luaL_checktype(L, 3, LUA_TTABLE);
  const parley_value query = build_value(L, 3, call);
  return v.await(L, completed_with_value, [&](parley_done done, void* user) {
    return (api.*function)(call, to_str(name), query, done, user);
  });
}

// plugin.collections.notes:search(call, {text = …, where = {…}}) → {items = …, more = …}
int collection_search(lua_State* L) {
  return collection_query(L, &parley_storage_api::search, "this server does not search");
}

// plugin.collections.rooms:through(call, {by = "members", field = "room", order = "used_at"})
int collection_through(lua_State* L) {
  return collection_query(L, &parley_storage_api::through,
                          "this server does not read through a collection");
}

int batch_put(lua_State* L) {
  const batch_data& b = check_batch(L);
  const std::string_view name = check_name(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  check(L, storage_of(L).put(b.batch, to_str(name), build_value(L, 3, b.call)), "put");
  return 0;
}

int batch_patch(lua_State* L) {
  const batch_data& b = check_batch(L);
  const std::string_view name = check_name(L, 2);
  const parley_value key = build_key(L, 3, b.call);
  luaL_checktype(L, 4, LUA_TTABLE);
  check(L, storage_of(L).patch(b.batch, to_str(name), key, build_value(L, 4, b.call)), "patch");
  return 0;
}

int batch_erase(lua_State* L) {
  const batch_data& b = check_batch(L);
  const std::string_view name = check_name(L, 2);
  check(L, storage_of(L).erase(b.batch, to_str(name), build_key(L, 3, b.call)), "erase");
  return 0;
}

int batch_increment(lua_State* L) {
  const batch_data& b = check_batch(L);
  const std::string_view name = check_name(L, 2);
  const parley_value key = build_key(L, 3, b.call);
  const std::string_view field = check_name(L, 4);
  const lua_Integer by = luaL_optinteger(L, 5, 1);
  check(L, storage_of(L).increment(b.batch, to_str(name), key, to_str(field), by), "increment");
  return 0;
}

// batch:require{collection = …, key = {…}, exists = true}
int batch_require(lua_State* L) {
  const batch_data& b = check_batch(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  check(L, storage_of(L).require(b.batch, build_value(L, 2, b.call)), "require");
  return 0;
}

// batch:publish(event, place, data[, {grant = account} or {revoke = account}])
int batch_publish(lua_State* L) {
  const batch_data& b = check_batch(L);
  const auto& api = storage_of(L);
  const std::string_view event = check_name(L, 2);
  const std::string_view place = check_name(L, 3);
  luaL_checktype(L, 4, LUA_TTABLE);
  lua_settop(L, 5);
  const parley_value data = build_value(L, 4, b.call);
  if (lua_isnil(L, 5)) {
    check(L, api.publish(b.batch, to_str(event), to_str(place), data), "publish");
    return 0;
  }
  luaL_checktype(L, 5, LUA_TTABLE);
  const bool grant = lua_getfield(L, 5, "grant") != LUA_TNIL;
  if (!grant) lua_getfield(L, 5, "revoke");
  luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 5, "needs grant or revoke with an account");
  check(L,
        api.publish_access(b.batch, to_str(event), to_str(place), data, grant ? 1 : 0,
                           to_str(check_name(L, -1))),
        "publish");
  return 0;
}

// batch:withdraw(event, place, number)
int batch_withdraw(lua_State* L) {
  const batch_data& b = check_batch(L);
  const std::string_view event = check_name(L, 2);
  const std::string_view place = check_name(L, 3);
  check(L, storage_of(L).withdraw(b.batch, to_str(event), to_str(place), luaL_checkinteger(L, 4)),
        "withdraw");
  return 0;
}

// batch:enqueue(job, params, {at = ms, key = text})
int batch_enqueue(lua_State* L) {
  const batch_data& b = check_batch(L);
  const parley_jobs_api* const api = vm::of(L).api.jobs;
  if (api == nullptr) return luaL_error(L, "this server has no jobs");
  const std::string_view job = check_name(L, 2);
  lua_settop(L, 4);
  if (lua_isnil(L, 3)) {
    lua_newtable(L);
    lua_replace(L, 3);
  }
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_Integer at_ms = 0;
  std::string_view key;
  if (!lua_isnil(L, 4)) {
    luaL_checktype(L, 4, LUA_TTABLE);
    if (lua_getfield(L, 4, "at") != LUA_TNIL) {
      int whole = 0;
      at_ms = lua_tointegerx(L, -1, &whole);
      luaL_argcheck(L, whole != 0, 4, "`at` is a time in milliseconds, as plugin.now() gives it");
    }
    if (lua_getfield(L, 4, "key") != LUA_TNIL) {
      luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 4, "`key` is a text");
      key = check_text(L, -1);
    }
  }
  check(L, api->enqueue(b.batch, to_str(job), build_value(L, 3, b.call), at_ms, to_str(key)),
        "enqueue");
  return 0;
}

int batch_next(lua_State* L) {
  const batch_data& b = check_batch(L);
  const std::string_view topic = check_name(L, 2);
  const std::string_view place = check_name(L, 3);
  std::int64_t number = 0;
  check(L, storage_of(L).next(b.batch, to_str(topic), to_str(place), &number), "next");
  lua_pushinteger(L, number);
  return 1;
}

int batch_commit(lua_State* L) {
  const batch_data b = check_batch(L);
  vm& v = vm::of(L);
  const auto& api = storage_of(L);
  if (!b.owned) return luaL_error(L, "this batch belongs to the hook's owner, who commits it");
  lua_settop(L, 2);
  const parley_value reply = build_value(L, 2, b.call);
  return v.await(L, completed_with_value, [&](parley_done done, void* user) {
    return api.commit(b.batch, reply, done, user);
  });
}

int open_batch(lua_State* L) {
  const parley_call call = check_call(L, 1);
  parley_batch batch = 0;
  check(L, storage_of(L).batch(call, &batch), "plugin.batch");
  push_batch(L, batch, call, true);
  return 1;
}

int publish(lua_State* L) {
  vm& v = vm::of(L);
  const parley_call call = check_call(L, 1);
  const std::string_view event = check_name(L, 2);
  const std::string_view place = check_name(L, 3);
  luaL_checktype(L, 4, LUA_TTABLE);
  if (v.api.topic == nullptr) return luaL_error(L, "this server has no topics");
  v.charge(L, 1000);
  check(L, v.api.topic->publish(call, to_str(event), to_str(place), build_value(L, 4, call)),
        "plugin.publish");
  return 0;
}

int unknown_collection(lua_State* L) {
  const std::string name(check_name(L, 2));
  std::vector<std::string> names;
  for (const auto& c : vm::of(L).declared.collections) names.push_back(c.name);
  vm::of(L).charge(L, 1000 + 10 * name.size());
  const std::string near = schema::nearest(name, names);
  const std::string hint = near.empty() ? "" : "; did you mean " + near + "?";
  return luaL_error(L, "plugin.yaml declares no collection %s%s", printable_name(name).c_str(),
                    hint.c_str());
}

void push_collections(lua_State* L) {
  lua_newtable(L);
  for (const auto& c : vm::of(L).declared.collections) {
    lua_createtable(L, 0, 2);
    for (const auto& [name, function] :
         {std::pair{"get", &collection_get}, std::pair{"range", &collection_range},
          std::pair{"search", &collection_search}, std::pair{"through", &collection_through}}) {
      const bool is_stored = function == &collection_search || function == &collection_through;
      if (is_stored && c.ephemeral) continue;
      lua_pushlstring(L, c.name.data(), c.name.size());
      lua_pushboolean(L, c.ephemeral ? 1 : 0);
      lua_pushcclosure(L, function, 2);
      lua_setfield(L, -2, name);
    }
    if (c.ephemeral) add_ephemeral(L, c.name);
    lua_setfield(L, -2, c.name.c_str());
  }
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, unknown_collection);
  lua_setfield(L, -2, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

} // namespace

parley_value build_key(lua_State* L, int index, parley_call call) {
  if (!lua_istable(L, index)) {
    index = lua_absindex(L, index);
    lua_createtable(L, 1, 0);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, 1);
    const parley_value key = build_value(L, -1, call, true);
    lua_pop(L, 1);
    return key;
  }
  return build_value(L, index, call, true);
}

void push_batch(lua_State* L, parley_batch batch, parley_call call, bool owned) {
  *static_cast<batch_data*>(lua_newuserdatauv(L, sizeof(batch_data), 0)) = {batch, call, owned};
  luaL_setmetatable(L, batch_type);
}

void add_storage(lua_State* L) {
  static constexpr luaL_Reg methods[] = {{"put", batch_put},
                                         {"patch", batch_patch},
                                         {"erase", batch_erase},
                                         {"increment", batch_increment},
                                         {"require", batch_require},
                                         {"publish", batch_publish},
                                         {"withdraw", batch_withdraw},
                                         {"next", batch_next},
                                         {"enqueue", batch_enqueue},
                                         {"commit", batch_commit},
                                         {nullptr, nullptr}};
  make_type(L, batch_type, methods);
  push_collections(L);
  lua_setfield(L, -2, "collections");
  lua_pushcfunction(L, open_batch);
  lua_setfield(L, -2, "batch");
  lua_pushcfunction(L, publish);
  lua_setfield(L, -2, "publish");
}

} // namespace parley::lua
