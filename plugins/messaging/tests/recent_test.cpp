// What a list of conversations shows, on a whole server in memory.

#include <parley/test/gtest.hpp>

namespace {

using parley::test::client;
using parley::test::host;
using parley::test::reply;
using parley::test::value;

class recent : public testing::Test {
 protected:
  value group(const char* name, const value& members = parley::test::array({})) {
    server.advance(std::chrono::seconds(1));
    return ann.call("messaging.create_group", {{"name", name}, {"members", members}}).ok()["id"];
  }
  value send(const client& who, const value& to, const std::string& text) {
    server.advance(std::chrono::seconds(1));
    const std::string id = "message-" + std::to_string(++sent);
    return who.call("messaging.send", {{"conversation", to}, {"id", id}, {"text", text}})
        .ok()["seq"];
  }
  // Name, how many were sent, and the last text of each, and whether there is a window behind.
  static std::string shown(const reply& window) {
    std::string out;
    const value& items = window["items"];
    for (std::size_t i = 0; i < items.size(); ++i) {
      const value& each = items[i];
      const value& conversation = each["conversation"];
      out += (i == 0 ? "" : "; ") +
             (conversation.has("name") ? conversation["name"].text() : std::string("direct")) +
             " " + (each.has("sent") ? std::to_string(each["sent"].integer()) : std::string("-")) +
             (each.has("last") ? " " + each["last"]["text"].text() : "");
    }
    return out + (window.ok().has("next") ? " …" : "");
  }
  static std::string list(const client& of) { return shown(of.call("messaging.recent")); }

  host server{{.under_test = PARLEY_BUILT_PLUGIN}};
  client ann = server.user("ann"), bob = server.user("bob"), cyd = server.user("cyd");
  int sent = 0;
};

TEST_F(recent, lists_the_newest_message_first) {
  const value zoo = group("Zoo", {bob.id()}), garden = group("Garden");
  EXPECT_EQ(list(ann), "Garden 0; Zoo 0");
  send(bob, zoo, "badgers");
  EXPECT_EQ(list(ann), "Zoo 1 badgers; Garden 0");
  send(ann, garden, "tea");
  send(ann, garden, "cake");
  EXPECT_EQ(list(ann), "Garden 2 cake; Zoo 1 badgers");
  EXPECT_EQ(list(bob), "Zoo 1 badgers");
  EXPECT_EQ(list(cyd), "");
}

TEST_F(recent, goes_through_all_in_windows) {
  for (const char* each : {"a", "b", "c", "d", "e"}) group(each);
  std::string seen;
  value params = {{"limit", 2}};
  for (int windows = 1; windows <= 3; ++windows) {
    const reply window = ann.call("messaging.recent", params);
    seen += shown(window) + " | ";
    if (window.ok().has("next")) params = {{"limit", 2}, {"before", window["next"]}};
  }
  EXPECT_EQ(seen, "e 0; d 0 … | c 0; b 0 … | a 0 | ");
}

TEST_F(recent, names_the_other_of_a_direct_conversation_and_the_caller_alone_of_a_group) {
  group("Zoo", {bob.id(), cyd.id()});
  server.advance(std::chrono::seconds(1));
  bob.call("messaging.direct", {{"account", ann.id()}}).ok();
  const reply window = ann.call("messaging.recent");
  const value& direct = window["items"][0];
  ASSERT_EQ(direct["people"].size(), 2u);
  EXPECT_EQ(direct["members"], value(2));
  EXPECT_NE(direct["people"][0]["account"], direct["people"][1]["account"]);
  const value& zoo = window["items"][1];
  ASSERT_EQ(zoo["people"].size(), 1u);
  EXPECT_EQ(zoo["people"][0]["account"], value(ann.id()));
  EXPECT_EQ(zoo["people"][0]["role"], value("owner"));
  EXPECT_EQ(zoo["members"], value(3));
}

TEST_F(recent, shows_nothing_from_before_one_came_nor_what_was_deleted) {
  const value zoo = group("Zoo");
  send(ann, zoo, "before");
  ann.call("messaging.add_member", {{"conversation", zoo}, {"account", bob.id()}}).ok();
  EXPECT_EQ(list(bob), "Zoo -");
  EXPECT_EQ(list(ann), "Zoo 1 before");
  const value seq = send(ann, zoo, "after");
  EXPECT_EQ(list(bob), "Zoo - after");
  ann.call("messaging.delete", {{"conversation", zoo}, {"message", seq}}).ok();
  EXPECT_EQ(list(bob), "Zoo -");
  EXPECT_EQ(list(ann), "Zoo 2 before");
  bob.call("messaging.leave", {{"conversation", zoo}}).ok();
  EXPECT_EQ(list(bob), "");
}

TEST_F(recent, refuses_a_window_that_none_was_before) {
  for (const char* each : {"yesterday", "/", "2027/x/y", "2027-01-01T00:00:00.000Z/"})
    EXPECT_EQ(ann.call("messaging.recent", {{"before", each}}).code(), "invalid_params") << each;
}

} // namespace
