#pragma once

// How many connections each address has, over all shards.

#include "env/address.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace parley::net {

class address_table {
 public:
  std::uint32_t enter(const std::string& address) { // how many it has now
    const std::lock_guard lock(mutex_);
    return ++open_[env::counted_as(address)];
  }

  void leave(const std::string& address) {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(env::counted_as(address));
    if (found != open_.end() && --found->second == 0) open_.erase(found);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::uint32_t> open_;
};

} // namespace parley::net
