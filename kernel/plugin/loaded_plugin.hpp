#pragma once

// A plugin in this process, and what the host gives it.

#include "dispatch/call.hpp"
#include "dispatch/registry.hpp"
#include "parley/abi.h"
#include "parley/draft/identity.h"
#include "parley/draft/storage_driver.h"
#include "plugin/plugin_metrics.hpp"
#include "storage/ephemeral.hpp"

#include <boost/json.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace parley::dispatch {
class calls;
class dispatcher;
} // namespace parley::dispatch
namespace parley::storage {
class engine;
}
namespace parley::env {
class clock;
class loop;
class random;
class workers;
} // namespace parley::env

namespace parley::plugin {

class mapping;

// What all plugins share. Everything outlives the plugins; `dispatch` is there before any plugin
// but the storage driver is entered.
struct services {
  env::loop* logic = nullptr;
  env::clock* clock = nullptr;
  env::random* random = nullptr;
  env::workers* pool = nullptr;
  dispatch::calls* calls = nullptr;
  observe::metrics* metrics = nullptr;
  dispatch::dispatcher* dispatch = nullptr;
  storage::engine* store = nullptr;
  storage::ephemeral_store* memory = nullptr;
  bool strict = false;                           // what plugins answer is checked
  dispatch::circuit_breaker::rule faults;        // that open a plugin's breaker
  const parley_identity_api* identity = nullptr; // for plugins with capabilities.identity
  std::size_t most_asset_bytes = 16 << 20;       // that one plugin makes
  std::function<void()> offers_changed;          // told a turn after a plugin made a file
  bool offers_change = false;                    // it will be
  std::uint32_t most_metrics = 200;              // series of one plugin
  std::map<std::string, std::unique_ptr<plugin_metrics>> measured; // by plugin
  std::filesystem::path code; // where copies of libraries lie while they are loaded; empty: none
};

struct loaded_plugin;

// What a plugin is given, with the way back to what it belongs to.
struct host_handle {
  parley_host base{};
  loaded_plugin* plugin = nullptr;
};

struct loaded_plugin : dispatch::instance {
  loaded_plugin();
  ~loaded_plugin();

  std::unique_ptr<mapping> library; // native: goes last, see loader::retire
  host_handle host;
  services* shared = nullptr;
  std::string folder;
  std::shared_ptr<const dispatch::offer> offer;               // to clients
  boost::json::value config;                                  // with defaults
  dispatch::arena_ptr lasting{dispatch::value_arena::make()}; // values that live as long as it
  std::set<std::string> grants;
  std::map<std::string, std::unique_ptr<storage::ephemeral_collection>, std::less<>> ephemeral;
  parley_plugin entered{};                       // what the entry function filled in
  std::map<std::string, std::size_t> made_files; // parley.asset: path → bytes
  std::size_t made_bytes = 0;
  plugin_metrics* measured = nullptr; // shared by its versions
  bool initialising = false;          // `provide` and `offer` are allowed
  bool started = false;
  const parley_storage_driver* driver = nullptr;
  std::map<parley_timer, std::uint64_t> timers; // → env::timer_id
  parley_timer last_timer = 0;
  dispatch::entry_point *timing = nullptr, *working = nullptr; // timers, and what work ends with
  std::size_t offloaded = 0; // work on the pool whose `done` is still to come

  static loaded_plugin& of(const parley_host* host) {
    return *reinterpret_cast<const host_handle*>(host)->plugin; // base is its first member
  }
  static loaded_plugin& of(const dispatch::call& c) {
    return static_cast<loaded_plugin&>(*c.plugin);
  }
};

} // namespace parley::plugin
