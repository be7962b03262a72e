// What people find, on a whole server in memory.

#include <parley/test/gtest.hpp>

#include <algorithm>

namespace {

using parley::test::client;
using parley::test::host;
using parley::test::reply;
using parley::test::value;

class search : public testing::Test {
 protected:
  search() { zoo = group("Zoo", {bob.id()}); }

  value group(const char* name, const value& members) {
    return ann.call("messaging.create_group", {{"name", name}, {"members", members}}).ok()["id"];
  }
  value send(const client& who, const value& to, const std::string& text) {
    const std::string id = "message-" + std::to_string(++sent);
    return who.call("messaging.send", {{"conversation", to}, {"id", id}, {"text", text}})
        .ok()["seq"];
  }
  void add(const client& who) {
    ann.call("messaging.add_member", {{"conversation", zoo}, {"account", who.id()}}).ok();
  }
  static reply look(const client& who, const value& in, const char* text, int skip = 0,
                    int limit = 20) {
    return who.call("messaging.search",
                    {{"conversation", in}, {"text", text}, {"skip", skip}, {"limit", limit}});
  }
  // The texts, sorted.
  static std::string texts(const reply& from) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < from["items"].size(); ++i) {
      all.push_back(from["items"][i]["message"]["text"].text());
    }
    std::sort(all.begin(), all.end());
    std::string out;
    for (const std::string& each : all) out += (out.empty() ? "" : "; ") + each;
    return out + (from["more"] == value(true) ? " …" : "");
  }
  static std::string found(const client& who, const value& in, const char* text) {
    return texts(look(who, in, text));
  }

  static std::string found(const client& who, const char* text) {
    return texts(who.call("messaging.search_all", {{"text", text}}));
  }

  host server{{.under_test = PARLEY_BUILT_PLUGIN}};
  client ann = server.user("ann"), bob = server.user("bob"), cyd = server.user("cyd");
  value zoo;
  int sent = 0;
};

TEST_F(search, finds_messages_by_their_words_in_one_conversation) {
  send(ann, zoo, "Green tea, please");
  send(bob, zoo, "東京都に住む");
  send(bob, zoo, "black coffee");
  const value other = group("Garden", {bob.id()});
  send(ann, other, "tea in the garden");
  EXPECT_EQ(found(bob, zoo, "TEA"), "Green tea, please");
  EXPECT_EQ(found(bob, zoo, "京都"), "東京都に住む");
  EXPECT_EQ(found(bob, zoo, "green coffee"), "");
  EXPECT_EQ(found(bob, zoo, "\"tea green\""), "");
  EXPECT_EQ(found(bob, zoo, "coff*"), "black coffee");
  EXPECT_EQ(found(bob, zoo, "coff"), "");
  EXPECT_EQ(texts(bob.call("messaging.search",
                           {{"conversation", zoo}, {"text", "coff"}, {"unfinished", true}})),
            "black coffee");
  EXPECT_EQ(found(bob, other, "tea"), "tea in the garden");
}

TEST_F(search, shows_where_it_was_found) {
  const value seq = send(bob, zoo, "Ein Café in Köln");
  const reply seen = look(ann, zoo, "cafe koln");
  EXPECT_EQ(seen["items"][0], value({{"message", seen["items"][0]["message"]},
                                     {"snippet",
                                      {{{"text", "Ein "}, {"hit", false}},
                                       {{"text", "Café"}, {"hit", true}},
                                       {{"text", " in "}, {"hit", false}},
                                       {{"text", "Köln"}, {"hit", true}}}}}));
  EXPECT_EQ(seen["items"][0]["message"]["seq"], seq);
  EXPECT_EQ(seen["items"][0]["message"]["sender"], value(bob.id()));
}

TEST_F(search, finds_messages_in_all_conversations_of_the_caller) {
  const value garden = group("Garden", {cyd.id()});
  const value direct = bob.call("messaging.direct", {{"account", cyd.id()}}).ok()["id"];
  send(ann, zoo, "tea in the zoo");
  send(ann, garden, "tea in the garden");
  send(cyd, direct, "tea, between us");
  send(bob, direct, "coffee");
  EXPECT_EQ(found(ann, "tea"), "tea in the garden; tea in the zoo");
  EXPECT_EQ(found(bob, "tea"), "tea in the zoo; tea, between us");
  EXPECT_EQ(found(cyd, "tea"), "tea in the garden; tea, between us");
  EXPECT_EQ(found(server.user("dan"), "tea"), "");
  // In each from when they came, and no longer than they stay.
  add(cyd);
  EXPECT_EQ(found(cyd, "zoo"), "");
  send(ann, zoo, "tea for Cyd");
  EXPECT_EQ(found(cyd, "tea"), "tea for Cyd; tea in the garden; tea, between us");
  cyd.call("messaging.leave", {{"conversation", zoo}}).ok();
  EXPECT_EQ(found(cyd, "tea"), "tea in the garden; tea, between us");
  const reply page = cyd.call("messaging.search_all", {{"text", "tea"}, {"skip", 1}, {"limit", 1}});
  EXPECT_EQ(page["items"].size(), 1u);
  EXPECT_EQ(page["more"], value(false));
  server.guest().call("messaging.search_all", {{"text", "tea"}}).fails_with("unauthenticated");
}

TEST_F(search, finds_messages_of_one_sender) {
  send(ann, zoo, "tea of Ann");
  send(bob, zoo, "tea of Bob");
  EXPECT_EQ(texts(ann.call("messaging.search",
                           {{"conversation", zoo}, {"text", "tea"}, {"sender", bob.id()}})),
            "tea of Bob");
  EXPECT_EQ(texts(bob.call("messaging.search_all", {{"text", "tea"}, {"sender", ann.id()}})),
            "tea of Ann");
}

TEST_F(search, is_read_in_pages) {
  for (int i = 0; i < 5; ++i) send(ann, zoo, "tea " + std::to_string(i));
  std::vector<std::string> all;
  for (int skip = 0; skip < 6; skip += 2) {
    const reply page = look(bob, zoo, "tea", skip, 2);
    EXPECT_EQ(page["more"], value(skip < 4));
    for (std::size_t i = 0; i < page["items"].size(); ++i) {
      all.push_back(page["items"][i]["message"]["text"].text());
    }
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (std::vector<std::string>{"tea 0", "tea 1", "tea 2", "tea 3", "tea 4"}));
}

TEST_F(search, nobody_finds_what_was_before_they_came) {
  for (int i = 0; i < 7; ++i) send(ann, zoo, "tea tea tea");
  add(cyd);
  EXPECT_EQ(texts(look(cyd, zoo, "tea", 0, 2)), ""); // and not that there is more
  send(ann, zoo, "tea for Cyd");
  send(ann, zoo, "more of the tea");
  EXPECT_EQ(found(cyd, zoo, "tea"), "more of the tea; tea for Cyd");
  EXPECT_EQ(look(cyd, zoo, "tea", 0, 1)["more"], value(true));
  EXPECT_EQ(look(cyd, zoo, "tea", 1, 1)["items"].size(), 1u);
  EXPECT_EQ(look(bob, zoo, "tea")["items"].size(), 9u);
  // Who went and came back reads from there.
  cyd.call("messaging.leave", {{"conversation", zoo}}).ok();
  look(cyd, zoo, "tea").fails_with("forbidden");
  add(cyd);
  EXPECT_EQ(found(cyd, zoo, "tea"), "");
}

TEST_F(search, a_deleted_message_is_not_found) {
  const value seq = send(ann, zoo, "a secret tea");
  send(ann, zoo, "another tea");
  ann.call("messaging.delete", {{"conversation", zoo}, {"message", seq}}).ok();
  EXPECT_EQ(found(bob, zoo, "tea"), "another tea");
  EXPECT_EQ(found(bob, zoo, "secret"), "");
}

TEST_F(search, is_for_members) {
  send(ann, zoo, "tea");
  look(cyd, zoo, "tea").fails_with("forbidden");
  look(server.guest(), zoo, "tea").fails_with("unauthenticated");
}

TEST_F(search, says_what_is_wrong_with_a_query) {
  const auto words =
      look(ann, zoo, "a b c d e f g h i j k l m n o p q").fails_with("invalid_params");
  EXPECT_EQ(words.message(), "At most 16 words are looked for.");
  EXPECT_EQ(look(ann, zoo, "").fails_with("invalid_params").field(), "/text");
  EXPECT_EQ(look(ann, zoo, "x", 1001).fails_with("invalid_params").field(), "/skip");
  EXPECT_EQ(look(ann, zoo, "x", 0, 101).fails_with("invalid_params").field(), "/limit");
  EXPECT_EQ(found(ann, zoo, "...!"), "");
}

} // namespace
