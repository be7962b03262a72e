#pragma once

// Gives Lua plugins a new VM when the old one keeps failing or stays full. Each time that the same
// plugin needs it again soon it waits for twice as long.

#include "env/env.hpp"
#include "observe/metrics.hpp"

#include <functional>
#include <map>
#include <string>

namespace parley {

class restarts {
 public:
  using done = std::function<void(std::string why)>; // empty: it went well
  using restart = std::function<void(const std::string& plugin, done)>;

  // All outlive it.
  restarts(env::loop& on, const env::clock& now, observe::metrics& measured, restart how);
  ~restarts();

  // `failed`: told where it could not be done. One that waits already is not begun anew.
  void want(const std::string& plugin, const std::string& why, std::function<void()> failed);
  std::uint64_t times(const std::string& plugin) const;

 private:
  struct one {
    env::timer_id timer = 0; // 0: not waiting
    std::int64_t last_ms = 0;
    std::uint32_t soon = 0; // how often in a row
    observe::counter* count = nullptr;
  };
  void run(const std::string& plugin, const std::function<void()>& failed);

  env::loop& loop_;
  const env::clock& clock_;
  observe::metrics& metrics_;
  restart restart_;
  std::map<std::string, one> all_;
};

} // namespace parley
