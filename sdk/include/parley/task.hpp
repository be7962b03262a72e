#pragma once

// task<T>: a coroutine that begins when it is awaited, and is awaited once. Its frame is freed by
// the task object, so exactly once; everything runs on [logic].
//
//   co_return value;      gives the value
//   co_return error;      fails; as `throw error` does (in a task<void>, throw)

#include "parley/error.hpp"

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace parley {

template <class T = void>
class task;

namespace detail {

struct promise_base {
  struct final_awaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      return ended.promise().awaiting;
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  final_awaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { failure = std::current_exception(); }
  void rethrow_failure() {
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  }

  std::coroutine_handle<> awaiting = std::noop_coroutine();
  std::exception_ptr failure;
};

template <class T>
struct promise final : promise_base {
  task<T> get_return_object() noexcept;

  template <class U = T>
    requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, error>)
  void return_value(U&& given) {
    value.emplace(std::forward<U>(given));
  }
  template <class E>
    requires std::same_as<std::remove_cvref_t<E>, error>
  void return_value(E&& why) {
    failure = std::make_exception_ptr(error(std::forward<E>(why)));
  }
  T take() {
    rethrow_failure();
    return std::move(*value);
  }

  std::optional<T> value;
};

template <>
struct promise<void> final : promise_base {
  task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() { rethrow_failure(); }
};

} // namespace detail

template <class T>
class [[nodiscard]] task {
 public:
  using promise_type = detail::promise<T>;

  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~task() {
    if (frame_) frame_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    frame_.promise().awaiting = awaiting;
    return frame_;
  }
  T await_resume() { return frame_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
task<T> promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<promise<T>>::from_promise(*this));
}
inline task<void> promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<promise<void>>::from_promise(*this));
}

// The outermost coroutine of a call: begins at once, frees itself at its end, lets nothing out.
struct detached {
  struct promise_type {
    detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

} // namespace detail

// Awaits `work` and gives its failure as a value, so that a handler can go on from it:
//
//   auto committed = co_await attempt(b.commit());
//   if (committed.failed_with(PARLEY_E_CONFLICT)) …
template <class Work, class T = decltype(std::declval<Work&>().await_resume())>
task<result<T>> attempt(Work work) {
  // Not in the catch: a result<T> is made of what was caught.
  std::optional<error> why;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(work);
      co_return result<T>();
    } else {
      co_return result<T>(co_await std::move(work));
    }
  } catch (const error& caught) {
    why.emplace(caught);
  }
  co_return result<T>(std::move(*why));
}

} // namespace parley
