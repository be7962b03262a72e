// Reactions as people meet them, on a whole server in memory.

#include <parley/test/gtest.hpp>

namespace {

using parley::test::client;
using parley::test::host;
using parley::test::reply;
using parley::test::value;

class reactions : public testing::Test {
 protected:
  reactions() {
    group =
        ann.call("messaging.create_group", {{"name", "Badgers"}, {"members", {bob.id()}}})["id"];
    hello = send(ann, "Hello");
    for (const client& each : {ann, bob, cyd}) each.forgets();
  }
  value send(const client& who, const char* text) {
    const std::string id = "message-" + std::to_string(++sent);
    return who.call("messaging.send", {{"conversation", group}, {"id", id}, {"text", text}})["seq"];
  }
  value at(const value& message, const char* emoji) const {
    return {{"conversation", group}, {"message", message}, {"emoji", emoji}};
  }
  reply add(const client& who, const value& message, const char* emoji) {
    return who.call("reactions.add", at(message, emoji));
  }
  reply remove(const client& who, const value& message, const char* emoji) {
    return who.call("reactions.remove", at(message, emoji));
  }
  // "3 👍2 mine, 4 ❤️1"
  std::string counts(const client& who) {
    const reply seen =
        who.call("reactions.counts", {{"conversation", group}, {"from", 1}, {"to", 1000}});
    std::string out;
    for (std::size_t i = 0; i < seen["items"].size(); ++i) {
      const value& each = seen["items"][i];
      out += (out.empty() ? "" : ", ") + std::to_string(each["message"].integer()) + " " +
             each["emoji"].text() + std::to_string(each["count"].integer()) +
             (each["mine"] == value(true) ? " mine" : "");
    }
    return out;
  }

  host server{
      {.under_test = PARLEY_BUILT_PLUGIN, .config = {{"per_message", 3}, {"per_person", 2}}}};
  client ann = server.user("ann"), bob = server.user("bob"), cyd = server.user("cyd");
  value group, hello;
  int sent = 0;
};

TEST_F(reactions, everybody_in_the_conversation_sees_who_reacted) {
  add(bob, hello, "👍").ok();
  ann.receives("reaction.added")
      .of(group)
      .with("message", hello)
      .with("emoji", "👍")
      .with("account", bob.id());
  cyd.receives_nothing();
  add(ann, hello, "👍").ok();
  add(ann, hello, "❤️").ok();
  EXPECT_EQ(counts(bob), "3 ❤️1, 3 👍2 mine");
  const reply who = ann.call("reactions.who", at(hello, "👍"));
  EXPECT_EQ(who["items"].size(), 2u);
}

TEST_F(reactions, to_react_twice_and_to_take_back_twice_is_to_do_it_once) {
  const value first = add(bob, hello, "👍").ok();
  EXPECT_EQ(add(bob, hello, "👍").ok(), first);
  ann.receives("reaction.added");
  ann.receives_no("reaction.added");
  EXPECT_EQ(counts(bob), "3 👍1 mine");
  remove(bob, hello, "👍").ok();
  remove(bob, hello, "👍").ok();
  ann.receives("reaction.removed").with("account", bob.id());
  ann.receives_no("reaction.removed");
  EXPECT_EQ(counts(bob), "");
}

TEST_F(reactions, many_at_once_are_all_counted) {
  const auto one = ann.begins("reactions.add", at(hello, "👍"));
  const auto two = bob.begins("reactions.add", at(hello, "👍"));
  const auto same = bob.begins("reactions.add", at(hello, "👍"));
  one.ends().ok();
  two.ends().ok();
  same.ends().ok();
  EXPECT_EQ(counts(ann), "3 👍2 mine");
  const auto gone = ann.begins("reactions.remove", at(hello, "👍"));
  const auto both = bob.begins("reactions.remove", at(hello, "👍"));
  gone.ends().ok();
  both.ends().ok();
  EXPECT_EQ(counts(ann), "");
}

TEST_F(reactions, there_is_a_limit_for_a_person_and_one_for_a_message) {
  const auto first = bob.begins("reactions.add", at(hello, "👍"));
  const auto second = bob.begins("reactions.add", at(hello, "❤️"));
  const auto third = bob.begins("reactions.add", at(hello, "🎉"));
  const int refused =
      !first.ends().went_well() + !second.ends().went_well() + !third.ends().went_well();
  EXPECT_EQ(refused, 1);
  add(ann, hello, "🦡").ok();
  add(ann, hello, "☕").fails_with("too_many_reactions"); // a fourth emoji
  remove(ann, hello, "🦡").ok();
  add(ann, hello, "☕").ok();
}

TEST_F(reactions, they_take_one_emoji_and_a_message_that_is_there) {
  add(bob, hello, "ok").fails_with("not_an_emoji");
  add(bob, hello, "👍👍").fails_with("not_an_emoji");
  add(bob, 1, "👍").fails_with("not_found"); // somebody came in
  add(bob, 99, "👍").fails_with("not_found");
  add(cyd, hello, "👍").fails_with("forbidden");
}

TEST_F(reactions, who_came_later_neither_sees_nor_makes_those_to_earlier_messages) {
  add(bob, hello, "👍").ok();
  ann.call("messaging.add_member", {{"conversation", group}, {"account", cyd.id()}}).ok();
  add(cyd, hello, "👍").fails_with("not_found");
  cyd.call("reactions.who", at(hello, "👍")).fails_with("not_found");
  EXPECT_EQ(counts(cyd), "");
  const value news = send(bob, "News");
  add(cyd, news, "👍").ok();
  EXPECT_EQ(counts(cyd), std::to_string(news.integer()) + " 👍1 mine");
}

TEST_F(reactions, they_go_with_the_message) {
  add(bob, hello, "👍").ok();
  add(ann, hello, "❤️").ok();
  ann.call("messaging.delete", {{"conversation", group}, {"message", hello}}).ok();
  bob.receives("message.deleted").with("message", hello);
  EXPECT_EQ(counts(bob), "");
  add(bob, hello, "👍").fails_with("not_found");
}

TEST_F(reactions, none_outlives_a_message_that_is_deleted_meanwhile) {
  for (int i = 0; i < 8; ++i) {
    const value message = send(ann, "Short");
    const auto reacted = bob.begins("reactions.add", at(message, "👍"));
    const auto more = bob.begins("reactions.add", at(message, "❤️"));
    const auto deleted =
        ann.begins("messaging.delete", {{"conversation", group}, {"message", message}});
    deleted.ends().ok();
    reacted.ends().went_well();
    more.ends().went_well();
    EXPECT_EQ(counts(bob), "");
  }
}

TEST_F(reactions, they_outlive_a_restart_and_an_upgrade) {
  add(bob, hello, "👍").ok();
  server.upgrade();
  server.restart();
  bob.reconnects();
  EXPECT_EQ(counts(bob), "3 👍1 mine");
}

} // namespace
