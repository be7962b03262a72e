#pragma once

// A storage driver in this process, on a loop of its own: so that it may be waited for, whether it
// answers on a thread or on its loop.

#include "dispatch/calls.hpp"
#include "env/virtual.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/loader.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace parley::test {

class loaded_driver {
 public:
  explicit loaded_driver(env::random& random);
  ~loaded_driver();
  loaded_driver(const loaded_driver&) = delete;

  // What is wrong, or an empty text.
  std::string load(parley::plugin::candidate what, const std::filesystem::path& code);
  const parley_storage_driver& face() const { return *driver_->driver; }
  // Runs what its loop has; false where that is nothing.
  bool work();
  explicit operator bool() const { return driver_ != nullptr; }

 private:
  env::virtual_clock clock_;
  env::virtual_loop loop_{clock_};
  env::virtual_workers pool_{loop_};
  observe::metrics metrics_;
  dispatch::calls calls_;
  parley::plugin::services services_;
  parley::plugin::loader loader_;
  std::unique_ptr<parley::plugin::loaded_plugin> driver_;
};

} // namespace parley::test
