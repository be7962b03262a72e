// The host, and what a test asks of it.

#include "lua/testkit/module.hpp"
#include "lua/testkit/objects.hpp"
#include "lua/testkit/values.hpp"

#include <stdexcept>

namespace parley::lua::testkit {

namespace {

std::string text(lua_State* L, int index) {
  std::size_t size = 0;
  const char* at = luaL_checklstring(L, index, &size);
  return {at, size};
}

test::host& host(lua_State* L) {
  return *check_object<box>(L, 1, host_type)->host;
}

context& of(lua_State* L) {
  lua_getfield(L, LUA_REGISTRYINDEX, "parley.test.context");
  auto* found = static_cast<context*>(lua_touserdata(L, -1));
  lua_pop(L, 1);
  return *found;
}

// ---- options

std::vector<test::plugin> read_plugins(lua_State* L, const test::value& from) {
  std::vector<test::plugin> out;
  if (from.is_null()) return out;
  if (!from.is_array()) luaL_error(L, "plugins is a list: names, or { name = , config = }");
  for (const test::value& each : from.items()) {
    if (each.is_text()) {
      out.emplace_back(each.text());
      continue;
    }
    const test::value* config = each.find("config");
    out.emplace_back(each["name"].text(), config ? *config : test::value());
  }
  return out;
}

// What a function in Lua answers, as a stand-in.
test::said played(lua_State* L, int function, const test::value& input) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, function);
  push(L, input);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
    const std::string why = lua_tostring(L, -1) ? lua_tostring(L, -1) : "an error without text";
    lua_pop(L, 1);
    throw std::runtime_error(why);
  }
  const test::value answer = read(L, -1);
  lua_pop(L, 1);
  const test::value* special = answer.is_object() ? answer.find(answer_mark) : nullptr;
  if (answer.is_null()) return test::said::nothing();
  if (!special) return test::said::result(answer);
  if (*special == "failure") return test::said::failure();
  if (*special == "silence") return test::said::silence();
  return test::said::refusal(answer["code"].text(), answer["message"].text());
}

test::stand_in read_stand_in(lua_State* L, int index) {
  test::stand_in out;
  lua_getfield(L, index, "manifest");
  out.manifest = text(L, -1);
  lua_pop(L, 1);
  lua_getfield(L, index, "does");
  if (lua_istable(L, -1)) {
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
      const int function = luaL_ref(L, LUA_REGISTRYINDEX); // as long as the state
      out.does[text(L, -1)] = [L, function](const test::value& input) {
        return played(L, function, input);
      };
    }
  }
  lua_pop(L, 1);
  return out;
}

std::string folder(const context& in, const std::string& written) {
  return written.starts_with("/") || in.folder.empty() ? written : in.folder + "/" + written;
}

test::options read_options(lua_State* L, int index) {
  const context& in = of(L);
  test::options out;
  out.under_test = in.folder;
  if (lua_isnoneornil(L, index)) return out;
  luaL_checktype(L, index, LUA_TTABLE);
  lua_getfield(L, index, "stand_ins");
  if (lua_istable(L, -1))
    for (lua_Integer i = 1; i <= static_cast<lua_Integer>(lua_rawlen(L, -1)); ++i) {
      lua_rawgeti(L, -1, i);
      out.stand_ins.push_back(read_stand_in(L, lua_gettop(L)));
      lua_pop(L, 1);
    }
  lua_pop(L, 1);
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    const std::string name = text(L, -2);
    const int at = lua_gettop(L);
    if (name == "under_test")
      out.under_test = lua_toboolean(L, at) != 0 ? folder(in, text(L, at)) : "";
    else if (name == "config")
      out.config = read(L, at);
    else if (name == "plugins")
      out.plugins = read_plugins(L, read(L, at));
    else if (name == "settings")
      out.settings = read(L, at);
    else if (name == "storage")
      out.storage = text(L, at);
    else if (name == "seed")
      out.seed = static_cast<std::uint64_t>(luaL_checkinteger(L, at));
    else if (name != "stand_ins")
      luaL_error(L,
                 "a host has no option `%s`; it has under_test, config, plugins, stand_ins, "
                 "settings, storage, seed",
                 name.c_str());
    lua_pop(L, 1);
  }
  return out;
}

int new_host(lua_State* L) {
  return guarded(L, [&] {
    context& in = of(L);
    const test::options with = read_options(L, 1);
    in.end(); // of the same test; another one at a time
    auto made = std::make_shared<host_box>();
    made->host = std::make_unique<test::host>(with, where(L));
    in.hosts.push_back(made);
    push_object<box>(L, host_type, {made, made});
    return 1;
  });
}

// ---- functions

int user(lua_State* L) {
  return guarded(L, [&] {
    std::vector<std::string> roles;
    for (int i = 3; i <= lua_gettop(L); ++i) roles.push_back(text(L, i));
    push_client(L, box_of(L, 1), host(L).user(text(L, 2), roles, where(L)));
    return 1;
  });
}

int guest(lua_State* L) {
  return guarded(L, [&] {
    push_client(L, box_of(L, 1), host(L).guest());
    return 1;
  });
}

int connect(lua_State* L) {
  return guarded(L, [&] {
    push_client(L, box_of(L, 1), host(L).connect(text(L, 2), read(L, 3)));
    return 1;
  });
}

int call_as_plugin(lua_State* L) {
  return guarded(L, [&] {
    push_reply(L, box_of(L, 1), host(L).call_as_plugin(text(L, 2), read(L, 3), where(L)));
    return 1;
  });
}

int run(lua_State* L) {
  return guarded(L, [&] {
    host(L).run();
    return 0;
  });
}

int advance(lua_State* L) {
  return guarded(L, [&] {
    const double seconds = luaL_checknumber(L, 2);
    host(L).advance(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
    return 0;
  });
}

int jobs(lua_State* L) {
  return guarded(L, [&] {
    push(L, host(L).jobs());
    return 1;
  });
}

int enqueue(lua_State* L) {
  return guarded(L, [&] {
    host(L).enqueue(text(L, 2), read(L, 3), where(L));
    return 0;
  });
}

int run_jobs(lua_State* L) {
  return guarded(L, [&] {
    host(L).run_jobs(where(L));
    return 0;
  });
}

int upgrade(lua_State* L) {
  return guarded(L, [&] {
    host(L).upgrade(lua_isnoneornil(L, 2) ? "" : folder(of(L), text(L, 2)), where(L));
    return 0;
  });
}

int refuses_upgrade(lua_State* L) {
  return guarded(L, [&] {
    push(L, host(L).refuses_upgrade(folder(of(L), text(L, 2)), where(L)));
    return 1;
  });
}

int restart(lua_State* L) {
  return guarded(L, [&] {
    host(L).restart(where(L));
    return 0;
  });
}

int stop(lua_State* L) {
  return guarded(L, [&] {
    host(L).stop(where(L));
    return 0;
  });
}

int inject(lua_State* L) {
  return guarded(L, [&] {
    host(L).inject(text(L, 2), static_cast<unsigned>(luaL_optinteger(L, 3, 1)), where(L));
    return 0;
  });
}

int injected(lua_State* L) {
  lua_pushboolean(L, host(L).injected() ? 1 : 0);
  return 1;
}

int logged(lua_State* L) {
  lua_pushboolean(L, host(L).logged(text(L, 2)) ? 1 : 0);
  return 1;
}

int metric(lua_State* L) {
  lua_pushnumber(L, host(L).metric(text(L, 2)));
  return 1;
}

int now(lua_State* L) {
  push(L, host(L).now());
  return 1;
}

int transcript(lua_State* L) {
  push(L, host(L).transcript());
  return 1;
}

int fault_names(lua_State* L) {
  std::vector<test::value> names;
  for (const test::fault& each : test::faults()) names.emplace_back(each.name);
  push(L, names);
  return 1;
}

// Runs the function with a new host for each fault and each occasion.
int under_each_fault(lua_State* L) {
  luaL_checktype(L, 2, LUA_TFUNCTION);
  return guarded(L, [&] {
    context& in = of(L);
    const test::options with = read_options(L, 1);
    in.end();
    for (const test::fault& fault : test::faults())
      for (unsigned nth = 1; nth <= 50; ++nth) {
        auto made = std::make_shared<host_box>();
        made->host = std::make_unique<test::host>(with, where(L));
        in.hosts.push_back(made);
        made->host->inject(fault.name, nth, where(L));
        lua_pushvalue(L, 2);
        push_object<box>(L, host_type, {made, made});
        std::string why;
        if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
          why = lua_tostring(L, -1) ? lua_tostring(L, -1) : "an error without text";
          lua_pop(L, 1);
        }
        const bool was = made->host->injected();
        if (why.empty()) why = in.end();
        if (!why.empty())
          throw std::runtime_error("under the fault " + std::string(fault.name) +
                                   " at its occasion " + std::to_string(nth) + ":\n" + why);
        if (!was) break;
      }
    return 0;
  });
}

} // namespace

std::string context::end() {
  std::string wrong;
  for (const box& each : std::exchange(hosts, {})) {
    if (!each->host) continue;
    try {
      each->host->stop();
    } catch (const test::failure& why) {
      wrong += why.what();
    }
    each->host.reset();
  }
  return wrong;
}

void register_host(lua_State* L) {
  static const luaL_Reg functions[] = {{"user", user},
                                       {"guest", guest},
                                       {"connect", connect},
                                       {"call_as_plugin", call_as_plugin},
                                       {"run", run},
                                       {"advance", advance},
                                       {"jobs", jobs},
                                       {"run_jobs", run_jobs},
                                       {"enqueue", enqueue},
                                       {"upgrade", upgrade},
                                       {"refuses_upgrade", refuses_upgrade},
                                       {"restart", restart},
                                       {"stop", stop},
                                       {"inject", inject},
                                       {"injected", injected},
                                       {"logged", logged},
                                       {"metric", metric},
                                       {"now", now},
                                       {"transcript", transcript},
                                       {nullptr, nullptr}};
  luaL_newmetatable(L, host_type);
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, collect<box>);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

void add_host_functions(lua_State* L) {
  static const luaL_Reg functions[] = {{"host", new_host},
                                       {"faults", fault_names},
                                       {"under_each_fault", under_each_fault},
                                       {nullptr, nullptr}};
  luaL_setfuncs(L, functions, 0);
}

} // namespace parley::lua::testkit
