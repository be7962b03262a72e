#include "dispatch/head_cache.hpp"

#include <gtest/gtest.h>

namespace parley::dispatch {
namespace {

using known = std::optional<std::int64_t>;

TEST(head_cache, knows_what_the_store_has_said_and_what_was_announced_since) {
  head_cache heads;
  EXPECT_EQ(heads.find("t"), std::nullopt);
  heads.ask("t");
  EXPECT_EQ(heads.find("t"), std::nullopt);
  heads.answer("t", 3);
  EXPECT_EQ(heads.find("t"), known(3));
  heads.announced("t", 4);
  EXPECT_EQ(heads.find("t"), known(4));
  heads.announced("other", 9);
  EXPECT_EQ(heads.find("other"), std::nullopt);
}

TEST(head_cache, takes_no_answer_that_is_older_than_what_was_announced) {
  head_cache heads;
  heads.ask("t");
  heads.announced("t", 4);
  heads.answer("t", 3);
  EXPECT_EQ(heads.find("t"), known(4));
}

TEST(head_cache, takes_no_answer_to_what_it_has_forgotten) {
  head_cache heads;
  heads.ask("t");
  heads.clear();
  heads.answer("t", 3);
  EXPECT_EQ(heads.find("t"), std::nullopt);
}

TEST(head_cache, keeps_those_that_were_used_last) {
  head_cache heads(2);
  const auto learn = [&](const char* topic) {
    heads.ask(topic);
    heads.answer(topic, 1);
  };
  learn("a");
  learn("b");
  learn("c");
  EXPECT_EQ(heads.find("a"), known(1));
  learn("d");
  EXPECT_EQ(heads.find("b"), std::nullopt);
  EXPECT_EQ(heads.find("a"), known(1));
}

} // namespace
} // namespace parley::dispatch
