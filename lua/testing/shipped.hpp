#pragma once

// Loads a plugin from its folder, with the manifest that is there.

#include "fake_host.hpp"

namespace parley::lua::testing {

// False, with host.why, where the manifest or init.lua has a fault. The configuration is the
// host's.
inline bool load_shipped(fake_host& host, const std::string& folder) {
  std::vector<yaml::problem> problems;
  const yaml::document source = yaml::read_file(folder + "/plugin.yaml", problems);
  if (problems.empty()) host.declared = manifest::read(source, problems);
  for (const auto& p : problems) host.why += yaml::to_string(p) + "\n";
  return problems.empty() && host.load_folder(folder) == PARLEY_OK;
}

} // namespace parley::lua::testing
