#pragma once

#include "manifest.hpp"

#include <vector>

namespace parley::plugin {

// The manifests of the plugins that are part of the kernel.
std::vector<manifest::manifest> built_in_manifests();

} // namespace parley::plugin
