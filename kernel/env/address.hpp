#pragma once

// An IP address as limits count it: who has one address of IPv6 has all of its /64, so these count
// as one.

#include <string>

namespace parley::env {

std::string counted_as(std::string_view address);

} // namespace parley::env
