// parleyctl plugin new NAME [--lang cpp|c|lua]: a folder with a plugin that builds and passes its
// own test.

#include "ctl/authoring.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>

namespace parley::ctl {

namespace fs = std::filesystem;

// Out of templates/, by CMake.
extern const std::string_view template_manifest, template_cmake, template_cpp, template_c,
    template_lua, template_test_cpp, template_test_lua, template_readme, template_server,
    template_ignored;

namespace {

using words = std::map<std::string, std::string>; // what stands between two @

struct template_file {
  std::string path; // within the new folder
  std::string_view text;
};

std::string filled_in(std::string_view text, const words& with) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = text.find('@');
    const std::size_t end = begin == text.npos ? text.npos : text.find('@', begin + 1);
    if (end == text.npos) break;
    const auto found = with.find(std::string(text.substr(begin + 1, end - begin - 1)));
    out += text.substr(0, begin);
    out += found == with.end() ? text.substr(begin, end - begin) : found->second;
    text.remove_prefix(found == with.end() ? end : end + 1);
  }
  return out.append(text);
}

bool is_name(const std::string& name) {
  const auto fits = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= 64 && name[0] >= 'a' && name[0] <= 'z' &&
         std::all_of(name.begin(), name.end(), fits);
}

std::vector<template_file> files_of(const std::string& name, const std::string& language) {
  std::vector<template_file> out{{"plugin.yaml", template_manifest},
                                 {"README.md", template_readme},
                                 {"parley.yaml", template_server},
                                 {".gitignore", template_ignored}};
  if (language == "lua") {
    out.push_back({"init.lua", template_lua});
    out.push_back({"tests/" + name + "_test.lua", template_test_lua});
    return out;
  }
  out.push_back({"CMakeLists.txt", template_cmake});
  out.push_back({"tests/" + name + "_test.cpp", template_test_cpp});
  out.push_back({"src/" + name + "." + language, language == "c" ? template_c : template_cpp});
  return out;
}

words words_of(const std::string& name, const std::string& language) {
  std::string identifier = name;
  std::replace(identifier.begin(), identifier.end(), '-', '_');
  const bool lua = language == "lua";
  return {{"name", name},
          {"identifier", identifier},
          {"runtime", lua ? "lua" : "native"},
          {"path", lua ? ".." : "build/plugins"},
          {"folder", lua ? "." : "build/plugins/" + name},
          {"build", lua ? "There is nothing to build. Its test:\n\n    parleyctl plugin test .\n"
                        : "Build it, and run its test:\n\n"
                          "    cmake -S . -B build && cmake --build build\n"
                          "    ctest --test-dir build --output-on-failure\n"}};
}

bool write(const fs::path& path, const std::string& text) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) std::cerr << "cannot write " << path.string() << '\n';
  return static_cast<bool>(file);
}

int refuse(const std::string& sentence) {
  std::cerr << sentence << '\n';
  return 2;
}

} // namespace

int new_plugin(const arguments& given) {
  const std::string& name = given[0];
  const std::string language = given.size() == 3 ? given[2] : "cpp";
  if (given.size() == 2 || (given.size() == 3 && given[1] != "--lang"))
    return refuse("write the language as `--lang cpp`, `--lang c` or `--lang lua`");
  if (language != "cpp" && language != "c" && language != "lua")
    return refuse("there is no language `" + language + "`: write cpp, c or lua");
  if (!is_name(name))
    return refuse("`" + name +
                  "` is no name for a plugin: write a lower-case letter, then lower-case letters, "
                  "digits and hyphens, 64 at most");
  if (fs::exists(name)) return refuse("there is a " + name + " already, and it is left alone");

  const words with = words_of(name, language);
  for (const template_file& each : files_of(name, language)) {
    if (!write(fs::path(name) / each.path, filled_in(each.text, with))) return 1;
    std::cout << "  " << name << '/' << each.path << '\n';
  }
  std::cout << name << "/README.md says how to build, test and load it\n";
  return 0;
}

} // namespace parley::ctl
