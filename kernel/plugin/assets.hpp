#pragma once

// The static files that plugins serve, read when it is loaded.

#include "dispatch/registry.hpp"
#include "manifest.hpp"

#include <filesystem>
#include <string>

namespace parley::plugin {

// Adds a plugin's files to what it offers; a folder's index.html also stands for the folder. Gives
// what is wrong, or an empty text.
std::string add_assets(dispatch::offer& to, const manifest::manifest& declared,
                       const std::filesystem::path& folder);

// A file that a plugin makes while it runs.
dispatch::file make_file(std::string content, std::string type, const std::string& policy);
// The declared place at run time that a path lies in; nullptr: none, or it is no path.
const manifest::assets* place_of(const manifest::manifest& declared, std::string_view path);

} // namespace parley::plugin
