#pragma once

// The whole of NAME.plugin.hpp.

#include "shapes.hpp"

#include <string>
#include <vector>

namespace parley::gen {

// `known` are the manifests that it may call and whose hooks it may step into. Where `problems` is
// not empty afterwards the text must not be used.
std::string write_header(const source& plugin, const std::vector<source>& known,
                         std::vector<yaml::problem>& problems);

} // namespace parley::gen
