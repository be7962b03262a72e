#include "dispatch/stays.hpp"

#include "dispatch/call.hpp"
#include "observe/log.hpp"

namespace parley::dispatch {

namespace {

constexpr std::int64_t warn_every_ns = 10'000'000'000;

// Most stays take microseconds.
std::vector<double> bounds() {
  return {0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10};
}

} // namespace

stays::stays(const env::clock& now) : clock_(now), unmeasured_(bounds()) {
  nowhere_.plugin = nowhere_.name = "unknown";
  nowhere_.seconds = &unmeasured_;
}

entry_point& stays::point(const instance& of, std::string_view name, observe::metrics& into) {
  const std::string key =
      of.name + '\n' + of.declared.version + '\n' + of.digest + '\n' + std::string(name);
  auto& found = points_[key];
  if (!found) {
    found = std::make_unique<entry_point>();
    found->plugin = of.name;
    found->version = of.declared.version;
    found->digest = of.digest;
    found->name = name;
    found->seconds = &into.add_histogram("parley_plugin_logic_seconds",
                                         "Each stay of a plugin's code on the logic thread.",
                                         bounds(), {{"plugin", of.name}, {"entry", found->name}});
  }
  return *found;
}

double stays::seconds_of(std::string_view plugin) const {
  const std::string prefix = std::string(plugin) + '\n';
  std::map<const observe::histogram*, double> sums; // versions share theirs
  for (auto at = points_.lower_bound(prefix); at != points_.end() && at->first.starts_with(prefix);
       ++at)
    sums[at->second->seconds] = at->second->seconds->read().sum;
  double all = 0;
  for (const auto& [of, sum] : sums) all += sum;
  return all;
}

// The number changes first and last what it numbers: who sees the same number twice has seen the
// same stay.
void stays::publish(const entry_point* now, bool outermost) {
  moves_.store(moves_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  now_.store(now, std::memory_order_release);
  if (!outermost) return;
  visits_.store(visits_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  first_.store(now, std::memory_order_release);
}

stays::view stays::look() const {
  view seen;
  seen.first = first_.load(std::memory_order_acquire);
  seen.now = now_.load(std::memory_order_acquire);
  seen.visit = visits_.load(std::memory_order_relaxed);
  seen.move = moves_.load(std::memory_order_relaxed);
  return seen;
}

stays::stay::stay(stays& all, entry_point& at)
    : all_(all), at_(at), outer_(all.innermost_), began_ns_(all.clock_.steady_ns()) {
  all_.innermost_ = this;
  all_.publish(&at_, !outer_);
}

stays::stay::~stay() {
  const std::int64_t took = all_.clock_.steady_ns() - began_ns_;
  const std::int64_t own = took - of_others_ns_;
  if (outer_) outer_->of_others_ns_ += took;
  all_.innermost_ = outer_;
  all_.publish(outer_ ? &outer_->at_ : nullptr, !outer_);
  at_.seconds->record(static_cast<double>(own) / 1e9);
  if (all_.slow_ns_ > 0 && own >= all_.slow_ns_) all_.warn(at_, own);
}

// Where it is slow each time, a line each time would only make it slower.
void stays::warn(entry_point& at, std::int64_t took_ns) {
  const std::int64_t now = clock_.steady_ns();
  if (at.warned_ns != 0 && now - at.warned_ns < warn_every_ns) {
    ++at.unsaid;
    return;
  }
  observe::write(observe::level::warn, "a plugin held the logic thread",
                 {{"plugin", at.plugin},
                  {"entry", at.name},
                  {"ms", took_ns / 1'000'000},
                  {"more_since_the_last_line", at.unsaid}});
  at.warned_ns = now;
  at.unsaid = 0;
}

void stays::name_thrower(const entry_point* where, std::string_view what) const {
  const entry_point& at = where ? *where : nowhere_;
  observe::write(observe::level::error,
                 "a plugin threw an exception into the host; nothing may be thrown through C",
                 {{"plugin", at.plugin}, {"entry", at.name}, {"what", what}});
}

} // namespace parley::dispatch
