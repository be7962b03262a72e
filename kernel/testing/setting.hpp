#pragma once

// What a test asks for, laid out as an operator would: a folder with the plugins and a YAML file,
// which the kernel then reads like any other.

#include "config/config.hpp"
#include "parley/test/host.hpp"
#include "plugin/catalogue.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace parley::test {

// Where plugins are that come with the kit; see kit_plugins.cpp.
std::vector<std::filesystem::path> plugins_of_the_kit();

class setting {
 public:
  // Throws std::runtime_error with all that is wrong.
  explicit setting(const options& with);
  ~setting();
  setting(const setting&) = delete;

  const std::string& under_test() const { return under_test_; } // its name; empty: none
  const std::filesystem::path& folder() const { return folder_; }
  const config::config& config() const { return config_; }
  const std::vector<parley::plugin::candidate>& plugins() const { return plugins_; }

  // The plugin of that name is this folder's from now on. Gives the folder before.
  std::filesystem::path put(const std::string& name, const std::filesystem::path& folder);
  std::filesystem::path folder_of(const std::string& name) const;
  // One that the kit plays: only its manifest lies there.
  void put_played(const std::string& name, const std::string& manifest);
  // The kit's own plugin, which may call all others; with a step into each hook point of the plugin
  // under test where `hooks` says so. Gives these.
  std::vector<std::string> put_kit(bool hooks);
  // Reads everything again.
  void read();

 private:
  std::string add(const std::string& name_or_folder);
  void add_what_it_needs(const std::string& name);
  void add_played(const stand_in& one);
  std::filesystem::path find(const std::string& name) const;
  void write(const options& with) const;

  std::filesystem::path folder_, places_;
  std::vector<std::filesystem::path> path_;
  std::string under_test_, storage_;
  std::vector<std::string> names_; // switched on
  std::map<std::string, value> configs_;
  config::config config_;
  std::vector<parley::plugin::candidate> plugins_;
};

inline constexpr const char* kit_plugin = "test-kit";

// The name that a folder's plugin.yaml gives; throws where there is none.
std::string name_of_plugin(const std::filesystem::path& folder);

} // namespace parley::test
