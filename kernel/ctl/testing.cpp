// Commands for authors who test a plugin.

#include "ctl/commands.hpp"
#include "lua/testkit/runner.hpp"

#include <iostream>

namespace parley::ctl {

std::vector<command> testing_commands() {
  return {{{"plugin", "test"},
           "FOLDER",
           "run its tests/*_test.lua against a server in memory",
           [](const arguments& given) { return lua::testkit::run_tests(given[0], std::cout); }}};
}

} // namespace parley::ctl
