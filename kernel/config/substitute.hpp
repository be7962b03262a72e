#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace parley::config {

// Puts in variables and files. `replaced` gets what stood there, by JSON Pointer.
void substitute(yaml::document& source, const environment& variables,
                const std::filesystem::path& folder, std::map<std::string, std::string>& replaced,
                std::vector<yaml::problem>& problems);

// Checks a part of the file that begins at `prefix`. Values that were put in are read as numbers or
// flags where the schema wants some, and are not shown in problems.
void check_part(const schema::validator& wanted, boost::json::value& value,
                const std::string& prefix, const yaml::document& source,
                const std::map<std::string, std::string>& replaced,
                std::vector<yaml::problem>& problems);

} // namespace parley::config
