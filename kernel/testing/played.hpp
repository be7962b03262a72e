#pragma once

// Plugins that the test plays: entered like any other, with functions of the test's behind them.

#include "parley/test/host.hpp"
#include "plugin/loader.hpp"

#include <functional>
#include <string>
#include <vector>

namespace parley::test {

// How a test's function goes wrong: told by what it threw.
using blame = std::function<void(const std::string& what)>;

// `of` outlives the plugin.
parley::plugin::loader::entry play(const stand_in& of, blame wrong);

} // namespace parley::test
