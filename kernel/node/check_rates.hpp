#pragma once

// Limits of single methods are of methods that there are.

#include "config/config.hpp"
#include "plugin/catalogue.hpp"

#include <vector>

namespace parley {

// Those of methods that no plugin has are problems, at their place in the YAML.
void check_rates(const config::config& from, const std::vector<plugin::candidate>& plugins,
                 std::vector<yaml::problem>& problems);

} // namespace parley
