#pragma once

// parley.value/1 as plugins get it: what is wrong with its arguments is found and named here, so
// that what builds and reads values need not look.

#include "dispatch/values.hpp"

namespace parley::dispatch {

struct value_limits {
  std::uint32_t depth = 128;         // limits.value_depth
  std::uint64_t bytes = 16ull << 20; // limits.value_bytes: of one value, with all in it
};
void limit_values(const value_limits& to); // for the whole process

const parley_value_api& checked_value_api(arena_of_call find_arena);

// Whether a value is within the limits.
bool is_within(const boost::json::value& value, const value_limits& by);

} // namespace parley::dispatch
