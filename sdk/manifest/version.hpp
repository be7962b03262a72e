#pragma once

#include <string>

namespace parley::manifest {

bool is_version(const std::string& text); // 1.2.3, 1.2.3-rc.1
bool is_range(const std::string& text);   // as `admits` takes it

} // namespace parley::manifest
