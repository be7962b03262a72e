#pragma once

// The table of roles: what the manifests declare, and what the operator's YAML adds.

#include "config/config.hpp"
#include "identity/roles.hpp"
#include "plugin/catalogue.hpp"

#include <vector>

namespace parley {

// Permissions that no plugin declares are problems, at their place in the YAML.
identity::role_table roles_from(const config::config& from,
                                const std::vector<plugin::candidate>& plugins,
                                std::vector<yaml::problem>& problems);

} // namespace parley
