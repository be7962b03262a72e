#include "storage/words.hpp"

#include <gmock/gmock.h>

namespace parley::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> lists(std::string_view query, bool unfinished = false) {
  std::vector<std::string> out;
  for (const search_term& each : terms_of(query, unfinished))
    out.push_back(each.list() + (each.prefix ? "*" : ""));
  return out;
}

bool finds(std::string_view query, std::string_view text) {
  const std::vector<word> all = words_of(normalized(text));
  for (const search_term& term : terms_of(query, false)) {
    bool found = false;
    for (std::size_t i = 0; i < all.size(); ++i) found = found || term.matches(all, i);
    if (!found) return false;
  }
  return !terms_of(query, false).empty();
}

std::string shown(std::string_view text, std::string_view query, std::size_t most = 200) {
  std::string out;
  for (const snippet_piece& each : snippet_of(text, terms_of(query, false), most))
    out += each.is_hit ? "[" + each.text + "]" : each.text;
  return out;
}

TEST(words, latin_is_folded) {
  EXPECT_EQ(word_list("Größe ÉCOLE naïve Łódź Ærø ﬁve Ⅳ Straße!"),
            "grosse ecole naive lodz aero five iv strasse");
  EXPECT_EQ(word_list("e\u0301cole"), word_list("école")); // decomposed as well
  EXPECT_EQ(word_list("İstanbul ISTANBUL"), "istanbul istanbul");
  EXPECT_EQ(word_list("foo-bar_baz@example.org"), "foo bar baz example org");
  EXPECT_EQ(word_list("  ...  "), "");
  EXPECT_EQ(word_list("\xff\xfe"), ""); // no UTF-8
}

TEST(words, other_alphabets_keep_their_marks) {
  EXPECT_TRUE(finds("МОСКВА", "Москва"));
  EXPECT_FALSE(finds("и", "й"));
  EXPECT_TRUE(finds("ΣΊΣΥΦΟΣ", "σίσυφος"));
  EXPECT_TRUE(finds("नमस्ते", "नमस्ते दुनिया"));
  EXPECT_FALSE(finds("नमस्त", "नमस्ते"));
}

TEST(words, scripts_without_blanks_become_pairs) {
  EXPECT_EQ(word_list("東京都"), "東京 京都 都");
  EXPECT_EQ(word_list("水"), "水");
  EXPECT_EQ(word_list("ＡＢＣ日本a"), "abc 日本 本 a");
  EXPECT_THAT(lists("東京都"), ElementsAre("東京 京都"));
  EXPECT_THAT(lists("東"), ElementsAre("東*"));
  EXPECT_TRUE(finds("京都", "東京都"));
  EXPECT_TRUE(finds("都", "東京都"));
  EXPECT_FALSE(finds("東都", "東京都"));
  EXPECT_FALSE(finds("東京大", "東京と大学"));
  EXPECT_TRUE(finds("日本a", "日本a"));
  EXPECT_FALSE(finds("日本a", "日本語a"));
  EXPECT_TRUE(finds("안녕", "안녕하세요"));
  EXPECT_TRUE(finds("สวัสดี", "สวัสดีครับ"));
}

TEST(words, pictographs_are_words) {
  EXPECT_EQ(word_list("done🎉🎉"), "done 🎉 🎉");
  EXPECT_TRUE(finds("🎉", "well done 🎉"));
}

TEST(words, a_long_word_is_cut_alike_on_both_sides) {
  const std::string word(1000, 'x');
  EXPECT_EQ(word_list(word).size(), 64u);
  EXPECT_TRUE(finds(word, "a " + word));
}

TEST(words, queries) {
  EXPECT_THAT(lists("Tea \"green LEAF\" bis*"), ElementsAre("tea", "green leaf", "bis*"));
  EXPECT_THAT(lists("tea bis", true), ElementsAre("tea", "bis*"));
  EXPECT_THAT(lists("tea \"bis\"", true), ElementsAre("tea", "bis"));
  EXPECT_THAT(lists("foo-bar"), ElementsAre("foo bar"));
  EXPECT_THAT(lists("\"never closed"), ElementsAre("never", "closed"));
  EXPECT_THAT(lists("\"\" - *"), IsEmpty());
}

// Whatever bytes it is made of: some are those of blanks in other alphabets.
TEST(words, every_character_that_is_a_word_is_found_by_itself) {
  std::string missed;
  for (std::uint32_t c = 0x80; c < 0x20000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue; // surrogates
    std::string text;
    if (c < 0x800) {
      text = {char(0xC0 | c >> 6), char(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      text = {char(0xE0 | c >> 12), char(0x80 | (c >> 6 & 63)), char(0x80 | (c & 63))};
    } else {
      text = {char(0xF0 | c >> 18), char(0x80 | (c >> 12 & 63)), char(0x80 | (c >> 6 & 63)),
              char(0x80 | (c & 63))};
    }
    if (!word_list(text).empty() && !finds(text, text)) missed += text + " ";
  }
  EXPECT_EQ(missed, "");
  EXPECT_THAT(lists("привет мир\u3000друзья"), ElementsAre("привет", "мир", "друзья"));
  EXPECT_TRUE(finds("“green tea”", "so „green tea“ it was"));
}

TEST(words, values) {
  EXPECT_EQ(value_word("a"), value_word("a"));
  EXPECT_NE(value_word("a"), value_word("b"));
  EXPECT_EQ(word_list(value_word("a b")), value_word("a b")); // one word
}

TEST(words, snippets) {
  EXPECT_EQ(shown("Green Tea, please", "tea"), "Green [Tea], please");
  EXPECT_EQ(shown("Das Café in Köln", "cafe koln"), "Das [Café] in [Köln]");
  EXPECT_EQ(shown("東京都に住む", "京都"), "東[京都]に住む");
  EXPECT_EQ(shown("nothing", "tea"), "");
  const std::string padding(300, 'a');
  EXPECT_EQ(shown(padding + " tea " + padding, "tea", 40),
            "…aaaaaaaaa [tea] " + std::string(26, 'a') + "…");
  EXPECT_EQ(shown("ééééééééééééééééééééé tea", "tea", 12), "…é [tea]");
}

} // namespace
} // namespace parley::storage
