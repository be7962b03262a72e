#pragma once

// `require "parley.test"`: the kit for tests in Lua, with the same words as in C++.

#include "lua/testkit/objects.hpp"

#include <lua.hpp>

#include <string>
#include <vector>

namespace parley::lua::testkit {

// What a file of tests belongs to; `end` gives what is wrong with the hosts that it ends.
struct context {
  std::string folder; // of the plugin under test
  std::vector<box> hosts;

  std::string end();
};

// The name that marks the answers t.refusal, t.failure and t.silence.
inline constexpr const char* answer_mark = "parley.test.answer";

// t.host, t.faults, t.under_each_fault into the table at the top.
void add_host_functions(lua_State* L);

} // namespace parley::lua::testkit
