#pragma once

// How often clients may call. Filled from `rates` of the operator's YAML; see rates.hpp.

#include <cstdint>
#include <map>
#include <string>

namespace parley::dispatch {

struct rate_limits {
  struct limit {
    std::uint32_t per_second = 0; // 0: none
    std::uint32_t burst = 0;      // what has gathered when nobody has called for long
  };
  std::map<std::string, limit, std::less<>> classes;
  std::map<std::string, limit, std::less<>> methods; // in place of their class
  std::uint32_t per_address = 0;                     // times an account's limit; 0: none
};

} // namespace parley::dispatch
