#pragma once

// The call that a handler runs for. It lives until the handler has ended; keep no reference longer.

#include "parley/call.h"
#include "parley/operation.hpp"

#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <type_traits>

namespace parley {

// RFC 3339, UTC, milliseconds: 2026-11-21T08:15:30.123Z
inline std::string rfc3339(std::int64_t unix_ms) {
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[48];
  const int length = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                   utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                                   utc.tm_min, utc.tm_sec, static_cast<int>(unix_ms % 1000));
  return std::string(text, static_cast<std::size_t>(length));
}

// A method of this plugin or of one that it requires; awaited, it gives T decoded.
template <class T>
class invocation : public operation<invocation<T>> {
 public:
  invocation(const arena& a, std::string_view method, parley_value params)
      : operation<invocation<T>>(a.host()), call_(a.handle()), method_(method), params_(params) {}
  parley_status begin(parley_done done, void* user) const {
    return this->host_->calls->invoke(call_, to_c(method_), params_, done, user);
  }
  T await_resume() { return decode_result<T>(this->take()); }

 private:
  parley_call call_;
  std::string_view method_;
  parley_value params_;
};

class call : public arena {
 public:
  using arena::arena;
  call(const call&) = delete;
  call& operator=(const call&) = delete;

  // Texts live as long as the call.
  std::string_view principal() const { return from_c(info().principal); } // empty: anonymous
  // The principal's id as a field of type `account` holds it.
  std::string account() const { return std::string(principal()); }
  std::int32_t principal_kind() const { return info().principal_kind; } // PARLEY_USER, …
  std::string_view session() const { return from_c(info().session); }   // empty: none
  std::string_view request_id() const { return from_c(info().request_id); }
  std::string_view remote() const { return from_c(info().remote); }
  std::int64_t deadline_ms() const { return info().deadline_ms; } // Unix time
  // The first number of the place's topic that the principal may read, in a method whose permission
  // has a place for its scope.
  std::int64_t readable_from() const { return info().readable_from; }
  const parley_call_info& info() const {
    if (!known_) {
      info_.size = sizeof info_;
      check(host().calls->info(handle(), &info_), "reading the call");
      known_ = true;
    }
    return info_;
  }

  // Now: RFC 3339 as a field of type `time` holds it, or Unix time in milliseconds.
  std::string now() const { return rfc3339(now_ms()); }
  std::int64_t now_ms() const { return host().environment->now_ms(host().raw); }
  // A new id (UUIDv7).
  std::string new_id() const {
    char text[36];
    check(host().environment->id(host().raw, text), "making an id");
    return std::string(text, sizeof text);
  }

  // Calls a method for this call's principal. `method` must live until it is awaited. Typed calls
  // are generated from the manifests of the plugins that are required.
  template <class T = value>
  invocation<T> invoke(std::string_view method, const value& params = {}) const {
    return invocation<T>(*this, method, to_handle(*this, params.slot()));
  }

  // A line of the log under this request. Never what a person wrote, nor a secret.
  void log_debug(std::string_view text) const { write_log(PARLEY_DEBUG, text); }
  void log_info(std::string_view text) const { write_log(PARLEY_INFO, text); }
  void log_warn(std::string_view text) const { write_log(PARLEY_WARN, text); }
  void log_error(std::string_view text) const { write_log(PARLEY_ERROR, text); }

 private:
  void write_log(std::int32_t level, std::string_view text) const {
    host().log->write(host().raw, handle(), level, to_c(text));
  }

  mutable parley_call_info info_{};
  mutable bool known_ = false;
};

} // namespace parley
