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

  // Part of the kernel: entered like any other.
  void add_built_in(const std::string& name, entry how) { built_in_[name] = std::move(how); }

  // Loads and enters ([init]). nullptr and *why where that fails.
  std::unique_ptr<loaded_plugin> load(candidate what, std::string* why);

  // Ends with what went wrong, or an empty text, at the latest after the deadline.
  using done = std::function<void(std::string why)>;
  void start(loaded_plugin& plugin, std::uint32_t deadline_ms, done ended);
  void stop(loaded_plugin& plugin, std::uint32_t deadline_ms, done ended);
  // After `stop`: ends what is left of it, waits for its completions and its work on the pool, and
  // makes its last call. What is not over after `deadline_ms` is kept as it is, see `left_behind`.
  void retire(std::unique_ptr<loaded_plugin> plugin, std::uint32_t deadline_ms,
              std::function<void()> ended);
  // Plugins that still run on the pool: the process must not wait for them.
  bool left_behind() const { return !kept_.empty(); }

 private:
  void end_work(loaded_plugin& plugin);
  void retire_later(std::shared_ptr<std::unique_ptr<loaded_plugin>> plugin, std::int64_t until_ns,
                    std::function<void()> ended);
  std::string enter_native(loaded_plugin& plugin, const std::string& library);
  std::string enter_lua(loaded_plugin& plugin, const std::string& folder);

  services& shared_;
  lua_limits lua_;
  std::map<std::string, entry> built_in_;
  std::vector<std::shared_ptr<void>>
      mapped_; // code stays until the end: something may return to it
  std::vector<std::unique_ptr<loaded_plugin>> kept_;
};

} // namespace parley::plugin
