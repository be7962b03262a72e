#pragma once

#include "plugin/catalogue.hpp"

#include <vector>

namespace parley::plugin {

// Where a plugin's configuration names collections (`x-names: collection` in its schema), those
// that none of the plugins declares. To be told, and no reason to refuse: their plugin may be
// switched off for a while.
std::vector<yaml::problem> unknown_collections(const config::config& from,
                                               const std::vector<candidate>& plugins);

} // namespace parley::plugin
