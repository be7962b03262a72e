#include "dispatch/circuit_breaker.hpp"

#include <algorithm>

namespace parley::dispatch {

bool circuit_breaker::try_again(std::int64_t now_ms) {
  if (held_ || state_ == state::trial || now_ms < until_ms_) return false;
  state_ = state::trial;
  return true;
}

// A few faults among many answers are no reason to keep everybody from the plugin.
bool circuit_breaker::is_enough() const {
  return in_a_row_ >= rule_.failures || (faults_ >= rule_.failures && faults_ >= answers_);
}

void circuit_breaker::open(std::int64_t now_ms, std::uint32_t for_ms) {
  state_ = state::open;
  rests_ms_ = std::min(for_ms, std::max(rule_.open_most_ms, rule_.open_ms));
  until_ms_ = now_ms + rests_ms_;
}

circuit_breaker::change circuit_breaker::ended(bool was_trial, verdict how, std::int64_t now_ms) {
  if (was_trial) {
    if (how == verdict::nothing) {
      state_ = state::open; // the next one is the trial
    } else if (how == verdict::fault) {
      open(now_ms, std::min(rests_ms_, UINT32_MAX / 2) * 2);
    } else {
      *this = circuit_breaker(rule_);
      return change::closed;
    }
    return change::none;
  }
  // What began before it opened changes nothing any more.
  if (how == verdict::nothing || state_ != state::closed) return change::none;
  if (now_ms - window_began_ms_ >= rule_.window_ms) {
    window_began_ms_ = now_ms;
    faults_ = answers_ = 0;
  }
  if (how == verdict::answered) {
    ++answers_;
    in_a_row_ = 0;
    return change::none;
  }
  ++faults_;
  ++in_a_row_;
  if (!is_enough()) return change::none;
  open(now_ms, rule_.open_ms);
  return change::opened;
}

std::int64_t circuit_breaker::retry_after_ms(std::int64_t now_ms) const {
  if (state_ == state::closed) return 0;
  if (held_ || state_ == state::trial) return rule_.open_ms;
  return std::max<std::int64_t>(until_ms_ - now_ms, 1);
}

} // namespace parley::dispatch
