#pragma once

// The logic side of a server put together: storage, identity, dispatch and plugins, started in this
// order and ended in the reverse one. What it runs on comes from outside, so that it is the same
// behind a network and in a test. Everything on the logic loop; one node a thread.

#include "config/config.hpp"
#include "dispatch/dispatcher.hpp"
#include "identity/dispatch_access.hpp"
#include "identity/identity.hpp"
#include "node/lua_care.hpp"
#include "person/service.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/lifecycle.hpp"
#include "plugin/quarantine.hpp"
#include "storage/engine.hpp"
#include "storage/ephemeral.hpp"
#include "storage/expiry.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parley {

class node {
 public:
  // All of it outlives the node.
  struct surroundings {
    env::loop& logic;
    env::clock& clock;
    env::random& random;
    env::workers& pool;
    observe::metrics& metrics;
  };
  struct outside {
    // Called once, when requests may come in. What it gives outlives the node's `stop`.
    std::function<dispatch::clients&(dispatch::entry&)> connect;
    // Each generation of what can be reached, from when all plugins have started.
    std::function<void(std::shared_ptr<const dispatch::registry>)> serve;
  };
  using done = std::function<void(std::string why)>; // empty: it went well

  // `plugins` in the order in which they start, see find_plugins.
  node(const config::config& with, std::vector<plugin::candidate> plugins, surroundings on,
       outside to);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  // A plugin that is part of the program: entered by a function instead of a file.
  void add_built_in(const std::string& name, plugin::loader::entry how) {
    loader_.add_built_in(name, std::move(how));
  }

  // Those that should be there and are not, before `start`: what they would have agreed to is
  // denied.
  void hold(std::vector<plugin::held_plugin> held) { held_ = std::move(held); }
  void start(done ended);
  // At the latest when every part has used up its time. Also after a start that failed or is still
  // under way, which then does not end.
  void stop(std::function<void()> ended);
  // Something does not end: leave the process without waiting for its threads.
  bool hangs() const { return hangs_ || loader_.left_behind(); }

  // Reads the operator's YAML and the plugin's folder again, and takes what is there now.
  void reload(const std::string& plugin, done ended);
  void upgrade(plugin::candidate next, done ended);
  // Takes the master keys that the operator's YAML names now. `id`: of the first of them.
  void rotate_keys(
      std::function<void(std::string why, std::string id, std::uint64_t data_keys)> ended);
  // The same version anew.
  void restart(const std::string& plugin, done ended);
  std::uint64_t restarts_of(const std::string& plugin) const {
    return lua_care_ ? lua_care_->all_restarts().times(plugin) : 0;
  }

  const std::vector<plugin::candidate>& running() const { return candidates_; }
  const std::vector<plugin::held_plugin>& held() const { return held_; }
  const plugin::loaded_plugin* driver() const { return driver_.get(); }
  plugin::lifecycle& plugins() { return *lifecycle_; } // from `connect` on
  plugin::loader& loader() { return loader_; }
  dispatch::dispatcher& dispatch() { return *dispatch_; }
  identity::service& identity() { return *identity_; }
  storage::engine& store() { return *store_; }
  person::service& persons() { return *persons_; } // once it has started
  plugin::services& services() { return services_; }

 private:
  void start_storage();
  void make_store(storage::master_keys keys);
  void open_storage();
  void migrate(std::size_t index);
  void start_identity();
  void start_plugins();
  void started();
  void begin_housekeeping();
  void prepare(plugin::loaded_plugin& of, done then);
  void changed();
  void failed(const std::string& plugin, const std::string& why);
  void end_start(const std::string& why);
  void take_note(plugin::candidate next);
  void stop_identity();
  void close_storage();
  void stop_driver();
  void compare_heads();
  void tidy(); // dead jobs and sessions

  const config::config& config_;
  std::vector<plugin::candidate> candidates_; // that run, in start order, the driver first
  std::vector<plugin::held_plugin> held_;
  surroundings on_;
  outside to_;
  dispatch::calls calls_;
  storage::ephemeral_store memory_;
  plugin::services services_;
  plugin::loader loader_;
  std::unique_ptr<plugin::loaded_plugin> driver_;
  std::unique_ptr<storage::engine> store_;
  std::unique_ptr<identity::dispatch_access> identity_access_;
  std::unique_ptr<identity::service> identity_;
  std::unique_ptr<dispatch::dispatcher> dispatch_;
  std::unique_ptr<plugin::lifecycle> lifecycle_;
  std::unique_ptr<lua_care> lua_care_; // once all plugins have started
  std::unique_ptr<storage::expiry> expiry_;
  std::unique_ptr<person::service> persons_;
  env::timer_id tidy_timer_ = 0, compare_timer_ = 0;
  std::uint64_t generation_ = 0;
  bool serving_ = false;
  bool stopping_ = false;
  bool hangs_ = false;
  done start_ended_;
  std::function<void()> stop_ended_;
};

} // namespace parley
