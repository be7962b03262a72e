#pragma once

// CPU work beside the logic thread, on the host's bounded pool:
//
//   auto work = [&] { return hash(password); };
//   const std::string hashed = co_await offload(c, work);
//
// `work` is named, and lives in the coroutine until it has run: a temporary does not compile (g++
// 12 destroys such ones twice). It runs on another thread, so it may use what it holds, and of the
// host only [any-thread] functions. What it throws comes out of the co_await. UNAVAILABLE where the
// pool is full.

#include "parley/call.hpp"
#include "parley/offload.h"

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace parley {

template <class Work>
class offload_operation : public operation<offload_operation<Work>> {
 public:
  using result_type = std::invoke_result_t<Work&>;

  offload_operation(const arena& a, Work& work)
      : operation<offload_operation<Work>>(a.host()), call_(a.handle()), work_(&work) {}
  parley_status begin(parley_done done, void* user) {
    done_ = done;
    user_ = user;
    return this->host_->offloads->run(call_, &offload_operation::run, &offload_operation::ran,
                                      this);
  }
  result_type await_resume() {
    this->take();
    if (failure_) std::rethrow_exception(failure_);
    if constexpr (!std::is_void_v<result_type>) return std::move(*given_);
  }

 private:
  struct nothing {};
  using kept = std::conditional_t<std::is_void_v<result_type>, nothing, result_type>;

  static void run(void* user) {
    auto* self = static_cast<offload_operation*>(user);
    try {
      if constexpr (std::is_void_v<result_type>) {
        (*self->work_)();
      } else {
        self->given_.emplace((*self->work_)());
      }
    } catch (...) {
      self->failure_ = std::current_exception();
    }
  }
  // Hands on what `operation` asked for; both get `this`, of different types.
  static void ran(void* user, parley_status status, parley_value result) {
    auto* self = static_cast<offload_operation*>(user);
    self->done_(self->user_, status, result);
  }

  parley_call call_;
  Work* work_;
  parley_done done_ = nullptr;
  void* user_ = nullptr;
  std::optional<kept> given_;
  std::exception_ptr failure_;
};

template <class Work>
offload_operation<Work> offload(const arena& a, Work& work) {
  return offload_operation<Work>(a, work);
}
template <class Work>
void offload(const arena& a, const Work&& work) = delete; // give the work a name first

} // namespace parley
