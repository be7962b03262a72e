// Every YAML and JSON example in a Markdown file parses, and every plugin.yaml shown there is one
// that the kernel would take.

#include "manifest.hpp"

#include <boost/json.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct example {
  std::string where; // file:line
  std::string language;
  std::string text;
};

std::vector<example> examples_in(const fs::path& file) {
  std::vector<example> found;
  std::ifstream in(file);
  std::string line;
  bool inside = false;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.rfind("```", 0) == 0) {
      inside = !inside;
      if (inside)
        found.push_back({file.string() + ":" + std::to_string(number), line.substr(3), {}});
    } else if (inside) {
      found.back().text += line + "\n";
    }
  }
  return found;
}

std::vector<example> examples(const std::string& language) {
  std::vector<example> found;
  fs::recursive_directory_iterator at(PARLEY_ROOT), end;
  for (; at != end; ++at) {
    auto name = at->path().filename();
    if (name == "node_modules" || name == "build" || name == ".git") at.disable_recursion_pending();
    if (at->path().extension() != ".md") continue;
    for (auto& one : examples_in(at->path()))
      if (one.language == language) found.push_back(std::move(one));
  }
  return found;
}

std::string listed(const std::vector<parley::yaml::problem>& problems) {
  std::string all;
  for (const auto& one : problems) all += to_string(one) + "\n";
  return all;
}

TEST(Examples, AreFoundInMarkdown) {
  EXPECT_FALSE(examples("yaml").empty());
}

TEST(Examples, InYamlParse) {
  for (const auto& one : examples("yaml")) {
    std::vector<parley::yaml::problem> problems;
    auto document = parley::yaml::parse(one.text, one.where, problems);
    EXPECT_TRUE(problems.empty()) << listed(problems);
    if (!problems.empty() || !document.root.is_object() ||
        !document.root.as_object().contains("plugin"))
      continue;
    parley::manifest::read(document, problems);
    EXPECT_TRUE(problems.empty()) << listed(problems);
  }
}

TEST(Examples, InJsonParse) {
  for (const auto& one : examples("json")) {
    boost::system::error_code wrong;
    boost::json::parse(one.text, wrong);
    EXPECT_FALSE(wrong) << one.where << ": " << wrong.message();
  }
}

} // namespace
