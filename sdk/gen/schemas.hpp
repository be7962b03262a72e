#pragma once

#include "manifest.hpp"

#include <string>

namespace parley::gen {

// One JSON document: the JSON Schemas (2020-12) of a plugin's methods, events, collections and
// configuration, by name, with every shorthand and reference resolved.
std::string write_schemas(const manifest::manifest& of);

} // namespace parley::gen
