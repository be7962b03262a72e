// Frames, control frames, reserved bits and opcodes, fragments, closing, limits (RFC 6455, 5 and
// 7).

#include "net/websocket_proof.hpp"

#include <array>

namespace parley::net::proof {
namespace {

using list = std::vector<std::string>;

const std::string hello = frame(text, beat(20));
const std::vector<std::string> said_hello = {"heartbeat"};

list also(list first, const list& then) {
  first.insert(first.end(), then.begin(), then.end());
  return first;
}

std::string number(std::string_view group, std::size_t n) {
  return std::string(group) + "." + std::to_string(n);
}

// 1: lengths in each of their forms, whole and in small writes.
std::vector<example> framing() {
  std::vector<example> out;
  std::size_t n = 0;
  for (const std::size_t size : {16, 125, 126, 127, 128, 1'000, 65'535, 65'536}) {
    out.push_back({number("1.1", ++n), {frame(text, beat(size))}, {"heartbeat"}});
  }
  out.push_back({number("1.1", ++n), {frame(text, "")}, {"error bad_json", "close 4200"}});
  for (const std::size_t step : {1, 2, 997}) {
    out.push_back({number("1.1", ++n), chopped(frame(text, beat(3'000)), step), {"heartbeat"}});
  }
  for (const std::size_t size : {0, 16, 124, 125, 126, 128, 5'000, 19'000}) { // as the server sends
    const std::string says(size, '*');
    out.push_back({number("1.1", ++n), {frame(text, call(says))}, echo(says)});
  }
  n = 0;
  for (const std::size_t size : {0, 125, 126, 127, 128, 65'535, 65'536}) {
    out.push_back({number("1.2", ++n), {frame(binary, std::string(size, '\xfe'))}, {"close 1003"}});
  }
  const std::string small(10, 'x'), middle(1'000, 'x');
  out.push_back({"1.3.1", {frame(text, small, 2)}, {"close 1002"}});
  out.push_back({"1.3.2", {frame(text, small, 8)}, {"close 1002"}});
  out.push_back({"1.3.3", {frame(text, middle, 8)}, {"close 1002"}});
  out.push_back({"1.3.4", {frame(ping, small, 2)}, {"close 1002"}});
  out.push_back({"1.4.1", {std::string("\x81\x02{}")}, {"close 1002"}}); // not masked
  out.push_back({"1.4.2", {std::string("\x89\x00", 2)}, {"close 1002"}});
  out.push_back({"1.4.3", {hello, std::string("\x81\x02{}")}, also(said_hello, {"close 1002"})});
  return out;
}

// 2: pings are answered with what they hold, pongs with nothing.
std::vector<example> pings() {
  const std::string bytes = "\x01\xff\xfe\xfd\xfc\xfb\x02\xff", most(125, '\xfe');
  list ten, ten_pongs;
  for (int i = 0; i < 10; ++i) {
    ten.push_back(frame(ping, "payload-" + std::to_string(i)));
    ten_pongs.push_back("pong payload-" + std::to_string(i));
  }
  return {
      {"2.1", {frame(ping, "")}, {"pong "}},
      {"2.2", {frame(ping, "Hello, world!")}, {"pong Hello, world!"}},
      {"2.3", {frame(ping, bytes)}, {"pong " + bytes}},
      {"2.4", {frame(ping, most)}, {"pong " + most}},
      {"2.5", {frame(ping, std::string(126, '\xfe'))}, {"close 1002"}},
      {"2.6", chopped(frame(ping, most), 1), {"pong " + most}},
      {"2.7", {frame(pong, "")}, {}},
      {"2.8", {frame(pong, "unasked")}, {}},
      {"2.9", {frame(pong, "unasked"), frame(ping, "asked")}, {"pong asked"}},
      {"2.10", {join(ten)}, ten_pongs},
      {"2.11", chopped(join(ten), 1), ten_pongs},
      {"2.12", {frame(pong, std::string(126, 'x'))}, {"close 1002"}},
  };
}

// 3: reserved bits mean something only when an extension was agreed on.
std::vector<example> reserved_bits() {
  std::vector<example> out = {
      {"3.1", {frame(text | 0x40, call("x"))}, {"close 1002"}},
      {"3.2",
       {hello + frame(text | 0x20, call("x")) + frame(ping, "")},
       also(said_hello, {"close 1002"})},
      {"3.3",
       {hello, frame(text | 0x20, call("x")), frame(ping, "")},
       also(said_hello, {"close 1002"})},
      {"3.4", chopped(hello + frame(text | 0x30, call("x")) + frame(ping, ""), 1),
       also(said_hello, {"close 1002"})},
  };
  std::size_t group = 5;
  for (const unsigned opcode : {text, binary, close, ping, pong, last}) {
    for (unsigned bits = 1; bits <= 7; ++bits) {
      out.push_back({"3." + std::to_string(group) + "." + std::to_string(bits),
                     {frame(opcode | bits << 4, "")},
                     {"close 1002"}});
    }
    ++group;
  }
  return out;
}

// 4: opcodes that nobody has defined.
std::vector<example> reserved_opcodes() {
  std::vector<example> out;
  for (unsigned i = 0; i < 5; ++i) {
    for (const unsigned base : {3U, 11U}) {
      const std::string group = base == 3 ? "4.1." : "4.2.";
      const unsigned first = 0x80U | (base + i);
      const std::string at = group + std::to_string(i + 1);
      out.push_back({at + ".1", {frame(first, "")}, {"close 1002"}});
      out.push_back({at + ".2", {frame(first, "payload")}, {"close 1002"}});
      out.push_back({at + ".3",
                     {hello + frame(first, "payload") + frame(ping, "")},
                     also(said_hello, {"close 1002"})});
      out.push_back({at + ".4", {frame(first & 0x7fU, "payload")}, {"close 1002"}});
    }
  }
  return out;
}

// 5: fragments, with control frames between them.
std::vector<example> fragmentation() {
  const std::string whole = call("fragment1fragment2");
  const std::string one = frame(first_text, whole.substr(0, 60)),
                    two = frame(last, whole.substr(60));
  const std::string nothing = frame(more, "nothing to continue"),
                    end_of_nothing = frame(last, "nothing to continue");
  const list said = echo("fragment1fragment2");
  std::vector<example> out = {
      {"5.1", {frame(0x09, "frag"), frame(last, "ment")}, {"close 1002"}},
      {"5.2", {frame(0x0a, "frag"), frame(last, "ment")}, {"close 1002"}},
      {"5.3", {one + two}, said},
      {"5.4", {one, two}, said},
      {"5.5", chopped(one + two, 1), said},
      {"5.6", {one + frame(ping, "ping") + two}, also({"pong ping"}, said)},
      {"5.7", {one, frame(ping, "ping"), two}, also({"pong ping"}, said)},
      {"5.8", chopped(one + frame(ping, "ping") + two, 1), also({"pong ping"}, said)},
      {"5.9", {end_of_nothing + hello}, {"close 1002"}},
      {"5.10", {end_of_nothing, hello}, {"close 1002"}},
      {"5.11", chopped(end_of_nothing + hello, 1), {"close 1002"}},
      {"5.12", {nothing + hello}, {"close 1002"}},
      {"5.13", {nothing, hello}, {"close 1002"}},
      {"5.14", chopped(nothing + hello, 1), {"close 1002"}},
      {"5.15",
       {join(fragments(beat(100), 60)) + nothing + hello},
       also(said_hello, {"close 1002"})},
      {"5.16", {nothing, hello, nothing, hello}, {"close 1002"}},
      {"5.17", {end_of_nothing, hello, end_of_nothing, hello}, {"close 1002"}},
      {"5.18", {one, hello}, {"close 1002"}},
      {"5.19", fragments(whole, 25), said},
      {"5.20", {one, frame(binary, "x")}, {"close 1002"}},
  };
  const list five = fragments(whole, 20);
  list pinged, with_pongs;
  for (const std::string& each : five) {
    pinged.push_back(each);
    pinged.push_back(frame(ping, "between"));
    with_pongs.push_back("pong between");
  }
  pinged.pop_back();
  with_pongs.pop_back();
  out.push_back({"5.21", {join(pinged)}, also(with_pongs, said)});
  out.push_back({"5.22", pinged, also(with_pongs, said)});
  out.push_back({"5.23", chopped(join(pinged), 1), also(with_pongs, said)});
  list empty = {frame(first_text, "")};
  for (int i = 0; i < 50; ++i) empty.push_back(frame(more, ""));
  empty.push_back(frame(last, whole));
  out.push_back({"5.24", empty, said});
  out.push_back({"5.25", {one, frame(pong, "unasked"), two}, said});
  out.push_back({"5.26", {one, frame(close, close_content(1000))}, {"close 1000"}});
  for (std::size_t cut = 0; cut <= whole.size(); cut += 5) {
    out.push_back({number("5.27", cut / 5 + 1),
                   {frame(first_text, whole.substr(0, cut)), frame(last, whole.substr(cut))},
                   said});
  }
  return out;
}

// 7: how connections end.
std::vector<example> closing() {
  const auto closes = [](unsigned code, std::string_view reason = {}) {
    return frame(close, close_content(code, reason));
  };
  std::vector<example> out = {
      {"7.1.1", {hello, closes(1000)}, also(said_hello, {"close 1000"})},
      {"7.1.2", {closes(1000) + closes(1000)}, {"close 1000"}},
      {"7.1.3", {closes(1000) + frame(ping, "late")}, {"close 1000"}},
      {"7.1.4", {closes(1000) + hello}, {"close 1000"}},
      {"7.1.5", {frame(first_text, "{") + closes(1000) + frame(last, "}")}, {"close 1000"}},
      {"7.1.6",
       {frame(text, beat(60'000)) + hello + closes(1000) + frame(ping, "")},
       {"heartbeat", "heartbeat", "close 1000"}},
      {"7.3.1", {frame(close, "")}, {"close 1000"}},
      {"7.3.2", {frame(close, "a")}, {"close 1002"}},
      {"7.3.3", {closes(1000)}, {"close 1000"}},
      {"7.3.4", {closes(1000, "Hello World!")}, {"close 1000"}},
      {"7.3.5", {closes(1000, std::string(123, '*'))}, {"close 1000"}},
      {"7.3.6", {closes(1000, std::string(124, '*'))}, {"close 1002"}},
      {"7.5.1", {closes(1000, "\xce\xba\xe1\xbd\xb9\xed\xa0\x80")}, {"close 1007"}},
      {"7.5.2", {closes(1000, "\xce\xba\xe1\xbd")}, {"close 1007"}},
      {"7.5.3", {closes(1000, "\xce\xba\xe1\xbd\xb9\xcf\x83")}, {"close 1000"}},
  };
  std::size_t n = 0;
  for (const unsigned code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
                              1014, 3000, 3999, 4000, 4999}) {
    out.push_back({number("7.7", ++n), {closes(code)}, {"close " + std::to_string(code)}});
  }
  n = 0;
  for (const unsigned code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999}) {
    out.push_back({number("7.9", ++n), {closes(code)}, {"close 1002"}});
  }
  out.push_back({"7.13.1", {closes(5000)}, {"close 1002"}});
  out.push_back({"7.13.2", {closes(65535)}, {"close 1002"}});
  return out;
}

// 9 and 10: the limit of a message (65536 here), judged by what is announced.
std::vector<example> limits() {
  const auto announced = [](std::uint64_t size) {
    std::string out = "\x81\xff";
    for (int i = 7; i >= 0; --i) out += static_cast<char>(size >> (8 * i) & 0xff);
    return out + "mask";
  };
  std::vector<example> out = {
      {"9.1.1", {frame(text, beat(65'537))}, {"close 1009"}},
      {"9.1.2", {announced((1U << 20) + 1)}, {"close 1009"}}, // more than any that may be longer
      {"9.1.3", {announced(std::uint64_t{1} << 30)}, {"close 1009"}},
      {"9.1.4", {announced((std::uint64_t{1} << 63) - 1)}, {"close 1009"}},
      {"9.1.5", {announced(std::uint64_t{1} << 63)}, {"close 1002"}},
      {"9.1.6", {announced(~std::uint64_t{0})}, {"close 1002"}},
      {"9.1.7", {frame(text, beat(65'537)).substr(0, 17)}, {"close 1009"}}, // as soon as it is none
      {"9.2.1", {frame(binary, std::string(65'537, 'x'))}, {"close 1003"}},
  };
  std::size_t n = 0;
  for (const std::size_t size : {64, 256, 1'024, 4'096, 16'384, 65'535}) {
    out.push_back({number("9.3", ++n), {join(fragments(beat(65'536), size))}, {"heartbeat"}});
    out.push_back({number("9.3", ++n), {join(fragments(beat(65'537), size))}, {"close 1009"}});
  }
  n = 0;
  for (const std::size_t step : {64, 128, 256, 512, 1'024, 2'048}) {
    out.push_back({number("9.5", ++n), chopped(frame(text, beat(65'536)), step), {"heartbeat"}});
  }
  list many, answers;
  for (int i = 0; i < 200; ++i) {
    many.push_back(frame(text, beat(16 + static_cast<std::size_t>(i) * 7)));
    answers.push_back("heartbeat");
  }
  out.push_back({"9.7.1", {join(many)}, answers});
  out.push_back({"9.7.2", chopped(join(many), 1'300), answers});
  out.push_back({"10.1.1", fragments(beat(65'536), 1'300), {"heartbeat"}});
  return out;
}

INSTANTIATE_TEST_SUITE_P(framing, suite, ::testing::ValuesIn(framing()), name_of);
INSTANTIATE_TEST_SUITE_P(pings, suite, ::testing::ValuesIn(pings()), name_of);
INSTANTIATE_TEST_SUITE_P(reserved_bits, suite, ::testing::ValuesIn(reserved_bits()), name_of);
INSTANTIATE_TEST_SUITE_P(reserved_opcodes, suite, ::testing::ValuesIn(reserved_opcodes()), name_of);
INSTANTIATE_TEST_SUITE_P(fragmentation, suite, ::testing::ValuesIn(fragmentation()), name_of);
INSTANTIATE_TEST_SUITE_P(closing, suite, ::testing::ValuesIn(closing()), name_of);
INSTANTIATE_TEST_SUITE_P(limits, suite, ::testing::ValuesIn(limits()), name_of);

} // namespace

TEST_P(suite, holds) {
  run(GetParam());
}

} // namespace parley::net::proof
