#pragma once

// Keeps a plugin that fails again and again from being entered, and tries it again later.

#include <cstdint>

namespace parley::dispatch {

class circuit_breaker {
 public:
  struct rule {
    std::uint32_t failures = 10; // in a row, or within the window and half of all in it
    std::uint32_t window_ms = 60'000;
    std::uint32_t open_ms = 5'000;       // doubled each time that the trial fails
    std::uint32_t open_most_ms = 60'000; // and not beyond this
  };
  // How an entry ended: `nothing` says nothing about the plugin (cancelled, or others failed).
  enum class verdict { answered, fault, nothing };
  enum class change { none, opened, closed };

  circuit_breaker() = default;
  explicit circuit_breaker(const rule& how) : rule_(how) {}

  // Whether the plugin may be entered. Who is told so enters, and tells how that ended. After the
  // time of rest one is admitted, the trial; nobody else until it has ended.
  bool admits(std::int64_t now_ms) { return state_ == state::closed || try_again(now_ms); }
  // Whether what is entered now is the trial.
  bool on_trial() const { return state_ == state::trial; }
  change ended(bool was_trial, verdict how, std::int64_t now_ms);

  // Nothing is tried while it is held: something else makes the plugin well.
  void hold(bool held) { held_ = held; }

  bool is_open() const { return state_ != state::closed; }
  // When to ask again, while it is open.
  std::int64_t retry_after_ms(std::int64_t now_ms) const;

 private:
  enum class state { closed, open, trial };

  bool try_again(std::int64_t now_ms);
  bool is_enough() const;
  void open(std::int64_t now_ms, std::uint32_t for_ms);

  rule rule_;
  state state_ = state::closed;
  bool held_ = false;
  std::uint32_t in_a_row_ = 0;
  std::uint32_t faults_ = 0, answers_ = 0; // in the window
  std::int64_t window_began_ms_ = 0;
  std::uint32_t rests_ms_ = 0;
  std::int64_t until_ms_ = 0;
};

} // namespace parley::dispatch
