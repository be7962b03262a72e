#include "net/http_reader.hpp"

#include <gtest/gtest.h>

namespace parley::net {
namespace {

TEST(http_reader, reads_a_body_in_chunks_that_comes_byte_by_byte) {
  for (const std::string body :
       {"0\r\n\r\n", "2\r\nhi\r\n0\r\n\r\n", "0;last\r\nAfter: that\r\n\r\n"}) {
    http_reader reader{limits()};
    const std::string request =
        "POST /here HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
    std::string unread;
    http_reader::state state = http_reader::state::need_more;
    for (const char each : request) {
      ASSERT_EQ(state, http_reader::state::need_more);
      unread += each;
      std::size_t used = 0;
      state = reader.feed(unread, used);
      unread.erase(0, used);
    }
    EXPECT_EQ(state, http_reader::state::complete);
    EXPECT_EQ(reader.take().body, body[0] == '2' ? "hi" : "");
  }
}

} // namespace
} // namespace parley::net
