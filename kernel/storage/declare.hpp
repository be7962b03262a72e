#pragma once

#include "storage/engine.hpp"

#include "manifest.hpp"

#include <vector>

namespace parley::storage {

// The collections of a plugin as the engine takes them, named "plugin.collection".
std::vector<collection> declared(const manifest::manifest& by);

} // namespace parley::storage
