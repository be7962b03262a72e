// The module `parley`, and the plugin it gives: where an author sets handlers.

#include "library.hpp"
#include "values.hpp"

#include <parley/call.hpp>

#include <algorithm>
#include <cstdlib>

namespace parley::lua {
namespace {

enum class place { hook, method, route, job };

std::vector<std::string> declared_names(const manifest::manifest& m, place kind) {
  std::vector<std::string> names;
  if (kind == place::hook) {
    for (const auto& h : m.hooks) names.push_back(h.name);
  } else if (kind == place::route) {
    for (const auto& r : m.routes) names.push_back(r.name);
  } else if (kind == place::job) {
    for (const auto& j : m.jobs) names.push_back(j.name);
  } else {
    for (const auto& one : m.methods) names.push_back(one.name);
  }
  return names;
}

[[noreturn]] void refuse_name(lua_State* L, const char* kind, const std::string& name,
                              const std::vector<std::string>& known) {
  vm::of(L).charge(L, 1000 + 10 * name.size()); // comparing with every known name
  const std::string near = schema::nearest(name, known);
  const std::string hint = near.empty() ? "" : "; did you mean " + near + "?";
  luaL_error(L, "plugin.yaml declares no %s %s%s", kind, printable_name(name).c_str(),
             hint.c_str());
  std::abort(); // not reached
}

const char* word_of(place kind) {
  constexpr const char* words[] = {"hook", "method", "route", "job"};
  return words[static_cast<int>(kind)];
}

std::map<std::string, int>& handlers_of(vm& v, place kind) {
  switch (kind) {
    case place::hook:
      return v.hooks;
    case place::route:
      return v.routes;
    case place::job:
      return v.jobs;
    default:
      return v.methods;
  }
}

std::string path_of(lua_State* L) {
  const std::string above(check_name(L, lua_upvalueindex(2)));
  const std::string name(check_name(L, 2));
  return above.empty() ? name : above + "." + name;
}

void push_node(lua_State* L, place kind, const std::string& path);

// plugin.hooks.message: every step must lead towards a declared name, or the line is named.
int node_index(lua_State* L) {
  const auto kind = static_cast<place>(lua_tointeger(L, lua_upvalueindex(1)));
  const std::string path = path_of(L);
  vm& v = vm::of(L);
  const auto& set = handlers_of(v, kind);
  if (const auto found = set.find(path); found != set.end()) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, found->second);
    return 1;
  }
  const auto names = declared_names(v.declared, kind);
  for (const std::string& name : names) {
    if (name == path) return 0;
    if (name.starts_with(path + ".")) {
      push_node(L, kind, path);
      return 1;
    }
  }
  refuse_name(L, word_of(kind), path, names);
}

int keep_function(lua_State* L, std::map<std::string, int>* where, const std::string& name) {
  if (!vm::of(L).loading) return luaL_error(L, "handlers are set while the plugin loads");
  const auto found = where->find(name);
  if (found != where->end()) luaL_unref(L, LUA_REGISTRYINDEX, found->second);
  (*where)[name] = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

int node_newindex(lua_State* L) {
  const auto kind = static_cast<place>(lua_tointeger(L, lua_upvalueindex(1)));
  const std::string path = path_of(L);
  vm& v = vm::of(L);
  const auto names = declared_names(v.declared, kind);
  if (std::find(names.begin(), names.end(), path) == names.end()) {
    refuse_name(L, word_of(kind), path, names);
  }
  if (!lua_isfunction(L, 3)) {
    return luaL_error(L, "%s %s: must be a function", word_of(kind), path.c_str());
  }
  lua_settop(L, 3);
  return keep_function(L, &handlers_of(v, kind), path);
}

void push_node(lua_State* L, place kind, const std::string& path) {
  lua_newtable(L);
  lua_createtable(L, 0, 3);
  for (const auto& [name, function] :
       {std::pair{"__index", &node_index}, std::pair{"__newindex", &node_newindex}}) {
    lua_pushinteger(L, static_cast<lua_Integer>(kind));
    lua_pushlstring(L, path.data(), path.size());
    lua_pushcclosure(L, function, 2);
    lua_setfield(L, -2, name);
  }
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

// plugin.scopes.conversation = { access = …, places = … }
int scopes_newindex(lua_State* L) {
  vm& v = vm::of(L);
  const std::string name(check_name(L, 2));
  std::vector<std::string> names;
  names.reserve(v.declared.scopes.size());
  for (const auto& s : v.declared.scopes) names.push_back(s.name);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    refuse_name(L, "scope", name, names);
  }
  luaL_checktype(L, 3, LUA_TTABLE);
  for (const auto& [field, where] :
       {std::pair{"access", &v.access}, std::pair{"places", &v.places}}) {
    lua_pushstring(L, field);
    if (lua_rawget(L, 3) != LUA_TFUNCTION) {
      return luaL_error(L, "scope %s: %s must be a function", name.c_str(), field);
    }
    keep_function(L, where, name);
  }
  return 0;
}

int plugin_newindex(lua_State* L) {
  vm& v = vm::of(L);
  const std::string name(check_name(L, 2));
  if (name != "start" && name != "stop") {
    v.charge(L, 1000 + 10 * name.size());
    const std::string near =
        schema::nearest(name, {"start", "stop", "hooks", "methods", "routes", "jobs", "scopes"});
    const std::string hint = near.empty() ? "" : "; did you mean plugin." + near + "?";
    return luaL_error(L, "plugin.%s cannot be set%s", printable_name(name).c_str(), hint.c_str());
  }
  if (!v.loading) return luaL_error(L, "handlers are set while the plugin loads");
  luaL_checktype(L, 3, LUA_TFUNCTION);
  lua_settop(L, 3);
  (name == "start" ? v.start_function : v.stop_function) = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

int make_error(lua_State* L) {
  failure f;
  const std::string_view code = check_name(L, 1), field = luaL_optstring(L, 3, "");
  const std::string_view message = luaL_optstring(L, 2, "");
  vm::of(L).charge(L, 10 + (message.size() + field.size()) / 8);
  f.code = printable(code);
  f.message = printable(message);
  f.field = printable(field);
  push_error(L, f);
  return 1;
}

int error_text(lua_State* L) {
  failure f;
  if (!read_error(L, 1, &f)) f.code = "error";
  const std::string text = f.where + f.code + (f.message.empty() ? "" : ": " + f.message);
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

int write_log(lua_State* L) {
  vm& v = vm::of(L);
  v.charge(L, 1000);
  std::size_t length = 0;
  const char* const text = luaL_tolstring(L, 1, &length);
  v.log(v.current_call(), static_cast<int>(lua_tointeger(L, lua_upvalueindex(1))), {text, length});
  return 0;
}

int now(lua_State* L) {
  const host_api& api = vm::of(L).api;
  lua_pushinteger(L, api.env->now_ms(api.host));
  return 1;
}

int available(lua_State* L) {
  std::size_t size = 0;
  const char* name = luaL_checklstring(L, 1, &size);
  const host_api& api = vm::of(L).api;
  lua_pushboolean(L, api.call->available(api.host, {name, size}));
  return 1;
}

// RFC 3339, as fields of type `time` hold it.
int time_text(lua_State* L) {
  const host_api& api = vm::of(L).api;
  const lua_Integer ms =
      lua_isnoneornil(L, 1) ? api.env->now_ms(api.host) : luaL_checkinteger(L, 1);
  constexpr lua_Integer year_10000 = 253'402'300'800'000;
  luaL_argcheck(L, ms >= 0 && ms < year_10000, 1, "no time in milliseconds since 1970");
  const std::string text = parley::rfc3339(ms);
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

int new_id(lua_State* L) {
  const host_api& api = vm::of(L).api;
  char id[36];
  check(L, api.env->id(api.host, id), "no id could be made");
  lua_pushlstring(L, id, sizeof id);
  return 1;
}

int after(lua_State* L) {
  const lua_Integer delay = luaL_checkinteger(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  luaL_argcheck(L, delay >= 0 && delay <= INT32_MAX, 1, "must be milliseconds, 0 or more");
  vm& v = vm::of(L);
  if (v.loading) return luaL_error(L, "plugin.after works in handlers; use plugin.start");
  lua_pushinteger(L,
                  static_cast<lua_Integer>(v.add_timer(L, static_cast<std::uint32_t>(delay), 2)));
  return 1;
}

int cancel(lua_State* L) {
  vm::of(L).cancel_timer(static_cast<parley_timer>(luaL_checkinteger(L, 1)));
  return 0;
}

int mark_array(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  if (lua_getmetatable(L, 1) != 0) {
    luaL_getmetatable(L, array_mark);
    const bool is_one = lua_rawequal(L, -1, -2) != 0; // such as one that was read
    lua_settop(L, 1);
    if (is_one) return 1;
  }
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
    return luaL_error(L, "a table with a metatable cannot be an array");
  }
  lua_settop(L, 1);
  luaL_setmetatable(L, array_mark);
  return 1;
}

void push_log(lua_State* L) {
  lua_createtable(L, 0, 4);
  for (const auto& [name, level] :
       {std::pair{"debug", PARLEY_DEBUG}, std::pair{"info", PARLEY_INFO},
        std::pair{"warn", PARLEY_WARN}, std::pair{"error", PARLEY_ERROR}}) {
    lua_pushinteger(L, level);
    lua_pushcclosure(L, write_log, 1);
    lua_setfield(L, -2, name);
  }
}

void push_scopes(lua_State* L) {
  lua_newtable(L);
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, scopes_newindex);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

void push_config(lua_State* L) {
  const host_api& api = vm::of(L).api;
  parley_value config = 0;
  check(L, api.config->read(api.host, &config), "the configuration could not be read");
  push_value(L, config);
  if (!lua_istable(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
  }
  make_readonly(L);
}

void push_plugin(lua_State* L) {
  static constexpr luaL_Reg functions[] = {
      {"error", make_error},    {"deny", make_error}, {"now", now},
      {"id", new_id},           {"after", after},     {"cancel", cancel},
      {"available", available}, {"time", time_text},  {nullptr, nullptr}};
  const vm& v = vm::of(L);
  luaL_newlib(L, functions);
  lua_pushlstring(L, v.declared.name.data(), v.declared.name.size());
  lua_setfield(L, -2, "name");
  push_config(L);
  lua_setfield(L, -2, "config");
  push_node(L, place::hook, "");
  lua_setfield(L, -2, "hooks");
  push_node(L, place::method, "");
  lua_setfield(L, -2, "methods");
  push_node(L, place::route, "");
  lua_setfield(L, -2, "routes");
  push_node(L, place::job, "");
  lua_setfield(L, -2, "jobs");
  push_scopes(L);
  lua_setfield(L, -2, "scopes");
  push_log(L);
  lua_setfield(L, -2, "log");
  add_calls(L);
  add_metrics(L);
  add_storage(L);
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, plugin_newindex);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
}

int give_plugin(lua_State* L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  return 1;
}

} // namespace

void make_type(lua_State* L, const char* name, const luaL_Reg* methods) {
  luaL_newmetatable(L, name);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  if (methods != nullptr) {
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
}

void push_module(lua_State* L) {
  make_type(L, array_mark, nullptr);
  make_type(L, error_mark, nullptr);
  luaL_getmetatable(L, error_mark);
  lua_pushcfunction(L, error_text);
  lua_setfield(L, -2, "__tostring");
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushlightuserdata(L, nullptr);
  lua_setfield(L, -2, "null");
  lua_pushcfunction(L, mark_array);
  lua_setfield(L, -2, "array");
  add_text(L);
  push_plugin(L);
  lua_pushcclosure(L, give_plugin, 1);
  lua_setfield(L, -2, "plugin");
}

} // namespace parley::lua
