#pragma once

// Lua plugins behind the same C ABI as native ones: each in a VM of its own, in a sandbox.

#include "manifest.hpp"

#include <parley/abi.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace parley::lua {

struct limits {
  std::size_t memory_bytes = 64u << 20;    // of one VM
  std::uint64_t instructions = 10'000'000; // of one entry: from being resumed to waiting or ending
  std::uint64_t cpu_ms = 2'000; // of one entry, where single instructions are slow; 0: none
};

// [init] Runs FOLDER/init.lua in a VM of its own, and provides every handler that the manifest
// declares. Where it fails nothing is left behind, and *why says `file:line: reason`.
parley_status load(const parley_host* host, const manifest::manifest& declared,
                   const std::string& folder, const limits& bounds, parley_plugin* out,
                   std::string* why);

// For what `load` has filled in.

// [logic] The memory that its VM holds.
std::size_t memory_of(const parley_plugin& loaded);
// [logic] Frees what nothing in it refers to. Takes time by the size of its memory: 64 MiB may take
// a tenth of a second.
void collect(const parley_plugin& loaded);

} // namespace parley::lua
