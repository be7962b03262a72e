// Lua's values as the host's.

#include "values.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace parley::lua {
namespace {

constexpr std::size_t max_bytes = 8u << 20;
constexpr std::size_t node_bytes = 32;

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
    if (++depth_ > max_value_depth)
      refuse("is nested deeper than " + std::to_string(max_value_depth));
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

} // namespace

parley_value build_value(lua_State* L, int index, parley_call call, bool empty_is_array) {
  if (lua_isnil(L, index)) return 0;
  const parley_slot slot = builder(L, call).slot(index, empty_is_array);
  if (slot.kind == PARLEY_ARRAY || slot.kind == PARLEY_OBJECT) return slot.as.value;
  parley_value out = 0;
  check(L, vm::of(L).api.value->scalar(call, &slot, &out), "a value could not be built");
  return out;
}

} // namespace parley::lua
