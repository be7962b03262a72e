#pragma once

// The values that plugins see: handles into the arena of a call. An arena keeps what was built in
// it, and knows by pointer what was not (a request's parameters, a record that was read).

#include "dispatch/slot_table.hpp"
#include "parley/value.h"

#include <boost/json.hpp>

#include <memory>
#include <vector>

namespace parley::dispatch {

class value_arena {
 public:
  static constexpr unsigned index_bits = 24;

  // Ends all handles into it.
  ~value_arena();
  static value_arena* make(); // owned by the handle table of this thread; see `drop`
  static void drop(value_arena* arena);
  // The arena of a handle, or nullptr where it has ended.
  static value_arena* of(parley_value value);

  // Not counted: who builds in it after the call may have ended holds `memory` meanwhile.
  boost::json::storage_ptr storage() const { return memory_.get(); }
  std::shared_ptr<boost::json::monotonic_resource> memory() const { return memory_; }

  // A handle for a value that outlives the arena or lies in it.
  parley_value refer(const boost::json::value& value);
  // A handle for a value that the arena keeps from now on.
  parley_value keep(boost::json::value&& value);
  parley_value keep(const boost::json::value& value); // a copy

  // The value of a handle of any arena of this thread, or nullptr.
  static const boost::json::value* find(parley_value value);

  parley_slot slot_of(const boost::json::value& value);

 private:
  value_arena();
  void* place();

  std::uint64_t handle_ = 0;
  std::shared_ptr<boost::json::monotonic_resource> memory_;
  std::vector<const boost::json::value*> known_;
};

struct arena_drop {
  void operator()(value_arena* arena) const { value_arena::drop(arena); }
};
using arena_ptr = std::unique_ptr<value_arena, arena_drop>;

// Builds in `storage` from a slot; nothing for kinds that do not fit (absent, unknown, stale).
bool from_slot(const parley_slot& slot, boost::json::value& out,
               const boost::json::storage_ptr& storage);

inline std::string_view view(parley_str s) {
  return {s.ptr ? s.ptr : "", s.ptr ? s.len : 0};
}
inline parley_str str(std::string_view s) {
  return {s.data(), s.size()};
}

// The functions of parley.value/1. They work on arenas, and need a call only to find its arena.
using arena_of_call = value_arena* (*)(parley_call);
const parley_value_api& value_api(arena_of_call find_arena);

} // namespace parley::dispatch
