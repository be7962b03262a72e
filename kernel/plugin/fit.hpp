#pragma once

// Whether the manifests of several plugins fit together, and in which order they start.

#include "plugin/catalogue.hpp"

namespace parley::plugin {

// `wanted`: every name in the operator's YAML. `complete`: all of them could be read.
void check_fit(const std::vector<candidate>& plugins, const std::set<std::string>& wanted,
               bool complete, const complaints& report);

std::vector<candidate> in_start_order(std::vector<candidate> plugins, const complaints& report);

} // namespace parley::plugin
