// For authors elsewhere: what is installed beside the kit's library, in parley/plugins.

#include "testing/setting.hpp"

#include <dlfcn.h>

namespace parley::test {

std::vector<std::filesystem::path> plugins_of_the_kit() {
  Dl_info found{};
  if (::dladdr(reinterpret_cast<void*>(&plugins_of_the_kit), &found) == 0) return {};
  const auto library = std::filesystem::weakly_canonical(found.dli_fname);
  return {library.parent_path() / "parley" / "plugins"};
}

} // namespace parley::test
