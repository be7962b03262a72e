#pragma once

#include "config/config.hpp"
#include "plugin/catalogue.hpp"

#include <vector>

namespace parley {

// Whether the keys can be used that the YAML names, for sealed fields and for backups, and whether
// it names one where a plugin seals. Reads their files.
void check_keys(const config::config& from, const std::vector<plugin::candidate>& plugins,
                std::vector<yaml::problem>& problems);

} // namespace parley
