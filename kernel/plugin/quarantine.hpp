#pragma once

// Plugins that brought the server down are not loaded again until their file changes or the
// operator releases them. One file each, in the server's data directory.

#include "plugin/catalogue.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace parley::plugin {

// Of its manifest and its code: 32 hexadecimal digits. Empty for what is part of the program.
std::string digest_of(const candidate& plugin);

struct offence {
  std::string plugin, version, digest, why, when;
};

class quarantine {
 public:
  explicit quarantine(const std::filesystem::path& data) : folder_(data / "quarantine") {}

  std::filesystem::path file_of(const std::string& plugin) const { return folder_ / plugin; }
  // Any thread. What went wrong, or an empty text.
  std::string put(const offence& what) const;
  // A file that cannot be read counts, with its fault as the reason.
  std::optional<offence> find(const std::string& plugin) const;
  // Whether it was in.
  bool release(const std::string& plugin) const;

 private:
  std::filesystem::path folder_;
};

struct held_plugin {
  candidate what;
  std::string why;
};

// Takes those that are in quarantine out of `plugins`, and those that cannot be without them. Says
// so in the log. What has changed since is released.
std::vector<held_plugin> hold_back(std::vector<candidate>& plugins, const quarantine& from);

} // namespace parley::plugin
