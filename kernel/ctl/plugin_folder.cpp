#include "ctl/plugin_folder.hpp"

namespace parley::ctl {

namespace fs = std::filesystem;

namespace {

void read_manifest(plugin_folder& out) {
  std::vector<yaml::problem> problems;
  const yaml::document source = yaml::read_file(out.manifest_path, problems);
  if (problems.empty()) out.declared = manifest::read(source, problems);
  for (const yaml::problem& p : problems) out.problems.push_back(yaml::to_string(p));
}

void read_code(plugin_folder& out, const fs::path& folder) {
  const bool lua = out.declared.language == manifest::runtime::lua;
  const fs::path file = folder / (lua ? "init.lua" : "lib" + out.declared.name + ".so");
  if (!fs::exists(file)) {
    out.problems.push_back("there is no " + file.string() +
                           (lua ? ": its code belongs there"
                                : ": build it, and name the folder that it was built into"));
  } else if (!lua) {
    out.library = file;
  }
}

} // namespace

plugin_folder read_plugin_folder(const fs::path& path) {
  plugin_folder out;
  const bool is_folder = fs::is_directory(path);
  const fs::path folder = is_folder ? path : path.parent_path();
  if (!fs::exists(path)) {
    out.problems.push_back("there is no " + path.string());
    return out;
  }
  if (fs::exists(folder / "plugin.yaml")) {
    out.manifest_path = folder / "plugin.yaml";
    read_manifest(out);
  } else {
    out.problems.push_back("there is no plugin.yaml in " + folder.string() +
                           ": without it a server loads nothing");
  }
  if (!is_folder && path.filename() != "plugin.yaml")
    out.library = path;
  else if (!out.declared.name.empty())
    read_code(out, folder);
  if (!out.library.empty()) {
    out.facts = plugin::read_library(out.library);
    const std::string wrong = plugin::entry_problem(out.facts, out.library);
    if (!wrong.empty()) out.problems.push_back(wrong);
  }
  return out;
}

} // namespace parley::ctl
