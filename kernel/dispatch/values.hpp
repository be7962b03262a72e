#pragma once

// The values that plugins see: handles into the arena of a call. An arena keeps what was built in
// it, and knows by pointer what was not (a request's parameters, a record that was read).

#include "dispatch/slot_table.hpp"
#include "parley/value.h"

#include <boost/json.hpp>

#include <memory>
#include <optional>
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

  // Not counted: who builds in it after the call may have ended holds
  // `shared_memory` meanwhile.
  boost::json::storage_ptr storage() const { return &*memory_->resource; }
  std::shared_ptr<boost::json::monotonic_resource> shared_memory() const {
    return {memory_, &*memory_->resource};
  }

  // A handle for a value that outlives the arena or lies in it.
  parley_value refer(const boost::json::value& value);
  // A handle for a value that the arena keeps from now on.
  parley_value keep(boost::json::value&& value);
  parley_value keep(const boost::json::value& value); // a copy

  // A value in the arena to be built where it will stay, and the handle for it once it is.
  boost::json::value& place();
  parley_value built(boost::json::value& value);

  // The value of a handle of any arena of this thread, or nullptr. From now on it stays where it
  // is.
  static const boost::json::value* find(parley_value value);
  // The same, to be forgotten before anything else is built.
  static const boost::json::value* look(parley_value value);
  // Puts the value of a handle into one that is being built in this arena: moved there where it was
  // built here and nobody holds it, so that nested values are built once; otherwise a copy. False
  // where it has ended.
  bool nest(parley_value value, boost::json::value& into);

  parley_slot slot_of(const boost::json::value& value);

 private:
  struct known {
    const boost::json::value* at;
    bool movable; // built here, an array or object, and nobody holds its address
  };
  // What is built first lies beside the arena's own data.
  struct memory {
    unsigned char first[2048];
    std::optional<boost::json::monotonic_resource> resource;
  };

  value_arena();
  void empty();
  parley_value add(known what);
  static known* at(parley_value value);

  std::uint64_t handle_ = 0;
  std::shared_ptr<memory> memory_;
  std::vector<known> known_;
};

struct arena_drop {
  void operator()(value_arena* arena) const { value_arena::drop(arena); }
};
using arena_ptr = std::unique_ptr<value_arena, arena_drop>;

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
