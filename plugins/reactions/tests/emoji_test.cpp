#include "emoji.hpp"

#include <gtest/gtest.h>

TEST(emoji, is_one_as_people_see_it) {
  for (const char* each : {"👍", "❤️", "❤", "👍🏽", "👩‍👩‍👧‍👦", "🏳️‍🌈",
                           "🇩🇪", "3️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "☕"}) {
    EXPECT_TRUE(is_emoji(each)) << each;
  }
}

TEST(emoji, is_neither_text_nor_several_nor_a_part) {
  for (const char* each :
       {"", "a", "ok", "👍👍", "👍a", "<b>", "🏽", "👍‍", "🇩", "🇩🇪🇫🇷", " ", "7", "‍👍"}) {
    EXPECT_FALSE(is_emoji(each)) << each;
  }
}
