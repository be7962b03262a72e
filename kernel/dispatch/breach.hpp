#pragma once

// What a plugin does that the C headers forbid. It gets a status, the operator a line in the log,
// and a developer (`development.strict`) a server that stops at the first one.

#include "env/utf8.hpp"
#include "parley/abi.h"

#include <string>
#include <string_view>

namespace parley::dispatch {

class stays;

// Whether this is a thread whose calls and values plugins may use: one that has `stays`.
bool on_logic_thread();
void enter_logic_thread(const stays& here);
void leave_logic_thread(const stays& here);
// The plugin whose work runs on this thread of the pool; nullptr: none.
void working_for(const char* plugin);

// From now on, for the whole process.
void stop_at_breaches(bool on);

// While a plugin's entry function runs, the first breach goes into `first` rather than stop the
// server: the plugin is not loaded then, and what it was to replace goes on. nullptr: no more.
void keep_first_breach(std::string* first);

// Gives `status` back. `expected` is a sentence: what the header says. Of the same function and
// plugin the first is written, then the tenth, the hundredth and so on.
parley_status report_breach(parley_status status, const char* function, std::string_view expected,
                            const void* caller);

// In a function of the ABI: knows which library called it.
[[gnu::always_inline]] inline parley_status breach(parley_status status, const char* function,
                                                   std::string_view expected) {
  return report_breach(status, function, expected, __builtin_return_address(0));
}

// For a handle of a call, batch or value that finds nothing: used on a thread that knows none of
// them, or of something that has ended. That it has ended is no breach: a deadline may have passed.
[[gnu::always_inline]] inline parley_status gone(const char* function) {
  if (on_logic_thread()) return PARLEY_E_STALE;
  return breach(PARLEY_E_THREAD, function, "it is [logic], and was called on another thread");
}

// Text as all of the ABI takes it.
inline bool is_text(parley_str text) {
  if (text.len == 0) return true;
  return text.ptr && env::is_utf8({text.ptr, text.len});
}

} // namespace parley::dispatch
