#pragma once

#include "config/config.hpp"
#include "storage/master_keys.hpp"

#include <memory>
#include <string>

namespace parley {

// One that the YAML names. Where it cannot be used `why` says so.
std::shared_ptr<const storage::master_key> master_key_from(const config::config& from,
                                                           std::size_t index, std::string& why);

// All of them, in its order. Where one cannot be used `why` says so, and none is given.
storage::master_keys master_keys_from(const config::config& from, std::string& why);

} // namespace parley
