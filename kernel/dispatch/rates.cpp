#include "dispatch/rates.hpp"

#include "env/address.hpp"

#include <algorithm>
#include <cmath>

namespace parley::dispatch {

namespace {

constexpr std::size_t most_buckets = 200'000;
constexpr std::int64_t full_after_ms = 60'000; // by then hardly any lacks a token

// 0 where there is one.
std::int64_t wait_ms(const auto* one, double per_second) {
  if (one == nullptr || one->tokens >= 1) return 0;
  return std::max<std::int64_t>(1, std::llround(std::ceil((1 - one->tokens) / per_second * 1'000)));
}

} // namespace

std::int64_t rates::take(const manifest::method& what, const session& who, std::string_view remote,
                         std::int64_t now_ms) {
  const auto own = with_.methods.find(what.name);
  const bool is_own = own != with_.methods.end();
  const std::string& name = is_own ? what.name : what.rate;
  const auto by_class = with_.classes.find(name);
  if (!is_own && by_class == with_.classes.end()) return 0;
  const rate_limits::limit& at_most = is_own ? own->second : by_class->second;
  if (at_most.per_second == 0) return 0;

  if (buckets_.size() >= most_buckets) forget_full(now_ms);
  const double per_second = at_most.per_second, burst = std::max(1U, at_most.burst);
  const double times = with_.per_address;
  bucket* address = nullptr;
  bucket* account = nullptr;
  if (with_.per_address > 0 && !remote.empty())
    address = find('@', name, env::counted_as(remote), per_second * times, burst * times, now_ms);
  if (!who.principal.empty()) account = find('#', name, who.principal, per_second, burst, now_ms);
  const std::int64_t wait =
      std::max(wait_ms(address, per_second * times), wait_ms(account, per_second));
  if (wait > 0) return wait;
  if (address != nullptr) --address->tokens;
  if (account != nullptr) --account->tokens;
  return 0;
}

// A node of the table keeps its place when others come, so that two can be held.
rates::bucket* rates::find(char kind, std::string_view name, std::string_view of, double per_second,
                           double burst, std::int64_t now_ms) {
  key_.assign(1, kind).append(name).append(1, ' ').append(of);
  const auto known = buckets_.find(key_);
  if (known != buckets_.end()) {
    bucket& one = known->second;
    const auto passed = static_cast<double>(now_ms - one.at_ms) / 1'000;
    one = {std::min(burst, one.tokens + passed * per_second), now_ms};
    return &one;
  }
  return &buckets_.emplace(key_, bucket{burst, now_ms}).first->second;
}

// Where that is not enough, all begin anew: better than to grow, or to refuse who is new.
void rates::forget_full(std::int64_t now_ms) {
  std::erase_if(buckets_,
                [&](const auto& each) { return now_ms - each.second.at_ms >= full_after_ms; });
  if (buckets_.size() >= most_buckets) buckets_.clear();
}

} // namespace parley::dispatch
