// What a failed test says, and what the kit finds by itself.

#include <parley/test/gtest.hpp>

#include <gmock/gmock.h>

namespace parley::test {
namespace {

using testing::HasSubstr;

std::string sentence_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const failure& why) {
    return why.sentence();
  }
  return "";
}

std::string at_the_end;

class failures : public testing::Test {
 protected:
  void SetUp() override { at_the_end.clear(); }
  void TearDown() override {
    on_failure_at_end([](const std::string& what) { ADD_FAILURE() << what; });
  }

  host server{{.plugins = {"messaging"}}};
  client alice = server.user("alice"), bob = server.user("bob");
};

TEST_F(failures, say_where_what_and_all_that_was_said) {
  auto room = alice.call("messaging.direct", {{"account", bob.id()}});
  try {
    bob.receives("conversation.added").with("kind", "group");
    FAIL() << "nothing was thrown";
  } catch (const failure& why) {
    EXPECT_EQ(why.sentence(),
              "conversation.added should have kind \"group\", and it is \"direct\"");
    EXPECT_THAT(why.what(), HasSubstr("failures_test.cpp:"));
    EXPECT_THAT(why.what(), HasSubstr(R"(alice → messaging.direct {"account":"<bob>"})"));
    EXPECT_THAT(why.what(), HasSubstr("bob ⇠ account:<bob> #1 conversation.added"));
    EXPECT_THAT(why.what(), HasSubstr("PARLEY_SEED=1"));
  }
}

TEST_F(failures, say_what_came_instead) {
  alice.call("messaging.direct", {{"account", bob.id()}}).ok();
  EXPECT_THAT(sentence_of([&] { bob.receives("message.created"); }),
              HasSubstr("bob should receive message.created, and received member.added {"));
  EXPECT_THAT(sentence_of([&] { bob.receives_nothing(); }),
              HasSubstr("bob should not receive anything, and received member.added {"));
  EXPECT_THAT(sentence_of([&] { alice.call("account.me").fails_with("forbidden"); }),
              HasSubstr("should fail with forbidden, and it went well"));
  EXPECT_THAT(sentence_of([&] {
                alice.call("account.get", {{"account", "none"}}).ok();
              }),
              HasSubstr("alice's call of account.get failed: not_found"));
}

TEST_F(failures, a_call_that_failed_unseen_is_named) {
  alice.call("account.get", {{"account", "none"}});
  EXPECT_THAT(sentence_of([&] { bob.receives_nothing(); }),
              HasSubstr("alice's call of account.get (" __FILE__));
}

TEST(test_kit, what_is_wrong_at_the_end_is_told_where_nobody_can_throw) {
  on_failure_at_end([](const std::string& what) { at_the_end = what; });
  {
    host server({.plugins = {"messaging"}});
    server.user("alice").call("account.get", {{"account", "none"}});
  }
  EXPECT_THAT(at_the_end, HasSubstr("failed with not_found, and the test did not look at it"));
  on_failure_at_end([](const std::string& what) { ADD_FAILURE() << what; });
}

TEST(test_kit, a_server_that_cannot_start_says_all_that_is_wrong) {
  EXPECT_THAT(sentence_of([] { host server({.plugins = {"massaging"}}); }),
              HasSubstr("there is no plugin massaging that was built; it was looked for in"));
  EXPECT_THAT(sentence_of([] {
                host server({.plugins = {{"messaging", {{"max_members", 1}}}}});
              }),
              HasSubstr("max_members"));
  EXPECT_THAT(sentence_of([] { host server({.under_test = "no/such/folder"}); }),
              HasSubstr("there is no plugin.yaml in"));
  host one({.plugins = {"messaging"}});
  EXPECT_THAT(sentence_of([] { host two({}); }), HasSubstr("there is another host already"));
}

TEST_F(failures, an_upgrade_that_is_refused_says_why) {
  EXPECT_THAT(server.refuses_upgrade(TEST_VERSIONS "/broken"), HasSubstr("init.lua"));
  EXPECT_THAT(sentence_of([&] { server.upgrade(TEST_VERSIONS "/broken"); }),
              HasSubstr("the upgrade does not go well: "));
}

TEST(values, are_read_as_they_look) {
  const value v{
      {"name", "x"}, {"tags", {"a", "b"}}, {"in", {{"n", 1}, {"f", 0.5}}}, {"no", nullptr}};
  EXPECT_EQ(v.json(), R"({"name":"x","tags":["a","b"],"in":{"n":1,"f":5E-1},"no":null})");
  EXPECT_EQ(v["in"]["n"], 1);
  EXPECT_EQ(v["tags"][1], "b");
  EXPECT_EQ(value::parse(R"({"b":2,"a":1})"), (value{{"a", 1}, {"b", 2}}));
  EXPECT_THAT(sentence_of([&] { (void)v["none"]; }), HasSubstr("there is no `none` in {"));
  EXPECT_THAT(sentence_of([&] { (void)v["name"].integer(); }),
              HasSubstr("this is no integer: \"x\""));
}

} // namespace
} // namespace parley::test
