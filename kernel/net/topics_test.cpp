// Who gets what is published, in which order, and what a reader who is slow gets of it.

#include "net/loopback_test.hpp"

#include <gmock/gmock.h>

using namespace parley::net;
using namespace parley::net::testing;
using parley::dispatch::connection_id;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(topics, holds_replays_and_releases_in_order) {
  fixture here;
  client one = here.connect_authenticated();
  const connection_id who = here.entry.wait_connected();
  here.on_logic([&] {
    auto& to = *here.server;
    to.follow(who, "t", 2, true);
    to.publish("t", 5, text_of(numbered(5)));
    to.publish("t", 0, text_of("ephemeral"));
    to.publish("t", 6, text_of(numbered(6)));
    to.replay(who, "t", {{2, text_of(numbered(2))}, {3, text_of(numbered(3))}}, false);
    to.publish("t", 7, text_of(numbered(7)));
    to.replay(who, "t", {{4, text_of(numbered(4))}, {5, text_of(numbered(5))}}, true);
    to.publish("t", 7, text_of(numbered(7)));
    to.publish("t", 8, text_of(numbered(8)));
    to.publish("other", 1, text_of("not followed"));
    to.unfollow(who, "t");
    to.publish("t", 9, text_of(numbered(9)));
    to.send(who, text_of("end"));
  });
  std::vector<std::string> heard;
  while (heard.empty() || heard.back() != "end") heard.push_back(one.hear().text);
  EXPECT_THAT(heard, ElementsAre(numbered(3), numbered(4), numbered(5), "ephemeral", numbered(6),
                                 numbered(7), numbered(8), "end"));
}

TEST(topics, keep_what_was_held_when_they_are_followed_anew) {
  fixture here;
  client one = here.connect_authenticated();
  const connection_id who = here.entry.wait_connected();
  here.on_logic([&] {
    auto& to = *here.server;
    to.follow(who, "t", 0, true);
    to.publish("t", 4, text_of(numbered(4)));
    to.publish("t", 5, text_of(numbered(5)));
    to.follow(who, "t", 4, true);
    to.replay(who, "t", {}, true);
    to.send(who, text_of("end"));
  });
  std::vector<std::string> heard;
  while (heard.empty() || heard.back() != "end") heard.push_back(one.hear().text);
  EXPECT_THAT(heard, ElementsAre(numbered(5), "end"));
}

TEST(topics, reach_all_followers_on_all_shards_and_forget_who_left) {
  fixture here({}, 3);
  std::vector<client> all;
  std::vector<connection_id> ids; // each waited for: two shards may tell the logic in another order
  for (std::size_t i = 0; i < 12; ++i) {
    all.push_back(here.connect_authenticated());
    ids.push_back(here.entry.wait_connected(i));
  }
  here.on_logic([&] {
    for (const connection_id id : ids) here.server->follow(id, "t", 0, false);
    here.server->publish("t", 1, text_of(numbered(1)));
  });
  for (client& one : all) EXPECT_EQ(one.hear().text, numbered(1));
  all.erase(all.begin() + 3, all.begin() + 6);
  here.entry.wait_disconnected(3);
  here.on_logic([&] { here.server->publish("t", 2, text_of(numbered(2))); });
  for (client& one : all) EXPECT_EQ(one.hear().text, numbered(2));
  // Those that had moved into the gaps can still leave.
  here.on_logic([&] {
    for (std::size_t i = 9; i < 12; ++i) here.server->unfollow(ids[i], "t");
    here.server->publish("t", 3, text_of(numbered(3)));
    for (const connection_id id : ids) here.server->send(id, text_of("end"));
  });
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < 6) EXPECT_EQ(all[i].hear().text, numbered(3));
    EXPECT_EQ(all[i].hear().text, "end");
  }
}

TEST(topics, resume_reaches_the_logic) {
  fixture here;
  client one = here.connect_authenticated();
  one.say(R"({"resume":{"cursors":{"place:1":11,"account:2":0}}})");
  EXPECT_EQ(one.hear().text, R"({"resumed":{"topics":{"place:1":11,"account:2":0}}})");
}

TEST(queues, close_a_slow_reader_and_nobody_else) {
  fixture here([](options& how) { how.limits.queue_bytes = 100'000; });
  client slow = here.connect(4'096);
  slow.open_socket();
  slow.log_in();
  client quick = here.connect_authenticated();
  const connection_id first = here.entry.wait_connected(0), second = here.entry.wait_connected(1);
  here.on_logic([&] {
    here.server->follow(first, "t", 0, false);
    here.server->follow(second, "t", 0, false);
  });
  const std::string filler(10'000, 'x');
  int number = 0;
  while (here.server->counters().slow_closed == 0) {
    ++number;
    const std::string event =
        "{\"seq\":" + std::to_string(number) + ",\"filler\":\"" + filler + "\"}";
    here.on_logic([&] {
      here.server->publish("t", number, text_of(event));
      here.server->publish("t", 0, text_of("ephemeral"));
    });
    std::string heard;
    do {
      heard = quick.hear().text;
    } while (heard == "ephemeral");
    ASSERT_THAT(heard, StartsWith("{\"seq\":" + std::to_string(number) + ","));
  }
  EXPECT_GT(here.server->counters().ephemeral_dropped, 0U);
  // What it does get is in order and whole, up to the close frame.
  int expected = 0;
  socket_event event;
  while ((event = slow.hear()).code == 0) {
    if (event.text != "ephemeral") {
      ASSERT_THAT(event.text, StartsWith("{\"seq\":" + std::to_string(++expected) + ","));
    }
  }
  EXPECT_EQ(event.code, 4001);
}

TEST(queues, give_a_slow_reader_the_latest_of_what_passes) {
  fixture here([](options& how) { how.limits.queue_bytes = 100'000; });
  client slow = here.connect(4'096);
  slow.open_socket();
  slow.log_in();
  client quick = here.connect_authenticated();
  const connection_id first = here.entry.wait_connected(0), second = here.entry.wait_connected(1);
  here.on_logic([&] {
    here.server->follow(first, "t", 0, false);
    here.server->follow(second, "t", 0, false);
  });
  const auto& counted = here.server->counters();
  const auto passing = [&](const std::string& text, std::string_view latest) {
    here.on_logic([&] { here.server->publish("t", 0, text_of(text), latest); });
    EXPECT_EQ(quick.hear().text, text); // and so a turn each
  };
  const std::string filler(10'000, 'x');
  // Until nothing more is taken by the socket: then one waits, and the next takes its place.
  while (counted.ephemeral_merged == 0) {
    ASSERT_EQ(counted.ephemeral_dropped, 0U);
    passing(filler, "");
    passing("of a, stale", "a");
    passing("of a, stale", "a");
  }
  passing("of b", "b");
  while (counted.ephemeral_dropped == 0) passing(filler, "");
  // Full for what is ephemeral; what takes the place of another is taken even so.
  passing("of c, dropped", "c");
  passing("of a", "a");
  here.on_logic([&] { here.server->publish("t", 1, text_of("end")); });
  std::vector<std::string> last;
  for (std::string heard; heard != "end";) {
    heard = slow.hear().text;
    if (heard != filler) last.push_back(heard);
  }
  ASSERT_GE(last.size(), 3U);
  EXPECT_THAT(std::vector(last.end() - 3, last.end()), ElementsAre("of b", "of a", "end"));
  EXPECT_EQ(counted.slow_closed, 0U);
}

TEST(queues, let_one_reply_be_bigger_than_their_limit) {
  fixture here([](options& how) { how.limits.queue_bytes = 100'000; });
  client one = here.connect(4'096);
  one.open_socket();
  one.log_in();
  const connection_id id = here.entry.wait_connected(0);
  const std::string big(8'000'000, 'x');
  here.on_logic([&] { here.server->send(id, text_of(big)); });
  EXPECT_EQ(one.hear().text.size(), big.size());
  EXPECT_EQ(here.server->counters().slow_closed, 0U);
}
