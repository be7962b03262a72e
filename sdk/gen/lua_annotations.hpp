#pragma once

// What an editor with LuaLS needs to complete a plugin's init.lua.

#include "source.hpp"

#include <string>
#include <vector>

namespace parley::gen {

// Classes for types, parameters, results, events and records, and NAME.plugin: parley.plugin
// (lua/parley.lua) with the shape that the manifest gives it. `known` as for write_header.
std::string write_lua_annotations(const source& plugin, const std::vector<source>& known,
                                  std::vector<yaml::problem>& problems);

} // namespace parley::gen
