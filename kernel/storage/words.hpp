#pragma once

// Text as words, for searching: what is written and what is looked for go the same way, so that
// every driver finds the same. Letters are folded (case, width, the marks of Latin letters);
// scripts without blanks between words (Han, kana, Hangul, Thai …) become overlapping pairs of
// characters.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace parley::storage {

struct word {
  std::string text; // folded; letters, digits and marks only: never a blank or a quote
  std::size_t begin = 0, end = 0; // bytes in the text it was taken from
  bool is_pair = false;           // two characters of a script without blanks, or the last of a run
};

// Unicode normalization form C (UAX #15); what is no UTF-8 gives an empty text.
std::string normalized(std::string_view text);
std::vector<word> words_of(std::string_view normalized_text);
// All of them in order, with a blank between: what a driver is given.
std::string word_list(std::string_view text);
// One word for a whole value: what a search is narrowed by.
std::string value_word(std::string_view value);

// Words that must follow each other.
struct search_term {
  std::vector<std::string> words;
  bool prefix = false; // the last is only the beginning of one

  std::string list() const;
  bool matches(const std::vector<word>& text, std::size_t at) const;
};

inline constexpr std::size_t most_search_bytes = 1000;
inline constexpr std::size_t most_search_terms = 16;

// "…" is a phrase, and word* the beginning of a word. With `unfinished`, as while somebody types,
// the last word is a beginning too. All terms must be found; no terms: nothing is.
std::vector<search_term> terms_of(std::string_view query, bool unfinished);

// A piece of a text around what was found.
struct snippet_piece {
  std::string text;
  bool is_hit = false;
};
// About `most_bytes` of the text, from near the first hit; nothing where there is no hit.
std::vector<snippet_piece> snippet_of(std::string_view text, const std::vector<search_term>& terms,
                                      std::size_t most_bytes = 200);

} // namespace parley::storage
