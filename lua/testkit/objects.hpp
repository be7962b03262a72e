#pragma once

// What a test in Lua holds: the kit's host, clients, replies and events as userdata.

#include <parley/test/host.hpp>

#include <lua.hpp>

#include <memory>
#include <new>
#include <string>
#include <utility>

namespace parley::lua::testkit {

// The host of a test; gone when the test is over, whoever still holds it.
struct host_box {
  std::unique_ptr<test::host> host;
};
using box = std::shared_ptr<host_box>;

template <typename T>
struct object {
  box of;
  T what;
};

// Where the test in Lua is.
test::place where(lua_State* L);

template <typename T>
void push_object(lua_State* L, const char* type, object<T> what) {
  new (lua_newuserdatauv(L, sizeof(object<T>), 0)) object<T>(std::move(what));
  luaL_setmetatable(L, type);
}

// Raises where it is something else, or its host has ended.
template <typename T>
T& check_object(lua_State* L, int index, const char* type) {
  auto& found = *static_cast<object<T>*>(luaL_checkudata(L, index, type));
  if (!found.of->host) luaL_error(L, "the host of this %s has ended", type);
  return found.what;
}
inline const box& box_of(lua_State* L, int index) {
  return static_cast<object<int>*>(lua_touserdata(L, index))->of; // the first member of each
}

template <typename T>
int collect(lua_State* L) {
  static_cast<object<T>*>(lua_touserdata(L, 1))->~object<T>();
  return 0;
}

// Runs what may throw, and raises what it threw, with the place in front.
template <typename Work>
int guarded(lua_State* L, Work work) {
  try {
    return work();
  } catch (const test::failure& why) {
    lua_pushstring(L, why.what());
  } catch (const std::exception& why) {
    lua_pushfstring(L, "%s: %s", where(L).text().c_str(), why.what());
  }
  return lua_error(L);
}

// Names of the types, which messages show.
inline constexpr const char* host_type = "host";
inline constexpr const char* client_type = "client";
inline constexpr const char* reply_type = "reply";
inline constexpr const char* pending_type = "pending call";
inline constexpr const char* event_type = "event";

void register_host(lua_State* L);
void register_people(lua_State* L);
void push_client(lua_State* L, const box& of, test::client what);
void push_reply(lua_State* L, const box& of, test::reply what);

} // namespace parley::lua::testkit
