#pragma once

// Pages of reference, in Markdown.

#include "source.hpp"

#include <string>
#include <vector>

namespace parley::gen {

// One plugin: what it is, its configuration, methods, events, hooks and collections. A parameter
// for which no example can be made is a problem.
std::string write_reference(const source& plugin, std::vector<yaml::problem>& problems);
// The hook points of all the given manifests, and who of them steps in.
std::string write_hooks_reference(const source& first, const std::vector<source>& others);

} // namespace parley::gen
