#pragma once

// Between Lua's values and the host's.

#include "vm.hpp"

namespace parley::lua {

// Registry keys of the metatables that mark values.
inline constexpr const char* array_mark = "parley.array";
inline constexpr const char* error_mark = "parley.error";
inline constexpr const char* readonly_mark = "parley.readonly";

inline constexpr int max_value_depth = 32; // as in the protocol

bool is_utf8(std::string_view text);
std::string printable(std::string_view text); // with what is not UTF-8 replaced

// Pushes a value of the host's; a null at the top is nil, one inside is parley.null.
void push_value(lua_State* L, parley_value value);
// Builds the Lua value at `index` in the arena of `call`; nil is 0. Raises with the path of what
// cannot cross. `empty_is_array`: what an empty table stands for that says nothing itself.
parley_value build_value(lua_State* L, int index, parley_call call, bool empty_is_array = false);

// Replaces the table at the top by one that cannot be written, all the way down.
void make_readonly(lua_State* L);

// Pushes an error object. `code`: empty for the status' own.
void push_error(lua_State* L, const failure& what);
// The code that belongs to a status, and back.
const char* code_of(parley_status status);
parley_status status_of(std::string_view code);
// Reads the error object at the index; false where it is none.
bool read_error(lua_State* L, int index, failure* out);
// Whether the value at the index was made by plugin.error or plugin.deny, or raised by a call.
bool is_error(lua_State* L, int index);

// Raises unless the status is PARLEY_OK.
void check(lua_State* L, parley_status status, const char* what);
// Raises what a completion brought unless it is PARLEY_OK.
void check_completion(lua_State* L, const task& t);

} // namespace parley::lua
