#include "env/utf8.hpp"

#include <cstring>

namespace parley::env {

bool utf8_checker::feed(std::string_view piece) {
  const char* at = piece.data();
  const char* const end = at + piece.size();
  while (at != end) {
    if (missing_ == 0) {
      std::uint64_t eight = 0;
      while (end - at >= 8 && (std::memcpy(&eight, at, 8), (eight & 0x8080808080808080ULL) == 0)) {
        at += 8;
      }
      if (at == end) break;
    }
    const auto byte = static_cast<std::uint8_t>(*at++);
    if (missing_ > 0) {
      if (byte < low_ || byte > high_) return false;
      low_ = 0x80;
      high_ = 0xbf;
      --missing_;
    } else if (byte >= 0xc2 && byte <= 0xdf) {
      missing_ = 1;
    } else if ((byte & 0xf0) == 0xe0) {
      missing_ = 2;
      if (byte == 0xe0) low_ = 0xa0;  // no overlong forms
      if (byte == 0xed) high_ = 0x9f; // no surrogates
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      missing_ = 3;
      if (byte == 0xf0) low_ = 0x90;
      if (byte == 0xf4) high_ = 0x8f; // up to U+10FFFF
    } else if (byte >= 0x80) {
      return false;
    }
  }
  return true;
}

bool is_utf8(std::string_view text) {
  utf8_checker checker;
  return checker.feed(text) && checker.complete();
}

} // namespace parley::env
