#include "plugin/catalogue.hpp"

#include "plugin/fit.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

namespace parley::plugin {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string library_name(const std::string& plugin) {
  return "lib" + plugin + ".so";
}

bool is_loadable(const fs::path& folder, const std::string& name) {
  std::error_code ignored;
  return fs::exists(folder / "plugin.yaml", ignored) &&
         (fs::exists(folder / "init.lua", ignored) ||
          fs::exists(folder / library_name(name), ignored));
}

std::vector<std::string> all_names(const config::config& from) {
  std::vector<std::string> names;
  for (const fs::path& directory : from.plugin_path) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored))
      if (is_loadable(entry.path(), entry.path().filename()))
        names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

fs::path locate(const std::string& name, const complaints& report) {
  for (const fs::path& directory : report.from.plugin_path)
    if (is_loadable(directory / name, name)) return directory / name;
  for (const fs::path& directory : report.from.plugin_path) {
    std::error_code ignored;
    if (!fs::exists(directory / name / "plugin.yaml", ignored)) continue;
    report.about(name,
                 "the plugin `" + name + "` is not built: " + (directory / name).string() +
                     " has neither " + library_name(name) + " nor init.lua",
                 "build it, or put its folder into plugin_path");
    return {};
  }
  report.all.push_back(config::unknown_plugin(report.from, name, all_names(report.from)));
  return {};
}

// A store's file lies in the server's data directory, unless its path is absolute.
void place_store(candidate& c, const fs::path& data) {
  const auto& provides = c.declared.provides;
  if (std::find(provides.begin(), provides.end(), "storage") == provides.end()) return;
  json::value* path = c.config.as_object().if_contains("path");
  if (path && path->is_string())
    *path = (data / std::string(path->get_string())).lexically_normal().string();
}

void check_grants(const candidate& c, const complaints& report) {
  const std::vector<std::string> wanted = c.declared.capabilities();
  const std::set<std::string> asked(wanted.begin(), wanted.end());
  for (const std::string& capability : asked)
    if (!c.grants.contains(capability))
      report.about(c.name, "the plugin " + c.name + " asks for the capability `" + capability + "`",
                   "grant it with `grants: [" + capability + "]`, or switch the plugin off");
  for (const std::string& grant : c.grants)
    if (!asked.contains(grant))
      report.about(c.name,
                   "the plugin " + c.name + " does not ask for the capability `" + grant + "`",
                   asked.empty() ? "it asks for none" : "remove it");
}

bool read_manifest(candidate& c, const complaints& report) {
  const std::size_t before = report.all.size();
  const yaml::document source = yaml::read_file(fs::path(c.folder) / "plugin.yaml", report.all);
  if (report.all.size() == before) c.declared = manifest::read(source, report.all);
  if (report.all.size() == before && c.declared.name != c.name)
    report.all.push_back({source.file, source.at("/plugin"),
                          "the plugin in the folder " + c.name + " calls itself " + c.declared.name,
                          "plugin: " + c.name});
  return report.all.size() == before;
}

// Nothing where its folder or its manifest cannot be used; other faults are only reported.
std::optional<candidate> read_candidate(const config::plugin& wanted, const complaints& report) {
  candidate c;
  c.name = wanted.name;
  c.grants.insert(wanted.grants.begin(), wanted.grants.end());
  c.folder = locate(wanted.name, report);
  if (c.folder.empty() || !read_manifest(c, report)) return std::nullopt;
  if (c.declared.language == manifest::runtime::native)
    c.library = fs::path(c.folder) / library_name(c.name);
  json::object schema = c.declared.config;
  if (schema.empty()) schema = {{"type", "object"}};
  c.config = config::check_plugin_config(report.from, c.name, schema, report.all);
  place_store(c, report.from.server.data);
  check_grants(c, report);
  return c;
}

} // namespace

std::vector<candidate> find_plugins(const config::config& from,
                                    const std::vector<manifest::manifest>& built_in,
                                    std::vector<yaml::problem>& problems) {
  const complaints report{from, problems};
  std::vector<candidate> found;
  for (const manifest::manifest& m : built_in) {
    candidate c;
    c.name = m.name;
    c.declared = m;
    c.config = json::object{};
    found.push_back(std::move(c));
  }
  bool complete = true;
  std::set<std::string> names; // those that could not be read are not called missing as well
  for (const config::plugin& w : from.plugins) {
    names.insert(w.name);
    if (std::optional<candidate> c = read_candidate(w, report))
      found.push_back(*std::move(c));
    else
      complete = false;
  }
  check_fit(found, names, complete, report);
  return in_start_order(std::move(found), report);
}

std::optional<candidate> find_version(const config::config& from, const std::string& name,
                                      std::vector<candidate> running,
                                      std::vector<yaml::problem>& problems) {
  const complaints report{from, problems};
  const config::plugin* wanted = from.find(name);
  if (!wanted) {
    problems.push_back({from.source.file, from.source.at("/plugins"),
                        "the plugin `" + name + "` is not switched on",
                        "write `" + name + ": {}` under plugins"});
    return std::nullopt;
  }
  std::optional<candidate> found = read_candidate(*wanted, report);
  if (!found) return std::nullopt;
  const auto old = std::find_if(running.begin(), running.end(),
                                [&](const candidate& c) { return c.name == name; });
  if (old == running.end())
    running.push_back(*found);
  else
    *old = *found;
  std::set<std::string> names;
  for (const candidate& c : running) names.insert(c.name);
  check_fit(running, names, true, report);
  in_start_order(std::move(running), report);
  return found;
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
