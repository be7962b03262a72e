#include "node/restarts.hpp"

#include "observe/log.hpp"

#include <algorithm>

namespace parley {

namespace {

using observe::level;

constexpr std::int64_t first_ms = 1'000;
constexpr std::int64_t most_ms = 60'000;
constexpr std::int64_t calm_ms = 600'000; // after so long without one it begins at the first again

} // namespace

restarts::restarts(env::loop& on, const env::clock& now, observe::metrics& measured, restart how)
    : loop_(on), clock_(now), metrics_(measured), restart_(std::move(how)) {}

restarts::~restarts() {
  for (const auto& [name, r] : all_)
    if (r.timer) loop_.cancel(r.timer);
}

void restarts::want(const std::string& plugin, const std::string& why,
                    std::function<void()> failed) {
  one& r = all_[plugin];
  if (r.timer) return;
  if (!r.count)
    r.count = &metrics_.add_counter("parley_plugin_restarts_total",
                                    "How often a Lua plugin got a new VM.", {{"plugin", plugin}});
  const std::int64_t now_ms = clock_.steady_ns() / 1'000'000;
  if (r.soon > 0 && now_ms - r.last_ms >= calm_ms) r.soon = 0;
  const std::int64_t wait_ms = std::min(first_ms << std::min(r.soon, 10U), most_ms);
  ++r.soon;
  observe::write(level::warn, "a plugin will be restarted",
                 {{"plugin", plugin}, {"why", why}, {"in_ms", wait_ms}, {"in_a_row", r.soon}});
  r.timer = loop_.after(std::chrono::milliseconds(wait_ms),
                        [this, plugin, failed = std::move(failed)] { run(plugin, failed); });
}

void restarts::run(const std::string& plugin, const std::function<void()>& failed) {
  one& r = all_[plugin];
  r.timer = 0;
  r.last_ms = clock_.steady_ns() / 1'000'000;
  restart_(plugin, [this, plugin, failed](const std::string& why) {
    if (!why.empty()) {
      observe::write(level::error, "a plugin could not be restarted",
                     {{"plugin", plugin}, {"why", why}});
      return failed();
    }
    all_[plugin].count->add();
    observe::write(level::info, "a plugin was restarted", {{"plugin", plugin}});
  });
}

std::uint64_t restarts::times(const std::string& plugin) const {
  const auto found = all_.find(plugin);
  return found == all_.end() ? 0 : found->second.count->value();
}

} // namespace parley
