#pragma once

// Finds out that a plugin does not give the logic thread back.

#include "dispatch/stays.hpp"

#include <optional>

namespace parley::dispatch {

class watchdog {
 public:
  // `looks`: how many in a row must find the same plugin in. Counted, not timed: a process that was
  // stopped from outside has not looked either.
  watchdog(const stays& at, std::uint64_t looks) : stays_(at), looks_(looks) {}

  // Every so often, on any one thread. Who holds the logic thread: the innermost where it has not
  // moved for half of the looks, else the first one, which keeps entering others.
  std::optional<const entry_point*> look();

 private:
  const stays& stays_;
  std::uint64_t looks_;
  stays::view seen_;
  std::uint64_t same_visit_ = 0, same_move_ = 0;
};

} // namespace parley::dispatch
