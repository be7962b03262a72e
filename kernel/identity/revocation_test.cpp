#include "identity/revocation.hpp"

#include <gtest/gtest.h>

namespace parley::identity {
namespace {

TEST(revoked_sessions, are_known_until_their_tokens_have_expired) {
  revoked_sessions set;
  EXPECT_FALSE(set.contains("a"));
  set.add("a", 100);
  set.add("b", 200);
  set.purge(99);
  EXPECT_TRUE(set.contains("a"));
  set.purge(100);
  EXPECT_FALSE(set.contains("a"));
  EXPECT_TRUE(set.contains("b"));
  EXPECT_EQ(set.size(), 1U);
}

TEST(revoked_sessions, keep_the_latest_time) {
  revoked_sessions set;
  set.add("a", 100);
  set.add("a", 300);
  set.add("a", 50);
  set.purge(100);
  EXPECT_TRUE(set.contains("a"));
  set.purge(299);
  EXPECT_TRUE(set.contains("a"));
  set.purge(300);
  EXPECT_EQ(set.size(), 0U);
}

} // namespace
} // namespace parley::identity
