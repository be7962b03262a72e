// Batches, calls taken back, what is followed and acknowledged, compression: one socket's session.

#include "net/loopback_test.hpp"

#include <gmock/gmock.h>

#include <future>

using namespace parley::net;
using namespace parley::net::testing;
using parley::dispatch::connection_id;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(socket_session, compresses_what_is_long_for_who_agreed_to_it) {
  fixture here([](options& how) { how.limits.deflate_above_bytes = 2'000; });
  const std::string offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  std::vector<client> all;
  for (const bool agrees : {true, false, true}) {
    client one = here.connect();
    one.open_socket(agrees ? offer : "");
    one.log_in();
    all.push_back(std::move(one));
  }
  const std::string brief(1'900, 'b'), lengthy(60'000, 'l');
  std::vector<connection_id> ids;
  for (std::size_t i = 0; i < all.size(); ++i) ids.push_back(here.entry.wait_connected(i));
  here.on_logic([&] {
    for (const connection_id id : ids) here.server->follow(id, "t", 0, false);
    here.server->publish("t", 1, text_of(brief));
    here.server->publish("t", 2, text_of(lengthy));
  });
  std::string first_copy;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const client::raw_frame one = all[i].hear_frame(), other = all[i].hear_frame();
    EXPECT_EQ(one.first, 0x81U);
    EXPECT_EQ(one.content, brief);
    EXPECT_EQ(other.first, i == 1 ? 0x81U : 0xc1U);
    if (i == 1) {
      EXPECT_EQ(other.content, lengthy);
      continue;
    }
    EXPECT_LT(other.content.size(), 1'000U);
    if (first_copy.empty()) first_copy = other.content;
    EXPECT_EQ(other.content, first_copy);
  }
}

TEST(socket_session, agrees_to_no_compression_where_it_is_switched_off) {
  fixture here([](options& how) { how.limits.deflate_above_bytes = 0; });
  client one = here.connect();
  const http_reply got = one.open_socket("Sec-WebSocket-Extensions: permessage-deflate\r\n");
  EXPECT_FALSE(got.headers.contains("sec-websocket-extensions"));
}

TEST(socket_session, takes_calls_in_batches) {
  fixture here;
  client one = here.connect_authenticated();
  one.say(R"({"batch":[{"id":1,"method":"test.echo","params":{"place":"p","text":"a"}},)"
          R"({"id":"x","method":"test.nothing"},{"id":2,"method":7},)"
          R"({"id":3,"method":"test.fail"},{"id":3,"method":"test.fail"}]})");
  std::vector<std::string> heard;
  for (int i = 0; i < 5; ++i) heard.push_back(one.hear().text);
  EXPECT_THAT(heard, ::testing::UnorderedElementsAre(
                         StartsWith(R"({"id":1,"result")"), HasSubstr("unknown_method"),
                         AllOf(StartsWith(R"({"id":2,)"), HasSubstr("bad_frame")),
                         AllOf(StartsWith(R"({"id":3,)"), HasSubstr("too_many_things")),
                         AllOf(StartsWith(R"({"id":3,)"), HasSubstr("not answered yet"))));
  std::string many = R"({"batch":[)";
  for (int i = 0; i < 65; ++i)
    many += std::string(i == 0 ? "" : ",") + R"({"id":)" + std::to_string(i) +
            R"(,"method":"test.fail"})";
  for (const std::string& bad :
       {many + "]}", std::string(R"({"batch":[]})"), std::string(R"({"batch":{}})"),
        std::string(R"({"batch":[{"method":"test.fail"}]})"), std::string(R"({"batch":[7]})")}) {
    client wrong = here.connect_authenticated();
    wrong.say(bad);
    EXPECT_THAT(wrong.hear().text, HasSubstr("bad_frame"));
    expect_close(wrong, 4200);
  }
}

TEST(socket_session, takes_calls_back) {
  fixture here;
  client one = here.connect_authenticated();
  one.say(R"({"cancel":{"id":"nothing"}})");
  one.say(R"({"id":"slow","method":"test.wait","deadline_ms":250})");
  EXPECT_EQ(here.entry.wait_request().deadline_ms, 250U);
  one.say(R"({"cancel":{"id":"slow"}})");
  EXPECT_THAT(one.hear().text, AllOf(StartsWith(R"({"id":"slow",)"), HasSubstr("cancelled")));
  for (const std::string bad : {"0", "-1", "1.5", "\"1\"", "4294967296"}) {
    one.say(R"({"id":1,"method":"test.wait","deadline_ms":)" + bad + "}");
    EXPECT_THAT(one.hear().text, HasSubstr("bad_frame")) << bad;
  }
}

TEST(socket_session, hands_on_what_a_client_has_up_to_what_it_was_sent) {
  fixture here;
  client one = here.connect_authenticated();
  const connection_id id = here.entry.wait_connected();
  here.on_logic([&] {
    here.server->follow(id, "t", 3, false);
    here.server->publish("t", 4, text_of(numbered(4)));
  });
  EXPECT_EQ(one.hear().text, numbered(4));
  one.say(R"({"heartbeat":{"cursors":{"t":4,"other":9}}})");
  EXPECT_EQ(one.hear().text, R"({"heartbeat":{}})");
  EXPECT_EQ(here.entry.wait_said(), "acknowledged t 4");
  one.say(R"({"heartbeat":{"cursors":{"t":400}}})");
  EXPECT_EQ(here.entry.wait_said(), "acknowledged t 4");
  one.say(R"({"heartbeat":{"cursors":{"t":2}}})");
  EXPECT_EQ(here.entry.wait_said(), "acknowledged t 2");
}

TEST(socket_session, sends_no_ephemeral_events_to_the_background) {
  fixture here;
  client one = here.connect_authenticated();
  const connection_id id = here.entry.wait_connected();
  here.on_logic([&] { here.server->follow(id, "t", 0, false); });
  one.say(R"({"background":{"on":true}})");
  EXPECT_EQ(here.entry.wait_said(), "background");
  here.on_logic([&] {
    here.server->publish("t", 0, text_of("{\"passing\":1}"));
    here.server->publish("t", 1, text_of(numbered(1)));
  });
  EXPECT_EQ(one.hear().text, numbered(1));
  one.say(R"({"background":{"on":false}})");
  EXPECT_EQ(here.entry.wait_said(), "foreground");
  here.on_logic([&] { here.server->publish("t", 0, text_of("{\"passing\":2}")); });
  EXPECT_EQ(one.hear().text, "{\"passing\":2}");
}

TEST(socket_session, passes_on_what_is_to_be_followed) {
  fixture here;
  client one = here.connect_authenticated();
  one.say(R"({"resume":{"cursors":{"t":4},"only":true}})");
  EXPECT_EQ(one.hear().text, R"({"resumed":{"topics":{"t":4}},"only":true})");
  one.say(R"({"unfollow":{"topics":["t","u"]}})");
  EXPECT_EQ(here.entry.wait_said(), "unfollow t");
  EXPECT_EQ(here.entry.wait_said(), "unfollow u");
}

TEST(resume, may_be_longer_than_other_frames) {
  fixture here([](options& how) { how.limits.resume_bytes = 300'000; });
  const auto of_size = [](const std::string& begin, std::size_t bytes) {
    return begin + std::string(bytes - begin.size() - 1, ' ') + "}";
  };
  const std::string resume = R"({"resume":{"cursors":{"t":4}})", beat = R"({"heartbeat":{})";
  client one = here.connect_authenticated();
  one.say(of_size(resume, 300'000));
  EXPECT_THAT(one.hear().text, StartsWith(R"({"resumed")"));
  one.say(of_size(beat, 65'536));
  EXPECT_EQ(one.hear().text, R"({"heartbeat":{}})");
  one.say(of_size(beat, 65'537));
  expect_close(one, 1009);
  client two = here.connect_authenticated();
  two.say(of_size(resume, 300'001));
  expect_close(two, 1009);
  client nobody = here.connect();
  nobody.open_socket();
  nobody.say(of_size(resume, 65'537));
  expect_close(nobody, 1009);
}

TEST(reading, is_told_to_the_logic_once_most_is_read) {
  fixture here([](options& how) { how.limits.queue_bytes = 8'000'000; });
  client one = here.connect(4'096);
  one.open_socket();
  one.log_in();
  const connection_id who = here.entry.wait_connected(0);
  std::promise<void> nothing_waits, read;
  here.on_logic([&] { here.server->when_read(who, [&] { nothing_waits.set_value(); }); });
  nothing_waits.get_future().wait();
  const std::string filler(30'000, 'x');
  constexpr int frames = 250; // more than the sockets of both ends hold
  here.on_logic([&] {
    for (int i = 0; i < frames; ++i) here.server->send(who, text_of(filler));
    here.server->when_read(who, [&] { read.set_value(); });
  });
  auto told = read.get_future();
  EXPECT_EQ(one.hear().text, filler);
  EXPECT_EQ(told.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  for (int i = 1; i < frames; ++i) EXPECT_EQ(one.hear().text, filler);
  told.wait();
}
