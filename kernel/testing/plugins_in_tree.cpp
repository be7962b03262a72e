// For tests of this tree: what was built, then what needs no build.

#include "testing/setting.hpp"

namespace parley::test {

std::vector<std::filesystem::path> plugins_of_the_kit() {
  return {PARLEY_BUILT_PLUGINS, PARLEY_SOURCE_PLUGINS};
}

} // namespace parley::test
