#include "net/loopback_test.hpp"
#include "observe/log.hpp"

#include <gmock/gmock.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace parley::net;
using namespace parley::net::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

std::string post(const std::string& target, const std::string& body,
                 const std::string& headers = "Content-Type: application/json\r\n") {
  return "POST " + target + " HTTP/1.1\r\nHost: here\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

} // namespace

TEST(http, takes_parameters_from_path_query_and_body) {
  fixture here;
  client one = here.connect();
  one.send(post("/v1/places/p%C3%A4%2Fb/echo?count=7&loud=true", R"({"text":"hi"})"));
  const http_reply got = one.reply();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.headers.at("content-type"), "application/json");
  EXPECT_THAT(got.body, HasSubstr(R"("text":"hi")"));
  EXPECT_THAT(got.body, HasSubstr("\"place\":\"p\xc3\xa4/b\""));
  EXPECT_THAT(got.body, HasSubstr(R"("count":7)"));
  EXPECT_THAT(got.body, HasSubstr(R"("loud":true)"));
  EXPECT_THAT(got.body, HasSubstr(R"("who":"")"));
}

TEST(http, answers_pipelined_requests_in_order_also_byte_by_byte) {
  fixture here;
  client one = here.connect();
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += post("/v1/places/p/echo", R"({"text":"number )" + std::to_string(i) + "\"}");
    all += "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
  }
  one.send(all);
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(one.reply().body, HasSubstr("number " + std::to_string(i) + "\""));
    EXPECT_EQ(one.reply().body, "<p>page</p>");
  }
  for (const char c : post("/v1/places/p/echo", R"({"text":"slow"})")) {
    one.send(std::string_view(&c, 1));
  }
  EXPECT_THAT(one.reply().body, HasSubstr("slow"));
}

TEST(http, reads_chunked_bodies) {
  fixture here;
  client one = here.connect();
  one.send(
      "POST /v1/places/p/echo HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"text\":\"\r\n4\r\nhi\"}\r\n0\r\n\r\n");
  EXPECT_EQ(one.reply().status, 200);
  EXPECT_EQ(one.get("/").status, 200);
}

TEST(http, answers_expect_100_continue) {
  fixture here;
  client one = here.connect();
  one.send(
      "POST /v1/places/p/echo HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
      "Content-Length: 13\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(one.reply(false).status, 100);
  one.send(R"({"text":"hi"})");
  EXPECT_EQ(one.reply().status, 200);
}

TEST(http, refuses_bad_parameters_with_codes) {
  fixture here;
  client one = here.connect();
  const auto code = [&one](const std::string& request, int status, const std::string& code) {
    one.send(request);
    const http_reply got = one.reply();
    EXPECT_EQ(got.status, status) << request;
    EXPECT_THAT(got.body, HasSubstr("\"code\":\"" + code + "\"")) << request;
  };
  const std::string at = "/v1/places/p/echo";
  code(post(at, "{"), 400, "bad_json");
  code(post(at, R"({"text":"a","text":"b"})"), 400, "bad_json");
  code(post(at, R"({"text":"a\u0000b"})"), 400, "bad_json");
  code(post(at, "{\"text\":\"\xff\"}"), 400, "bad_json");
  code(post(at, R"({"text":)" + std::string(40, '[') + std::string(40, ']') + "}"), 400,
       "bad_json");
  code(post(at, "[]"), 400, "invalid_params");
  code(post(at, R"({"text":7})"), 400, "invalid_params");
  code(post(at, R"({"text":"a","nonsense":1})"), 400, "invalid_params");
  code(post(at, R"({"text":"a","place":"twice"})"), 400, "invalid_params");
  code(post(at + "?count=many", R"({"text":"a"})"), 400, "invalid_params");
  code(post(at, R"({"text":"a"})", "Content-Type: text/plain\r\n"), 415, "unsupported_media_type");
  code(post(at, R"({"text":"a"})", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"),
       415, "unsupported_media_type");
  code(post("/v1/nowhere", "{}"), 404, "unknown_method");
  code("GET /v1/inner HTTP/1.1\r\nHost: here\r\n\r\n", 404, "unknown_method");
  code("GET /v1/fail HTTP/1.1\r\nHost: here\r\n\r\n", 422, "too_many_things");
  code("GET /nowhere HTTP/1.1\r\nHost: here\r\n\r\n", 404, "not_found");
  code("GET /v1/whoami?text=%00 HTTP/1.1\r\nHost: here\r\n\r\n", 400, "invalid_params");
  code("GET /%ff HTTP/1.1\r\nHost: here\r\n\r\n", 404, "not_found");
  code("GET /../../etc/passwd HTTP/1.1\r\nHost: here\r\n\r\n", 404, "not_found");
  one.send("GET " + at + " HTTP/1.1\r\nHost: here\r\n\r\n");
  const http_reply got = one.reply();
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.headers.at("allow"), "POST");
}

TEST(http, authenticates_each_request) {
  fixture here;
  client one = here.connect();
  const std::string body = R"({"text":"a"})", type = "Content-Type: application/json\r\n";
  one.send(post("/v1/places/p/echo", body, type + "Authorization: Bearer good\r\n"));
  EXPECT_THAT(one.reply().body, HasSubstr(R"("who":"account-1")"));
  one.send(post("/v1/places/p/echo", body, type + "Authorization: Bearer forged\r\n"));
  const http_reply refused = one.reply();
  EXPECT_EQ(refused.status, 401);
  EXPECT_TRUE(refused.headers.contains("www-authenticate"));
  one.send(post("/v1/places/p/echo", body, type + "Authorization: nothing\r\n"));
  EXPECT_EQ(one.reply().status, 401);
  one.send(post("/v1/places/p/echo", body));
  EXPECT_THAT(one.reply().body, HasSubstr(R"("who":"")"));
}

TEST(http, serves_files_with_their_headers) {
  fixture here;
  client one = here.connect();
  const http_reply page = one.get("/");
  EXPECT_EQ(page.body, "<p>page</p>");
  EXPECT_EQ(page.headers.at("etag"), "\"1\"");
  EXPECT_EQ(page.headers.at("cache-control"), "no-cache");
  EXPECT_EQ(page.headers.at("content-security-policy"), "default-src 'self'");
  EXPECT_EQ(page.headers.at("x-content-type-options"), "nosniff");
  const http_reply same = one.get("/", "If-None-Match: \"0\", \"1\"\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_FALSE(same.headers.contains("content-length"));
  one.send("HEAD /app.js HTTP/1.1\r\nHost: here\r\n\r\n");
  const http_reply head = one.reply(false);
  EXPECT_EQ(head.headers.at("content-length"), "3000000");
  EXPECT_THAT(head.headers.at("cache-control"), HasSubstr("immutable"));
  EXPECT_EQ(one.get("/app.js").body.size(), 3'000'000U);
  const http_reply folder = one.get("/help");
  EXPECT_EQ(folder.status, 308);
  EXPECT_EQ(folder.headers.at("location"), "/help/");
  EXPECT_EQ(one.get("/").status, 200);
}

TEST(http, answers_probes) {
  fixture here;
  client one = here.connect();
  EXPECT_EQ(one.get("/healthz").body, "probe of /healthz");
  one.send("HEAD /healthz HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_EQ(one.reply(false).headers.at("content-length"), "17"); // and no body
  EXPECT_EQ(one.get("/readyz").status, 503);
  EXPECT_EQ(one.get("/metrics").status, 200);
}

TEST(http, answers_documents_once_a_generation) {
  fixture here;
  client one = here.connect();
  const http_reply got = one.get("/v1/openapi.json");
  EXPECT_EQ(got.body, "{}");
  EXPECT_EQ(got.headers.at("content-type"), "application/json");
  EXPECT_EQ(got.headers.at("etag"), "\"3\"");
  one.send("GET /v1/openapi.json HTTP/1.1\r\nHost: here\r\nIf-None-Match: \"2\", \"3\"\r\n\r\n");
  EXPECT_EQ(one.reply(false).status, 304);
  EXPECT_EQ(one.get("/v1/openapi.json", "If-None-Match: \"2\"\r\n").status, 200);
  one.send("HEAD /v1/openapi.json HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_EQ(one.reply(false).headers.at("content-length"), "2");
  one.send(post("/v1/openapi.json", "{}"));
  EXPECT_EQ(one.reply().status, 405);
  const http_reply later = one.get("/v1/asyncapi.json");
  EXPECT_EQ(later.status, 503);
  EXPECT_EQ(later.headers.at("retry-after"), "1");
}

TEST(http, closes_after_what_it_cannot_understand) {
  fixture here;
  for (const std::string bad :
       {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: here\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nTransfer-Encoding: "
        "chunked\r\n\r\n"}) {
    client one = here.connect();
    one.send(bad);
    EXPECT_EQ(one.reply().status, 400) << bad;
    EXPECT_TRUE(one.ended());
  }
}

// What a proxy in front may take for one request, and we for two.
TEST(http, refuses_requests_whose_end_can_be_doubted) {
  fixture here;
  for (const std::string header :
       {"Transfer-Encoding: gzip", "Transfer-Encoding: identity", "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding:\r\n gzip", "Host: one\r\nHost: two",
        "Authorization: Bearer good\r\nAuthorization: Bearer bad"}) {
    client one = here.connect();
    one.send("POST /healthz HTTP/1.1\r\nHost: here\r\n" + header +
             "\r\n\r\nGET /healthz HTTP/1.1\r\nHost: here\r\n\r\n");
    EXPECT_EQ(one.reply().status, 400) << header;
    EXPECT_EQ(one.reply().status, 0) << header; // the second is not read
  }
  client old = here.connect();
  old.send("POST /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(old.reply().status, 400);
}

TEST(http, wants_credentials_that_are_text) {
  fixture here;
  client one = here.connect();
  one.send(post("/v1/places/p/echo", R"({"text":"hi"})",
                "Content-Type: application/json\r\nAuthorization: Other b\xc3\x28\r\n"));
  const http_reply got = one.reply();
  EXPECT_EQ(got.status, 401);
  EXPECT_THAT(got.body, HasSubstr("Write `Authorization:"));
}

TEST(http, says_once_that_connections_cannot_be_accepted) {
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "the sanitizer itself needs descriptors to look at memory, and there are none";
#endif
#endif
  std::mutex guard;
  std::vector<std::string> lines;
  parley::observe::log_settings log;
  log.to = [&](std::string_view line) {
    const std::lock_guard lock(guard);
    lines.emplace_back(line);
  };
  parley::observe::start_log(log);
  // UBSan looks at an object through a pipe the first time, and there will be none to be had.
  parley::observe::write(parley::observe::level::error, "before");
  {
    fixture here;
    client before = here.connect();
    EXPECT_EQ(before.get("/healthz").status, 200);
    const client waiting = here.connect(); // its descriptor is there before none is left
    while (here.server->counters().accepted < 2) here.on_logic([] {});
    client late = here.connect(); // may be accepted or not
    rlimit whole{};
    ::getrlimit(RLIMIT_NOFILE, &whole);
    rlimit none = whole;
    none.rlim_cur = 3;
    const int kept = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::setrlimit(RLIMIT_NOFILE, &none);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(here.server->ports().at(0));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(kept, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    while (here.server->counters().accept_failures < 3) here.on_logic([] {});
    ::setrlimit(RLIMIT_NOFILE, &whole);
    ::close(kept);
    EXPECT_EQ(late.get("/healthz").status, 200);
  }
  parley::observe::stop_log();
  EXPECT_THAT(lines, ElementsAre(HasSubstr("before"), HasSubstr("connections cannot be accepted")));
}

TEST(http, limits_header_and_body) {
  fixture here([](options& how) {
    how.limits.header_bytes = 2'000;
    how.limits.body_bytes = 10'000;
  });
  client big_header = here.connect();
  big_header.send("GET / HTTP/1.1\r\nHost: here\r\nX: " + std::string(2'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(big_header.reply().status, 413);
  client endless_header = here.connect();
  endless_header.send("GET / HTTP/1.1\r\nHost: here\r\nX: " + std::string(100'000, 'x'));
  EXPECT_EQ(endless_header.reply().status, 413);
  client big_body = here.connect();
  big_body.send("POST /v1/places/p/echo HTTP/1.1\r\nHost: here\r\nContent-Length: 10001\r\n\r\n");
  EXPECT_EQ(big_body.reply().status, 413);
  EXPECT_TRUE(big_body.ended());
  client endless = here.connect();
  endless.send(
      "POST /v1/places/p/echo HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 200; ++i) endless.send("64\r\n" + std::string(100, 'x') + "\r\n");
  EXPECT_EQ(endless.reply().status, 413);
}

TEST(http, limits_time) {
  fixture here;
  client silent = here.connect(), slow_header = here.connect(), slow_body = here.connect();
  EXPECT_EQ(silent.get("/").status, 200);
  const std::uint64_t before = here.server->counters().bytes_in;
  slow_header.send("GET / HT");
  while (here.server->counters().bytes_in == before) here.on_logic([] {});
  slow_body.send(
      "POST /v1/places/p/echo HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(slow_body.reply(false).status, 100);
  EXPECT_EQ(silent.get("/").status, 200); // by now the shard has seen all three
  here.advance(11s);
  EXPECT_EQ(slow_header.reply().status, 408);
  EXPECT_TRUE(slow_header.ended());
  slow_body.send("12345");
  here.advance(20s);
  EXPECT_EQ(slow_body.reply().status, 408);
  here.advance(60s);
  EXPECT_TRUE(silent.ended());
}

TEST(http, answers_after_the_client_has_ended_sending) {
  fixture here;
  client one = here.connect();
  one.send("GET /v1/wait HTTP/1.1\r\nHost: here\r\n\r\nGET / HTTP/1.1\r\nHost: here\r\n\r\n");
  one.end_sending();
  const auto request = here.entry.wait_request();
  here.on_logic([&] { here.server->answer(request.connection, request.exchange, {"7", {}}); });
  EXPECT_EQ(one.reply().body, "7");
  EXPECT_EQ(one.reply().body, "<p>page</p>");
  EXPECT_TRUE(one.ended());
}

TEST(http, tells_an_address_with_too_many_connections) {
  fixture here([](options& how) { how.limits.connections_per_address = 2; });
  client one = here.connect(), two = here.connect();
  EXPECT_EQ(one.get("/").status, 200);
  EXPECT_EQ(two.get("/").status, 200);
  client three = here.connect();
  const http_reply refused = three.get("/");
  EXPECT_EQ(refused.status, 429);
  EXPECT_TRUE(three.ended());
}
