#include "pattern.hpp"

#include <cctype>
#include <cstring>

namespace parley::lua {
namespace {

constexpr int max_depth = 200; // alternatives open at once, as in Lua

bool in_class(unsigned char c, unsigned char name) {
  bool yes = false;
  switch (std::tolower(name)) {
    case 'a':
      yes = std::isalpha(c);
      break;
    case 'c':
      yes = std::iscntrl(c);
      break;
    case 'd':
      yes = std::isdigit(c);
      break;
    case 'g':
      yes = std::isgraph(c);
      break;
    case 'l':
      yes = std::islower(c);
      break;
    case 'p':
      yes = std::ispunct(c);
      break;
    case 's':
      yes = std::isspace(c);
      break;
    case 'u':
      yes = std::isupper(c);
      break;
    case 'w':
      yes = std::isalnum(c);
      break;
    case 'x':
      yes = std::isxdigit(c);
      break;
    default:
      return name == c; // an escaped character stands for itself
  }
  return std::isupper(name) ? !yes : yes;
}

} // namespace

bool pattern_match::step(std::size_t reading) {
  const std::uint64_t cost = 1 + reading / 8;
  if (*budget_ < cost) {
    *budget_ = 0;
    exhausted_ = true;
    fault_ = "matching takes too many steps";
    return false;
  }
  *budget_ -= cost;
  return true;
}

std::size_t pattern_match::fail(const char* why) {
  if (fault_ == nullptr) fault_ = why;
  return no_match;
}

bool pattern_match::at(std::size_t start, std::size_t* end) {
  level_ = 0;
  depth_ = 0;
  const std::size_t e = match(start, 0);
  if (e == no_match) return false;
  *end = e;
  return true;
}

// The end of the single-character item that begins at `p`.
std::size_t pattern_match::class_end(std::size_t p) {
  const char c = pattern_[p++];
  if (c == '%') {
    if (p >= pattern_.size()) return fail("malformed pattern (ends with '%')");
    return p + 1;
  }
  if (c != '[') return p;
  if (p < pattern_.size() && pattern_[p] == '^') ++p;
  bool first = true; // a `]` that comes first is a member
  while (true) {
    if (p >= pattern_.size()) return fail("malformed pattern (missing ']')");
    const char member = pattern_[p];
    if (member == ']' && !first) return p + 1;
    first = false;
    ++p;
    if (member == '%') ++p;
  }
}

bool pattern_match::in_set(unsigned char c, std::size_t p, std::size_t ep) const {
  const std::size_t last = ep - 1; // the closing bracket
  bool found_means = true;
  ++p;
  if (pattern_[p] == '^') {
    found_means = false;
    ++p;
  }
  while (p < last) {
    const auto member = static_cast<unsigned char>(pattern_[p]);
    if (member == '%') {
      if (in_class(c, static_cast<unsigned char>(pattern_[p + 1]))) return found_means;
      p += 2;
    } else if (p + 2 < last && pattern_[p + 1] == '-') {
      if (member <= c && c <= static_cast<unsigned char>(pattern_[p + 2])) return found_means;
      p += 3;
    } else {
      if (member == c) return found_means;
      ++p;
    }
  }
  return !found_means;
}

bool pattern_match::single(std::size_t s, std::size_t p, std::size_t ep) const {
  if (s >= subject_.size()) return false;
  const auto c = static_cast<unsigned char>(subject_[s]);
  switch (pattern_[p]) {
    case '.':
      return true;
    case '%':
      return in_class(c, static_cast<unsigned char>(pattern_[p + 1]));
    case '[':
      return in_set(c, p, ep);
    default:
      return static_cast<unsigned char>(pattern_[p]) == c;
  }
}

std::size_t pattern_match::greedy(std::size_t s, std::size_t p, std::size_t ep) {
  std::size_t count = 0;
  while (single(s + count, p, ep)) {
    if (!step(ep - p)) return no_match;
    ++count;
  }
  while (true) {
    const std::size_t e = match(s + count, ep + 1);
    if (e != no_match || fault_ != nullptr) return e;
    if (count-- == 0) return no_match;
  }
}

std::size_t pattern_match::lazy(std::size_t s, std::size_t p, std::size_t ep) {
  while (true) {
    const std::size_t e = match(s, ep + 1);
    if (e != no_match || fault_ != nullptr) return e;
    if (!step(ep - p) || !single(s, p, ep)) return no_match;
    ++s;
  }
}

std::size_t pattern_match::open_capture(std::size_t s, std::size_t p, std::ptrdiff_t kind) {
  if (level_ >= max_captures) return fail("too many captures");
  captures_[level_].begin = s;
  captures_[level_].length = kind;
  ++level_;
  const std::size_t e = match(s, p);
  if (e == no_match) --level_;
  return e;
}

std::size_t pattern_match::close_capture(std::size_t s, std::size_t p) {
  int open = level_ - 1;
  while (open >= 0 && captures_[open].length != capture::open) --open;
  if (open < 0) return fail("invalid pattern capture");
  captures_[open].length = static_cast<std::ptrdiff_t>(s - captures_[open].begin);
  const std::size_t e = match(s, p);
  if (e == no_match) captures_[open].length = capture::open;
  return e;
}

bool pattern_match::balanced(std::size_t s, std::size_t p, std::size_t* end) {
  if (p + 1 >= pattern_.size()) {
    fail("malformed pattern (missing arguments to '%b')");
    return false;
  }
  if (s >= subject_.size() || subject_[s] != pattern_[p]) return false;
  std::size_t nested = 1;
  for (std::size_t i = s + 1; i < subject_.size(); ++i) {
    if (!step()) return false;
    if (subject_[i] == pattern_[p + 1]) {
      if (--nested == 0) {
        *end = i + 1;
        return true;
      }
    } else if (subject_[i] == pattern_[p]) {
      ++nested;
    }
  }
  return false;
}

bool pattern_match::back_reference(std::size_t s, unsigned char digit, std::size_t* end) {
  const int i = digit - '1';
  if (i < 0 || i >= level_ || captures_[i].length == capture::open) {
    fail("invalid capture index in pattern");
    return false;
  }
  // A position capture has no text; Lua compares it as one too long to match.
  if (captures_[i].length < 0) return false;
  const auto length = static_cast<std::size_t>(captures_[i].length);
  for (std::size_t n = 0; n < length / 8; ++n) {
    if (!step()) return false;
  }
  if (subject_.size() - s < length) return false;
  if (subject_.compare(s, length, subject_, captures_[i].begin, length) != 0) return false;
  *end = s + length;
  return true;
}

bool pattern_match::frontier(std::size_t s, std::size_t p, std::size_t ep) const {
  const auto before = s == 0 ? '\0' : subject_[s - 1];
  const auto here = s < subject_.size() ? subject_[s] : '\0';
  return !in_set(static_cast<unsigned char>(before), p, ep) &&
         in_set(static_cast<unsigned char>(here), p, ep);
}

// Captures, `$`, %b, %f and %1: what is not a single character. Where it consumed something and the
// rest is to be matched on, *next_s and *next_p are set and no_match comes back without a fault.
std::size_t pattern_match::special(std::size_t s, std::size_t p, bool* handled, std::size_t* next_s,
                                   std::size_t* next_p) {
  *handled = true;
  *next_p = no_match;
  const char c = pattern_[p];
  if (c == '(') {
    if (p + 1 < pattern_.size() && pattern_[p + 1] == ')') {
      return open_capture(s, p + 2, capture::position);
    }
    return open_capture(s, p + 1, capture::open);
  }
  if (c == ')') return close_capture(s, p + 1);
  if (c == '$' && p + 1 == pattern_.size()) return s == subject_.size() ? s : no_match;
  if (c == '%' && p + 1 < pattern_.size()) {
    const char kind = pattern_[p + 1];
    if (kind == 'b') {
      if (balanced(s, p + 2, next_s)) *next_p = p + 4;
      return no_match;
    }
    if (kind == 'f') {
      if (p + 2 >= pattern_.size() || pattern_[p + 2] != '[') {
        return fail("missing '[' after '%f' in pattern");
      }
      const std::size_t ep = class_end(p + 2);
      if (ep == no_match || !step(ep - p)) return no_match;
      *next_s = s;
      if (frontier(s, p + 2, ep)) *next_p = ep;
      return no_match;
    }
    if (std::isdigit(static_cast<unsigned char>(kind))) {
      if (back_reference(s, static_cast<unsigned char>(kind), next_s)) *next_p = p + 2;
      return no_match;
    }
  }
  *handled = false;
  return no_match;
}

std::size_t pattern_match::match(std::size_t s, std::size_t p) {
  if (++depth_ > max_depth) {
    --depth_;
    return fail("pattern too complex");
  }
  struct leave {
    int& depth;
    ~leave() { --depth; }
  } const on_exit{depth_};

  while (p < pattern_.size()) {
    if (!step()) return no_match;
    bool handled = false;
    std::size_t next_s = s, next_p = no_match;
    const std::size_t e = special(s, p, &handled, &next_s, &next_p);
    if (handled) {
      if (e != no_match || next_p == no_match || fault_ != nullptr) return e;
      s = next_s;
      p = next_p;
      continue;
    }
    const std::size_t ep = class_end(p);
    if (ep == no_match || !step(ep - p)) return no_match;
    const char quantifier = ep < pattern_.size() ? pattern_[ep] : '\0';
    const bool fits = single(s, p, ep);
    switch (quantifier) {
      case '?':
        if (fits) {
          const std::size_t taken = match(s + 1, ep + 1);
          if (taken != no_match || fault_ != nullptr) return taken;
        }
        p = ep + 1;
        continue;
      case '+':
        return fits ? greedy(s + 1, p, ep) : no_match;
      case '*':
        return greedy(s, p, ep);
      case '-':
        return lazy(s, p, ep);
      default:
        break;
    }
    if (!fits) return no_match;
    ++s;
    p = ep;
  }
  return s;
}

} // namespace parley::lua
