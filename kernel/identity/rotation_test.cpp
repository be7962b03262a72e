#include "identity/rotation.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace parley::identity {
namespace {

// A session whose tokens are numbers, applied as the service does.
class rotating : public testing::Test {
 protected:
  rotating() {
    session_.current = "0";
    session_.expires_ms = 1000;
  }
  // What presenting a token gives: the new token, or nothing.
  std::optional<std::string> present(std::string_view token, std::int64_t now = 0) {
    auto step = rotate(session_, token, now);
    if (step.what == rotation::revoke) session_.revoked_at = "now";
    if (step.what != rotation::issue) return std::nullopt;
    session_.current = step.current;
    session_.next = step.next;
    session_.next.push_back(std::to_string(++made_));
    EXPECT_LE(session_.next.size(), max_next);
    return session_.next.back();
  }

  bool revoked() const { return !session_.revoked_at.empty(); }

  session_record session_;
  int made_ = 0;
};

TEST_F(rotating, hands_on_from_token_to_token) {
  std::string token = "0";
  for (int i = 0; i < 10; ++i) {
    const auto next = present(token);
    ASSERT_TRUE(next);
    EXPECT_NE(*next, token);
    token = *next;
  }
  EXPECT_FALSE(revoked());
}

TEST_F(rotating, keeps_the_old_one_good_until_the_new_one_is_used) {
  ASSERT_TRUE(present("0")); // the answer is lost
  ASSERT_TRUE(present("0")); // and lost again
  const auto got = present("0");
  ASSERT_TRUE(got);
  ASSERT_TRUE(present(*got));
  EXPECT_FALSE(revoked());
}

TEST_F(rotating, revokes_when_the_old_one_is_used_after_the_new_one) {
  const auto one = present("0");
  ASSERT_TRUE(present(*one));
  EXPECT_FALSE(present("0"));
  EXPECT_TRUE(revoked());
  EXPECT_FALSE(present(*one));
}

TEST_F(rotating, revokes_for_a_token_of_long_ago) {
  std::string token = "0";
  for (int i = 0; i < 5; ++i) token = *present(token);
  EXPECT_FALSE(present("1"));
  EXPECT_TRUE(revoked());
}

TEST_F(rotating, lets_two_windows_refresh_at_once_while_they_share_what_they_keep) {
  const auto one = present("0");
  const auto two = present("0");
  ASSERT_TRUE(one && two);
  ASSERT_TRUE(present(*two)); // both windows keep the later one
  EXPECT_FALSE(revoked());
}

TEST_F(rotating, finds_out_a_thief_who_was_first) {
  const auto thief = present("0");
  const auto owner = present("0");
  ASSERT_TRUE(thief && owner);
  ASSERT_TRUE(present(*thief));
  EXPECT_FALSE(present(*owner));
  EXPECT_TRUE(revoked());
}

TEST_F(rotating, finds_out_a_thief_who_was_second) {
  const auto owner = present("0");
  const auto thief = present("0");
  ASSERT_TRUE(thief && owner);
  ASSERT_TRUE(present(*owner));
  EXPECT_FALSE(present(*thief));
  EXPECT_TRUE(revoked());
}

TEST_F(rotating, remembers_a_bounded_number_of_unused_tokens) {
  std::vector<std::string> issued;
  for (std::size_t i = 0; i < max_next + 1; ++i) issued.push_back(*present("0"));
  EXPECT_EQ(session_.next.size(), max_next);
  ASSERT_TRUE(present(issued[1])); // the oldest that is still known
  EXPECT_FALSE(revoked());
  EXPECT_FALSE(present(issued[0]));
  EXPECT_TRUE(revoked());
}

TEST_F(rotating, refuses_without_a_trace_what_is_over) {
  EXPECT_FALSE(present("0", 1000));
  EXPECT_FALSE(present("spent", 1000));
  EXPECT_FALSE(revoked());
  ASSERT_TRUE(present("0", 999));
  session_.revoked_at = "now";
  EXPECT_EQ(rotate(session_, "0", 0).what, rotation::refuse);
}

} // namespace
} // namespace parley::identity
