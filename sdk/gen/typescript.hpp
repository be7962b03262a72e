#pragma once

// The types of a plugin for clients in TypeScript.

#include "source.hpp"

#include <string>
#include <vector>

namespace parley::gen {

// Types, parameters and results of the methods that clients may call, data of events, error codes,
// and the maps Methods and Events.
std::string write_typescript(const source& plugin, std::vector<yaml::problem>& problems);

} // namespace parley::gen
