#include "guard.hpp"

#include "env/stack.hpp"
#include "observe/log.hpp"

#include <cstdlib>

namespace parley {

namespace {
constexpr std::uint64_t looks_a_second = 4;
}

guard::guard(const dispatch::stays& at, const plugin::quarantine& into, const env::clock& now,
             std::uint32_t seconds)
    : quarantine_(into), clock_(now), seconds_(seconds), watchdog_(at, seconds * looks_a_second) {
  if (seconds == 0) return;
  ticker_.emplace("watchdog", std::chrono::milliseconds(1000 / looks_a_second), [this] { look(); });
}

void guard::look() {
  const auto found = watchdog_.look();
  if (!found) return;
  const dispatch::entry_point& who = **found;
  const std::string held =
      "it held the logic thread for " + std::to_string(seconds_) + " s in " + who.name;
  std::string then = "it is part of the program, and will be loaded again";
  if (!who.digest.empty()) {
    const std::string wrong = quarantine_.put(
        {who.plugin, who.version, who.digest, held, env::rfc3339(clock_.unix_ms())});
    then = wrong.empty() ? "it is not loaded again until it changes or is released"
                         : "it will be loaded again: " + wrong;
  }
  observe::write_last(observe::level::error,
                      "a plugin does not give the logic thread back; the server ends",
                      {{"plugin", who.plugin},
                       {"version", who.version},
                       {"entry", who.name},
                       {"seconds", seconds_},
                       {"then", then}});
  env::print_stack();
  std::abort();
}

} // namespace parley
