#include "observe/health.hpp"

#include <algorithm>

namespace parley::observe {

void health::set(const std::string& condition, const std::string& why) {
  const std::lock_guard lock(guard_);
  conditions_[condition] = why;
}

void health::forget(const std::string& condition) {
  const std::lock_guard lock(guard_);
  conditions_.erase(condition);
}

bool health::is_ready() const {
  const std::lock_guard lock(guard_);
  return std::all_of(conditions_.begin(), conditions_.end(),
                     [](const auto& one) { return one.second.empty(); });
}

std::string health::text() const {
  const std::lock_guard lock(guard_);
  std::string out;
  for (const auto& [condition, why] : conditions_) {
    out += condition + ": " + (why.empty() ? "ok" : why) + "\n";
  }
  return out;
}

} // namespace parley::observe
