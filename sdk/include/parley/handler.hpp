#pragma once

// From the host's calls to a plugin's coroutines: for generated code. Each entry is a coroutine
// that owns the call, ends it exactly once, and frees itself. What the plugin's own coroutines hold
// is freed before the call ends.

#include "parley/call.hpp"
#include "parley/scope.hpp"
#include "parley/storage.hpp"
#include "parley/task.hpp"

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::detail {

inline void end_with(const call& c, const error& why) noexcept {
  if (why.status() == PARLEY_E_FAILED && why.code().empty()) c.log_error(why.what());
  parley_error out{};
  out.size = sizeof out;
  out.status = why.status();
  out.code = to_c(why.code());
  out.message = to_c(why.message());
  out.field = to_c(why.field());
  out.retry_after_ms = why.retry_after_ms();
  c.host().calls->fail(c.handle(), &out);
}

// Ends with a status that has nothing to add, or with a fault: the caller learns nothing but that
// it happened.
inline void end_with(const call& c, parley_status status, const char* fault = "") noexcept {
  if (*fault != 0) c.log_error(fault);
  parley_error out{};
  out.size = sizeof out;
  out.status = status;
  out.message = to_c(fault);
  c.host().calls->fail(c.handle(), &out);
}

// In a catch (...): ends the call with what was thrown.
inline void end_with_current(const call& c) noexcept {
  try {
    throw;
  } catch (const already_answered&) {
    end_with(c, PARLEY_E_REPEATED); // the host gives the first reply
  } catch (const error& why) {
    end_with(c, why);
  } catch (const std::exception& why) {
    end_with(c, PARLEY_E_FAILED, why.what());
  } catch (...) {
    end_with(c, PARLEY_E_FAILED, "a handler threw something that is not an exception");
  }
}

inline void end_well(const call& c, parley_value result) noexcept {
  c.host().calls->finish(c.handle(), result);
}

// Awaits the plugin's work and ends the call with what it gives.
template <class Result>
task<parley_value> to_result(call& c, task<Result> work) {
  if constexpr (std::is_void_v<Result>) {
    co_await std::move(work);
    co_return parley_value{0};
  } else {
    const Result given = co_await std::move(work);
    co_return to_value(c, given);
  }
}

// One coroutine for every kind of handler: `Start` makes the plugin's task from the input.
template <class Start, class Self>
detached run(Self* self, parley_call handle, parley_value input) {
  call c(self->host(), handle);
  parley_value result = 0;
  bool well = false;
  try {
    task<parley_value> work = Start::begin(*self, c, input);
    {
      task<parley_value> scoped = std::move(work);
      result = co_await std::move(scoped);
    }
    well = true;
  } catch (...) {
    end_with_current(c);
  }
  if (well) end_well(c, result);
}

template <auto Handler>
struct method_start;
template <class Self, class Result, class Params, task<Result> (Self::*Handler)(call&, Params)>
struct method_start<Handler> {
  using self = Self;
  static task<parley_value> begin(Self& plugin, call& c, parley_value input) {
    Params params = decode_as<Params>(value(c.host(), input));
    return to_result(c, (plugin.*Handler)(c, std::move(params)));
  }
};

template <auto Handler>
struct join_start;
template <class Self, class Payload, task<void> (Self::*Handler)(call&, Payload, batch&)>
struct join_start<Handler> {
  using self = Self;
  static task<parley_value> begin(Self& plugin, call& c, parley_value input) {
    Payload payload = decode_as<Payload>(value(c.host(), input));
    return with_batch(plugin, c, std::move(payload));
  }
  static task<parley_value> with_batch(Self& plugin, call& c, Payload payload) {
    batch owners(c, c.info().batch);
    co_await (plugin.*Handler)(c, std::move(payload), owners);
    co_return parley_value{0};
  }
};

template <auto Handler>
struct access_start;
template <class Self, task<scope_access> (Self::*Handler)(call&, std::string, std::string)>
struct access_start<Handler> {
  using self = Self;
  static task<parley_value> begin(Self& plugin, call& c, parley_value input) {
    static constexpr std::array<parley_str, 2> names{to_c("principal"), to_c("place")};
    std::array<parley_slot, 2> slots{};
    const value object(c.host(), input);
    object.fields(names, slots);
    std::string principal, place;
    decode_required(object, slots[0], "principal", principal);
    decode_required(object, slots[1], "place", place);
    return to_result(c, (plugin.*Handler)(c, std::move(principal), std::move(place)));
  }
};

template <auto Handler>
struct places_start;
template <class Self, task<std::vector<scope_place>> (Self::*Handler)(call&, std::string)>
struct places_start<Handler> {
  using self = Self;
  static task<parley_value> begin(Self& plugin, call& c, parley_value input) {
    std::string principal(value(c.host(), input)["principal"].text());
    return to_result(c, (plugin.*Handler)(c, std::move(principal)));
  }
};

// The C function that the host calls. `user` is the plugin as Start::self.
template <class Start>
void enter(void* user, parley_call handle, parley_value input) {
  run<Start>(static_cast<typename Start::self*>(user), handle, input);
}

} // namespace parley::detail
