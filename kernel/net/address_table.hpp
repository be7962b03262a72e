#pragma once

// How many connections each address has, over all shards. Who has one address of IPv6 has all of
// its /64, so these count as one.

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace parley::net {

class address_table {
 public:
  std::uint32_t enter(const std::string& address) { // how many it has now
    const std::lock_guard lock(mutex_);
    return ++open_[counted_as(address)];
  }

  void leave(const std::string& address) {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(counted_as(address));
    if (found != open_.end() && --found->second == 0) open_.erase(found);
  }

 private:
  static std::string counted_as(const std::string& address) {
    in6_addr v6{};
    if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1) return address;
    return std::string(reinterpret_cast<const char*>(v6.s6_addr), 8);
  }

  std::mutex mutex_;
  std::unordered_map<std::string, std::uint32_t> open_;
};

} // namespace parley::net
