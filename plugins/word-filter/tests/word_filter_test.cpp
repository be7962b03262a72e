// The script as it is shipped, against a host in memory.

#include "lua/testing/shipped.hpp"

#include <gtest/gtest.h>

namespace {

namespace json = boost::json;
using parley::lua::testing::ending;
using parley::lua::testing::fake_host;

class word_filter : public ::testing::Test {
 protected:
  // What a message becomes; empty where it is refused.
  std::string send(const std::string& text) {
    const auto end =
        host_.hook("message.before_send", {{"conversation", "c"}, {"sender", "s"}, {"text", text}});
    EXPECT_TRUE(end.has_value());
    last_ = end.value_or(ending{});
    if (last_.status != PARLEY_OK) return "";
    if (!last_.replaced) return text;
    EXPECT_EQ(last_.result.at("conversation"), "c");
    EXPECT_EQ(last_.result.at("sender"), "s");
    return std::string(last_.result.at("text").as_string());
  }

  void load(const json::array& words, const char* action = "mask") {
    host_.config = {{"words", words}, {"action", action}};
    ASSERT_TRUE(parley::lua::testing::load_shipped(host_, PLUGIN_FOLDER)) << host_.why;
  }

  fake_host host_;
  ending last_;
};

TEST_F(word_filter, lets_clean_text_pass_untouched) {
  load({"badger"});
  EXPECT_EQ(send("Good morning, all."), "Good morning, all.");
  EXPECT_FALSE(last_.replaced);
  EXPECT_EQ(send(""), "");
  EXPECT_FALSE(last_.replaced);
}

TEST_F(word_filter, masks_whole_words_in_any_case) {
  load({"badger"});
  EXPECT_EQ(send("A badger, a BADGER and Badger!"), "A ******, a ****** and ******!");
  EXPECT_EQ(send("badger"), "******");
  EXPECT_EQ(send("badgers and honeybadger and badger_1"), "badgers and honeybadger and badger_1");
}

TEST_F(word_filter, counts_characters_and_not_bytes) {
  load({"ÄRGER", "жук", "Straße"});
  EXPECT_EQ(send("so ein ärger!"), "so ein *****!");
  EXPECT_EQ(send("ЖУК, Жук"), "***, ***");
  EXPECT_EQ(send("жуки"), "жуки");
  EXPECT_EQ(send("die straße."), "die ******.");
}

TEST_F(word_filter, masks_entries_of_several_words) {
  load({"bad word", "bad word indeed"});
  EXPECT_EQ(send("a Bad, word here"), "a ********* here");
  EXPECT_EQ(send("bad word indeed"), "***************");
  EXPECT_EQ(send("a bad idea"), "a bad idea");
}

TEST_F(word_filter, finds_entries_of_scripts_without_spaces_anywhere) {
  load({"上海"});
  EXPECT_EQ(send("我在上海住"), "我在**住");
  EXPECT_EQ(send("海上"), "海上");
}

TEST_F(word_filter, finds_words_that_touch_a_script_without_spaces) {
  load({"badger"});
  EXPECT_EQ(send("你这个badger啊"), "你这个******啊");
  EXPECT_EQ(send("你这个badgers啊"), "你这个badgers啊");
}

TEST_F(word_filter, finds_symbols_and_emoji_anywhere) {
  load({"💩", "$%^"});
  EXPECT_EQ(send("oh💩💩 $%^ $x"), "oh** *** $x"); // a pattern is not one here
}

TEST_F(word_filter, takes_entries_with_symbols_as_they_are_written) {
  load({"$hit", "a$$", "f*ck", "C++", "bad-word", "can't"});
  EXPECT_EQ(send("$HIT happens, a hit does not"), "**** happens, a hit does not");
  EXPECT_EQ(send("$hits, x$hit"), "$hits, x****");
  EXPECT_EQ(send("a a$$ na$$"), "a *** na$$");
  EXPECT_EQ(send("f*ck f ck"), "**** f ck");
  EXPECT_EQ(send("C or c++, c+"), "C or ***, c+");
  EXPECT_EQ(send("bad word, Bad-Word"), "********, ********");
  EXPECT_EQ(send("can’t, cant"), "*****, cant");
}

TEST_F(word_filter, leaves_out_entries_of_nothing) {
  load({" ", "\u200B", "badger"});
  EXPECT_TRUE(host_.has_logged("left out"));
  EXPECT_EQ(send("a  badger\u200B"), "a  ******\u200B");
}

TEST_F(word_filter, masks_overlapping_finds_once) {
  load({"上海", "海中", "上", "💩💩"});
  EXPECT_EQ(send("在上海中住💩💩💩"), "在***住**💩");
}

TEST_F(word_filter, is_not_fooled_by_characters_that_are_not_seen) {
  load({"badger"});
  EXPECT_EQ(send("bad\u200Bger"), "******");
  EXPECT_EQ(send("bad\u00ADger!"), "******!");
}

TEST_F(word_filter, sees_parts_through_what_is_not_seen) {
  load({"上海", "❤️"});
  EXPECT_EQ(send("在上\u200B海住"), "在**住");
  EXPECT_EQ(send("I ❤ you, I ❤\uFE0F you"), "I * you, I *\uFE0F you");
}

TEST_F(word_filter, refuses_where_the_operator_says_so) {
  load({"badger"}, "refuse");
  EXPECT_EQ(send("a Badger"), "");
  EXPECT_EQ(last_.status, PARLEY_E_REFUSED);
  EXPECT_EQ(last_.code, "word_refused");
  EXPECT_EQ(last_.message, "That word is not welcome here.");
  EXPECT_EQ(send("no badgers"), "no badgers");
}

TEST_F(word_filter, stays_within_its_budget_however_many_parts_are_found) {
  json::array words;
  std::string text;
  const std::string hundred[] = {"一", "丁", "七", "万", "丈", "三", "上", "下", "不", "与"};
  for (int i = 0; i < 1000; ++i) {
    words.emplace_back(hundred[i / 100] + hundred[i / 10 % 10] + hundred[i % 10]);
    text += words.back().as_string();
  }
  load(words);
  EXPECT_EQ(send(text), std::string(3000, '*'));
}

TEST_F(word_filter, stays_within_its_budget_for_the_longest_list_and_text) {
  json::array words;
  for (int i = 0; i < 1000; ++i) words.emplace_back("word" + std::to_string(i));
  words.emplace_back("💩");
  load(words);
  std::string text;
  while (text.size() < 16'000) text += "word7 fine 💩 ";
  EXPECT_NE(send(text), text);
  EXPECT_EQ(last_.status, PARLEY_OK);
}

} // namespace
