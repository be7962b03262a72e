#pragma once

// How often clients may call: token buckets of an account, and of an address, for each rate class,
// and for methods that the operator names. Of this node alone.

#include "dispatch/gateway.hpp"
#include "dispatch/rate_limits.hpp"
#include "manifest.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace parley::dispatch {

class rates {
 public:
  explicit rates(rate_limits with) : with_(std::move(with)) {}

  // 0: it may be called, and was counted. Else after so many milliseconds. `now_ms` never goes
  // back.
  std::int64_t take(const manifest::method& what, const session& who, std::string_view remote,
                    std::int64_t now_ms);
  // Whether it has a limit in place of its class's.
  bool has_own(std::string_view method) const { return with_.methods.contains(method); }

 private:
  struct bucket {
    double tokens = 0;
    std::int64_t at_ms = 0;
  };

  bucket* find(char kind, std::string_view name, std::string_view of, double per_second,
               double burst, std::int64_t now_ms);
  void forget_full(std::int64_t now_ms);

  const rate_limits with_;
  std::unordered_map<std::string, bucket> buckets_;
  std::string key_; // kept, so that no call makes one
};

} // namespace parley::dispatch
