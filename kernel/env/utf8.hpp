#pragma once

// UTF-8 as RFC 3629 has it, checked piece by piece: a code point may lie across two pieces.

#include <cstdint>
#include <string_view>

namespace parley::env {

class utf8_checker {
 public:
  bool feed(std::string_view piece); // false at the first byte that cannot be
  bool complete() const { return missing_ == 0; }

 private:
  std::uint8_t missing_ = 0; // continuation bytes still to come
  std::uint8_t low_ = 0x80;  // what the next one may be
  std::uint8_t high_ = 0xbf;
};

bool is_utf8(std::string_view text);

} // namespace parley::env
