#pragma once

// What the functions of the host's tables have in common.

#include "fake_host.hpp"

namespace parley::lua::testing {

struct fake_host::table {
  // Value functions have no host in their arguments, so the one that is at work is kept here.
  static fake_host* current;
  static fake_host& self(const parley_host* host) {
    return *static_cast<const host_struct*>(host)->self;
  }
  static fake_host& self() { return *current; }

  static const json::value* find(parley_value v) {
    const auto found = self().values_.find(v);
    return found == self().values_.end() ? nullptr : &found->second.data;
  }
  static std::string text_of(parley_str s) { return {s.ptr, s.len}; }
};

} // namespace parley::lua::testing
