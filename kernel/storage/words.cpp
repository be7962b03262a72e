#include "storage/words.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>

namespace parley::storage {
namespace {

constexpr std::size_t longest_word = 64; // characters; more of one is not looked at

// Blocks of scripts that write words without blanks between them, by Unicode's Blocks.txt.
bool is_paired(std::int32_t c) {
  static constexpr std::pair<std::int32_t, std::int32_t> blocks[] = {
      {0x0E00, 0x0EFF},   // Thai, Lao
      {0x1000, 0x109F},   // Myanmar
      {0x1780, 0x17FF},   // Khmer
      {0x2E80, 0x2FDF},   // radicals
      {0x3005, 0x3007},   // iteration marks
      {0x3041, 0x312F},   // kana, bopomofo
      {0x31A0, 0x31FF},   // bopomofo and kana, extended
      {0x3400, 0x4DBF},   // Han
      {0x4E00, 0x9FFF},   // Han
      {0xAC00, 0xD7A3},   // Hangul
      {0xF900, 0xFAFF},   // Han, compatibility
      {0xFF66, 0xFF9F},   // kana, half width
      {0x20000, 0x323AF}, // Han
  };
  return std::any_of(std::begin(blocks), std::end(blocks),
                     [c](const auto& each) { return c >= each.first && c <= each.second; });
}

bool is_latin(std::int32_t c) {
  return c < 0x250;
}

// Latin letters that no decomposition leads to plain ones.
const char* plain(std::int32_t c) {
  switch (c) {
    case 0xE6:
      return "ae";
    case 0xF0:
    case 0x111:
      return "d";
    case 0xF8:
      return "o";
    case 0xFE:
      return "th";
    case 0x127:
      return "h";
    case 0x131:
      return "i";
    case 0x142:
      return "l";
    case 0x153:
      return "oe";
    default:
      return nullptr;
  }
}

enum class kind { none, letter, paired, symbol };

kind kind_of(std::int32_t c) {
  if (c < 0x80) return std::isalnum(c) != 0 ? kind::letter : kind::none;
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
      return is_paired(c) ? kind::paired : kind::letter;
    case UTF8PROC_CATEGORY_SO: // pictographs among them
      return kind::symbol;
    default:
      return kind::none;
  }
}

void append(std::string& to, std::int32_t c) {
  utf8proc_uint8_t bytes[4];
  const auto count = utf8proc_encode_char(c, bytes);
  to.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
}

std::string folded(std::int32_t c) {
  if (c < 0x80) return {static_cast<char>(std::tolower(c))};
  std::string out;
  if (c >= 0xAC00 && c <= 0xD7A3) { // Hangul stays as it is composed
    append(out, c);
    return out;
  }
  std::int32_t parts[32];
  int boundary = 0;
  const auto count =
      utf8proc_decompose_char(c, parts, std::size(parts),
                              static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                                                             UTF8PROC_CASEFOLD | UTF8PROC_IGNORE),
                              &boundary);
  if (count < 0 || count > static_cast<utf8proc_ssize_t>(std::size(parts))) return out;
  std::int32_t base = 0;
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    const kind what = kind_of(parts[i]);
    if (what == kind::none) continue; // what a compatibility decomposition brings: (1), 1⁄2
    const bool is_mark = utf8proc_category(parts[i]) == UTF8PROC_CATEGORY_MN;
    if (is_mark && is_latin(base) && base != 0) continue;
    if (!is_mark) base = parts[i];
    if (const char* letters = plain(parts[i])) {
      out += letters;
    } else {
      append(out, parts[i]);
    }
  }
  return out;
}

struct character {
  std::string text;
  std::size_t begin, end;
};

class splitter {
 public:
  explicit splitter(std::string_view text) : text_(text) {}

  std::vector<word> all() {
    std::size_t at = 0;
    while (at < text_.size()) {
      std::int32_t c = 0;
      const auto size =
          utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data()) + at,
                           static_cast<utf8proc_ssize_t>(text_.size() - at), &c);
      if (size <= 0) break;
      take(c, at, at + static_cast<std::size_t>(size));
      at += static_cast<std::size_t>(size);
    }
    end_word();
    end_run();
    return std::move(out_);
  }

 private:
  void take(std::int32_t c, std::size_t begin, std::size_t end) {
    const kind what = kind_of(c);
    if (what != kind::letter) end_word();
    if (what != kind::paired) end_run();
    if (what == kind::none) return;
    std::string text = is_mark_of_latin(c) ? std::string() : folded(c);
    if (what == kind::letter) {
      if (length_ == 0) word_ = {std::string(), begin, end, false};
      if (++length_ <= longest_word) word_.text += text;
      word_.end = end;
      last_ = c;
    } else if (!text.empty() && what == kind::paired) {
      run_.push_back({std::move(text), begin, end});
    } else if (!text.empty()) {
      out_.push_back({std::move(text), begin, end, false});
    }
  }

  // One that has no composed form with its letter.
  bool is_mark_of_latin(std::int32_t c) const {
    return length_ != 0 && is_latin(last_) && utf8proc_category(c) == UTF8PROC_CATEGORY_MN;
  }

  void end_word() {
    if (!word_.text.empty()) out_.push_back(std::move(word_));
    word_ = {};
    length_ = 0;
  }

  void end_run() {
    for (std::size_t i = 0; i < run_.size(); ++i) {
      const bool is_last = i + 1 == run_.size();
      out_.push_back({is_last ? run_[i].text : run_[i].text + run_[i + 1].text, run_[i].begin,
                      is_last ? run_[i].end : run_[i + 1].end, true});
    }
    run_.clear();
  }

  const std::string_view text_;
  std::vector<word> out_;
  word word_;
  std::size_t length_ = 0; // of the word at hand, in characters
  std::int32_t last_ = 0;
  std::vector<character> run_;
};

// As a term: the last pair of a run says all that its last character would.
search_term term_of(std::string_view text, bool prefix) {
  search_term out;
  const std::vector<word> all = words_of(text);
  for (const word& each : all) out.words.push_back(each.text);
  if (all.empty()) return out;
  const bool ends_in_run = all.back().is_pair;
  const bool has_pair = ends_in_run && all.size() > 1 && all[all.size() - 2].is_pair &&
                        all[all.size() - 2].end == all.back().end;
  if (has_pair) out.words.pop_back();
  // A single character may be the first of a pair.
  out.prefix = ends_in_run ? !has_pair : prefix;
  return out;
}

// The ideographic space is one like the others.
std::string with_plain_blanks(std::string_view text) {
  constexpr std::string_view wide = "\u3000";
  std::string out(text);
  for (auto at = out.find(wide); at != std::string::npos; at = out.find(wide, at))
    out.replace(at, wide.size(), " ");
  return out;
}

void add_words(std::string_view given, bool unfinished, std::vector<search_term>& out) {
  constexpr std::string_view blanks = " \t\r\n\v\f"; // bytes, so nothing but ASCII
  const std::string text = with_plain_blanks(given);
  std::size_t at = 0;
  while ((at = text.find_first_not_of(blanks, at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
    const std::string_view one = std::string_view(text).substr(at, end - at);
    const bool starred = one.ends_with('*');
    search_term term = term_of(one, starred || (unfinished && end == text.size()));
    if (!term.words.empty()) out.push_back(std::move(term));
    at = end;
  }
}

// A place to cut that is no middle of a character.
std::size_t boundary(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return std::min(at, text.size());
}

} // namespace

std::string normalized(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return c > 0; })) return std::string(text);
  utf8proc_uint8_t* made = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &made,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(made, &std::free);
  if (size < 0) return {};
  return {reinterpret_cast<const char*>(made), static_cast<std::size_t>(size)};
}

std::vector<word> words_of(std::string_view normalized_text) {
  return splitter(normalized_text).all();
}

std::string word_list(std::string_view text) {
  std::string out;
  for (const word& each : words_of(normalized(text))) {
    if (!out.empty()) out += ' ';
    out += each.text;
  }
  return out;
}

// FNV-1a, 64 bits: it only narrows, whoever asks compares the value itself.
std::string value_word(std::string_view value) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char each : value) {
    hash ^= static_cast<unsigned char>(each);
    hash *= 0x100000001b3;
  }
  char out[20];
  std::snprintf(out, sizeof out, "v%016llx", static_cast<unsigned long long>(hash));
  return out;
}

std::string search_term::list() const {
  std::string out;
  for (const std::string& each : words) out += (out.empty() ? "" : " ") + each;
  return out;
}

bool search_term::matches(const std::vector<word>& text, std::size_t at) const {
  if (at + words.size() > text.size()) return false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& found = text[at + i].text;
    const bool is_beginning = prefix && i + 1 == words.size();
    if (is_beginning ? !found.starts_with(words[i]) : found != words[i]) return false;
  }
  return true;
}

std::vector<search_term> terms_of(std::string_view query, bool unfinished) {
  const std::string text = normalized(query);
  std::vector<search_term> out;
  bool is_quoted = false;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t quote = rest.find('"');
    const std::string_view part = rest.substr(0, quote);
    const bool is_last = quote == std::string_view::npos;
    if (is_quoted && !is_last) {
      search_term phrase = term_of(part, false);
      if (!phrase.words.empty()) out.push_back(std::move(phrase));
    } else {
      add_words(part, unfinished && is_last, out);
    }
    if (is_last) break;
    is_quoted = !is_quoted;
    rest.remove_prefix(quote + 1);
  }
  return out;
}

std::vector<snippet_piece> snippet_of(std::string_view written,
                                      const std::vector<search_term>& terms,
                                      std::size_t most_bytes) {
  const std::string text = normalized(written);
  const std::vector<word> all = words_of(text);
  std::vector<std::pair<std::size_t, std::size_t>> hits; // bytes, in order, not overlapping
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const search_term& term : terms) {
      if (!term.matches(all, i)) continue;
      const std::size_t begin = all[i].begin, end = all[i + term.words.size() - 1].end;
      if (!hits.empty() && begin <= hits.back().second) {
        hits.back().second = std::max(hits.back().second, end);
      } else {
        hits.emplace_back(begin, end);
      }
    }
  }
  std::vector<snippet_piece> out;
  if (hits.empty()) return out;
  const std::size_t lead = most_bytes / 4;
  std::size_t at = hits[0].first > lead ? boundary(text, hits[0].first - lead) : 0;
  const std::size_t stop = boundary(text, at + most_bytes);
  if (at > 0) out.push_back({"…", false});
  const auto add = [&](std::size_t until, bool is_hit) {
    until = std::min(until, stop);
    if (until > at) out.push_back({text.substr(at, until - at), is_hit});
    at = std::max(at, until);
  };
  for (const auto& [begin, end] : hits) {
    add(begin, false);
    add(end, true);
  }
  add(text.size(), false);
  if (stop < text.size()) out.push_back({"…", false});
  return out;
}

} // namespace parley::storage
