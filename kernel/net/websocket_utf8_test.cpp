// 6: text is UTF-8, at every boundary (RFC 6455, 5.6 and 8.1; RFC 3629).

#include "net/websocket_proof.hpp"

#include <cstdint>

namespace parley::net::proof {
namespace {

using list = std::vector<std::string>;

const std::string greek = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"; // κόσμε

// A code point as UTF-8 would write it, also where it must not.
std::string written(std::uint32_t point, int bytes) {
  std::string out;
  if (bytes == 1) return {static_cast<char>(point)};
  const unsigned lead = 0xffU << (8 - bytes) & 0xffU;
  out += static_cast<char>(lead | point >> (6 * (bytes - 1)));
  for (int i = bytes - 2; i >= 0; --i) out += static_cast<char>(0x80U | (point >> (6 * i) & 0x3fU));
  return out;
}

class cases {
 public:
  void group(const std::string& name) {
    group_ = name;
    n_ = 0;
  }
  void valid(const std::string& says, std::size_t chop = 0) { add(says, chop, echo(says)); }
  void invalid(const std::string& says, std::size_t chop = 0) { add(says, chop, {"close 1007"}); }
  void raw(list sent, list heard) { all.push_back({next(), std::move(sent), std::move(heard)}); }

  std::vector<example> all;

 private:
  std::string next() { return group_ + "." + std::to_string(++n_); }
  void add(const std::string& says, std::size_t chop, list heard) {
    const std::string bytes = frame(text, call(says));
    all.push_back({next(), chop == 0 ? list{bytes} : chopped(bytes, chop), std::move(heard)});
  }
  std::string group_;
  std::size_t n_ = 0;
};

// What comes in pieces is judged as it comes.
void add_pieces(cases& to) {
  to.group("6.1");
  const std::string whole = call("x");
  to.raw({frame(first_text, ""), frame(more, ""), frame(last, whole)}, echo("x"));
  to.raw({frame(first_text, whole), frame(more, ""), frame(last, "")}, echo("x"));
  to.raw({frame(first_text, ""), frame(more, whole), frame(last, "")}, echo("x"));
  to.group("6.2");
  const std::string mixed =
      "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!";
  to.valid(mixed);
  to.valid(mixed, 1);
  to.raw(fragments(call(mixed), 1), echo(mixed));
  for (const std::string& says : {greek, std::string("\xf0\x9f\x98\x80\xf0\x90\x80\x80")}) {
    for (std::size_t cut = 1; cut < says.size(); ++cut) { // between frames, and between writes
      const std::string all = call(says);
      const std::size_t at = all.find(says) + cut;
      to.raw({frame(first_text, all.substr(0, at)), frame(last, all.substr(at))}, echo(says));
      const std::string bytes = frame(text, all);
      to.raw({bytes.substr(0, bytes.size() - all.size() + at),
              bytes.substr(bytes.size() - all.size() + at)},
             echo(says));
    }
  }
  to.group("6.3");
  to.invalid(greek + "\xed\xa0\x80" + "edited");
  to.invalid(greek + "\xed\xa0\x80" + "edited", 1);
  to.raw(fragments(call(greek + "\xed\xa0\x80" + "edited"), 1), {"close 1007"});
  to.group("6.4"); // before the rest has come
  const std::string bad = R"({"id":")" + greek + "\xf4\x90\x80\x80";
  to.raw({frame(first_text, bad)}, {"close 1007"});
  to.raw({frame(first_text, bad.substr(0, bad.size() - 2))}, {"close 1007"});
  to.raw({frame(text, bad + "edited\"}").substr(0, 6 + bad.size())}, {"close 1007"});
  to.raw({frame(text, bad + "edited\"}").substr(0, 6 + bad.size() - 2)}, {"close 1007"});
  to.group("6.5"); // a message may not end within a code point
  for (std::size_t size = 1; size <= greek.size(); ++size) {
    const bool ends_well = size == 2 || size == 5 || size == 7 || size == 9 || size == 11;
    if (ends_well) {
      to.raw({frame(text, greek.substr(0, size))}, {"error bad_json", "close 4200"});
    } else {
      to.raw({frame(text, greek.substr(0, size))}, {"close 1007"});
    }
  }
}

void add_bounds(cases& to) {
  to.group("6.7"); // the first of each length
  to.raw({frame(text, call(std::string(1, '\0')))},
         {"error bad_json", "close 4200"}); // JSON's rule
  to.valid(written(0x80, 2));
  to.valid(written(0x800, 3));
  to.valid(written(0x10000, 4));
  to.group("6.8");
  to.invalid(written(0x200000, 5));
  to.invalid(written(0x4000000, 6));
  to.group("6.9"); // the last
  to.valid(written(0x7f, 1));
  to.valid(written(0x7ff, 2));
  to.valid(written(0xffff, 3));
  to.valid(written(0x10ffff, 4));
  to.invalid(written(0x110000, 4));
  to.invalid(written(0x1fffff, 4));
  to.group("6.10");
  to.invalid(written(0x3ffffff, 5));
  to.invalid(written(0x7fffffff, 6));
  to.group("6.11");
  for (const std::uint32_t point : {0xd7ffU, 0xe000U, 0xfffdU}) to.valid(written(point, 3));
}

void add_malformed(cases& to) {
  to.group("6.12"); // continuation bytes alone
  for (std::size_t count = 1; count <= 7; ++count) to.invalid(std::string(count, '\x80'));
  to.invalid("\xbf");
  std::string all;
  for (int byte = 0x80; byte <= 0xbf; ++byte) all += static_cast<char>(byte);
  to.invalid(all);
  to.group("6.13"); // first bytes alone
  for (int lead = 0xc0; lead <= 0xfd; ++lead)
    to.invalid(std::string(1, static_cast<char>(lead)) + " ");
  to.group("6.14"); // without the last byte
  for (int bytes = 2; bytes <= 6; ++bytes) {
    const std::uint32_t least = bytes == 2 ? 0x80U : 1U << (5 * bytes - 4);
    const std::uint32_t most = bytes == 2 ? 0x7ffU : (1U << (5 * bytes + 1)) - 1;
    for (const std::uint32_t point : {least, most}) {
      const std::string whole = written(point, bytes);
      to.invalid(whole.substr(0, whole.size() - 1));
    }
  }
  to.group("6.16");
  to.invalid("\xfe");
  to.invalid("\xff");
  to.invalid("\xfe\xfe\xff\xff");
  to.group("6.17"); // longer than needed: '/'
  for (int bytes = 2; bytes <= 6; ++bytes) to.invalid(written('/', bytes));
  to.group("6.18"); // the last that would be
  to.invalid(written(0x7f, 2));
  to.invalid(written(0x7ff, 3));
  to.invalid(written(0xffff, 4));
  to.invalid(written(0x1fffff, 5));
  to.invalid(written(0x3ffffff, 6));
  to.group("6.19");
  for (int bytes = 2; bytes <= 6; ++bytes) to.invalid(written(0, bytes));
}

void add_points(cases& to) {
  to.group("6.20"); // surrogates are not characters
  for (const std::uint32_t half : {0xd800U, 0xdb7fU, 0xdb80U, 0xdbffU, 0xdc00U, 0xdf80U, 0xdfffU})
    to.invalid(written(half, 3));
  to.group("6.21"); // nor are two
  for (const std::uint32_t high : {0xd800U, 0xdb7fU, 0xdb80U, 0xdbffU})
    for (const std::uint32_t low : {0xdc00U, 0xdfffU})
      to.invalid(written(high, 3) + written(low, 3));
  to.group("6.22"); // noncharacters are
  for (std::uint32_t plane = 0; plane <= 16; ++plane)
    for (const std::uint32_t end : {0xfffeU, 0xffffU})
      to.valid(written(plane << 16 | end, plane == 0 ? 3 : 4));
  to.group("6.23");
  for (std::uint32_t point = 0xfff9; point <= 0xffff; ++point) to.valid(written(point, 3));
}

std::vector<example> utf8() {
  cases out;
  add_pieces(out);
  add_bounds(out);
  add_malformed(out);
  add_points(out);
  return out.all;
}

INSTANTIATE_TEST_SUITE_P(utf8, suite, ::testing::ValuesIn(utf8()), name_of);

} // namespace
} // namespace parley::net::proof
