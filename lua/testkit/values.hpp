#pragma once

// Between Lua's values and the kit's.

#include <parley/test/value.hpp>

#include <lua.hpp>

namespace parley::lua::testkit {

// A null is nil; in an array, which nil would end, it is false.
void push(lua_State* L, const test::value& from);
// A table with elements, or made by t.array, is an array; an empty one an object. Raises for what
// JSON has not.
test::value read(lua_State* L, int index);

inline constexpr const char* array_mark = "parley.test.array";

} // namespace parley::lua::testkit
