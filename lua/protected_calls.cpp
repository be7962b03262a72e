// pcall and xpcall. Lua's own would catch the error of a used-up budget, at every level anew; and
// once an error has unwound the C stack they may be nested without an end.

#include "library.hpp"

namespace parley::lua {
namespace {

constexpr int max_nested = 150; // in one coroutine
constexpr std::uint64_t catch_cost =
    100; // an error unwinds the stack: far more than an instruction

// The depth from before, which goes back into the thread however the call ends.
lua_KContext enter(lua_State* L, const char* name) {
  const int before = vm::nested(L);
  if (before >= max_nested) {
    luaL_error(L, "%s is nested deeper than %d", name, static_cast<int>(max_nested));
  }
  vm::of(L).charge(L, 1);
  vm::set_nested(L, before + 1);
  return before;
}

bool is_good(int status) {
  return status == LUA_OK || status == LUA_YIELD; // the latter: good, after having waited
}

void charge_catch(lua_State* L) {
  vm& v = vm::of(L);
  if (v.over()) v.raise_over(L);
  v.charge(L, catch_cost);
}

int pcall_done(lua_State* L, int status, lua_KContext before) {
  vm::set_nested(L, static_cast<int>(before));
  if (is_good(status)) return lua_gettop(L);
  charge_catch(L);
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

int counted_pcall(lua_State* L) {
  luaL_checkany(L, 1);
  const lua_KContext before = enter(L, "pcall");
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  const int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, before, pcall_done);
  return pcall_done(L, status, before);
}

// An error of the handler's takes the place of what it was to handle.
int handler_done(lua_State* L, int status, lua_KContext before) {
  vm::set_nested(L, static_cast<int>(before));
  if (!is_good(status)) charge_catch(L);
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  return 2;
}

// Lua runs the handler where the error is raised; for an error of the hook that is a place without
// a hook, and without a budget. Here it runs when the stack is unwound.
int xpcall_done(lua_State* L, int status, lua_KContext before) {
  if (is_good(status)) {
    vm::set_nested(L, static_cast<int>(before));
    lua_pushboolean(L, 1);
    lua_replace(L, 1);
    return lua_gettop(L);
  }
  charge_catch(L);
  lua_pushvalue(L, 1);
  lua_insert(L, -2);
  return handler_done(L, lua_pcallk(L, 1, 1, 0, before, handler_done), before);
}

int counted_xpcall(lua_State* L) {
  luaL_checkany(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  const lua_KContext before = enter(L, "xpcall");
  lua_pushvalue(L, 1); // handler, function, arguments
  lua_pushvalue(L, 2);
  lua_replace(L, 1);
  lua_replace(L, 2);
  const int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, before, xpcall_done);
  return xpcall_done(L, status, before);
}

} // namespace

void open_protected_calls(lua_State* L) {
  lua_pushcfunction(L, counted_pcall);
  lua_setglobal(L, "pcall");
  lua_pushcfunction(L, counted_xpcall);
  lua_setglobal(L, "xpcall");
}

} // namespace parley::lua
