#pragma once

// Brings a candidate into the process, and takes it out again.

#include "plugin/catalogue.hpp"
#include "plugin/loaded_plugin.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace parley::plugin {

struct lua_limits {
  std::size_t memory_bytes = 64 << 20;
  std::uint64_t instructions = 10'000'000;
};

class loader {
 public:
  using entry = std::function<parley_status(const parley_host*, parley_plugin*)>;

  loader(services& shared, lua_limits lua);

  // Part of the program: entered like any other.
  void add_built_in(const std::string& name, entry how) { built_in_[name] = std::move(how); }

  // Loads and enters ([init]). nullptr and *why where that fails.
  std::unique_ptr<loaded_plugin> load(candidate what, std::string* why);

  // Ends with what went wrong, or an empty text, at the latest after the deadline.
  using done = std::function<void(std::string why)>;
  void start(loaded_plugin& plugin, std::uint32_t deadline_ms, done ended);
  void stop(loaded_plugin& plugin, std::uint32_t deadline_ms, done ended);
  // Its timers end, and nothing else.
  void cancel_timers(loaded_plugin& plugin);
  // Whether nothing of the host's will enter it any more by itself.
  static bool is_idle(const loaded_plugin& plugin) {
    return plugin.calls == 0 && plugin.operations == 0 && plugin.offloaded == 0;
  }
  // After `stop`: ends what is left of it, waits for its completions and its work on the pool,
  // makes its last call, and unloads it. What is not over after `deadline_ms` is parked: it stays
  // in memory as it is.
  void retire(std::unique_ptr<loaded_plugin> plugin, std::uint32_t deadline_ms,
              std::function<void()> ended);
  // Plugins that still run on the pool: the process must not wait for them.
  bool left_behind() const { return !parked_.empty(); }
  // What could not be unloaded, with the reason, as sentences.
  const std::vector<std::string>& pinned() const { return pinned_; }

 private:
  void end_work(loaded_plugin& plugin);
  void retire_later(std::shared_ptr<std::unique_ptr<loaded_plugin>> plugin, std::int64_t until_ns,
                    std::function<void()> ended);
  void destroy(std::unique_ptr<loaded_plugin> plugin, std::function<void()> ended);
  void unload(const std::string& name, const std::string& version,
              std::unique_ptr<mapping> library);
  void report_pinned(const std::string& name, const std::string& version, const std::string& why);
  std::string enter_native(loaded_plugin& plugin, const std::string& library);
  std::string enter_lua(loaded_plugin& plugin);

  services& shared_;
  lua_limits lua_;
  std::map<std::string, entry> built_in_;
  std::vector<std::unique_ptr<loaded_plugin>> parked_;
  std::vector<std::string> pinned_;
};

} // namespace parley::plugin
