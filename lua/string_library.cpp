// Lua's string functions; those that look for patterns go through the counted matcher.

#include "library.hpp"
#include "pattern.hpp"

#include <cstring>

namespace parley::lua {
namespace {

// Matches at the cost of the entry's budget.
class search {
 public:
  search(lua_State* L, std::string_view subject, std::string_view pattern)
      : L_(L), left_(vm::of(L).left()), before_(left_), match_(subject, pattern, &left_) {}

  bool at(std::size_t start, std::size_t* end) {
    before_ = left_ = vm::of(L_).left();
    const bool found = match_.at(start, end);
    vm::of(L_).charge(L_, before_ - left_ + 1);
    if (match_.fault() != nullptr) {
      if (match_.exhausted()) vm::of(L_).charge(L_, vm::of(L_).left() + 1);
      luaL_error(L_, "%s", match_.fault());
    }
    return found;
  }

  int captures() const { return match_.captures(); }

  // Pushes capture `i`, or the whole match where there are none and i is 0.
  void push(int i, std::string_view subject, std::size_t start, std::size_t end) {
    if (i >= match_.captures()) {
      if (i != 0) luaL_error(L_, "invalid capture index %%%d", i + 1);
      lua_pushlstring(L_, subject.data() + start, end - start);
      return;
    }
    const capture& c = match_.at_index(i);
    if (c.length == capture::position) {
      lua_pushinteger(L_, static_cast<lua_Integer>(c.begin) + 1);
    } else if (c.length < 0) {
      luaL_error(L_, "unfinished capture");
    } else {
      lua_pushlstring(L_, subject.data() + c.begin, static_cast<std::size_t>(c.length));
    }
  }

  int push_all(std::string_view subject, std::size_t start, std::size_t end, bool whole) {
    const int count = match_.captures() == 0 && whole ? 1 : match_.captures();
    luaL_checkstack(L_, count, "too many captures");
    for (int i = 0; i < count; ++i) push(i, subject, start, end);
    return count;
  }

 private:
  lua_State* L_;
  std::uint64_t left_;
  std::uint64_t before_;
  pattern_match match_;
};

// The start as Lua counts it, from 0; beyond the end: size + 1.
std::size_t start_of(lua_Integer init, std::size_t size) {
  if (init > 0) return static_cast<std::size_t>(init) - 1;
  if (init == 0 || init < -static_cast<lua_Integer>(size)) return 0;
  return size - static_cast<std::size_t>(-init);
}

bool is_plain(std::string_view pattern) {
  return pattern.find_first_of("^$*+?.([%-") == std::string_view::npos;
}

// Looking at a pattern as a whole, before any step of matching.
std::string_view check_pattern(lua_State* L) {
  const std::string_view pattern = check_text(L, 2);
  vm::of(L).charge(L, pattern.size() / 4);
  return pattern;
}

int find_or_match(lua_State* L, bool find) {
  const std::string_view s = check_text(L, 1);
  std::string_view p = check_pattern(L);
  std::size_t start = start_of(luaL_optinteger(L, 3, 1), s.size());
  if (start > s.size()) {
    luaL_pushfail(L);
    return 1;
  }
  if (find && (lua_toboolean(L, 4) || is_plain(p))) {
    vm::of(L).charge(L, (s.size() - start) / 16 + 1);
    const void* const hit = p.empty()
                                ? s.data() + start
                                : memmem(s.data() + start, s.size() - start, p.data(), p.size());
    if (hit == nullptr) {
      luaL_pushfail(L);
      return 1;
    }
    const auto at = static_cast<lua_Integer>(static_cast<const char*>(hit) - s.data());
    lua_pushinteger(L, at + 1);
    lua_pushinteger(L, at + static_cast<lua_Integer>(p.size()));
    return 2;
  }
  const bool anchored = !p.empty() && p[0] == '^';
  if (anchored) p.remove_prefix(1);
  search found(L, s, p);
  do {
    std::size_t end = 0;
    if (!found.at(start, &end)) continue;
    if (!find) return found.push_all(s, start, end, true);
    lua_pushinteger(L, static_cast<lua_Integer>(start) + 1);
    lua_pushinteger(L, static_cast<lua_Integer>(end));
    return found.push_all(s, start, end, false) + 2;
  } while (start++ < s.size() && !anchored);
  luaL_pushfail(L);
  return 1;
}

int string_find(lua_State* L) {
  return find_or_match(L, true);
}
int string_match(lua_State* L) {
  return find_or_match(L, false);
}

// Upvalues: subject, pattern, where to go on, the end of the last match (-1: none yet).
int gmatch_next(lua_State* L) {
  const std::string_view s = check_text(L, lua_upvalueindex(1));
  const std::string_view p = check_text(L, lua_upvalueindex(2));
  const auto last = lua_tointeger(L, lua_upvalueindex(4));
  search found(L, s, p);
  for (auto at = static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(3))); at <= s.size();
       ++at) {
    std::size_t end = 0;
    if (!found.at(at, &end) || static_cast<lua_Integer>(end) == last) continue;
    lua_pushinteger(L, static_cast<lua_Integer>(end));
    lua_copy(L, -1, lua_upvalueindex(3));
    lua_replace(L, lua_upvalueindex(4));
    return found.push_all(s, at, end, true);
  }
  return 0;
}

int string_gmatch(lua_State* L) {
  const std::size_t size = check_text(L, 1).size();
  check_text(L, 2);
  const std::size_t start = start_of(luaL_optinteger(L, 3, 1), size);
  lua_settop(L, 2);
  lua_pushinteger(L, static_cast<lua_Integer>(start > size ? size + 1 : start));
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, gmatch_next, 4);
  return 1;
}

void add_template(lua_State* L, luaL_Buffer* out, search& found, std::string_view s,
                  std::size_t start, std::size_t end) {
  const std::string_view text = check_text(L, 3);
  vm::of(L).charge(L, text.size() / 4);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      luaL_addchar(out, text[i]);
      continue;
    }
    const char c = ++i < text.size() ? text[i] : '\0';
    if (c == '%') {
      luaL_addchar(out, '%');
    } else if (c == '0') {
      luaL_addlstring(out, s.data() + start, end - start);
    } else if (c >= '1' && c <= '9') {
      found.push(c - '1', s, start, end);
      luaL_tolstring(L, -1, nullptr);
      lua_remove(L, -2);
      luaL_addvalue(out);
    } else {
      luaL_error(L, "invalid use of '%%' in replacement string");
    }
  }
}

void add_replacement(lua_State* L, luaL_Buffer* out, search& found, std::string_view s,
                     std::size_t start, std::size_t end) {
  switch (lua_type(L, 3)) {
    case LUA_TFUNCTION: {
      lua_pushvalue(L, 3);
      const int arguments = found.push_all(s, start, end, true);
      lua_call(L, arguments, 1);
      break;
    }
    case LUA_TTABLE:
      found.push(0, s, start, end);
      lua_gettable(L, 3);
      break;
    default:
      add_template(L, out, found, s, start, end);
      return;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(out, s.data() + start, end - start);
    return;
  }
  if (!lua_isstring(L, -1)) {
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  }
  luaL_addvalue(out);
}

int string_gsub(lua_State* L) {
  const std::string_view s = check_text(L, 1);
  std::string_view p = check_text(L, 2);
  const int type = lua_type(L, 3);
  luaL_argexpected(
      L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE,
      3, "string/function/table");
  const lua_Integer most = luaL_optinteger(L, 4, static_cast<lua_Integer>(s.size()) + 1);
  lua_settop(L, 3);
  const bool anchored = !p.empty() && p[0] == '^';
  if (anchored) p.remove_prefix(1);
  search found(L, s, p);
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  lua_Integer count = 0;
  std::size_t at = 0;
  constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t last = none;
  while (count < most) {
    std::size_t end = 0;
    if (found.at(at, &end) && end != last) {
      ++count;
      add_replacement(L, &out, found, s, at, end);
      at = last = end;
    } else if (at < s.size()) {
      luaL_addchar(&out, s[at]);
      ++at;
    } else {
      break;
    }
    if (anchored) break;
  }
  if (at < s.size()) luaL_addlstring(&out, s.data() + at, s.size() - at);
  luaL_pushresult(&out);
  lua_pushinteger(L, count);
  return 2;
}

// The one that comes with Lua loops n times over nothing.
int string_rep(lua_State* L) {
  const std::string_view s = check_text(L, 1);
  const lua_Integer times = luaL_checkinteger(L, 2);
  std::size_t separator = 0;
  luaL_optlstring(L, 3, "", &separator);
  if (times <= 0 || s.size() + separator == 0) {
    lua_pushliteral(L, "");
    return 1;
  }
  vm::of(L).charge(L, static_cast<std::uint64_t>(times)); // each is a copy of its own
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

// Upvalue: the function of Lua's own.
int charged_by_length(lua_State* L) {
  std::uint64_t bytes = 0;
  for (int i = lua_gettop(L); i > 0; --i) {
    if (lua_type(L, i) == LUA_TSTRING) bytes += lua_rawlen(L, i);
  }
  vm::of(L).charge(L, bytes / 8 + 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

constexpr luaL_Reg counted[] = {{"find", string_find},
                                {"match", string_match},
                                {"gmatch", string_gmatch},
                                {"gsub", string_gsub},
                                {nullptr, nullptr}};

} // namespace

void charge_by_length(lua_State* L, std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, charged_by_length, 1);
    lua_setfield(L, -2, name);
  }
}

void open_strings(lua_State* L) {
  luaL_requiref(L, LUA_STRLIBNAME, luaopen_string, 1);
  luaL_setfuncs(L, counted, 0);
  lua_getfield(L, -1, "rep");
  lua_pushcclosure(L, string_rep, 1);
  lua_setfield(L, -2, "rep");
  charge_by_length(L, {"format", "lower", "pack", "packsize", "reverse", "unpack", "upper"});
  lua_pushnil(L);
  lua_setfield(L, -2, "dump");
  lua_pop(L, 1);
}

} // namespace parley::lua
