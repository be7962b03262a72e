#include "net/loopback_test.hpp"

#include <gmock/gmock.h>

using namespace parley::net;
using namespace parley::net::testing;
using ::testing::HasSubstr;

TEST(rest, errors_are_problems) {
  fixture here;
  client one = here.connect();
  const http_reply got = one.get("/v1/fail");
  EXPECT_EQ(got.status, 422);
  EXPECT_EQ(got.headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(got.body,
            R"({"title":"Unprocessable Content","status":422,"detail":"Too many things.",)"
            R"("code":"too_many_things","message":"Too many things.","temporary":false})");
}

TEST(rest, a_result_that_the_client_has_is_not_sent_again) {
  fixture here;
  client one = here.connect();
  const auto ask = [&](const std::string& headers) {
    one.send("GET /v1/places/p HTTP/1.1\r\nHost: here\r\n" + headers + "\r\n");
    return one.reply(headers.empty());
  };
  const http_reply first = ask("");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.headers.at("cache-control"), "private, no-cache");
  const std::string etag = first.headers.at("etag");
  const http_reply again = ask("If-None-Match: \"other\", " + etag + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.headers.at("etag"), etag);
  one.send("GET /v1/places/q HTTP/1.1\r\nHost: here\r\nIf-None-Match: " + etag + "\r\n\r\n");
  EXPECT_EQ(one.reply().status, 200);
}

TEST(rest, the_key_of_an_idempotent_method_may_be_a_header) {
  fixture here;
  client one = here.connect();
  const auto post = [&](const std::string& path, const std::string& headers,
                        const std::string& body) {
    one.send("POST " + path + " HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n" +
             headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return one.reply();
  };
  const std::string echo = "/v1/places/p/echo";
  const http_reply by_body = post(echo, "", R"({"text":"key-1"})");
  EXPECT_EQ(by_body.status, 200);
  for (const std::string header : {"\"key-1\"", "key-1"}) {
    EXPECT_EQ(post(echo, "Idempotency-Key: " + header + "\r\n", "{}").body, by_body.body);
    EXPECT_EQ(post(echo, "Idempotency-Key: " + header + "\r\n", R"({"text":"key-1"})").body,
              by_body.body);
  }
  const http_reply differ = post(echo, "Idempotency-Key: key-2\r\n", R"({"text":"key-1"})");
  EXPECT_EQ(differ.status, 400);
  EXPECT_THAT(differ.body, HasSubstr("differ"));
  EXPECT_EQ(post("/v1/post", "Idempotency-Key: key-1\r\n", "{}").status, 400);
  EXPECT_EQ(post("/v1/post", "", "{}").status, 200);
}

TEST(rest, pages_of_other_origins_may_call_where_theirs_is_named) {
  fixture here([](options& how) { how.cors_origins = {"https://app.example"}; });
  client one = here.connect();
  const auto asked_by = [&](const std::string& origin) {
    return one.get("/v1/fail", "Origin: " + origin + "\r\n").headers;
  };
  auto headers = asked_by("https://app.example");
  EXPECT_EQ(headers["access-control-allow-origin"], "https://app.example");
  EXPECT_EQ(headers["vary"], "Origin");
  EXPECT_FALSE(headers.contains("access-control-allow-credentials"));
  EXPECT_FALSE(asked_by("https://evil.example").contains("access-control-allow-origin"));
  EXPECT_FALSE(asked_by("null").contains("access-control-allow-origin"));

  one.send(
      "OPTIONS /v1/places/p/echo HTTP/1.1\r\nHost: here\r\nOrigin: https://app.example\r\n"
      "Access-Control-Request-Method: POST\r\n\r\n");
  http_reply preflight = one.reply(false);
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.headers["access-control-allow-origin"], "https://app.example");
  EXPECT_THAT(preflight.headers["access-control-allow-headers"], HasSubstr("Idempotency-Key"));

  fixture closed; // as it is by default
  client two = closed.connect();
  EXPECT_FALSE(two.get("/v1/fail", "Origin: https://app.example\r\n").headers.contains("vary"));
  fixture open([](options& how) { how.cors_origins = {"*"}; });
  client three = open.connect();
  EXPECT_TRUE(
      three.get("/v1/fail", "Origin: null\r\n").headers.contains("access-control-allow-origin"));
}
