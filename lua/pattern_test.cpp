#include "pattern.hpp"

#include <gtest/gtest.h>
#include <lua.hpp>

#include <memory>
#include <random>
#include <string>

namespace parley::lua {
namespace {

// The reference: what Lua's own string.find says, as "begin-end [capture]…" or its error.
class reference {
 public:
  reference() : state_(luaL_newstate(), lua_close) { luaL_openlibs(state_.get()); }

  std::string match(const std::string& s, const std::string& p) {
    lua_State* const L = state_.get();
    lua_settop(L, 0);
    lua_getglobal(L, "string");
    lua_getfield(L, 1, "find");
    lua_pushlstring(L, s.data(), s.size());
    // An anchor, and captures always, so that the C function's short cut for plain text is not
    // taken.
    lua_pushlstring(L, ("^" + p).c_str(), p.size() + 1);
    if (lua_pcall(L, 2, LUA_MULTRET, 0) != LUA_OK) return "error";
    std::string out;
    for (int i = 2; i <= lua_gettop(L); ++i) {
      out += lua_isnil(L, i) ? "nil" : luaL_tolstring(L, i, nullptr);
      if (!lua_isnil(L, i)) lua_pop(L, 1);
      out += '|';
    }
    return out;
  }

 private:
  std::unique_ptr<lua_State, void (*)(lua_State*)> state_;
};

std::string ours(const std::string& s, const std::string& p) {
  std::uint64_t budget = 1'000'000;
  pattern_match m(s, p, &budget);
  std::size_t end = 0;
  const bool found = m.at(0, &end);
  if (m.fault() != nullptr) return "error";
  if (!found) return "nil|";
  std::string out = "1|" + std::to_string(end) + "|";
  for (int i = 0; i < m.captures(); ++i) {
    const capture& c = m.at_index(i);
    if (c.length == capture::open) return "error";
    out += c.length == capture::position ? std::to_string(c.begin + 1)
                                         : s.substr(c.begin, static_cast<std::size_t>(c.length));
    out += '|';
  }
  return out;
}

TEST(lua_pattern, agrees_with_lua_on_chosen_cases) {
  reference lua;
  const char* const cases[][2] = {
      {"hello world", "(%w+) (%w+)"},
      {"key = value", "(%w+)%s*=%s*(%w+)"},
      {"aaa", "a-"},
      {"aaab", "a-b"},
      {"", ""},
      {"", ".*"},
      {"x", "()x()"},
      {"(a(b)c)d", "%b()"},
      {"THE (quick) fox", "%f[%a]%a+"},
      {"abab", "(ab)%1"},
      {"[]", "[]]"},
      {"]", "[]]"},
      {"a-z", "[a-]+"},
      {"^", "[%^]"},
      {"^x", "[x^]+"},
      {"a]", "[^]]"},
      {"a", "[a"},
      {"a", "%"},
      {"a", "[%"},
      {"a", "[%a"},
      {"a", "(a"},
      {"a", "a)"},
      {"a", "%1"},
      {"aa", "(a)%2"},
      {"a", "%b"},
      {"a", "%bx"},
      {"a", "%f"},
      {"a", "%fa"},
      {"a$", "a$"},
      {"a$b", "a$b"},
      {"a", "a$"},
      {"", "$"},
      {"é", "."},
      {"aXb", "%u"},
      {"abc", "((a)(b))"},
      {"x", "()%1"},
      {"a.b", "a%.b"},
      {"a", "*"},
      {"a*", "a**"},
      {"-", "-"},
      {"5", "%d?%d"},
      {"0x1F", "0[xX](%x+)"},
      {"a", "[b-a]"},
      {"b", "[a-c-e]"},
      {"-", "[a-c-e]"},
      {"x", "(()"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(ours(c[0], c[1]), lua.match(c[0], c[1])) << c[0] << " ~ " << c[1];
}

TEST(lua_pattern, agrees_with_lua_on_random_cases) {
  reference lua;
  std::mt19937 random(4711);
  const std::string letters = "aab.%()[]^$*+-?12bfdws";
  const std::string subject_letters = "aab1 ()]";
  const auto text = [&random](const std::string& from, unsigned most) {
    std::string out(random() % most, ' ');
    for (char& c : out) c = from[random() % from.size()];
    return out;
  };
  for (int i = 0; i < 200'000; ++i) {
    const std::string p = text(letters, 10), s = text(subject_letters, 9);
    ASSERT_EQ(ours(s, p), lua.match(s, p)) << "'" << s << "' ~ '" << p << "'";
  }
}

TEST(lua_pattern, stops_when_the_steps_are_used_up) {
  const std::string s(1000, 'a');
  std::uint64_t budget = 10'000;
  pattern_match m(s, ".-.-.-.-b", &budget);
  std::size_t end = 0;
  EXPECT_FALSE(m.at(0, &end));
  EXPECT_TRUE(m.exhausted());
  EXPECT_EQ(budget, 0u);
}

} // namespace
} // namespace parley::lua
