// Coroutines of an author's own. They may wait for the host like the handler itself: what waits
// inside passes its yield on through every coroutine around it, and back.

#include "library.hpp"

namespace parley::lua {
namespace {

constexpr const char* waiting_key = "parley.waiting"; // registry: threads that wait, weak

lua_State* check_thread(lua_State* L, int index) {
  lua_State* const thread = lua_tothread(L, index);
  luaL_argexpected(L, thread != nullptr, index, "coroutine");
  return thread;
}

bool is_waiting(lua_State* L, int index) {
  index = lua_absindex(L, index);
  lua_getfield(L, LUA_REGISTRYINDEX, waiting_key);
  lua_pushvalue(L, index);
  lua_rawget(L, -2);
  const bool waiting = lua_toboolean(L, -1);
  lua_pop(L, 2);
  return waiting;
}

void set_waiting(lua_State* L, int index, bool waiting) {
  index = lua_absindex(L, index);
  lua_getfield(L, LUA_REGISTRYINDEX, waiting_key);
  lua_pushvalue(L, index);
  if (waiting) {
    lua_pushboolean(L, 1);
  } else {
    lua_pushnil(L);
  }
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

const char* status_of_thread(lua_State* L, lua_State* thread) {
  if (L == thread) return "running";
  switch (lua_status(thread)) {
    case LUA_YIELD:
      return "suspended";
    case LUA_OK: {
      lua_Debug record;
      if (lua_getstack(thread, 0, &record)) return "normal";
      return lua_gettop(thread) == 0 ? "dead" : "suspended";
    }
    default:
      return "dead";
  }
}

int create(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  vm::of(L).charge(L, 1000); // a new one starts a new count
  lua_State* const thread = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, thread, 1);
  return 1;
}

int resumed(lua_State* L, int status, lua_KContext wrapped);

// Resumes the thread at index 1 with the `arguments` above it.
int resume_thread(lua_State* L, int arguments, bool wrapped) {
  lua_State* const thread = lua_tothread(L, 1);
  vm& v = vm::of(L);
  int results = 0;
  const int status = v.resume_inner(L, thread, arguments, &results);
  if (status == LUA_YIELD && v.current() != nullptr && v.current()->waiting) {
    lua_pop(thread, results);
    set_waiting(L, 1, true);
    return lua_yieldk(L, 0, wrapped ? 1 : 0, resumed);
  }
  if (status == LUA_OK || status == LUA_YIELD) {
    luaL_checkstack(L, results + 1, "too many results");
    if (!wrapped) lua_pushboolean(L, 1);
    lua_xmove(thread, L, results);
    return wrapped ? results : results + 1;
  }
  if (v.over()) v.raise_over(L);
  if (!wrapped) lua_pushboolean(L, 0);
  lua_xmove(thread, L, 1);
  if (wrapped) return lua_error(L);
  return 2;
}

int resumed(lua_State* L, int, lua_KContext wrapped) {
  set_waiting(L, 1, false);
  return resume_thread(L, 0, wrapped != 0);
}

int refuse(lua_State* L, const char* why, bool wrapped) {
  if (wrapped) return luaL_error(L, "%s", why);
  lua_pushboolean(L, 0);
  lua_pushstring(L, why);
  return 2;
}

int begin_resume(lua_State* L, bool wrapped) {
  lua_State* const thread = check_thread(L, 1);
  if (is_waiting(L, 1)) return refuse(L, "cannot resume a coroutine that waits", wrapped);
  const std::string_view status = status_of_thread(L, thread);
  if (status != "suspended") {
    const std::string why = "cannot resume a " + std::string(status) + " coroutine";
    return refuse(L, why.c_str(), wrapped);
  }
  const int arguments = lua_gettop(L) - 1;
  if (!lua_checkstack(thread, arguments + 2)) return refuse(L, "too many arguments", wrapped);
  lua_xmove(L, thread, arguments);
  return resume_thread(L, arguments, wrapped);
}

int resume(lua_State* L) {
  return begin_resume(L, false);
}

int call_wrapped(lua_State* L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  return begin_resume(L, true);
}

int wrap(lua_State* L) {
  create(L);
  lua_pushcclosure(L, call_wrapped, 1);
  return 1;
}

int yield(lua_State* L) {
  vm& v = vm::of(L);
  if (v.current() != nullptr && v.current()->thread == L) {
    return luaL_error(L, "coroutine.yield outside of a coroutine of your own");
  }
  if (!lua_isyieldable(L) || v.closing) return luaL_error(L, "cannot yield here");
  return lua_yield(L, lua_gettop(L));
}

int status(lua_State* L) {
  lua_State* const thread = check_thread(L, 1);
  lua_pushstring(L, is_waiting(L, 1) ? "normal" : status_of_thread(L, thread));
  return 1;
}

int running(lua_State* L) {
  const bool main = vm::of(L).current() == nullptr || vm::of(L).current()->thread == L;
  lua_pushthread(L);
  lua_pushboolean(L, main);
  return 2;
}

int isyieldable(lua_State* L) {
  lua_pushboolean(L, lua_isyieldable(L) &&
                         (vm::of(L).current() == nullptr || vm::of(L).current()->thread != L));
  return 1;
}

// Only a suspended one has closing variables that may still run: the hook of one that died of an
// error is off. And not from within another close, which would nest C calls uncounted.
int close(lua_State* L) {
  lua_State* const thread = check_thread(L, 1);
  vm& v = vm::of(L);
  const std::string_view now = status_of_thread(L, thread);
  if (is_waiting(L, 1)) return luaL_error(L, "cannot close a coroutine that waits");
  if (now == "dead") {
    lua_pushboolean(L, lua_status(thread) == LUA_OK);
    return 1;
  }
  if (now != "suspended") return luaL_error(L, "cannot close a %s coroutine", now.data());
  if (v.closing) return luaL_error(L, "coroutine.close inside of a closing variable");
  v.closing = true;
  ++v.unyieldable();
  lua_State* const outer = v.switch_running(thread);
  const int ended = lua_resetthread(thread);
  v.switch_running(outer);
  --v.unyieldable();
  v.closing = false;
  if (v.over()) v.raise_over(L);
  lua_pushboolean(L, ended == LUA_OK);
  if (ended == LUA_OK) return 1;
  lua_xmove(thread, L, 1);
  return 2;
}

constexpr luaL_Reg functions[] = {{"create", create},
                                  {"resume", resume},
                                  {"wrap", wrap},
                                  {"yield", yield},
                                  {"status", status},
                                  {"running", running},
                                  {"isyieldable", isyieldable},
                                  {"close", close},
                                  {nullptr, nullptr}};

} // namespace

void open_coroutines(lua_State* L) {
  lua_newtable(L);
  make_weak(L, "k");
  lua_setfield(L, LUA_REGISTRYINDEX, waiting_key);
  luaL_newlib(L, functions);
  lua_setglobal(L, "coroutine");
}

} // namespace parley::lua
