#pragma once

// The manifests that a plugin's own is read together with.

#include "source.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace parley::gen {

// Each plugin under `requires` must be among `known`, in a version that it admits; and who is known
// must stand under `requires` or `optional`. (Those under `optional` may be unknown.)
void check_dependencies(const source& plugin, const std::vector<source>& known,
                        std::vector<yaml::problem>& problems);

// Who owns the hook, the plugin itself included; a problem and nullptr where nobody known does, or
// where it is of another kind than `step` says.
const source* owner_of_hook(const manifest::hook& step, const source& plugin,
                            const std::vector<source>& known, std::vector<yaml::problem>& problems);
// `owner` must own it.
const manifest::hook_point& hook_point_of(const source& owner, const std::string& name);

} // namespace parley::gen
