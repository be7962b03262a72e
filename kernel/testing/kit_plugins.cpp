// Where the plugins are that came with the program or library which holds the kit.

#include "testing/setting.hpp"

#include <dlfcn.h>

namespace parley::test {

std::vector<std::filesystem::path> plugins_of_the_kit() {
  Dl_info found{};
  if (::dladdr(reinterpret_cast<void*>(&plugins_of_the_kit), &found) == 0) return {};
  std::error_code failed; // the name of a program is as it was called
  auto itself = std::filesystem::weakly_canonical(found.dli_fname, failed);
  const auto running = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (itself.filename() == running.filename()) itself = running;
  const auto beside = itself.parent_path();
  return {beside / "parley/plugins",                           // lib/libparley-test.so
          beside.parent_path() / "lib/parley/plugins",         // bin/parleyctl
          beside.parent_path() / PARLEY_LIB "/parley/plugins", // the same, in a distribution
          beside.parent_path() / "plugins"};                   // where all is built
}

} // namespace parley::test
