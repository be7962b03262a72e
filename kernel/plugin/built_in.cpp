#include "plugin/built_in.hpp"

#include <stdexcept>

namespace parley::plugin {

extern const std::string_view identity_manifest_text; // embedded at build time

std::vector<manifest::manifest> built_in_manifests() {
  std::vector<yaml::problem> problems;
  const yaml::document source =
      yaml::parse(identity_manifest_text, "kernel/identity/plugin.yaml", problems);
  std::vector<manifest::manifest> result{manifest::read(source, problems)};
  if (!problems.empty())
    throw std::logic_error(yaml::to_string(problems.front())); // a test reads it
  return result;
}

} // namespace parley::plugin
