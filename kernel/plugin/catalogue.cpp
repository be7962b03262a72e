#include "plugin/catalogue.hpp"

#include "plugin/fit.hpp"
#include "schema.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

namespace parley::plugin {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string library_name(const std::string& plugin) { return "lib" + plugin + ".so"; }

bool is_loadable(const fs::path& folder, const std::string& name) {
  std::error_code ignored;
  return fs::exists(folder / "plugin.yaml", ignored) &&
         (fs::exists(folder / "init.lua", ignored) ||
          fs::exists(folder / library_name(name), ignored));
}

std::vector<std::string> all_names(const std::vector<std::string>& plugin_path) {
  std::vector<std::string> names;
  for (const std::string& directory : plugin_path) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored))
      if (is_loadable(entry.path(), entry.path().filename()))
        names.push_back(entry.path().filename());
  }
  return names;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string result;
  for (const std::string& part : parts) result += (result.empty() ? "" : ", ") + part;
  return result;
}

std::string locate(const std::string& name, const std::vector<std::string>& plugin_path,
                   const reporter& report) {
  for (const std::string& directory : plugin_path)
    if (is_loadable(fs::path(directory) / name, name)) return fs::path(directory) / name;
  for (const std::string& directory : plugin_path) {
    std::error_code ignored;
    if (!fs::exists(fs::path(directory) / name / "plugin.yaml", ignored)) continue;
    report.in_config("/plugins/" + name, true,
                     "the plugin `" + name + "` is not built: " + directory + "/" + name +
                         " has neither " + library_name(name) + " nor init.lua",
                     "build it, or put its folder into plugin_path");
    return {};
  }
  const std::string near = schema::nearest(name, all_names(plugin_path));
  report.in_config("/plugins/" + name, true,
                   "there is no plugin `" + name + "` in " + joined(plugin_path),
                   near.empty() ? "put its folder into plugin_path, or remove it here"
                                : "did you mean `" + near + "`?");
  return {};
}

void check_config(candidate& c, const reporter& report) {
  const std::string at = "/plugins/" + c.name + "/config";
  json::object wanted = c.declared.config;
  if (wanted.empty()) wanted = {{"type", "object"}};
  std::vector<schema::breach> faults;
  const schema::validator validator = schema::validator::compile(wanted, faults);
  for (const schema::breach& b : validator.check(c.config))
    report.in_config(at + b.pointer, b.at_key, "plugin " + c.name + ": " + b.what, b.instead);
  validator.add_defaults(c.config);
}

void check_grants(const candidate& c, const reporter& report) {
  std::set<std::string> asked;
  if (c.declared.wants_bot) asked.insert("bot");
  if (c.declared.wants_identity) asked.insert("identity");
  const std::string at = "/plugins/" + c.name;
  for (const std::string& capability : asked)
    if (!c.grants.contains(capability))
      report.in_config(at, true,
                       "the plugin " + c.name + " asks for the capability `" + capability + "`",
                       "grant it with `grants: [" + capability +
                           "]`, or switch the plugin off");
  for (const std::string& grant : c.grants)
    if (!asked.contains(grant))
      report.in_config(at + "/grants", false,
                       "the plugin " + c.name + " does not ask for the capability `" + grant + "`",
                       asked.empty() ? "it asks for none" : "remove it");
}

bool read_manifest(candidate& c, const reporter& report) {
  const std::size_t before = report.in_manifests->size();
  const yaml::document source =
      yaml::read_file(fs::path(c.folder) / "plugin.yaml", *report.in_manifests);
  if (report.in_manifests->size() == before)
    c.declared = manifest::read(source, *report.in_manifests);
  if (report.in_manifests->size() == before && c.declared.name != c.name)
    report.in_manifests->push_back({source.file, source.at("/plugin"),
                                    "the plugin in the folder " + c.name + " calls itself " +
                                        c.declared.name,
                                    "plugin: " + c.name});
  return report.in_manifests->size() == before;
}

} // namespace

std::vector<candidate> find_plugins(const std::vector<wanted_plugin>& wanted,
                                    const std::vector<std::string>& plugin_path,
                                    const std::vector<manifest::manifest>& built_in,
                                    const reporter& report) {
  std::vector<candidate> found;
  for (const manifest::manifest& m : built_in) {
    candidate c;
    c.name = m.name;
    c.declared = m;
    c.config = json::object{};
    found.push_back(std::move(c));
  }
  bool complete = true;
  for (const wanted_plugin& w : wanted) {
    candidate c;
    c.name = w.name;
    c.config = w.config;
    c.grants = w.grants;
    c.folder = locate(w.name, plugin_path, report);
    if (c.folder.empty() || !read_manifest(c, report)) {
      complete = false;
      continue;
    }
    if (c.declared.language == manifest::runtime::native)
      c.library = fs::path(c.folder) / library_name(c.name);
    check_config(c, report);
    check_grants(c, report);
    found.push_back(std::move(c));
  }
  std::set<std::string> names; // those that could not be read are not called missing as well
  for (const wanted_plugin& w : wanted) names.insert(w.name);
  check_fit(found, names, complete, report);
  return in_start_order(std::move(found), report);
}

dispatch::hook_order explain_hook(const std::vector<candidate>& plugins, const std::string& hook,
                                  std::vector<std::string>& names) {
  std::vector<dispatch::hook_participant> participants;
  for (const candidate& c : plugins)
    for (const manifest::hook& h : c.declared.hooks)
      if (h.name == hook) participants.push_back({c.name, h.before, h.after});
  for (const dispatch::hook_participant& p : participants) names.push_back(p.plugin);
  return dispatch::order_hooks(participants);
}

} // namespace parley::plugin
