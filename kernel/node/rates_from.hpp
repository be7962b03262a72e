#pragma once

// How often clients may call, as the operator's YAML says.

#include "config/config.hpp"
#include "dispatch/rates.hpp"
#include "plugin/catalogue.hpp"

#include <vector>

namespace parley {

// Methods that no plugin has are problems, at their place in the YAML.
dispatch::rates::settings rates_from(const config::config& from,
                                     const std::vector<plugin::candidate>& plugins,
                                     std::vector<yaml::problem>& problems);

} // namespace parley
