#include "env/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace parley::env {

std::string counted_as(std::string_view address) {
  std::string out(address);
  in6_addr v6{};
  if (::inet_pton(AF_INET6, out.c_str(), &v6) != 1) return out;
  return std::string(reinterpret_cast<const char*>(v6.s6_addr), 8);
}

} // namespace parley::env
