#include "testing/setting.hpp"

#include "manifest.hpp"
#include "plugin/built_in.hpp"
#include "testing/json.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace parley::test {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string all_of(const std::vector<yaml::problem>& problems) {
  std::string out;
  for (const yaml::problem& p : problems) out += (out.empty() ? "" : "\n") + yaml::to_string(p);
  return out;
}

manifest::manifest manifest_in(const fs::path& folder) {
  std::vector<yaml::problem> problems;
  const yaml::document source = yaml::read_file(folder / "plugin.yaml", problems);
  manifest::manifest out;
  if (problems.empty()) out = manifest::read(source, problems);
  if (!problems.empty()) throw std::runtime_error(all_of(problems));
  return out;
}

// What plugins seal in tests: there is no secret in it.
constexpr const char* test_master_key =
    "parley-master-key:dGhpcyBpcyBhIGtleSBmb3IgdGVzdHMsIG5vIHNlY3I";

// `$` begins a variable in the operator's YAML.
json::value quoted(json::value from) {
  if (auto* text = from.if_string()) {
    std::string out;
    for (const char c : std::string_view(*text)) out += c == '$' ? "$$" : std::string(1, c);
    return json::value(out);
  }
  if (auto* array = from.if_array())
    for (json::value& each : *array) each = quoted(std::move(each));
  if (auto* object = from.if_object())
    for (auto& member : *object) member.value() = quoted(std::move(member.value()));
  return from;
}

json::array capabilities(const manifest::manifest& of) {
  json::array out;
  if (of.wants_bot) out.emplace_back("bot");
  if (of.wants_identity) out.emplace_back("identity");
  return out;
}

} // namespace

std::string name_of_plugin(const fs::path& folder) {
  return manifest_in(folder).name;
}

setting::setting(const options& with) {
  std::string pattern = (fs::temp_directory_path() / "parley-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no folder can be made in " + pattern);
  folder_ = pattern;
  places_ = folder_ / "plugins";
  fs::create_directories(places_);
  try {
    for (const std::string& each : with.plugin_path) path_.push_back(fs::absolute(each));
    const char* written = std::getenv("PARLEY_PLUGIN_PATH");
    std::string rest = written ? written : "";
    while (!rest.empty()) {
      const std::size_t colon = rest.find(':');
      if (colon != 0) path_.push_back(fs::absolute(rest.substr(0, colon)));
      rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
    }
    if (!with.under_test.empty())
      path_.push_back(fs::weakly_canonical(fs::absolute(with.under_test)).parent_path());
    for (const fs::path& each : plugins_of_the_kit()) path_.push_back(each);

    for (const stand_in& one : with.stand_ins) add_played(one);
    storage_ = add(with.storage);
    for (const plugin& each : with.plugins) configs_[add(each.name)] = each.config;
    if (!with.under_test.empty()) {
      under_test_ = add(with.under_test);
      configs_[under_test_] = with.config;
    }
    for (std::size_t i = 0; i < names_.size(); ++i) add_what_it_needs(std::string(names_[i]));
    names_.emplace_back(kit_plugin);
    put_kit(false);
    write(with);
    read();
  } catch (...) {
    fs::remove_all(folder_);
    throw;
  }
}

setting::~setting() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

fs::path setting::find(const std::string& name) const {
  for (const fs::path& each : path_) {
    const fs::path at = each / name;
    if (fs::exists(at / "plugin.yaml") &&
        (fs::exists(at / "init.lua") || fs::exists(at / ("lib" + name + ".so"))))
      return at;
  }
  std::string looked;
  for (const fs::path& each : path_) looked += "\n  " + each.string();
  throw std::runtime_error("there is no plugin " + name + " that was built; it was looked for in" +
                           looked + "\nadd its folder's parent to options.plugin_path");
}

std::string setting::add(const std::string& name_or_folder) {
  const bool is_folder = name_or_folder.find('/') != std::string::npos ||
                         fs::exists(fs::path(name_or_folder) / "plugin.yaml");
  if (is_folder && !fs::exists(fs::path(name_or_folder) / "plugin.yaml"))
    throw std::runtime_error("there is no plugin.yaml in " + fs::absolute(name_or_folder).string());
  const std::string name = is_folder ? name_of_plugin(name_or_folder) : name_or_folder;
  if (std::find(names_.begin(), names_.end(), name) != names_.end()) return name;
  put(name, is_folder ? fs::path(name_or_folder) : find(name));
  names_.push_back(name);
  return name;
}

void setting::add_what_it_needs(const std::string& name) {
  for (const auto& [needed, range] : manifest_in(places_ / name).dependencies)
    if (needed != "identity") add(needed);
}

void setting::add_played(const stand_in& one) {
  std::vector<yaml::problem> problems;
  const yaml::document source = yaml::parse(one.manifest, "a stand-in's manifest", problems);
  const json::object* root = source.root.if_object();
  const json::value* name = root ? root->if_contains("plugin") : nullptr;
  if (!problems.empty() || !name || !name->is_string())
    throw std::runtime_error(problems.empty() ? "a stand-in's manifest has no `plugin: NAME`"
                                              : all_of(problems));
  names_.emplace_back(name->get_string());
  put_played(names_.back(), one.manifest);
}

fs::path setting::folder_of(const std::string& name) const {
  return fs::read_symlink(places_ / name);
}

fs::path setting::put(const std::string& name, const fs::path& folder) {
  const fs::path at = places_ / name;
  fs::path before;
  if (fs::is_symlink(at)) {
    before = fs::read_symlink(at);
    fs::remove(at);
  }
  fs::create_directory_symlink(fs::weakly_canonical(fs::absolute(folder)), at);
  return before;
}

void setting::put_played(const std::string& name, const std::string& manifest) {
  fs::create_directories(places_ / name);
  std::ofstream(places_ / name / "plugin.yaml") << manifest;
  std::ofstream(places_ / name / ("lib" + name + ".so")); // the kit is entered instead
}

std::vector<std::string> setting::put_kit(bool hooks) {
  json::object needs, steps;
  for (const std::string& name : names_)
    if (name != storage_ && name != kit_plugin) needs[name] = "*";
  std::vector<std::string> names;
  if (hooks && !under_test_.empty()) {
    const char* const phases[] = {"filter", "join", "observe"};
    for (const manifest::hook_point& each : manifest_in(places_ / under_test_).hook_points) {
      steps[each.name] = json::object{{"phase", phases[static_cast<int>(each.kind)]}};
      names.push_back(each.name);
    }
  }
  put_played(kit_plugin, json::serialize(json::object{{"plugin", kit_plugin},
                                                      {"version", "1.0.0"},
                                                      {"summary", "The test itself."},
                                                      {"runtime", "native"},
                                                      {"requires", std::move(needs)},
                                                      {"hooks", std::move(steps)}}));
  return names;
}

void setting::write(const options& with) const {
  json::object plugins;
  for (const std::string& name : names_) {
    const auto config = configs_.find(name);
    json::object one;
    if (config != configs_.end() && !config->second.is_null())
      one["config"] = quoted(to_json(config->second));
    if (json::array granted = capabilities(manifest_in(places_ / name)); !granted.empty())
      one["grants"] = std::move(granted);
    plugins[name] = std::move(one);
  }
  json::object root;
  if (with.settings.is_object()) root = quoted(to_json(with.settings)).as_object();
  root["server"] = json::object{{"name", "Test"}, {"data", (folder_ / "data").string()}};
  json::value& storage = root["storage"];
  if (storage.is_null()) storage.emplace_object();
  if (storage.is_object() && !storage.get_object().contains("master_keys"))
    storage.get_object()["master_keys"] = json::array{json::object{{"key", test_master_key}}};
  root["plugin_path"] = json::array{places_.string()};
  // In lines, for what is said of one.
  std::ofstream out(folder_ / "parley.yaml");
  out << "plugins:\n";
  for (const auto& [name, one] : plugins)
    out << "  " << json::serialize(json::string(name)) << ": " << json::serialize(one) << '\n';
  for (const auto& [name, one] : root)
    out << json::serialize(json::string(name)) << ": " << json::serialize(one) << '\n';
}

void setting::read() {
  std::vector<yaml::problem> problems;
  config_ = config::load((folder_ / "parley.yaml").string(), problems,
                         [](const std::string&) { return std::nullopt; });
  if (problems.empty())
    plugins_ =
        parley::plugin::find_plugins(config_, parley::plugin::built_in_manifests(), problems);
  if (problems.empty()) return;
  std::string why = all_of(problems);
  std::ifstream in(folder_ / "parley.yaml");
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    for (const yaml::problem& p : problems)
      if (p.file == config_.source.file && p.where.line == number)
        why += "\n  line " + std::to_string(number) + " is " + line;
  }
  throw std::runtime_error(why);
}

} // namespace parley::test
