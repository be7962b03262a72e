#pragma once

#include "storage/engine.hpp"

#include "manifest.hpp"

#include <vector>

namespace parley::storage {

// The collections of a plugin that are stored, as the engine takes them, named "plugin.collection".
std::vector<collection> declared(const manifest::manifest& by);
// Those that live in memory, see ephemeral.hpp.
std::vector<collection> declared_ephemeral(const manifest::manifest& by);
// What the log holds encrypted of one of its events.
std::vector<sealed_member> declared_sealed(const manifest::manifest& by, const manifest::event& of);

} // namespace parley::storage
