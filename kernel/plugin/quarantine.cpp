#include "plugin/quarantine.hpp"

#include "observe/log.hpp"

#include <sodium.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace parley::plugin {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

class digest {
 public:
  digest() { crypto_generichash_init(&state_, nullptr, 0, size); }

  void add(const std::string& text) {
    const std::string length = std::to_string(text.size()) + ':';
    for (const std::string& part : {length, text})
      crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(part.data()),
                                part.size());
  }
  void add_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    add((std::ostringstream() << in.rdbuf()).str()); // libraries are large: not byte by byte
  }
  std::string text() {
    unsigned char hash[size];
    crypto_generichash_final(&state_, hash, size);
    char hex[2 * size + 1];
    return sodium_bin2hex(hex, sizeof hex, hash, size);
  }

 private:
  static constexpr std::size_t size = 16;
  crypto_generichash_state state_;
};

std::vector<fs::path> scripts_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const fs::directory_entry& one : fs::recursive_directory_iterator(folder, ignored))
    if (one.path().extension() == ".lua") found.push_back(one.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string text_of(const json::object& in, std::string_view key) {
  const json::value* value = in.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

std::string how_to_lift(const std::string& plugin) {
  return "parleyctl plugin release " + plugin + " CONFIG, or another version of the plugin";
}

} // namespace

std::string digest_of(const candidate& plugin) {
  if (plugin.folder.empty()) return {};
  digest all;
  all.add_file(fs::path(plugin.folder) / "plugin.yaml");
  if (plugin.declared.language == manifest::runtime::native) {
    all.add_file(plugin.library);
    return all.text();
  }
  for (const fs::path& script : scripts_in(plugin.folder)) {
    all.add(script.lexically_relative(plugin.folder).string());
    all.add_file(script);
  }
  return all.text();
}

// Written beside and moved: it is there as a whole, or not at all.
std::string quarantine::put(const offence& what) const {
  std::error_code failed;
  fs::create_directories(folder_, failed);
  if (failed) return folder_.string() + " cannot be made: " + failed.message();
  const fs::path beside = folder_ / ("." + what.plugin);
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out << json::serialize(json::object{{"plugin", what.plugin},
                                      {"version", what.version},
                                      {"digest", what.digest},
                                      {"why", what.why},
                                      {"when", what.when}})
      << '\n';
  out.close();
  if (!out) return beside.string() + " cannot be written";
  fs::rename(beside, file_of(what.plugin), failed);
  return failed ? file_of(what.plugin).string() + " cannot be written: " + failed.message() : "";
}

std::optional<offence> quarantine::find(const std::string& plugin) const {
  std::error_code ignored;
  if (!fs::is_regular_file(file_of(plugin), ignored)) return std::nullopt;
  std::ifstream in(file_of(plugin), std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  boost::system::error_code wrong;
  const json::value read = json::parse(text, wrong);
  if (wrong || !read.is_object())
    return offence{plugin, "", "", file_of(plugin).string() + " cannot be read", ""};
  const json::object& o = read.get_object();
  return offence{plugin, text_of(o, "version"), text_of(o, "digest"), text_of(o, "why"),
                 text_of(o, "when")};
}

bool quarantine::release(const std::string& plugin) const {
  std::error_code ignored;
  return fs::remove(file_of(plugin), ignored);
}

std::vector<held_plugin> hold_back(std::vector<candidate>& plugins, const quarantine& from) {
  std::map<std::string, std::string> held; // name → why
  for (const candidate& c : plugins) {     // in start order: who needs others comes after them
    for (const auto& [needed, range] : c.declared.dependencies)
      if (held.contains(needed)) held[c.name] = "it needs " + needed + ", which is held back";
    const std::optional<offence> why = from.find(c.name);
    if (!why) continue;
    if (!why->digest.empty() && why->digest != digest_of(c)) {
      from.release(c.name);
      observe::write(observe::level::info, "a plugin has changed, and leaves the quarantine",
                     {{"plugin", c.name}, {"version", c.declared.version}});
      continue;
    }
    held[c.name] = "it is in quarantine since " + why->when + ": " + why->why +
                   "; to lift it: " + how_to_lift(c.name);
  }
  std::vector<held_plugin> out;
  std::erase_if(plugins, [&](candidate& c) {
    const auto found = held.find(c.name);
    if (found == held.end()) return false;
    observe::write(observe::level::error,
                   "a plugin is not loaded; its filters and required joins deny meanwhile",
                   {{"plugin", c.name}, {"version", c.declared.version}, {"why", found->second}});
    out.push_back({std::move(c), found->second});
    return true;
  });
  return out;
}

} // namespace parley::plugin
