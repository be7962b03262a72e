#include "values.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace parley::lua {
namespace {

constexpr int max_depth = 32; // as in the protocol
constexpr std::size_t max_bytes = 8u << 20;
constexpr std::size_t node_bytes = 32;

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

void push_slot(lua_State* L, const parley_slot& slot, int depth);

void push_array(lua_State* L, parley_value value, int depth) {
  const host_api& api = vm::of(L).api;
  constexpr std::uint32_t chunk = 64;
  parley_slot slots[chunk];
  std::uint32_t total = 0;
  check(L, api.value->items(value, 0, slots, chunk, &total), "an array could not be read");
  lua_createtable(L, static_cast<int>(total), 0);
  luaL_setmetatable(L, array_mark);
  for (std::uint32_t at = 0; at < total;) {
    const std::uint32_t here = std::min(chunk, total - at);
    for (std::uint32_t i = 0; i < here; ++i) {
      push_slot(L, slots[i], depth);
      lua_rawseti(L, -2, static_cast<lua_Integer>(at + i) + 1);
    }
    at += here;
    if (at < total) {
      check(L, api.value->items(value, at, slots, chunk, &total), "an array could not be read");
    }
  }
}

void push_object(lua_State* L, parley_value value, int depth) {
  const host_api& api = vm::of(L).api;
  constexpr std::uint32_t chunk = 32;
  parley_str names[chunk];
  parley_slot slots[chunk];
  std::uint32_t total = 0;
  check(L, api.value->members(value, 0, names, slots, chunk, &total),
        "an object could not be read");
  lua_createtable(L, 0, static_cast<int>(total));
  for (std::uint32_t at = 0; at < total;) {
    const std::uint32_t here = std::min(chunk, total - at);
    for (std::uint32_t i = 0; i < here; ++i) {
      lua_pushlstring(L, names[i].ptr, names[i].len);
      push_slot(L, slots[i], depth);
      lua_rawset(L, -3);
    }
    at += here;
    if (at < total) {
      check(L, api.value->members(value, at, names, slots, chunk, &total),
            "an object could not be read");
    }
  }
}

void push_slot(lua_State* L, const parley_slot& slot, int depth) {
  if (depth > max_depth) luaL_error(L, "a value is nested deeper than %d", int{max_depth});
  luaL_checkstack(L, 4, "a value is nested too deep");
  switch (slot.kind) {
    case PARLEY_ABSENT:
      lua_pushnil(L);
      break;
    case PARLEY_NULL:
      lua_pushlightuserdata(L, nullptr);
      break;
    case PARLEY_BOOL:
      lua_pushboolean(L, slot.as.integer != 0);
      break;
    case PARLEY_INTEGER:
      lua_pushinteger(L, slot.as.integer);
      break;
    case PARLEY_NUMBER:
      lua_pushnumber(L, slot.as.number);
      break;
    case PARLEY_STRING:
      lua_pushlstring(L, slot.as.text.ptr, slot.as.text.len);
      break;
    case PARLEY_ARRAY:
      push_array(L, slot.as.value, depth + 1);
      break;
    case PARLEY_OBJECT:
      push_object(L, slot.as.value, depth + 1);
      break;
    default:
      luaL_error(L, "a value of an unknown kind (%d)", slot.kind);
  }
}

class builder {
 public:
  builder(lua_State* L, parley_call call) : L_(L), api_(vm::of(L).api), call_(call) {}

  parley_slot slot(int index, bool empty_is_array) {
    parley_slot out{};
    add(node_bytes);
    switch (lua_type(L_, index)) {
      case LUA_TNIL:
        out.kind = PARLEY_NULL;
        break;
      case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L_, index) != nullptr) refuse("is not data");
        out.kind = PARLEY_NULL;
        break;
      case LUA_TBOOLEAN:
        out.kind = PARLEY_BOOL;
        out.as.integer = lua_toboolean(L_, index);
        break;
      case LUA_TNUMBER:
        number(index, &out);
        break;
      case LUA_TSTRING:
        out.kind = PARLEY_STRING;
        out.as.text = text(index);
        break;
      case LUA_TTABLE:
        table(lua_absindex(L_, index), empty_is_array, &out);
        break;
      default:
        refuse("is a " + std::string(luaL_typename(L_, index)) + ", which is not data");
    }
    return out;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) {
    std::string path = path_.empty() ? "the value" : path_;
    luaL_error(L_, "%s %s", path.c_str(), what.c_str());
    std::abort(); // not reached
  }

  // The same table or text may be reached many times over, and is built each time.
  void add(std::size_t bytes) {
    bytes_ += bytes;
    if (bytes_ > max_bytes) refuse("is larger than 8 MiB");
    vm::of(L_).charge(L_, bytes / 16 + 1);
  }

  void number(int index, parley_slot* out) {
    if (lua_isinteger(L_, index)) {
      out->kind = PARLEY_INTEGER;
      out->as.integer = lua_tointeger(L_, index);
      return;
    }
    out->kind = PARLEY_NUMBER;
    out->as.number = lua_tonumber(L_, index);
    if (!std::isfinite(out->as.number)) refuse("is not a finite number");
  }

  parley_str text(int index) {
    std::size_t length = 0;
    const char* const bytes = lua_tolstring(L_, index, &length);
    add(length);
    if (!is_utf8({bytes, length})) refuse("is not UTF-8");
    return {bytes, length};
  }

  void table(int index, bool empty_is_array, parley_slot* out) {
    if (++depth_ > max_depth) refuse("is nested deeper than " + std::to_string(max_depth));
    luaL_checkstack(L_, 8, "a value is nested too deep");
    const int top = lua_gettop(L_);
    bool marked = false;
    if (lua_getmetatable(L_, index)) {
      luaL_getmetatable(L_, array_mark);
      marked = lua_rawequal(L_, -1, -2);
      lua_pop(L_, 1);
      lua_pushstring(L_, readonly_mark); // a read-only view: what is behind it
      if (lua_rawget(L_, -2) == LUA_TTABLE) {
        const int behind = lua_gettop(L_);
        --depth_;
        table(behind, empty_is_array, out);
        lua_settop(L_, top);
        return;
      }
    }
    lua_settop(L_, top);
    lua_pushnil(L_);
    const bool empty = lua_next(L_, index) == 0;
    lua_settop(L_, top);
    if (marked || (empty && empty_is_array) || (!empty && lua_rawlen(L_, index) > 0)) {
      array(index, out);
    } else {
      object(index, out);
    }
    --depth_;
  }

  void array(int index, parley_slot* out) {
    const lua_Unsigned length = lua_rawlen(L_, index);
    lua_Unsigned members = 0;
    bool numbered = true;
    for (lua_pushnil(L_); lua_next(L_, index) != 0; lua_pop(L_, 1)) {
      const lua_Integer key = lua_isinteger(L_, -2) ? lua_tointeger(L_, -2) : 0;
      numbered = numbered && key >= 1 && static_cast<lua_Unsigned>(key) <= length;
      ++members;
    }
    if (!numbered || members != length) {
      refuse("is neither an array nor an object: it has holes or mixed keys");
    }
    std::vector<parley_slot> slots;
    slots.reserve(length);
    const std::size_t here = path_.size();
    for (lua_Unsigned i = 1; i <= length; ++i) {
      path_ += "[" + std::to_string(i) + "]";
      lua_rawgeti(L_, index, static_cast<lua_Integer>(i));
      slots.push_back(slot(-1, false));
      lua_pop(L_, 1); // a string stays alive in its table
      path_.resize(here);
    }
    out->kind = PARLEY_ARRAY;
    check(L_,
          api_.value->array(call_, slots.data(), static_cast<std::uint32_t>(slots.size()),
                            &out->as.value),
          "an array could not be built");
  }

  void object(int index, parley_slot* out) {
    struct member {
      std::string_view name;
      parley_slot slot;
    };
    std::vector<member> members;
    const std::size_t here = path_.size();
    for (lua_pushnil(L_); lua_next(L_, index) != 0; lua_pop(L_, 1)) {
      if (lua_type(L_, -2) != LUA_TSTRING) refuse("has a key that is not a string");
      const parley_str name = text(-2);
      path_ += (path_.empty() ? "" : ".") + std::string(view_of(name));
      members.push_back({view_of(name), slot(-1, false)});
      path_.resize(here);
    }
    // The order of a table changes from run to run; what is stored should not.
    std::sort(members.begin(), members.end(),
              [](const member& a, const member& b) { return a.name < b.name; });
    std::vector<parley_str> names;
    std::vector<parley_slot> slots;
    for (const member& m : members) {
      names.push_back(to_str(m.name));
      slots.push_back(m.slot);
    }
    out->kind = PARLEY_OBJECT;
    check(L_,
          api_.value->object(call_, names.data(), slots.data(),
                             static_cast<std::uint32_t>(slots.size()), &out->as.value),
          "an object could not be built");
  }

  lua_State* L_;
  const host_api& api_;
  parley_call call_;
  std::string path_;
  int depth_ = 0;
  std::size_t bytes_ = 0;
};

int refuse_write(lua_State* L) {
  return luaL_error(L, "this table is read-only");
}

int readonly_length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(lua_rawlen(L, lua_upvalueindex(1))));
  return 1;
}

int readonly_next(lua_State* L) {
  lua_settop(L, 2);
  return lua_next(L, lua_upvalueindex(1)) != 0 ? 2 : (lua_pushnil(L), 1);
}

int readonly_pairs(lua_State* L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushcclosure(L, readonly_next, 1); // never the table itself
  return 1;
}

} // namespace

bool is_utf8(std::string_view text) {
  const auto* s = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t n = text.size();
  for (std::size_t i = 0; i < n;) {
    if (s[i] < 0x80) {
      ++i;
      continue;
    }
    const int more = s[i] >= 0xF0 ? 3 : s[i] >= 0xE0 ? 2 : 1;
    if (s[i] < 0xC2 || s[i] > 0xF4 || n - i <= static_cast<std::size_t>(more)) return false;
    for (int k = 1; k <= more; ++k) {
      if ((s[i + k] & 0xC0) != 0x80) return false;
    }
    if ((s[i] == 0xE0 && s[i + 1] < 0xA0) || (s[i] == 0xED && s[i + 1] > 0x9F) ||
        (s[i] == 0xF0 && s[i + 1] < 0x90) || (s[i] == 0xF4 && s[i + 1] > 0x8F)) {
      return false;
    }
    i += static_cast<std::size_t>(more) + 1;
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string out(text);
  if (is_utf8(text)) return out;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return out;
}

void push_value(lua_State* L, parley_value value) {
  if (value == 0) {
    lua_pushnil(L);
    return;
  }
  parley_slot slot{};
  check(L, vm::of(L).api.value->read(value, &slot), "a value could not be read");
  if (slot.kind == PARLEY_NULL) {
    lua_pushnil(L);
  } else {
    push_slot(L, slot, 0);
  }
}

parley_value build_value(lua_State* L, int index, parley_call call, bool empty_is_array) {
  if (lua_isnil(L, index)) return 0;
  const parley_slot slot = builder(L, call).slot(index, empty_is_array);
  if (slot.kind == PARLEY_ARRAY || slot.kind == PARLEY_OBJECT) return slot.as.value;
  parley_value out = 0;
  check(L, vm::of(L).api.value->scalar(call, &slot, &out), "a value could not be built");
  return out;
}

void make_readonly(lua_State* L) {
  luaL_checkstack(L, 8, "a value is nested too deep");
  const int inner = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, inner) != 0;) {
    if (lua_istable(L, -1)) {
      make_readonly(L);
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, inner); // an existing key: the traversal stays valid
    } else {
      lua_pop(L, 1);
    }
  }
  lua_newtable(L);
  lua_createtable(L, 0, 6);
  lua_pushvalue(L, inner);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, refuse_write);
  lua_setfield(L, -2, "__newindex");
  lua_pushvalue(L, inner);
  lua_pushcclosure(L, readonly_length, 1);
  lua_setfield(L, -2, "__len");
  lua_pushvalue(L, inner);
  lua_pushcclosure(L, readonly_pairs, 1);
  lua_setfield(L, -2, "__pairs");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, inner);
  lua_setfield(L, -2, readonly_mark);
  lua_setmetatable(L, -2);
  lua_replace(L, inner);
}

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

// Whether it begins with `file.lua:line:`, as what `error` raises does unless it is told otherwise.
static bool names_a_line(std::string_view text) {
  const std::size_t file = text.substr(0, 80).find(".lua:");
  if (file == std::string_view::npos) return false;
  const std::size_t end = text.find_first_not_of("0123456789", file + 5);
  return end != std::string_view::npos && end > file + 5 && text[end] == ':';
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
