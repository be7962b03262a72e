#include <parley/test/gtest.hpp>

using namespace parley::test;

class dice : public testing::Test {
 protected:
  host server{{.under_test = PARLEY_UNDER_TEST, .config = {{"most", 3}}}};
  client alice = server.user("alice"), bob = server.user("bob");
};

TEST_F(dice, rolls_as_many_as_asked) {
  const value rolled = alice.call("dice.roll", {{"count", 3}, {"sides", 6}}).ok();
  ASSERT_EQ(rolled["dice"].size(), 3u);
  std::int64_t sum = 0;
  for (const value& each : rolled["dice"].items()) {
    EXPECT_TRUE(each.integer() >= 1 && each.integer() <= 6);
    sum += each.integer();
  }
  EXPECT_EQ(rolled["sum"], sum);
}

TEST_F(dice, refuses_what_does_not_fit) {
  alice.call("dice.roll", {{"count", 4}, {"sides", 6}}).fails_with("too_many_dice");
  alice.call("dice.roll", {{"count", 1}, {"sides", 1}}).fails_with("invalid_params");
}

TEST_F(dice, rolls_in_a_message) {
  const value room = alice.call("messaging.direct", {{"account", bob.id()}}).ok();
  int sent = 0;
  const auto say = [&](const char* text) {
    const std::string id = "m" + std::to_string(++sent);
    alice.call("messaging.send", {{"conversation", room["id"]}, {"id", id}, {"text", text}}).ok();
    return bob.receives("message.created")["text"].text();
  };
  EXPECT_EQ(say("/roll 1d2").rfind("rolled 1d2: ", 0), 0u);
  EXPECT_EQ(say("/roll 4d6"), "/roll 4d6"); // more than the operator allows
  EXPECT_EQ(say("/roll 1d2 for me"), "/roll 1d2 for me");
}
