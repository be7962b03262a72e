#pragma once

// Which plugins the operator wants, where they lie, and whether they fit together. All of it is
// found out from the manifests, before any code is loaded.

#include "dispatch/hook_order.hpp"
#include "manifest.hpp"
#include "yaml_document.hpp"

#include <boost/json.hpp>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace parley::plugin {

struct wanted_plugin {
  std::string name;
  boost::json::value config; // an object
  std::set<std::string> grants;
};

struct candidate {
  std::string name;
  std::string folder;  // with plugin.yaml; empty for what is built in
  std::string library; // native: the file to load
  manifest::manifest declared;
  boost::json::value config; // with defaults
  std::set<std::string> grants;
};

// Where in the operator's YAML a problem lies, as a JSON Pointer, or a problem of a plugin.yaml.
struct reporter {
  std::function<void(const std::string& pointer, bool at_key, std::string what,
                     std::string instead)>
      in_config;
  std::vector<yaml::problem>* in_manifests = nullptr;
};

// In the order in which they start: what others need comes first, the storage driver before all.
// `built_in` is there without being wanted.
std::vector<candidate> find_plugins(const std::vector<wanted_plugin>& wanted,
                                    const std::vector<std::string>& plugin_path,
                                    const std::vector<manifest::manifest>& built_in,
                                    const reporter& report);

// Everything below a hook point, for `parleyctl hooks explain`.
dispatch::hook_order explain_hook(const std::vector<candidate>& plugins, const std::string& hook,
                                  std::vector<std::string>& names);

} // namespace parley::plugin
