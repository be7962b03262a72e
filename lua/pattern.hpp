#pragma once

// Lua's patterns with a count of steps. The matcher that comes with Lua backtracks inside of one C
// function for as long as it takes, and no hook sees it.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parley::lua {

struct capture {
  static constexpr std::ptrdiff_t open = -1;
  static constexpr std::ptrdiff_t position = -2; // `()`: where it stands
  std::size_t begin = 0;
  std::ptrdiff_t length = open;
};

class pattern_match {
 public:
  static constexpr int max_captures = 32;

  // Steps are taken from *budget; at 0 matching ends with `fault` set.
  pattern_match(std::string_view subject, std::string_view pattern, std::uint64_t* budget)
      : subject_(subject), pattern_(pattern), budget_(budget) {}

  // Whether the pattern (without its `^`) matches at `start`. *end is where the match ends.
  bool at(std::size_t start, std::size_t* end);

  int captures() const { return level_; }
  const capture& at_index(int i) const { return captures_[i]; }
  // A fault of the pattern, or too many steps; nullptr where all is well.
  const char* fault() const { return fault_; }
  bool exhausted() const { return exhausted_; }

 private:
  static constexpr std::size_t no_match = static_cast<std::size_t>(-1);

  bool step(std::size_t reading = 0); // bytes of a set
  std::size_t fail(const char* why);
  std::size_t class_end(std::size_t p);
  bool single(std::size_t s, std::size_t p, std::size_t ep) const;
  bool in_set(unsigned char c, std::size_t p, std::size_t ep) const;
  std::size_t match(std::size_t s, std::size_t p);
  std::size_t special(std::size_t s, std::size_t p, bool* handled, std::size_t* next_s,
                      std::size_t* next_p);
  std::size_t greedy(std::size_t s, std::size_t p, std::size_t ep);
  std::size_t lazy(std::size_t s, std::size_t p, std::size_t ep);
  std::size_t open_capture(std::size_t s, std::size_t p, std::ptrdiff_t kind);
  std::size_t close_capture(std::size_t s, std::size_t p);
  bool balanced(std::size_t s, std::size_t p, std::size_t* end);
  bool back_reference(std::size_t s, unsigned char digit, std::size_t* end);
  bool frontier(std::size_t s, std::size_t p, std::size_t ep) const;

  std::string_view subject_, pattern_;
  std::uint64_t* budget_;
  capture captures_[max_captures];
  int level_ = 0;
  int depth_ = 0;
  const char* fault_ = nullptr;
  bool exhausted_ = false;
};

} // namespace parley::lua
