#pragma once

// Runs the tests of a plugin that are written in Lua: FOLDER/tests/*_test.lua.

#include <iosfwd>
#include <string>

namespace parley::lua::testkit {

// Tells of each test. 0: all passed; 1: some failed; 2: there is none.
int run_tests(const std::string& folder, std::ostream& out);

} // namespace parley::lua::testkit
