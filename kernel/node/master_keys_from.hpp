#pragma once

#include "config/config.hpp"
#include "storage/master_keys.hpp"

#include <string>

namespace parley {

// Those that the YAML names, in its order. Where one cannot be used `why` says so, and none is
// given.
storage::master_keys master_keys_from(const config::config& from, std::string& why);

} // namespace parley
