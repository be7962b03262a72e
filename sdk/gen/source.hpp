#pragma once

// A manifest with where each of its nodes stood.

#include "manifest.hpp"

#include <string>
#include <vector>

namespace parley::gen {

struct source {
  yaml::document document;
  manifest::manifest declared;
};

source read_source(const std::string& path, std::vector<yaml::problem>& problems);

// At the key of a JSON Pointer, or at its nearest ancestor.
yaml::problem problem_at(const source& in, const std::string& pointer, std::string what,
                         std::string instead);

} // namespace parley::gen
