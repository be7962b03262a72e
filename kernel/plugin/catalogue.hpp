#pragma once

// Which plugins the operator wants, where they lie, and whether they fit together. All of it is
// found out from the manifests, before any code is loaded.

#include "config/config.hpp"
#include "dispatch/hook_order.hpp"
#include "manifest.hpp"

#include <boost/json.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace parley::plugin {

struct candidate {
  std::string name;
  std::string folder;  // with plugin.yaml; empty for what is built in
  std::string library; // native: the file to load
  manifest::manifest declared;
  boost::json::value config; // with defaults
  std::set<std::string> grants;
};

// Problems, at the plugin's place in the operator's YAML.
struct complaints {
  const config::config& from;
  std::vector<yaml::problem>& all;

  void about(const std::string& plugin, std::string what, std::string instead) const {
    all.push_back(config::plugin_problem(from, plugin, std::move(what), std::move(instead)));
  }
};

// In the order in which they start: what others need comes first, the storage driver before all.
// `built_in` is there without being named. Where `problems` has grown nothing may be loaded.
std::vector<candidate> find_plugins(const config::config& from,
                                    const std::vector<manifest::manifest>& built_in,
                                    std::vector<yaml::problem>& problems);

// The version of one plugin that lies in its folder now, as the configuration wants it, checked
// against the others that run. Where `problems` has grown it may not be loaded.
std::optional<candidate> find_version(const config::config& from, const std::string& name,
                                      std::vector<candidate> running,
                                      std::vector<yaml::problem>& problems);

// Everything below a hook point, for `parleyctl hooks explain`.
dispatch::hook_order explain_hook(const std::vector<candidate>& plugins, const std::string& hook,
                                  std::vector<std::string>& names);

} // namespace parley::plugin
