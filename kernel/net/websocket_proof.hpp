#pragma once

// That our frames are RFC 6455's and RFC 7692's: a case is what a client sends as raw bytes after
// `hello`, and all that it must hear. Numbered by the groups of the Autobahn test suite; what it
// asks with payloads of any kind is asked here with calls, whose text comes back.

#include "net/loopback_test.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace parley::net::proof {

struct example {
  std::string number;
  std::vector<std::string> sent; // in so many writes
  std::vector<std::string> heard;
  std::string offer = {};  // Sec-WebSocket-Extensions, or empty
  int window_bits = 15;    // within which the server's texts must be read
  std::string agreed = {}; // its answer, where it matters
};

inline constexpr unsigned text = 0x81, binary = 0x82, close = 0x88, ping = 0x89, pong = 0x8a,
                          first_text = 0x01, more = 0x00, last = 0x80, deflated = 0x40;

inline std::string frame(unsigned first, std::string_view content, int form = -1) {
  return testing::masked_frame(first, content, form);
}
// A call that answers with the text: {"id":1,"method":"test.echo",…}
std::string call(std::string_view says, int id = 1);
// A heartbeat in so many bytes (16 at least), the rest blanks.
std::string beat(std::size_t size);
std::string deflate(std::string_view content, int window_bits = 15);
// The second half refers back to the first, which ends with a last block (RFC 7692, 7.2.3.4).
std::string deflate_in_two(std::string_view first, std::string_view second);
std::string close_content(unsigned code, std::string_view reason = {});
std::string join(const std::vector<std::string>& parts);
std::vector<std::string> chopped(std::string_view bytes, std::size_t size);
// A text message in frames of `size` bytes.
std::vector<std::string> fragments(std::string_view content, std::size_t size,
                                   unsigned extra_bits = 0);

// What is heard: "echo TEXT", "heartbeat", "error CODE", "pong CONTENT", "close CODE".
std::vector<std::string> echo(std::string_view says);

// Whatever closes the connection may overtake the answer of a call, not that of a heartbeat.

// Sends, hears, and closes where the server has not: then it must answer with the same code.
void run(const example& what);

// All cases of a file, by number.
class suite : public ::testing::TestWithParam<example> {};
inline std::string name_of(const ::testing::TestParamInfo<example>& one) {
  std::string out = one.param.number;
  for (char& c : out)
    if (c == '.') c = '_';
  return out;
}
inline void PrintTo(const example& one, std::ostream* out) {
  *out << one.number;
}

} // namespace parley::net::proof
