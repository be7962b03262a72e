// Every manifest of this repository reads without a problem.

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "manifest.hpp"

namespace parley::manifest {
namespace {

std::vector<std::string> shipped() {
  const std::filesystem::path root = PARLEY_SOURCE_DIR;
  std::vector<std::string> out = {root / "kernel/identity/plugin.yaml"};
  for (const auto& folder : std::filesystem::directory_iterator(root / "plugins")) {
    const auto file = folder.path() / "plugin.yaml";
    if (std::filesystem::exists(file)) out.push_back(file);
  }
  return out;
}

TEST(shipped_manifests, read_without_a_problem) {
  const auto files = shipped();
  EXPECT_GE(files.size(), 7u);
  for (const auto& file : files) {
    std::vector<yaml::problem> problems;
    const auto document = yaml::read_file(file, problems);
    const auto read_back = read(document, problems);
    std::vector<std::string> lines;
    for (const auto& p : problems) lines.push_back(yaml::to_string(p));
    EXPECT_THAT(lines, testing::IsEmpty());
    EXPECT_FALSE(read_back.name.empty());
  }
}

} // namespace
} // namespace parley::manifest
