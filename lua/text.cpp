// Text beyond ASCII: lower case and words, by the C library's tables of Unicode.

#include "library.hpp"

#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <iterator>
#include <string>

namespace parley::lua {
namespace {

// Its own, so that the program's locale does not matter.
locale_t unicode() {
  static const locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return made;
}

// The code point at *at, which moves on; a byte that is not UTF-8 stands for itself.
char32_t next(std::string_view text, std::size_t* at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(*at);
  const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : 0;
  char32_t code = more == 0 ? first : first & (0x3Fu >> more);
  for (std::size_t i = 1; i <= more; ++i) {
    if (*at + i >= text.size() || (byte(*at + i) & 0xC0) != 0x80) {
      ++*at;
      return first;
    }
    code = (code << 6) | (byte(*at + i) & 0x3Fu);
  }
  *at += more + 1;
  return code;
}

char32_t lower(char32_t code) {
  if (code < 128) return code >= 'A' && code <= 'Z' ? code + 32 : code;
  if (unicode() == nullptr) return code;
  return static_cast<char32_t>(towlower_l(static_cast<wint_t>(code), unicode()));
}

// Characters that are not seen: a word with one inside is still that word.
bool is_invisible(char32_t code) {
  return code == 0xAD || code == 0x34F || code == 0xFEFF || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2060 && code <= 0x2064) || (code >= 0xFE00 && code <= 0xFE0F);
}

bool is_word(char32_t code) {
  if (code < 128) {
    return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') ||
           (code >= 'A' && code <= 'Z') || code == '_';
  }
  if (code >= 0x300 && code <= 0x36F) return true; // accents that are combined
  return unicode() != nullptr && iswalnum_l(static_cast<wint_t>(code), unicode()) != 0;
}

// Scripts that write no spaces between words (Thai to Khmer, Chinese, Japanese, Korean): a word of
// another script ends where they begin.
bool is_unspaced(char32_t code) {
  constexpr char32_t ranges[][2] = {{0x0E00, 0x0EFF}, {0x1000, 0x109F},  {0x1780, 0x17FF},
                                    {0x2E80, 0xA4CF}, {0xAC00, 0xD7AF},  {0xF900, 0xFAFF},
                                    {0xFF66, 0xFF9F}, {0x20000, 0x3FFFF}};
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [code](const auto& r) { return code >= r[0] && code <= r[1]; });
}

void add(luaL_Buffer* out, char32_t code) {
  const auto put = [out](char32_t byte) { luaL_addchar(out, static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

void push_lower(lua_State* L, std::string_view text, bool visible_only) {
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t before = at;
    const char32_t code = next(text, &at);
    if (visible_only && is_invisible(code)) continue;
    const char32_t small = lower(code);
    if (small == code) {
      luaL_addlstring(&out, text.data() + before, at - before); // also what is not UTF-8
    } else {
      add(&out, small);
    }
  }
  luaL_pushresult(&out);
}

int text_lower(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  vm::of(L).charge(L, text.size() / 4 + 1);
  push_lower(L, text, false);
  return 1;
}

// Upvalues: the text, where to go on. Gives first byte, last byte, the word in lower case.
int next_word(lua_State* L) {
  const std::string_view text = check_text(L, lua_upvalueindex(1));
  auto at = static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(2)));
  const std::size_t from = at;
  std::size_t begin = text.size(), end = text.size();
  bool inside = false, unspaced = false;
  while (at < text.size()) {
    const std::size_t here = at;
    const char32_t code = next(text, &at);
    if (is_word(code)) {
      if (inside && is_unspaced(code) != unspaced) {
        at = here; // the next word
        break;
      }
      if (!inside) begin = here;
      unspaced = is_unspaced(code);
      inside = true;
      end = at;
    } else if (inside && !is_invisible(code)) {
      break;
    }
  }
  vm::of(L).charge(L, (at - from) / 4 + 1);
  lua_pushinteger(L, static_cast<lua_Integer>(at));
  lua_replace(L, lua_upvalueindex(2));
  if (!inside) return 0;
  lua_pushinteger(L, static_cast<lua_Integer>(begin) + 1);
  lua_pushinteger(L, static_cast<lua_Integer>(end));
  push_lower(L, text.substr(begin, end - begin), true);
  return 3;
}

int text_words(lua_State* L) {
  check_text(L, 1);
  lua_settop(L, 1);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_word, 2);
  return 1;
}

} // namespace

void add_text(lua_State* L) {
  lua_pushcfunction(L, text_lower);
  lua_setfield(L, -2, "lower");
  lua_pushcfunction(L, text_words);
  lua_setfield(L, -2, "words");
}

} // namespace parley::lua
