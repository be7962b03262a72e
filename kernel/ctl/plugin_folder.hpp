#pragma once

// A plugin as it lies on disk, without an operator's configuration and without loading it.

#include "manifest.hpp"
#include "plugin/shared_library.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace parley::ctl {

struct plugin_folder {
  std::filesystem::path manifest_path; // empty: there is none
  manifest::manifest declared;
  std::filesystem::path library; // empty: it is not native
  plugin::library_facts facts;
  std::vector<std::string> problems; // sentences: why it cannot be loaded
};

// `path`: a folder with plugin.yaml, or a built library, with or without one beside it.
plugin_folder read_plugin_folder(const std::filesystem::path& path);

} // namespace parley::ctl
