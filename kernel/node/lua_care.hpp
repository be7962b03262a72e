#pragma once

// What a Lua plugin gets when its limits do not help: a new VM.

#include "node/restarts.hpp"
#include "plugin/lifecycle.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace parley {

class lua_care {
 public:
  // `limit_bytes`: the memory of one VM. All outlive it.
  lua_care(plugin::services& shared, plugin::lifecycle& all, std::size_t limit_bytes,
           restarts::restart how);
  ~lua_care();

  const restarts& all_restarts() const { return restarts_; }

 private:
  void breaker_changed(const dispatch::instance& plugin, dispatch::circuit_breaker::change how);
  void look();
  void look_at(plugin::loaded_plugin& plugin);
  void hold(const std::string& plugin, bool held);

  plugin::services& shared_;
  plugin::lifecycle& all_;
  std::size_t limit_bytes_;
  restarts restarts_;
  std::map<std::string, std::int64_t> collected_ms_; // when it was last full, and collected
  env::timer_id timer_ = 0;
};

} // namespace parley
