// Weak tables are the runtime's own. One with weak keys whose values lead to further keys costs the
// collector quadratic time in one step that nothing can interrupt: 40,000 entries, 4 MiB, take ten
// seconds. Lua has no switch for it, and a metatable can get its `__mode` at any time and in many
// ways; so the collector is made to look for another name, which no author knows.

#include "vm.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace parley::lua {
namespace {

// The first metamethods, in the order in which Lua keeps the addresses of their names (ltm.h). They
// lie in the first block that a new state allocates.
constexpr std::array names{"__index", "__newindex", "__gc", "__mode", "__len", "__eq"};
constexpr std::size_t mode = 3;

const void* address_of(lua_State* L, const char* name) {
  lua_pushstring(L, name); // short, so there is one of it, and the state keeps it
  const void* const found = lua_topointer(L, -1);
  lua_pop(L, 1);
  return found;
}

} // namespace

// False where Lua's state does not look as it should: then nothing was changed.
bool vm::rename_weak_mode() {
  std::array<const void*, names.size()> known;
  std::transform(names.begin(), names.end(), known.begin(),
                 [this](const char* name) { return address_of(state_, name); });
  char* const end = static_cast<char*>(first_block_) + first_block_bytes_ - sizeof known;
  for (char* at = static_cast<char*>(first_block_); at <= end; at += sizeof(void*)) {
    if (std::memcmp(at, known.data(), sizeof known) != 0) continue;
    std::uint64_t secret[2];
    api.env->random(api.host, secret, sizeof secret);
    lua_pushlstring(state_, reinterpret_cast<const char*>(secret), sizeof secret);
    const void* const other = lua_topointer(state_, -1);
    lua_setfield(state_, LUA_REGISTRYINDEX, weak_mode_key); // stays for as long as the state
    std::memcpy(at + mode * sizeof(void*), &other, sizeof other);
    return true;
  }
  return false;
}

void make_weak(lua_State* L, const char* what) {
  lua_createtable(L, 0, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, weak_mode_key);
  lua_pushstring(L, what);
  lua_rawset(L, -3);
  lua_setmetatable(L, -2);
}

} // namespace parley::lua
