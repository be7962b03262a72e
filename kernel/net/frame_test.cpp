#include "net/loopback_test.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace parley::net;
using parley::net::testing::masked_frame;
using kind = frame_event::kind;

namespace {

struct seen {
  kind what;
  std::string content;
  std::uint16_t code;
  bool operator==(const seen&) const = default;
};

void PrintTo(const seen& one, std::ostream* out) {
  *out << static_cast<int>(one.what) << " '" << one.content << "' " << one.code;
}

// Feeds `step` bytes at a time and collects everything up to a fault or a close.
std::vector<seen> decode(std::string bytes, std::size_t step = 1'000'000,
                         std::uint32_t limit = 65'536) {
  frame_decoder decoder(limit);
  std::vector<seen> events;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::string part = bytes.substr(at, step);
    std::span<char> input(part);
    while (true) {
      const frame_event event = decoder.next(input);
      if (event.what == kind::need_more) break;
      events.push_back({event.what, std::string(event.content), event.code});
      if (event.what == kind::fault || event.what == kind::close) return events;
    }
    EXPECT_TRUE(input.empty());
  }
  return events;
}

std::vector<seen> fault(std::uint16_t code) {
  return {{kind::fault, "", code}};
}

} // namespace

TEST(frame_decoder, reads_the_same_whole_and_byte_by_byte) {
  const std::string long_text(70'000, 'x');
  const std::string bytes = masked_frame(0x81, "Hello") + masked_frame(0x81, "") +
                            masked_frame(0x01, "frag") + masked_frame(0x89, "ping") +
                            masked_frame(0x00, "") + masked_frame(0x80, "ment") +
                            masked_frame(0x8a, "") + masked_frame(0x81, std::string(126, 'y')) +
                            masked_frame(0x81, long_text) +
                            masked_frame(0x88,
                                         "\x03\xe8"
                                         "bye");
  const std::vector<seen> expected = {
      {kind::text, "Hello", 0},   {kind::text, "", 0},
      {kind::ping, "ping", 0},    {kind::text, "fragment", 0},
      {kind::pong, "", 0},        {kind::text, std::string(126, 'y'), 0},
      {kind::text, long_text, 0}, {kind::close, "bye", 1000}};
  EXPECT_EQ(decode(bytes, 1'000'000, 100'000), expected);
  EXPECT_EQ(decode(bytes, 1, 100'000), expected);
  EXPECT_EQ(decode(bytes, 7, 100'000), expected);
  EXPECT_EQ(decode(bytes, 4096, 100'000), expected);
}

TEST(frame_decoder, insists_on_masking_and_clean_bits) {
  EXPECT_EQ(decode(std::string("\x81\x02hi", 4)), fault(1002));
  for (unsigned reserved : {0x40U, 0x20U, 0x10U}) {
    EXPECT_EQ(decode(masked_frame(0x81 | reserved, "hi")), fault(1002));
  }
  for (unsigned unknown : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    EXPECT_EQ(decode(masked_frame(0x80 | unknown, "hi")), fault(1002)) << unknown;
  }
}

TEST(frame_decoder, insists_on_the_shortest_length) {
  EXPECT_EQ(decode(masked_frame(0x81, "hi", 2)), fault(1002));
  EXPECT_EQ(decode(masked_frame(0x81, std::string(1000, 'x'), 8)), fault(1002));
  const std::string huge = std::string("\x81\xff\x80\0\0\0\0\0\0\0", 10) + "mask";
  EXPECT_EQ(decode(huge), fault(1002));
}

TEST(frame_decoder, keeps_fragments_in_order) {
  EXPECT_EQ(decode(masked_frame(0x80, "continuation of nothing")), fault(1002));
  EXPECT_EQ(decode(masked_frame(0x01, "a") + masked_frame(0x81, "b")), fault(1002));
  EXPECT_EQ(decode(masked_frame(0x01, "a") + masked_frame(0x82, "b")), fault(1002));
  EXPECT_EQ(decode(masked_frame(0x82, "binary")), fault(1003));
}

TEST(frame_decoder, keeps_control_frames_small_and_whole) {
  EXPECT_EQ(decode(masked_frame(0x89, std::string(126, 'x'))), fault(1002));
  EXPECT_EQ(decode(masked_frame(0x09, "x")), fault(1002));
  EXPECT_EQ(decode(masked_frame(0x89, std::string(125, 'x'))).front().content.size(), 125U);
}

TEST(frame_decoder, judges_close_frames) {
  EXPECT_EQ(decode(masked_frame(0x88, "")), (std::vector<seen>{{kind::close, "", 1005}}));
  EXPECT_EQ(decode(masked_frame(0x88, "\x03")), fault(1002));
  for (const std::string_view code : {"\x03\xe7", "\x03\xec", "\x03\xed", "\x03\xee", "\x03\xf7",
                                      "\x07\xd0", "\x13\x88", "\xff\xff"}) {
    EXPECT_EQ(decode(masked_frame(0x88, code)), fault(1002));
  }
  EXPECT_EQ(decode(masked_frame(0x88, "\x0f\xa0")), (std::vector<seen>{{kind::close, "", 4000}}));
  EXPECT_EQ(decode(masked_frame(0x88, "\x03\xe8\xff")), fault(1007));
}

TEST(frame_decoder, refuses_a_message_over_its_limit_before_its_content_comes) {
  EXPECT_EQ(decode(masked_frame(0x81, std::string(11, 'x')).substr(0, 6), 1'000, 10), fault(1009));
  EXPECT_EQ(decode(masked_frame(0x81, std::string(10, 'x')), 1'000, 10).front().what, kind::text);
  EXPECT_EQ(
      decode(masked_frame(0x01, "123456") + masked_frame(0x80, "78901").substr(0, 6), 1'000, 10),
      fault(1009));
  const std::string most = std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10) + "mask";
  EXPECT_EQ(decode(most), fault(1009));
}

TEST(frame_decoder, checks_utf8_across_pieces) {
  const std::string good = "\xf0\x9f\x98\x80 \xe4\xb8\x8a\xe6\xb5\xb7 \xc3\xa4";
  EXPECT_EQ(decode(masked_frame(0x81, good), 1).front().content, good);
  for (std::size_t cut = 0; cut <= good.size(); ++cut) {
    const auto events =
        decode(masked_frame(0x01, good.substr(0, cut)) + masked_frame(0x80, good.substr(cut)));
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events.front().content, good);
  }
  EXPECT_EQ(decode(masked_frame(0x81, "\xf0\x9f\x98")), fault(1007));
  EXPECT_EQ(decode(masked_frame(0x01, "\xf0\x9f") + masked_frame(0x80, "x")), fault(1007));
  // At once, not only when the rest has come.
  EXPECT_EQ(decode(masked_frame(0x81, "\xff then a lot more").substr(0, 7)), fault(1007));
}

TEST(utf8, refuses_what_is_not_utf8) {
  for (const std::string_view bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x80\x80", "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xfe", "\xff", "12345678\xc3", "1234567\xe4\xb8", "\xe4\xb8\xe4"}) {
    EXPECT_FALSE(parley::env::is_utf8(bad)) << bad;
  }
  for (const std::string_view good :
       {"", "plain text of more than eight", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf",
        "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "1234567\xc3\xa4 so on, further"}) {
    EXPECT_TRUE(parley::env::is_utf8(good)) << good;
  }
}

TEST(frame_encoder, uses_the_shortest_length) {
  EXPECT_EQ(*make_text("hi"), "\x81\x02hi");
  EXPECT_EQ(make_text(std::string(125, 'x'))->size(), 127U);
  EXPECT_EQ(make_text(std::string(126, 'x'))->substr(0, 4), std::string("\x81\x7e\x00\x7e", 4));
  EXPECT_EQ(make_text(std::string(65'536, 'x'))->substr(0, 10),
            std::string("\x81\x7f\0\0\0\0\0\x01\0\0", 10));
}

TEST(frame_encoder, cuts_a_close_reason_between_code_points) {
  const std::string reason = std::string(122, 'x') + "\xc3\xa4";
  const payload frame = make_close(4000, reason);
  EXPECT_EQ(frame->size(), 2U + 2U + 122U);
  EXPECT_TRUE(parley::env::is_utf8(std::string_view(*frame).substr(4)));
}
