#include "net/loopback_test.hpp"

#include <gmock/gmock.h>

#include <array>

using namespace parley::net;
using namespace parley::net::testing;
using namespace std::chrono_literals;
using parley::dispatch::connection_id;
using parley::dispatch::outcome;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace {

const std::string echo = R"({"id":1,"method":"test.echo","params":{"place":"p","text":"hi"}})";

} // namespace

TEST(socket, says_hello_and_calls) {
  fixture here;
  client one = here.connect();
  one.open_socket();
  const std::string hello = one.log_in();
  EXPECT_THAT(hello, HasSubstr(R"("account":"account-1")"));
  EXPECT_THAT(hello, HasSubstr(R"("outstanding":64)"));
  EXPECT_THAT(hello, HasSubstr(R"("features":["test"])"));
  one.say(echo);
  const std::string reply = one.hear().text;
  EXPECT_THAT(reply, StartsWith(R"({"id":1,"result":)"));
  EXPECT_THAT(reply, HasSubstr(R"("count":3)")); // the default
  EXPECT_THAT(reply, HasSubstr(R"("who":"account-1")"));
  one.say(R"({"id":"two","method":"test.fail"})");
  EXPECT_EQ(one.hear().text, R"({"id":"two","error":{"code":"too_many_things",)"
                             R"("message":"Too many things.","temporary":false}})");
}

TEST(socket, takes_frames_that_came_before_hello) {
  fixture here;
  client one = here.connect();
  one.open_socket();
  one.say(R"({"authenticate":{"scheme":"Bearer","credential":"good"}})");
  for (int i = 0; i < 20; ++i) one.say(echo);
  EXPECT_THAT(one.hear().text, StartsWith("{\"hello\""));
  EXPECT_THAT(one.hear().text, StartsWith("{\"id\":1,"));
}

TEST(socket, digests_parameters_as_they_came_whatever_their_order) {
  fixture here;
  client one = here.connect_authenticated();
  const auto digest = [&one](const std::string& params) {
    one.say(R"({"id":1,"method":"test.echo","params":)" + params + "}");
    const std::string reply = one.hear().text;
    return reply.substr(reply.find("\"digest\""), 76);
  };
  const std::string first = digest(R"({"place":"p","text":"t"})");
  EXPECT_EQ(first.size(), 76U);
  EXPECT_EQ(first, digest(R"({ "text" : "t", "place" : "p" })"));
  EXPECT_NE(first, digest(R"({"place":"p","text":"t","count":3})"));
}

TEST(socket, answers_what_it_does_not_understand_with_codes) {
  fixture here;
  client one = here.connect_authenticated();
  const auto error = [&one](const std::string& frame, const std::string& code) {
    one.say(frame);
    EXPECT_THAT(one.hear().text, HasSubstr("\"code\":\"" + code + "\"")) << frame;
  };
  error(R"({"id":1,"method":"test.nothing"})", "unknown_method");
  error(R"({"id":1,"method":"test.inner"})", "unknown_method");
  error(R"({"id":1,"method":"test.echo","params":{}})", "invalid_params");
  error(R"({"id":1,"method":"test.echo","params":[]})", "invalid_params");
  error(R"({"id":1,"method":"test.echo","params":{},"more":1})", "bad_frame");
  error(R"({"id":1,"mothed":"test.echo"})", "bad_frame");
  error(R"({"id":1,"method":7})", "bad_frame");
  one.say(echo);
  EXPECT_THAT(one.hear().text, HasSubstr("result"));
}

TEST(socket, closes_on_frames_that_are_not_of_this_protocol) {
  fixture here;
  for (const std::string bad :
       {"{", "[]", "7", R"({"method":"test.echo"})", R"({"resume":7})",
        R"({"resume":{"cursors":{"t":-1}}})", R"({"resume":{"cursors":[]}})", R"({"a":1,"a":2})",
        R"({"authenticate":{"scheme":"Bearer"}})"}) {
    client one = here.connect_authenticated();
    one.say(bad);
    EXPECT_THAT(one.hear().text, StartsWith("{\"error\":")) << bad;
    expect_close(one, 4200);
  }
  client deep = here.connect_authenticated();
  deep.say(std::string(60'000, '['));
  EXPECT_THAT(deep.hear().text, HasSubstr("deeper than 32"));
  expect_close(deep, 4200);
}

TEST(socket, closes_on_bad_websocket_frames) {
  fixture here;
  const auto closes = [&here](unsigned first, const std::string& content, std::uint16_t code) {
    client one = here.connect_authenticated();
    one.say_frame(first, content);
    expect_close(one, code);
  };
  closes(0x82, "binary", 1003);
  closes(0x81, "\xff", 1007);
  closes(0x81, std::string(65'537, ' '), 1009);
  closes(0xc1, "{}", 1002);
  closes(0x88, "\x03\xe8", 1000);
  closes(0x88, "", 1000);
}

TEST(socket, refuses_integers_that_are_not_exact_everywhere) {
  fixture here;
  for (const std::string id : {"9007199254740993", "-9007199254740993", "18446744073709551615"}) {
    client one = here.connect_authenticated();
    one.say("{\"id\":" + id + ",\"method\":\"test.echo\"}");
    EXPECT_THAT(one.hear().text, HasSubstr("bad_frame")) << id;
    expect_close(one, 4200);
    client two = here.connect_authenticated();
    two.say("{\"resume\":{\"cursors\":{\"t\":" + id + "}}}");
    EXPECT_THAT(two.hear().text, HasSubstr("bad_frame")) << id;
    expect_close(two, 4200);
  }
  client greatest = here.connect_authenticated();
  greatest.say(R"({"resume":{"cursors":{"t":9007199254740992}}})");
  EXPECT_THAT(greatest.hear().text, HasSubstr(R"("t":9007199254740992)"));
}

// Otherwise the end of the session that is in use would not end the connection.
TEST(socket, tells_the_logic_when_another_session_takes_over) {
  fixture here;
  client one = here.connect_authenticated();
  const connection_id id = here.entry.wait_connected(0);
  one.say(R"({"authenticate":{"scheme":"Bearer","credential":"good"}})");
  EXPECT_THAT(one.hear().text, HasSubstr(R"("session":"session-1")")); // the same: nothing is told
  one.say(R"({"authenticate":{"scheme":"Bearer","credential":"good-later"}})");
  EXPECT_THAT(one.hear().text, HasSubstr(R"("session":"session-2")"));
  EXPECT_EQ(here.entry.wait_connected(1), id);
  EXPECT_EQ(here.entry.session_of(1), "session-2");
}

TEST(socket, answers_pings) {
  fixture here;
  client one = here.connect_authenticated();
  one.say_frame(0x89, "are you there");
  EXPECT_EQ(one.hear().text, "pong are you there");
}

TEST(socket, refuses_upgrades_that_are_none) {
  fixture here;
  client one = here.connect();
  EXPECT_EQ(one.get("/v1/socket").status, 400);
  const std::string base =
      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const http_reply version = one.get("/v1/socket", base + "Sec-WebSocket-Version: 8\r\n");
  EXPECT_EQ(version.status, 400);
  EXPECT_EQ(version.headers.at("sec-websocket-version"), "13");
  EXPECT_EQ(one.get("/v1/socket", base + "Sec-WebSocket-Version: 13\r\n").status, 400);
  client cookie = here.connect();
  cookie.open_socket("Cookie: " + std::string(3'000, 'c') + "\r\n");
}

TEST(socket, authenticates_first_and_in_time) {
  fixture here;
  client forged = here.connect();
  forged.open_socket();
  forged.say(R"({"authenticate":{"scheme":"Bearer","credential":"forged"}})");
  EXPECT_THAT(forged.hear().text, HasSubstr("unauthenticated"));
  expect_close(forged, 4101);
  client hasty = here.connect();
  hasty.open_socket();
  hasty.say(echo);
  EXPECT_THAT(hasty.hear().text, HasSubstr("unauthenticated"));
  expect_close(hasty, 4101);
  client silent = here.connect();
  silent.open_socket();
  here.advance(11s);
  expect_close(silent, 4102);
  client other = here.connect_authenticated();
  other.say(R"({"authenticate":{"scheme":"Bearer","credential":"good-again"}})");
  EXPECT_THAT(other.hear().text, StartsWith("{\"hello\""));
  other.say(R"({"authenticate":{"scheme":"Bearer","credential":"good-other"}})");
  expect_close(other, 4101);
}

TEST(socket, wants_heartbeats_and_a_session_that_lasts) {
  fixture here;
  client silent = here.connect_authenticated(), alive = here.connect_authenticated();
  client expiring = here.connect();
  expiring.open_socket();
  expiring.say(R"({"authenticate":{"scheme":"Bearer","credential":"good-short"}})");
  expiring.hear();
  here.advance(40s);
  for (client* one : {&alive, &expiring}) {
    one->say(R"({"heartbeat":{}})");
    EXPECT_EQ(one->hear().text, R"({"heartbeat":{}})");
  }
  here.advance(22s);
  expect_close(silent, 4002);
  expect_close(expiring, 4100);
  alive.say(echo);
  EXPECT_THAT(alive.hear().text, HasSubstr("result"));
}

TEST(socket, limits_what_is_outstanding) {
  fixture here([](options& how) { how.limits.outstanding = 2; });
  client one = here.connect_authenticated();
  one.say(R"({"id":1,"method":"test.wait"})");
  one.say(R"({"id":1,"method":"test.wait"})");
  EXPECT_THAT(one.hear().text, HasSubstr("bad_frame"));
  one.say(R"({"id":"1","method":"test.wait"})");
  one.say(R"({"id":3,"method":"test.wait"})");
  EXPECT_THAT(one.hear().text, HasSubstr("too_many_requests"));
  const auto request = here.entry.wait_request();
  here.on_logic([&] { here.server->answer(request.connection, request.exchange, {"true", {}}); });
  EXPECT_EQ(one.hear().text, R"({"id":1,"result":true})");
}

TEST(draining, answers_what_was_accepted_and_tells_when_to_return) {
  fixture here;
  client busy = here.connect_authenticated(), idle = here.connect_authenticated();
  client http = here.connect();
  EXPECT_EQ(http.get("/").status, 200);
  busy.say(R"({"id":1,"method":"test.wait"})");
  const auto request = here.entry.wait_request();
  std::atomic<bool> drained = false;
  here.on_logic([&] { here.server->drain(10min, [&] { drained = true; }); });
  EXPECT_THAT(idle.hear().text, StartsWith("{\"draining\":{\"reconnect_after_ms\":"));
  expect_close(idle, 4000);
  EXPECT_TRUE(http.ended());
  http.end_sending();
  EXPECT_THAT(busy.hear().text, StartsWith("{\"draining\""));
  busy.say(echo.substr(0, 6) + "2" + echo.substr(7));
  EXPECT_THAT(busy.hear().text, HasSubstr("unavailable"));
  EXPECT_FALSE(drained);
  here.on_logic([&] { here.server->answer(request.connection, request.exchange, {"8", {}}); });
  EXPECT_EQ(busy.hear().text, R"({"id":1,"result":8})");
  expect_close(busy, 4000);
  while (!drained) here.on_logic([] {});
  EXPECT_EQ(here.server->counters().open, 0U);
}

TEST(draining, ends_in_its_time_even_if_a_client_does_not) {
  fixture here;
  client busy = here.connect_authenticated();
  busy.say(R"({"id":1,"method":"test.wait"})");
  here.entry.wait_request();
  std::atomic<bool> drained = false;
  std::atomic<bool> first = false;
  here.on_logic([&] {
    here.server->drain(10min, [&] { first = true; });
    here.server->drain(50ms, [&] { drained = true; });
  });
  while (!drained) here.on_logic([] {});
  EXPECT_TRUE(first);
  socket_event last;
  do {
    last = busy.hear();
  } while (last.code == 0);
  EXPECT_EQ(last.code, 4000);
}

TEST(draining, spreads_those_who_come_back_evenly) {
  constexpr std::size_t many = 200;
  fixture here;
  std::vector<client> all;
  for (std::size_t i = 0; i < many; ++i) all.push_back(here.connect_authenticated());
  here.on_logic([&] { here.server->drain(10min, [] {}); });
  std::array<int, 4> quarters{};
  for (client& one : all) {
    const std::string said = one.hear().text;
    const std::size_t at = said.find(':', said.find("reconnect_after_ms"));
    ASSERT_NE(at, std::string::npos) << said;
    const long after = std::stol(said.substr(at + 1));
    ASSERT_GE(after, 0);
    ASSERT_LE(after, reconnect_spread_ms(many));
    ++quarters.at(static_cast<std::size_t>(4 * after / (reconnect_spread_ms(many) + 1)));
    expect_close(one, 4000);
  }
  for (const int quarter : quarters) EXPECT_GT(quarter, 30) << "of " << many;
}

TEST(draining, takes_longer_for_more) {
  EXPECT_EQ(reconnect_spread_ms(3), 1'000);
  EXPECT_EQ(reconnect_spread_ms(5'000), 5'000);
  EXPECT_EQ(reconnect_spread_ms(1'000'000), 60'000);
}

TEST(limits, hold_what_has_not_ended_of_all_together) {
  fixture here([](options& how) { how.limits.unfinished_bytes = 100'000; });
  const counter& held = here.server->counters().unfinished_bytes;
  const std::string post =
      "POST /v1/post HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
      "Content-Length: 100000\r\n\r\n{";
  client first = here.connect(), second = here.connect(), third = here.connect_authenticated(),
         talker = here.connect_authenticated();
  first.send(post + std::string(90'000, ' '));
  while (held < 70'000) here.on_logic([] {});
  second.send(post + std::string(90'000, ' '));
  EXPECT_EQ(second.reply().status, 503);
  third.send(masked_frame(0x81, std::string(65'536, ' ')).substr(0, 60'000));
  expect_close(third, 4001);
  // Whoever only talks gets on, also in pieces.
  const std::string frame =
      masked_frame(0x81, R"({"id":1,"method":"test.echo","params":{"place":"p","text":")" +
                             std::string(10'000, 'x') + "\"}}");
  talker.send(frame.substr(0, 9'000));
  talker.send(frame.substr(9'000));
  EXPECT_THAT(talker.hear().text, HasSubstr("result"));
  first.send(std::string(9'998, ' ') + '}');
  EXPECT_EQ(first.reply().status, 200);
  for (client* one : {&second, &third}) one->end_sending();
  while (held > 0) here.on_logic([] {});
}

TEST(limits, end_many_at_once_in_pieces) {
  constexpr std::size_t many = 200;
  fixture here({}, 0);
  std::vector<client> all;
  for (std::size_t i = 0; i < many; ++i) all.push_back(here.connect());
  EXPECT_EQ(here.connect().get("/").status, 200); // they were accepted before
  std::uint64_t ended = 0, most = 0;              // in one turn of the loop
  parley::env::real_loop::turn_id counting = 0;
  here.on_logic([&] {
    counting = here.logic.loop().on_turn_end([&] {
      const std::uint64_t now = here.server->counters().timed_out.load();
      most = std::max(most, now - std::exchange(ended, now));
    });
    here.advance(11s);
  });
  for (client& one : all) {
    EXPECT_TRUE(one.ended());
    one.end_sending();
  }
  here.on_logic([&] {
    here.logic.loop().forget_turn_end(counting);
    EXPECT_GE(ended, many);
    EXPECT_LT(most, many);
  });
}

TEST(sharing, one_loop_for_logic_and_sockets) {
  fixture here({}, 0);
  client one = here.connect_authenticated();
  const connection_id who = here.entry.wait_connected();
  one.say(echo);
  EXPECT_THAT(one.hear().text, HasSubstr("result"));
  here.on_logic([&] {
    here.server->follow(who, "t", 0, false);
    here.server->publish("t", 1, text_of(numbered(1)));
  });
  EXPECT_EQ(one.hear().text, numbered(1));
}

TEST(limits, too_many_sockets_of_one_address_are_told) {
  fixture here([](options& how) { how.limits.connections_per_address = 1; });
  client first = here.connect_authenticated();
  client second = here.connect();
  second.open_socket();
  expect_close(second, 4201);
}
