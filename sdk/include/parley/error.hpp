#pragma once

// What a call ends with when it does not end well. Thrown by co_await where an operation fails, by
// handlers, and returned by them: `co_return not_found();`. An error that leaves a handler is the
// caller's answer; any other exception is a fault: logged, and answered with `internal`.

#include "parley/abi.h"

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace parley {

class error : public std::exception {
 public:
  // An error with a code that the manifest declares. `message` is one sentence for people, `field`
  // the parameter at fault; either may be empty. retry_after_ms 0: trying again does not help.
  explicit error(std::string code, std::string message = {}, std::string field = {},
                 std::int64_t retry_after_ms = 0)
      : error(PARLEY_E_REFUSED, std::move(code), std::move(message), std::move(field),
              retry_after_ms) {}
  // One of PARLEY_E_*; an empty code means the status' own, such as not_found.
  explicit error(parley_status status, std::string code = {}, std::string message = {},
                 std::string field = {}, std::int64_t retry_after_ms = 0)
      : status_(status),
        code_(std::move(code)),
        message_(std::move(message)),
        field_(std::move(field)),
        retry_after_ms_(retry_after_ms) {}

  parley_status status() const noexcept { return status_; }
  const std::string& code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& field() const noexcept { return field_; }
  std::int64_t retry_after_ms() const noexcept { return retry_after_ms_; }
  const char* what() const noexcept override {
    return message_.empty() ? code_.c_str() : message_.c_str();
  }

 private:
  parley_status status_;
  std::string code_;
  std::string message_;
  std::string field_;
  std::int64_t retry_after_ms_;
};

// The codes that every method may answer with, see docs/protocol.md. Those of a plugin's own are
// generated from its manifest.
inline error not_found(std::string message = {}, std::string field = {}) {
  return error(PARLEY_E_NOT_FOUND, "not_found", std::move(message), std::move(field));
}
inline error forbidden(std::string message = {}) {
  return error(PARLEY_E_FORBIDDEN, "forbidden", std::move(message));
}
inline error conflict(std::string message = {}) {
  return error(PARLEY_E_CONFLICT, "conflict", std::move(message));
}
inline error unavailable(std::string message = {}, std::int64_t retry_after_ms = 0) {
  return error(PARLEY_E_UNAVAILABLE, "unavailable", std::move(message), {}, retry_after_ms);
}
inline error too_many_requests(std::string message, std::int64_t retry_after_ms) {
  return error(PARLEY_E_LIMIT, "too_many_requests", std::move(message), {}, retry_after_ms);
}
inline error invalid_params(std::string message, std::string field = {}) {
  return error(PARLEY_E_INVALID, "invalid_params", std::move(message), std::move(field));
}

// Unwinds a call that the host answers by itself (PARLEY_E_REPEATED). Nothing catches it but
// the handler's entry; a plugin's own `catch (...)` must let it pass.
struct already_answered {};

// A value or an error, where a failure is an expected way to go on (see `attempt` in task.hpp).
template <class T>
class result {
 public:
  result(T value) : what_(std::in_place_index<0>, std::move(value)) {}
  result(parley::error why) : what_(std::in_place_index<1>, std::move(why)) {}

  explicit operator bool() const noexcept { return what_.index() == 0; }
  bool failed_with(parley_status status) const noexcept {
    return what_.index() == 1 && std::get<1>(what_).status() == status;
  }
  // Throws the error where there is one.
  T& value() {
    if (what_.index() == 1) throw std::get<1>(what_);
    return std::get<0>(what_);
  }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }
  // Only where there is one.
  const parley::error& error() const { return std::get<1>(what_); }

 private:
  std::variant<T, parley::error> what_;
};

template <>
class result<void> {
 public:
  result() = default;
  result(parley::error why) : why_(std::move(why)) {}

  explicit operator bool() const noexcept { return !why_; }
  bool failed_with(parley_status status) const noexcept { return why_ && why_->status() == status; }
  void value() const {
    if (why_) throw *why_;
  }
  const parley::error& error() const { return *why_; }

 private:
  std::optional<parley::error> why_;
};

} // namespace parley
