#pragma once

// What the sandbox offers to an author, and how handlers are called in it.

#include "vm.hpp"

#include <initializer_list>

namespace parley::lua {

// lua_CFunctions for protected mode; the first argument is the vm as light userdata.
int open_libraries(lua_State* L);
int run_init(lua_State* L); // no argument

// Pushes what the handler of `t` is called with; how many.
int push_arguments(lua_State* L, const task& t);
// Turns the handler's result at the top into the reply of `t`; raises where it may not be that.
void take_result(lua_State* L, task& t);

// Each sets or replaces globals.
void open_strings(lua_State* L);
void open_tables(lua_State* L);
void open_coroutines(lua_State* L);
void open_base(lua_State* L);
void open_protected_calls(lua_State* L); // pcall and xpcall
// Makes functions of the library at the top cost by the length of the texts they are given: some
// read all of a text within one instruction.
void charge_by_length(lua_State* L, std::initializer_list<const char*> names);

// Pushes the module `parley`.
void push_module(lua_State* L);
void add_storage(
    lua_State* L); // adds `collections`, `batch` and `publish` to the plugin at the top
// Adds the writing functions of an ephemeral collection to its table at the top.
void add_ephemeral(lua_State* L, const std::string& collection);
void add_calls(lua_State* L);   // adds `requires` and `bot`
void add_metrics(lua_State* L); // adds `metrics`
void add_text(lua_State* L);    // adds `lower` and `words` to the module at the top

// The userdata that stands for a call, and for a batch.
inline constexpr const char* call_type = "parley.call";
inline constexpr const char* batch_type = "parley.batch";
void push_call(lua_State* L, parley_call call);
parley_call check_call(lua_State* L, int index);
void push_batch(lua_State* L, parley_batch batch, parley_call call, bool owned);

// The continuation of an operation whose result is what the function gives.
int completed_with_value(lua_State* L, int status, lua_KContext context);
// A key is a table in the declared order; a single component may stand for itself.
parley_value build_key(lua_State* L, int index, parley_call call);

std::string printable_name(std::string_view name); // short, for messages
std::string_view check_text(lua_State* L, int index);
// The same for what should be a name: refuses what is far too long for one.
std::string_view check_name(lua_State* L, int index);
// A metatable of that name with methods, sealed from the author.
void make_type(lua_State* L, const char* name, const luaL_Reg* methods);

} // namespace parley::lua
