// Calls: what a handler is given, how it calls others, and how its result ends the call.

#include "library.hpp"
#include "values.hpp"

#include <cstdlib>

namespace parley::lua {
namespace {

constexpr std::uint32_t bot_timeout_ms = 10'000;

void push_text(lua_State* L, parley_str text) {
  if (text.len == 0) {
    lua_pushnil(L);
  } else {
    lua_pushlstring(L, text.ptr, text.len);
  }
}

// {id =, attempt =, attempts =}; nil in any other call.
void push_job(lua_State* L, parley_call call) {
  const parley_jobs_api* const api = vm::of(L).api.jobs;
  parley_job_info info{};
  info.size = sizeof info;
  if (api == nullptr || api->info(call, &info) != PARLEY_OK) {
    lua_pushnil(L);
    return;
  }
  lua_createtable(L, 0, 3);
  push_text(L, info.id);
  lua_setfield(L, -2, "id");
  lua_pushinteger(L, info.attempt);
  lua_setfield(L, -2, "attempt");
  lua_pushinteger(L, info.attempts);
  lua_setfield(L, -2, "attempts");
}

// call.account, call.kind, …: read from the host when asked for.
int call_index(lua_State* L) {
  const parley_call call = check_call(L, 1);
  const std::string_view name = check_name(L, 2);
  parley_call_info info{};
  info.size = sizeof info;
  check(L, vm::of(L).api.call->info(call, &info), "the call cannot be read");
  constexpr const char* kinds[] = {"anonymous", "user", "bot", "plugin", "system"};
  if (name == "account") {
    push_text(L, info.principal);
  } else if (name == "kind") {
    const bool known = info.principal_kind >= 0 && info.principal_kind <= PARLEY_SYSTEM;
    lua_pushstring(L, known ? kinds[info.principal_kind] : "unknown");
  } else if (name == "session") {
    push_text(L, info.session);
  } else if (name == "request_id") {
    push_text(L, info.request_id);
  } else if (name == "remote") {
    push_text(L, info.remote);
  } else if (name == "deadline_ms") {
    lua_pushinteger(L, info.deadline_ms);
  } else if (name == "depth") {
    lua_pushinteger(L, info.depth);
  } else if (name == "readable_from") {
    if (info.readable_from > 0)
      lua_pushinteger(L, info.readable_from);
    else
      lua_pushnil(L);
  } else if (name == "job") {
    push_job(L, call);
  } else {
    const std::string text = printable_name(name);
    return luaL_error(L, "a call has no %s", text.c_str());
  }
  return 1;
}

int requires_index(lua_State* L);

// plugin.requires.messaging.direct(call, params)
int requires_call(lua_State* L) {
  vm& v = vm::of(L);
  const parley_call call = check_call(L, 2);
  const std::string_view name = check_name(L, lua_upvalueindex(1));
  parley_value params = 0;
  if (lua_isnoneornil(L, 3)) {
    check(L, v.api.value->object(call, nullptr, nullptr, 0, &params), "no parameters");
  } else {
    luaL_checktype(L, 3, LUA_TTABLE);
    params = build_value(L, 3, call);
  }
  return v.await(L, completed_with_value, [&](parley_done done, void* user) {
    return v.api.call->invoke(call, to_str(name), params, done, user);
  });
}

void push_required(lua_State* L, const std::string& path) {
  lua_newtable(L);
  lua_createtable(L, 0, 4);
  for (const auto& [name, function] :
       {std::pair{"__index", &requires_index}, std::pair{"__call", &requires_call}}) {
    lua_pushlstring(L, path.data(), path.size());
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
  }
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

int requires_index(lua_State* L) {
  const std::string above(check_name(L, lua_upvalueindex(1)));
  const std::string name(check_name(L, 2));
  push_required(L, above.empty() ? name : above + "." + name);
  lua_pushvalue(L, 2); // the next time it is found without us
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return 1;
}

// Ends the bot's call however its function ended; an error goes on upwards.
int bot_done(lua_State* L, int status, lua_KContext context) {
  const auto call = static_cast<parley_call>(context);
  vm& v = vm::of(L);
  if (task* const t = v.current(); t != nullptr) std::erase(t->begun, call);
  if (status == LUA_OK || status == LUA_YIELD) {
    v.api.call->finish(call, 0);
    return lua_gettop(L);
  }
  parley_error e{};
  e.size = sizeof e;
  e.status = PARLEY_E_FAILED;
  v.api.call->fail(call, &e);
  return lua_error(L);
}

// plugin.bot(fn): runs fn(call) as the plugin's bot, and gives what it returns.
int bot(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  vm& v = vm::of(L);
  if (v.current() == nullptr) return luaL_error(L, "plugin.bot works in handlers only");
  if (!v.declared.wants_bot) {
    return luaL_error(L, "plugin.bot needs capabilities.bot in plugin.yaml");
  }
  lua_checkstack(L, 4);
  v.charge(L, 1000);
  v.current()->begun.reserve(v.current()->begun.size() + 1);
  parley_call call = 0;
  const parley_status begun = v.api.call->begin(v.api.host, 1, bot_timeout_ms, &call);
  if (begun == PARLEY_E_FORBIDDEN) {
    return luaL_error(L, "plugin.bot: the operator has not granted the capability bot");
  }
  check(L, begun, "plugin.bot: no call");
  v.current()->begun.push_back(call);
  push_call(L, call);
  const auto context = static_cast<lua_KContext>(call);
  return bot_done(L, lua_pcallk(L, 1, LUA_MULTRET, 0, context, bot_done), context);
}

[[noreturn]] void refuse_result(lua_State* L, const task& t, const char* want) {
  const char* const kind = luaL_typename(L, -1);
  const char* const name = lua_pushlstring(L, t.what.name.data(), t.what.name.size());
  luaL_error(L, "%s returned a %s; it must return %s", name, kind, want);
  std::abort(); // not reached
}

} // namespace

int completed_with_value(lua_State* L, int, lua_KContext) {
  const task& t = *vm::of(L).current();
  check_completion(L, t);
  push_value(L, t.result);
  return 1;
}

void push_call(lua_State* L, parley_call call) {
  *static_cast<parley_call*>(lua_newuserdatauv(L, sizeof call, 0)) = call;
  luaL_setmetatable(L, call_type);
}

parley_call check_call(lua_State* L, int index) {
  return *static_cast<parley_call*>(luaL_checkudata(L, index, call_type));
}

void add_calls(lua_State* L) {
  make_type(L, call_type, nullptr);
  luaL_getmetatable(L, call_type);
  lua_pushcfunction(L, call_index);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  push_required(L, "");
  lua_setfield(L, -2, "requires");
  lua_pushcfunction(L, bot);
  lua_setfield(L, -2, "bot");
}

int push_arguments(lua_State* L, const task& t) {
  push_call(L, t.call);
  switch (t.what.kind) {
    case entry_kind::start:
    case entry_kind::stop:
    case entry_kind::timer:
      return 1;
    case entry_kind::join: {
      push_value(L, t.input);
      parley_call_info info{};
      info.size = sizeof info;
      check(L, vm::of(L).api.call->info(t.call, &info), "the call cannot be read");
      push_batch(L, info.batch, t.call, false);
      return 3;
    }
    default:
      push_value(L, t.input);
      return 2;
  }
}

void take_result(lua_State* L, task& t) {
  if (is_error(L, -1)) lua_error(L); // returned instead of raised: the same
  switch (t.what.kind) {
    case entry_kind::filter: // whatever is neither is a mistake, and must not let anything pass
      if (!lua_isnil(L, -1) && !lua_istable(L, -1)) {
        refuse_result(L, t, "nothing, a table or plugin.deny(…)");
      }
      t.reply = build_value(L, -1, t.call);
      break;
    case entry_kind::route:
      if (!lua_istable(L, -1)) refuse_result(L, t, "{status = …, headers = …, body = …}");
      t.reply = build_value(L, -1, t.call);
      break;
    case entry_kind::method:
      t.reply = build_value(L, -1, t.call);
      break;
    case entry_kind::access:
      if (lua_isnil(L, -1)) lua_newtable(L); // no role: no access
      if (!lua_istable(L, -1)) refuse_result(L, t, "{role = …} or nothing");
      t.reply = build_value(L, -1, t.call);
      break;
    case entry_kind::places:
      if (lua_isnil(L, -1)) lua_newtable(L);
      if (!lua_istable(L, -1)) refuse_result(L, t, "an array of {place = …}");
      t.reply = build_value(L, -1, t.call, true);
      break;
    default:
      break; // the others have no result
  }
}

} // namespace parley::lua
