#include "dispatch/watchdog.hpp"

namespace parley::dispatch {

std::optional<const entry_point*> watchdog::look() {
  const stays::view now = stays_.look();
  const bool same_visit = now.first && now.visit == seen_.visit;
  const bool same_move = same_visit && now.move == seen_.move;
  same_visit_ = same_visit ? same_visit_ + 1 : 0;
  same_move_ = same_move ? same_move_ + 1 : 0;
  seen_ = now;
  if (same_visit_ < looks_) return std::nullopt;
  return same_move_ * 2 >= looks_ ? now.now : now.first;
}

} // namespace parley::dispatch
