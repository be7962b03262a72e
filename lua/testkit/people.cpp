// Clients, and what they say and hear.

#include "lua/testkit/objects.hpp"
#include "lua/testkit/values.hpp"

#include <cstring>

namespace parley::lua::testkit {

namespace {

std::string text(lua_State* L, int index) {
  std::size_t size = 0;
  const char* at = luaL_checklstring(L, index, &size);
  return {at, size};
}

test::client& client(lua_State* L) {
  return check_object<test::client>(L, 1, client_type);
}
test::reply& reply(lua_State* L) {
  return check_object<test::reply>(L, 1, reply_type);
}
test::event& event(lua_State* L) {
  return check_object<test::event>(L, 1, event_type);
}

void push_event(lua_State* L, const box& of, test::event what) {
  push_object<test::event>(L, event_type, {of, std::move(what)});
}

// ---- clients

int call(lua_State* L) {
  return guarded(L, [&] {
    const std::string method = text(L, 2);
    push_reply(L, box_of(L, 1), client(L).call(method, read(L, 3), where(L)));
    return 1;
  });
}

int begins(lua_State* L) {
  return guarded(L, [&] {
    const std::string method = text(L, 2);
    push_object<test::pending>(L, pending_type,
                               {box_of(L, 1), client(L).begins(method, read(L, 3), where(L))});
    return 1;
  });
}

int receives(lua_State* L) {
  return guarded(L, [&] {
    push_event(L, box_of(L, 1), client(L).receives(text(L, 2), where(L)));
    return 1;
  });
}

int receives_no(lua_State* L) {
  return guarded(L, [&] {
    client(L).receives_no(text(L, 2), where(L));
    return 0;
  });
}

int receives_nothing(lua_State* L) {
  return guarded(L, [&] {
    client(L).receives_nothing(where(L));
    return 0;
  });
}

int unseen(lua_State* L) {
  return guarded(L, [&] {
    lua_newtable(L);
    lua_Integer at = 0;
    for (test::event& each : client(L).unseen()) {
      push_event(L, box_of(L, 1), std::move(each));
      lua_rawseti(L, -2, ++at);
    }
    return 1;
  });
}

int forgets(lua_State* L) {
  return guarded(L, [&] {
    client(L).forgets();
    return 0;
  });
}

int disconnects(lua_State* L) {
  return guarded(L, [&] {
    client(L).disconnects();
    return 0;
  });
}

int reconnects(lua_State* L) {
  return guarded(L, [&] {
    client(L).reconnects(where(L));
    return 0;
  });
}

int connected(lua_State* L) {
  return guarded(L, [&] {
    lua_pushboolean(L, client(L).connected() ? 1 : 0);
    return 1;
  });
}

int close_code(lua_State* L) {
  return guarded(L, [&] {
    lua_pushinteger(L, client(L).close_code());
    return 1;
  });
}

int delay(lua_State* L) {
  return guarded(L, [&] {
    const double seconds = luaL_checknumber(L, 2);
    client(L).delay(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
    return 0;
  });
}

int client_index(lua_State* L) {
  const std::string name = text(L, 2);
  const test::client& of = client(L);
  if (name == "id" || name == "name") {
    const std::string& held = name == "id" ? of.id() : of.name();
    lua_pushlstring(L, held.data(), held.size());
    return 1;
  }
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(1));
  return 1;
}

// ---- replies

int ok(lua_State* L) {
  return guarded(L, [&] {
    push(L, reply(L).ok(where(L)));
    return 1;
  });
}

int fails_with(lua_State* L) {
  return guarded(L, [&] {
    reply(L).fails_with(text(L, 2), where(L));
    lua_settop(L, 1);
    return 1;
  });
}

int went_well(lua_State* L) {
  lua_pushboolean(L, reply(L).went_well() ? 1 : 0);
  return 1;
}

template <std::string (test::reply::*Part)() const>
int part(lua_State* L) {
  const std::string held = (reply(L).*Part)();
  lua_pushlstring(L, held.data(), held.size());
  return 1;
}

// What is no function of a reply is a field of the result.
int reply_index(lua_State* L) {
  return guarded(L, [&] {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    const test::value& result = reply(L).ok(where(L));
    const test::value* found = result.find(text(L, 2));
    push(L, found ? *found : test::value());
    return 1;
  });
}

int ended(lua_State* L) {
  lua_pushboolean(L, check_object<test::pending>(L, 1, pending_type).ended() ? 1 : 0);
  return 1;
}

int ends(lua_State* L) {
  return guarded(L, [&] {
    push_reply(L, box_of(L, 1), check_object<test::pending>(L, 1, pending_type).ends(where(L)));
    return 1;
  });
}

// ---- events

int with(lua_State* L) {
  return guarded(L, [&] {
    event(L).with(text(L, 2), read(L, 3), where(L));
    lua_settop(L, 1);
    return 1;
  });
}

int of(lua_State* L) {
  return guarded(L, [&] {
    event(L).of(read(L, 2), where(L));
    lua_settop(L, 1);
    return 1;
  });
}

int event_index(lua_State* L) {
  const std::string name = text(L, 2);
  const test::event& e = event(L);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  if (name == "seq")
    lua_pushinteger(L, e.seq);
  else if (name == "data")
    push(L, e.data);
  else if (name == "name" || name == "topic" || name == "at")
    push(L, name == "name" ? e.name : name == "topic" ? e.topic : e.at);
  else if (const test::value* found = e.data.find(name))
    push(L, *found);
  else
    lua_pushnil(L);
  return 1;
}

void make_type(lua_State* L, const char* type, const luaL_Reg* functions, lua_CFunction index,
               lua_CFunction gone) {
  luaL_newmetatable(L, type);
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  lua_pushcclosure(L, index, 1);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, gone);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

int plain_index(lua_State* L) {
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(1));
  return 1;
}

} // namespace

void push_client(lua_State* L, const box& of, test::client what) {
  push_object<test::client>(L, client_type, {of, what});
}

void push_reply(lua_State* L, const box& of, test::reply what) {
  push_object<test::reply>(L, reply_type, {of, std::move(what)});
}

void register_people(lua_State* L) {
  static const luaL_Reg clients[] = {{"call", call},
                                     {"begins", begins},
                                     {"receives", receives},
                                     {"receives_no", receives_no},
                                     {"receives_nothing", receives_nothing},
                                     {"unseen", unseen},
                                     {"forgets", forgets},
                                     {"disconnects", disconnects},
                                     {"reconnects", reconnects},
                                     {"connected", connected},
                                     {"close_code", close_code},
                                     {"delay", delay},
                                     {nullptr, nullptr}};
  static const luaL_Reg replies[] = {{"ok", ok},
                                     {"fails_with", fails_with},
                                     {"went_well", went_well},
                                     {"code", part<&test::reply::code>},
                                     {"message", part<&test::reply::message>},
                                     {"field", part<&test::reply::field>},
                                     {nullptr, nullptr}};
  static const luaL_Reg pendings[] = {{"ended", ended}, {"ends", ends}, {nullptr, nullptr}};
  static const luaL_Reg events[] = {{"with", with}, {"of", of}, {nullptr, nullptr}};
  make_type(L, client_type, clients, client_index, collect<test::client>);
  make_type(L, reply_type, replies, reply_index, collect<test::reply>);
  make_type(L, pending_type, pendings, plain_index, collect<test::pending>);
  make_type(L, event_type, events, event_index, collect<test::event>);
}

} // namespace parley::lua::testkit
