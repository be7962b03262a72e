#pragma once

#include <vector>

#include "manifest.hpp"

namespace parley::manifest {

// What is declared as sealed can be, and nothing that the plugin declares would store it in plain:
// a durable event, or the parameters of a job, with a property of the same name.
void check_sealed(const manifest& all, const yaml::document& source,
                  std::vector<yaml::problem>& problems);

// Whether the schema has, at any depth, a property of the name of a sealed field.
bool tells_sealed(const manifest& all, const boost::json::object& schema);

} // namespace parley::manifest
