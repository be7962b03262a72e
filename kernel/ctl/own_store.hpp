#pragma once

// The store that a configuration names, while no server runs with it: its driver, and nothing else
// of a server.

#include "config/config.hpp"
#include "dispatch/calls.hpp"
#include "env/real.hpp"
#include "env/thread.hpp"
#include "observe/metrics.hpp"
#include "plugin/loader.hpp"

#include <memory>
#include <optional>
#include <string>

namespace parley::ctl {

// What a configuration says, or nothing after having said why.
std::optional<config::config> configuration_of(const std::string& file);

class own_store {
 public:
  explicit own_store(const config::config& of);
  ~own_store(); // closed, and the driver is gone
  own_store(const own_store&) = delete;
  own_store& operator=(const own_store&) = delete;

  // Loads the driver. Gives what is wrong.
  std::string load();
  // Opens the store to be dumped. Not for one that is restored into: that opens it as it needs.
  std::string open();
  // Its answers come on threads of its own or of this class.
  const parley_storage_driver& driver() const { return *driver_->driver; }
  const std::string& driver_name() const { return name_; }
  const config::config& of() const { return config_; }
  std::string now() const { return env::rfc3339(clock_.unix_ms()); }

 private:
  void on_loop(const std::function<void(std::function<void()> then)>& what);

  const config::config& config_;
  env::real_clock clock_;
  env::real_random random_;
  env::loop_thread thread_{"store"};
  env::worker_pool pool_{1, 16};
  observe::metrics metrics_;
  std::unique_ptr<dispatch::calls> calls_; // of the loop's thread
  plugin::services services_;
  plugin::loader loader_;
  std::string name_;
  std::unique_ptr<plugin::loaded_plugin> driver_;
};

} // namespace parley::ctl
