// A test as an author of a plugin writes it, and what the kit promises to it.

#include <parley/test/gtest.hpp>

namespace parley::test {
namespace {

using namespace std::chrono_literals;

// Shown in docs/plugins/testing.md.
TEST(test_kit, reads_like_a_conversation) {
  host server({.plugins = {"messaging", {"word-filter", {{"words", {"badger"}}}}}});
  auto alice = server.user("alice"), bob = server.user("bob");

  auto room = alice.call("messaging.create_group", {{"name", "Zoo"}, {"members", {bob.id()}}});
  bob.receives("conversation.added").with("name", "Zoo");

  alice.call("messaging.send", {{"conversation", room["id"]}, {"id", "m1"}, {"text", "hello"}})
      .ok();
  bob.receives("message.created").of(room["id"]).with("text", "hello");

  alice.call("messaging.send", {{"conversation", room["id"]}, {"id", "m2"}, {"text", "a badger!"}})
      .ok();
  bob.receives("message.created").with("text", "a ******!");
  bob.receives_no("message.created");
}

class conversations : public testing::Test {
 protected:
  static value say(const value& room, const char* text) {
    return {{"conversation", room["id"]}, {"id", text}, {"text", text}};
  }
  value direct() { return alice.call("messaging.direct", {{"account", bob.id()}}).ok(); }

  host server{{.plugins = {"messaging"}}};
  client alice = server.user("alice"), bob = server.user("bob");
};

TEST_F(conversations, an_error_has_its_code_and_field) {
  alice.call("messaging.direct", {{"account", alice.id()}}).fails_with("invalid_params");
  EXPECT_EQ(alice.call("messaging.direct", {{"account", 7}}).fails_with("invalid_params").field(),
            "/account");
  alice.call("messaging.dance").fails_with("unknown_method");
  server.guest().call("messaging.conversations").fails_with("unauthenticated");
}

TEST_F(conversations, two_devices_of_one_person_get_the_same) {
  client phone = server.user("alice");
  EXPECT_EQ(phone.id(), alice.id());
  const value room = direct();
  bob.call("messaging.send", say(room, "hi")).ok();
  alice.receives("message.created").with("text", "hi");
  phone.receives("message.created").with("text", "hi");
}

TEST_F(conversations, who_comes_back_gets_what_was_missed_in_order) {
  const value room = direct();
  bob.receives("conversation.added");
  bob.disconnects();
  EXPECT_FALSE(bob.connected());
  for (const char* each : {"one", "two", "three"})
    alice.call("messaging.send", say(room, each)).ok();
  bob.receives_no("message.created");
  bob.reconnects();
  for (const char* each : {"one", "two", "three"})
    bob.receives("message.created").with("text", each);
}

// docs/protocol.md, "Repeating a call".
TEST_F(conversations, a_key_is_good_for_seven_days) {
  const value room = direct();
  const value first = alice.call("messaging.send", say(room, "hi")).ok();
  for (int day = 0; day < 6; ++day) {
    server.advance(24h);
    EXPECT_EQ(alice.call("messaging.send", say(room, "hi")).ok(), first);
  }
  server.advance(24h - 2min);
  EXPECT_EQ(alice.call("messaging.send", say(room, "hi")).ok(), first);
  server.restart();
  alice.reconnects();
  EXPECT_EQ(alice.call("messaging.send", say(room, "hi")).ok(), first);
  server.advance(4min); // and one sweep
  EXPECT_GT(alice.call("messaging.send", say(room, "hi")).ok()["seq"].integer(),
            first["seq"].integer());
}

TEST_F(conversations, a_slow_line_brings_all_of_it_later) {
  const value room = direct();
  bob.delay(2s);
  alice.call("messaging.send", say(room, "hi")).ok();
  bob.receives_no("message.created");
  server.advance(2s);
  bob.receives("message.created").with("text", "hi");
}

TEST_F(conversations, a_power_cut_loses_nothing_that_was_answered) {
  const value room = direct();
  alice.call("messaging.send", say(room, "before")).ok();
  server.restart();
  EXPECT_EQ(alice.call("messaging.history", {{"conversation", room["id"]}})["items"].size(), 1u);
  alice.call("messaging.send", say(room, "after")).ok();
  bob.receives("message.created").with("text", "before");
  bob.receives("message.created").with("text", "after");
}

TEST_F(conversations, calls_that_are_under_way_can_cross) {
  const pending one = alice.begins("messaging.direct", {{"account", bob.id()}});
  const pending other = bob.begins("messaging.direct", {{"account", alice.id()}});
  EXPECT_FALSE(one.ended());
  EXPECT_EQ(one.ends()["id"], other.ends()["id"]);
}

TEST_F(conversations, an_upgrade_takes_calls_that_are_under_way) {
  const value room = direct();
  const pending first = alice.begins("messaging.send", say(room, "first"));
  server.upgrade(TEST_MESSAGING);
  first.ends().ok();
  alice.call("messaging.send", say(room, "second")).ok();
  bob.receives("message.created").with("text", "first");
  bob.receives("message.created").with("text", "second");
  EXPECT_TRUE(server.logged("a plugin was upgraded"));
}

TEST(test_kit, time_passes_when_told_to) {
  host server({.plugins = {"messaging"}});
  const std::string began = server.now();
  server.run();
  EXPECT_EQ(server.now(), began);
  server.advance(36h);
  EXPECT_EQ(server.now().substr(0, 10), "2026-01-02");
  server.user("alice").call("messaging.conversations").ok(); // its session is as good as new
}

TEST(test_kit, a_stand_in_plays_a_plugin) {
  int told = 0;
  host server(
      {.plugins = {"messaging"},
       .stand_ins = {
           {R"(
plugin: moderator
version: 1.0.0
summary: Refuses what is bad.
runtime: native
requires: { messaging: ^1 }
hooks:
  message.before_send: { phase: filter }
  message.sent: { phase: observe }
methods:
  moderator.count:
    doc: For plugins.
    visibility: plugin
    params: { type: object }
    result: { type: integer }
)",
            {{"hook message.before_send",
              [](const value& draft) {
                return draft["text"] == "bad" ? said::refusal("rude", "No.") : said::nothing();
              }},
             {"hook message.sent",
              [&](const value&) {
                ++told;
                return said::nothing();
              }},
             {"method moderator.count", [&](const value&) { return said::result(told); }}}}}});
  auto alice = server.user("alice"), bob = server.user("bob");
  auto room = alice.call("messaging.direct", {{"account", bob.id()}});
  const auto send = [&](const char* text) {
    return alice.call("messaging.send",
                      {{"conversation", room["id"]}, {"id", text}, {"text", text}});
  };
  EXPECT_EQ(send("bad").fails_with("rude").message(), "No.");
  send("good").ok();
  alice.call("moderator.count").fails_with("unknown_method");
  EXPECT_EQ(server.call_as_plugin("moderator.count").ok(), 1);
  EXPECT_GT(
      server.metric(R"(parley_method_failures_total{method="messaging.send",plugin="messaging"})"),
      0);
}

// The same seed does the same; another may not.
TEST(test_kit, a_seed_repeats_the_schedule) {
  const auto order = [](std::uint64_t seed) {
    host server({.plugins = {"messaging"}, .seed = seed});
    const value bob = server.user("bob").id();
    std::vector<client> all;
    for (const char* each : {"ann", "dan", "eve", "fay", "gus"}) all.push_back(server.user(each));
    const value room =
        all[0]
            .call(
                "messaging.create_group",
                {{"name", "x"}, {"members", {all[1].id(), all[2].id(), all[3].id(), all[4].id()}}})
            .ok();
    std::vector<pending> sent;
    for (const client& each : all)
      sent.push_back(
          each.begins("messaging.send",
                      {{"conversation", room["id"]}, {"id", each.name()}, {"text", each.name()}}));
    for (const pending& each : sent) each.ends().ok();
    std::string out;
    for (const value& each :
         all[0].call("messaging.history", {{"conversation", room["id"]}})["items"].items())
      out += each["text"].text() + " ";
    return out;
  };
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(order(seed), order(seed));
    seen.insert(order(seed));
  }
  EXPECT_GT(seen.size(), 1u);
}

} // namespace
} // namespace parley::test
