#pragma once

// An operation of the host that takes time, as something to await: begun by co_await, completed
// exactly once on [logic]. It must not be destroyed in between; a coroutine that awaits it is not,
// because the host completes every operation, cancelled where the call is.

#include "parley/value.hpp"

#include <coroutine>
#include <string>
#include <type_traits>
#include <utility>

namespace parley {

// The error in a completion: {code, message, field?, retry_after_ms?}.
inline error error_of(const host& host, parley_status status, parley_value details) {
  std::string code, message, field;
  std::int64_t retry_after_ms = 0;
  if (details != 0) {
    static constexpr std::array<parley_str, 4> names{to_c("code"), to_c("message"), to_c("field"),
                                                     to_c("retry_after_ms")};
    std::array<parley_slot, 4> slots{};
    const value object(host, details);
    if (object.is_object()) {
      object.fields(names, slots);
      if (slots[0].kind == PARLEY_STRING) code = from_c(slots[0].as.text);
      if (slots[1].kind == PARLEY_STRING) message = from_c(slots[1].as.text);
      if (slots[2].kind == PARLEY_STRING) field = from_c(slots[2].as.text);
      if (slots[3].kind == PARLEY_INTEGER) retry_after_ms = slots[3].as.integer;
    }
  }
  return error(status, std::move(code), std::move(message), std::move(field), retry_after_ms);
}

// Self gives `parley_status begin(parley_done, void*)`, and an await_resume that uses take().
template <class Self>
class operation {
 public:
  explicit operation(const host& host) : host_(&host) {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiting) {
    awaiting_ = awaiting;
    // `completed` never comes from inside `begin`.
    status_ = static_cast<Self*>(this)->begin(&operation::completed, this);
    if (status_ == PARLEY_OK) return true;
    status_ = told(status_); // it has not begun: go on at once
    return false;
  }

 protected:
  // The result, or throws.
  value take() {
    if (status_ == PARLEY_E_REPEATED) throw already_answered();
    if (status_ != PARLEY_OK) throw error_of(*host_, status_, result_);
    return value(*host_, result_);
  }
  const host* host_;

 private:
  static void completed(void* user, parley_status status, parley_value result) {
    auto* self = static_cast<operation*>(user);
    self->status_ = status;
    self->result_ = result;
    self->awaiting_.resume();
  }

  std::coroutine_handle<> awaiting_;
  parley_status status_ = PARLEY_OK;
  parley_value result_ = 0;
};

// What an operation gives: T decoded, or nothing.
template <class T>
T decode_result(const value& from) {
  if constexpr (!std::is_void_v<T>) return decode_as<T>(from);
}

} // namespace parley
