#pragma once

// Running the hook points that this plugin owns. parley-gen writes a typed run_… for each.

#include "parley/call.hpp"
#include "parley/hook.h"

#include <optional>
#include <string_view>

namespace parley {

// A filter (Payload comes back as the filters left it) or a join (Payload is void). Denied: throws.
template <class Payload>
class hook_run : public operation<hook_run<Payload>> {
 public:
  // `name` must live until it is awaited.
  hook_run(const arena& a, std::string_view name, parley_value payload, parley_batch batch)
      : operation<hook_run<Payload>>(a.host()),
        call_(a.handle()),
        name_(name),
        payload_(payload),
        batch_(batch) {}
  parley_status begin(parley_done done, void* user) const {
    return this->host_->hooks->run(call_, to_c(name_), payload_, batch_, done, user);
  }
  Payload await_resume() { return decode_result<Payload>(this->take()); }

 private:
  parley_call call_;
  std::string_view name_;
  parley_value payload_;
  parley_batch batch_;
};

// An observe: told and not waited for.
inline void tell(const arena& a, std::string_view name, parley_value payload) {
  check(a.host().hooks->run(a.handle(), to_c(name), payload, 0, nullptr, nullptr),
        "running a hook");
}

} // namespace parley
