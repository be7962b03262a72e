#pragma once

#include <vector>

#include "manifest.hpp"

namespace parley::manifest {

// What JSON Schema cannot say: names, versions, and what one declaration says of another.
void check(const manifest& all, const yaml::document& source, std::vector<yaml::problem>& problems);

} // namespace parley::manifest
