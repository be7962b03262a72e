#pragma once

// What every plugin is: made by the entry function from the host, entered through handlers that its
// generated base provides, and destroyed by the host when no call is left.

#include "parley/config.h"
#include "parley/handler.hpp"

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace parley {

class plugin_base;

namespace detail {
// The host of the plugin whose constructor runs on this thread.
inline thread_local const host* host_of_new_plugin = nullptr;
} // namespace detail

class plugin_base {
 public:
  virtual ~plugin_base() = default;
  plugin_base(const plugin_base&) = delete;
  plugin_base& operator=(const plugin_base&) = delete;

  // Also in constructors. Outlives the plugin.
  const parley::host& host() const { return *host_; }

  // Whether a plugin that plugin.yaml names under `requires` or `optional` is there.
  bool available(std::string_view plugin) const {
    return host_->calls->available(host_->raw, to_c(plugin)) != 0;
  }

  // Before the first call. A failure refuses the plugin.
  virtual task<void> start(call&) { co_return; }
  // After the last one.
  virtual task<void> stop(call&) { co_return; }
  // [init] Written by parley-gen.
  virtual void provide_handlers() = 0;

 protected:
  plugin_base() : host_(detail::host_of_new_plugin) {}

  // What the operator wrote, with its defaults. Lives as long as the plugin.
  value read_configuration() const {
    parley_value out = 0;
    check(host_->configuration->read(host_->raw, &out), "reading the configuration");
    return value(*host_, out);
  }
  template <class Start>
  void provide(std::int32_t kind, std::string_view name, typename Start::self* self) const {
    const parley_status status =
        host_->calls->provide(host_->raw, kind, to_c(name), &detail::enter<Start>, self);
    if (status != PARLEY_OK) {
      throw error(PARLEY_E_FAILED, {}, "the manifest does not declare " + std::string(name));
    }
  }

 private:
  const parley::host* host_;
};

namespace detail {

template <class Work>
detached run_own(const host& on, parley_call handle, Work work) {
  call c(on, handle);
  bool well = false;
  try {
    {
      task<void> scoped = work(c);
      co_await std::move(scoped);
    }
    well = true;
  } catch (...) {
    end_with_current(c);
  }
  if (well) end_well(c, 0);
}

} // namespace detail

enum class acting_as { plugin, bot };

// [logic] Begins a call of the plugin's own, outside of any request: runs `work(call&)`, which
// gives a task<void>. `work` is kept until then. Its failures are logged. Throws FORBIDDEN where
// the operator has not granted the bot.
template <class Work>
void begin_call(const host& on, acting_as who, std::uint32_t timeout_ms, Work work) {
  parley_call handle = 0;
  check(on.calls->begin(on.raw, who == acting_as::bot ? 1 : 0, timeout_ms, &handle),
        "beginning a call");
  detail::run_own(on, handle, std::move(work));
}

namespace detail {

// What the C side holds of a plugin.
struct instance {
  explicit instance(const parley_host* given) : on(given) {}
  host on;
  std::unique_ptr<plugin_base> plugin;
};

struct start_of_plugin {
  using self = plugin_base;
  static task<parley_value> begin(plugin_base& plugin, call& c, parley_value) {
    return to_result(c, plugin.start(c));
  }
};
struct stop_of_plugin {
  using self = plugin_base;
  static task<parley_value> begin(plugin_base& plugin, call& c, parley_value) {
    return to_result(c, plugin.stop(c));
  }
};

inline void start_plugin(void* self, parley_call c) {
  run<start_of_plugin>(static_cast<instance*>(self)->plugin.get(), c, 0);
}
inline void stop_plugin(void* self, parley_call c) {
  run<stop_of_plugin>(static_cast<instance*>(self)->plugin.get(), c, 0);
}
inline void destroy_plugin(void* self) {
  delete static_cast<instance*>(self);
}

// The entry of a plugin that `make` makes. Nothing thrown leaves it.
inline parley_status enter_plugin(const parley_host* given, parley_plugin* out,
                                  plugin_base* (*make)()) noexcept {
  if (given == nullptr || out == nullptr || out->size < sizeof(parley_plugin)) {
    return PARLEY_E_INVALID;
  }
  try {
    auto made = std::make_unique<instance>(given);
    if (!made->on.complete()) return PARLEY_E_UNAVAILABLE;
    try {
      host_of_new_plugin = &made->on;
      made->plugin.reset(make());
      host_of_new_plugin = nullptr;
      made->plugin->provide_handlers();
    } catch (const std::exception& why) {
      host_of_new_plugin = nullptr;
      made->on.write_log(PARLEY_ERROR, why.what());
      return PARLEY_E_FAILED;
    }
    out->start = &start_plugin;
    out->stop = &stop_plugin;
    out->destroy = &destroy_plugin;
    out->self = made.release();
    return PARLEY_OK;
  } catch (...) {
    host_of_new_plugin = nullptr;
    return PARLEY_E_FAILED;
  }
}

} // namespace detail

} // namespace parley

// Defines the entry function of a plugin under a name of its own, not exported: for plugins that
// are built into a program. `cls` is the class, `name` an identifier.
#define PARLEY_BUILT_IN_PLUGIN(cls, name)                           \
  static ::parley::plugin_base* name##_make() {                     \
    return new cls;                                                 \
  }                                                                 \
  parley_status name(const parley_host* host, parley_plugin* out) { \
    return ::parley::detail::enter_plugin(host, out, &name##_make); \
  }

// Clang names a handler that is missing in a final class here, and nowhere else.
#ifdef __clang__
#pragma clang diagnostic error "-Wabstract-final-class"
#endif

// Makes a shared library a plugin: defines and exports its one symbol.
#define PARLEY_PLUGIN(cls)                                                               \
  extern "C" PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* host, \
                                                                parley_plugin* out);     \
  PARLEY_BUILT_IN_PLUGIN(cls, parley_plugin_entry_v1)
