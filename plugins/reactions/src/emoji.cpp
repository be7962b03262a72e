#include "emoji.hpp"

#include <cstddef>
#include <vector>

namespace {

constexpr char32_t joiner = 0x200D, as_picture = 0xFE0F, keycap = 0x20E3;

bool between(char32_t code, char32_t first, char32_t last) {
  return code >= first && code <= last;
}

// The host has checked that it is UTF-8.
std::vector<char32_t> decode_utf8(std::string_view text) {
  std::vector<char32_t> out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
      code = (code << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    }
    out.push_back(code);
    i += length;
  }
  return out;
}

bool is_base(char32_t code) {
  return (between(code, 0x1F000, 0x1FAFF) && !between(code, 0x1F3FB, 0x1F3FF) &&
          !between(code, 0x1F1E6, 0x1F1FF)) ||
         between(code, 0x2190, 0x21FF) || between(code, 0x2300, 0x23FF) ||
         between(code, 0x25A0, 0x27BF) || between(code, 0x2934, 0x2935) ||
         between(code, 0x2B00, 0x2BFF) || code == 0x203C || code == 0x2049 || code == 0x2122 ||
         code == 0x2139 || code == 0x24C2 || code == 0x3030 || code == 0x303D || code == 0x3297 ||
         code == 0x3299 || code == 0xA9 || code == 0xAE;
}

bool is_modifier(char32_t code) {
  return code == as_picture || between(code, 0x1F3FB, 0x1F3FF) || // the tone of a skin
         between(code, 0xE0020, 0xE007F);                         // the flag of a region
}

bool is_flag(const std::vector<char32_t>& codes) {
  return codes.size() == 2 && between(codes[0], 0x1F1E6, 0x1F1FF) &&
         between(codes[1], 0x1F1E6, 0x1F1FF);
}

bool is_keycap(const std::vector<char32_t>& codes) {
  return (codes.size() == 2 || (codes.size() == 3 && codes[1] == as_picture)) &&
         codes.back() == keycap &&
         (between(codes[0], '0', '9') || codes[0] == '#' || codes[0] == '*');
}

} // namespace

bool is_emoji(std::string_view text) {
  const std::vector<char32_t> codes = decode_utf8(text);
  if (is_flag(codes) || is_keycap(codes)) return true;
  bool wants_base = true;
  for (const char32_t code : codes) {
    if (wants_base) {
      if (!is_base(code)) return false;
      wants_base = false;
    } else if (code == joiner) {
      wants_base = true;
    } else if (!is_modifier(code)) {
      return false;
    }
  }
  return !wants_base;
}
