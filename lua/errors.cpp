// Errors: between Lua's and the host's, and what a fault says in the log.

#include "values.hpp"

namespace parley::lua {
namespace {

struct code_name {
  parley_status status;
  const char* code;
};
constexpr code_name codes[] = {{PARLEY_E_INVALID, "invalid_params"},
                               {PARLEY_E_NOT_FOUND, "not_found"},
                               {PARLEY_E_FORBIDDEN, "forbidden"},
                               {PARLEY_E_CONFLICT, "conflict"},
                               {PARLEY_E_DEADLINE, "deadline_exceeded"},
                               {PARLEY_E_CANCELLED, "cancelled"},
                               {PARLEY_E_UNAVAILABLE, "unavailable"},
                               {PARLEY_E_LIMIT, "too_many_requests"},
                               {PARLEY_E_FAILED, "internal"},
                               {PARLEY_E_THREAD, "internal"},
                               {PARLEY_E_STALE, "ended"},
                               {PARLEY_E_REPEATED, "repeated"},
                               {PARLEY_E_REFUSED, "refused"}};

// Whether it begins with `file.lua:line:`, as what `error` raises does unless it is told otherwise.
bool names_a_line(std::string_view text) {
  const std::size_t file = text.substr(0, 80).find(".lua:");
  if (file == std::string_view::npos) return false;
  const std::size_t end = text.find_first_not_of("0123456789", file + 5);
  return end != std::string_view::npos && end > file + 5 && text[end] == ':';
}

} // namespace

const char* code_of(parley_status status) {
  for (const code_name& c : codes) {
    if (c.status == status) return c.code;
  }
  return "internal";
}

parley_status status_of(std::string_view code) {
  for (const code_name& c : codes) {
    if (code == c.code) return c.status;
  }
  return PARLEY_E_REFUSED;
}

void push_error(lua_State* L, const failure& what) {
  lua_createtable(L, 0, 5);
  const auto set = [L](const char* name, const std::string& text) {
    if (text.empty()) return;
    lua_pushlstring(L, text.data(), text.size());
    lua_setfield(L, -2, name);
  };
  set("code", what.code.empty() ? code_of(what.status) : what.code);
  set("message", what.message);
  set("field", what.field);
  set("where", what.where);
  if (what.retry_after_ms > 0) {
    lua_pushinteger(L, what.retry_after_ms);
    lua_setfield(L, -2, "retry_after_ms");
  }
  luaL_setmetatable(L, error_mark);
}

bool is_error(lua_State* L, int index) {
  if (!lua_istable(L, index) || !lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, error_mark);
  const bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same;
}

bool read_error(lua_State* L, int index, failure* out) {
  if (!lua_istable(L, index)) return false;
  index = lua_absindex(L, index);
  const auto get = [&](const char* name) {
    lua_pushstring(L, name);
    lua_rawget(L, index);
    std::string text;
    if (lua_type(L, -1) == LUA_TSTRING) {
      std::size_t length = 0;
      const char* const bytes = lua_tolstring(L, -1, &length);
      text = printable({bytes, length});
    }
    lua_pop(L, 1);
    return text;
  };
  out->code = get("code");
  if (out->code.empty()) return false;
  out->status = status_of(out->code);
  if (out->status == PARLEY_E_STALE) out->status = PARLEY_E_FAILED;
  out->message = get("message");
  out->field = get("field");
  out->where = get("where");
  lua_pushstring(L, "retry_after_ms");
  lua_rawget(L, index);
  if (lua_isinteger(L, -1)) out->retry_after_ms = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return true;
}

void check(lua_State* L, parley_status status, const char* what) {
  if (status == PARLEY_OK) return;
  switch (
      status) { // what only a wrong plugin or a wrong host brings about is no answer to a caller
    case PARLEY_E_STALE:
      luaL_error(L, "%s: the call has ended", what);
      break;
    case PARLEY_E_INVALID:
    case PARLEY_E_NOT_FOUND:
    case PARLEY_E_THREAD:
    case PARLEY_E_FAILED:
      luaL_error(L, "%s (%s)", what, code_of(status));
      break;
    default:
      break;
  }
  failure f;
  f.status = status;
  f.where = line_of(L);
  push_error(L, f);
  lua_error(L);
}

void check_completion(lua_State* L, const task& t) {
  if (t.status == PARLEY_OK) return;
  failure f;
  f.status = t.status;
  f.where = line_of(L);
  parley_slot slot{};
  if (t.result != 0 && vm::of(L).api.value->read(t.result, &slot) == PARLEY_OK &&
      slot.kind == PARLEY_OBJECT) {
    push_value(L, t.result);
    const std::string here = std::move(f.where);
    read_error(L, -1, &f);
    f.where = here;
    lua_pop(L, 1);
  }
  push_error(L, f);
  lua_error(L);
}

void describe_error(lua_State* L, lua_State* thread, int status, failure* out) {
  if (status == LUA_ERRMEM) {
    out->fault = line_of(thread);
    out->fault += "out of memory: a plugin may use so much and no more";
    return;
  }
  if (read_error(L, -1, out)) return;
  std::size_t length = 0;
  if (lua_type(L, -1) == LUA_TSTRING || lua_type(L, -1) == LUA_TNUMBER) {
    const char* const text = lua_tolstring(L, -1, &length);
    out->fault = printable({text, length});
  } else {
    out->fault = "an error of type " + std::string(luaL_typename(L, -1)) + ", without a text";
  }
  if (!names_a_line(out->fault)) out->fault.insert(0, line_of(thread));
}

} // namespace parley::lua
