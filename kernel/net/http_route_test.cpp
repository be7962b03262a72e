#include "net/http_route.hpp"

#include <gtest/gtest.h>

namespace parley::net {
namespace {

namespace json = boost::json;

TEST(http_route, the_handler_gets_the_request_as_it_came) {
  http_request request;
  request.verb = "POST";
  request.headers = {{"x-signature", "abc"}, {"bad", "\xff"}};
  request.body = "a\xff";
  const auto to = read_target("/hooks/shop/7?kind=new&n=1");
  const json::value made = route_input(request, *to, {{"shop", "7"}}, "192.0.2.1");
  EXPECT_EQ(made, json::parse(R"({"method":"POST","path":"/hooks/shop/7","params":{"shop":"7"},
    "query":{"kind":"new","n":"1"},"headers":{"x-signature":"abc"},"body":"Yf8=","base64":true,
    "remote":"192.0.2.1"})"));
}

TEST(http_route, the_reply_is_what_it_finished_with) {
  const auto plain = route_reply(R"({"status":201,"body":"made"})");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->status, 201u);
  EXPECT_EQ(plain->body, "made");
  EXPECT_EQ(plain->content_type, "text/plain; charset=utf-8");
  const auto rich = route_reply(
      R"({"status":200,"headers":{"Content-Type":"image/png","X-A":"b"},"body":"Yf8=","base64":true})");
  ASSERT_TRUE(rich);
  EXPECT_EQ(rich->body, "a\xff");
  EXPECT_EQ(rich->content_type, "image/png");
  EXPECT_EQ(rich->headers, "x-a: b\r\n");
}

TEST(http_route, what_would_break_the_reply_is_none) {
  for (const char* bad :
       {"null", "{}", R"({"status":99})", R"({"status":"200"})", R"({"status":200,"boddy":""})",
        R"({"status":200,"headers":{"a b":"c"}})", R"({"status":200,"headers":{"a":"b\r\nc: d"}})",
        R"({"status":200,"headers":{"Content-Length":"3"}})", R"({"status":200,"headers":{"a":1}})",
        R"({"status":200,"headers":{"Content-Type":"a/b\r\nc: d"}})",
        R"({"status":200,"body":"%%%","base64":true})", R"({"status":204,"body":"x"})"})
    EXPECT_FALSE(route_reply(bad)) << bad;
}

} // namespace
} // namespace parley::net
