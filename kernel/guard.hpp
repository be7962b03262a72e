#pragma once

// Ends the process when a plugin does not give the logic thread back: nothing can be served then,
// and nothing can stop it. Whoever starts the server again finds that plugin in quarantine.

#include "dispatch/watchdog.hpp"
#include "env/env.hpp"
#include "env/thread.hpp"
#include "plugin/quarantine.hpp"

#include <optional>

namespace parley {

class guard {
 public:
  // `seconds`: how long one may stay; 0: as long as it likes. All outlive the guard.
  guard(const dispatch::stays& at, const plugin::quarantine& into, const env::clock& now,
        std::uint32_t seconds);

 private:
  void look();

  const plugin::quarantine& quarantine_;
  const env::clock& clock_;
  std::uint32_t seconds_;
  dispatch::watchdog watchdog_;
  std::optional<env::ticker> ticker_;
};

} // namespace parley
