// The plugin's entry: a driver whose answers come by timers of the host.

#include "driver.hpp"

#include <parley/env.h>

#include <memory>
#include <utility>

namespace {

using storage_memory::driver;
using storage_memory::store;

struct plugin {
  const parley_host* host = nullptr;
  const parley_env_api* env = nullptr;
  std::unique_ptr<driver> stores;

  void later(std::function<void()> what) const {
    auto waiting = std::make_unique<std::function<void()>>(std::move(what));
    const auto run = [](void* user) {
      const std::unique_ptr<std::function<void()>> now(static_cast<std::function<void()>*>(user));
      (*now)();
    };
    if (env->after(host, 0, run, waiting.get(), nullptr) == PARLEY_OK) waiting.release();
  }
};

parley_status enter(const parley_host* host, parley_plugin* out) {
  const auto* storage = static_cast<const parley_storage_driver_api*>(
      host->query(host, PARLEY_STORAGE_DRIVER_INTERFACE, sizeof(parley_storage_driver_api)));
  const auto* env = static_cast<const parley_env_api*>(
      host->query(host, PARLEY_ENV_INTERFACE, sizeof(parley_env_api)));
  if (storage == nullptr || env == nullptr) return PARLEY_E_UNAVAILABLE;
  auto made = std::make_unique<plugin>();
  made->host = host;
  made->env = env;
  made->stores = std::make_unique<driver>(
      std::make_shared<store>(), [p = made.get()](auto what) { p->later(std::move(what)); });
  const parley_status status = storage->offer(host, &made->stores->face());
  if (status != PARLEY_OK) return status;
  out->self = made.release();
  out->destroy = [](void* self) { delete static_cast<plugin*>(self); };
  return PARLEY_OK;
}

} // namespace

extern "C" PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* host,
                                                              parley_plugin* out) {
  try {
    return enter(host, out);
  } catch (...) { // no memory
    return PARLEY_E_FAILED;
  }
}
