// parley-gen plugin.yaml --output NAME.plugin.hpp … [--requires other/plugin.yaml]…

#include "header.hpp"
#include "lua_annotations.hpp"
#include "reference.hpp"
#include "schemas.hpp"
#include "typescript.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using parley::gen::source;
using problems = std::vector<parley::yaml::problem>;

constexpr std::string_view usage =
    "usage: parley-gen plugin.yaml [--output FILE] [--schemas FILE] [--typescript FILE]\n"
    "         [--lua FILE] [--reference FILE] [--hooks FILE]\n"
    "         [--requires other/plugin.yaml]...\n"
    "  --output      typed structs and the handler interface, as C++ (NAME.plugin.hpp)\n"
    "  --schemas     JSON Schemas of its methods, events and collections\n"
    "  --typescript  types of what clients call and receive\n"
    "  --lua         annotations for editors (LuaLS)\n"
    "  --reference   a page about the plugin, in Markdown\n"
    "  --hooks       the hooks of this and all --requires, in Markdown\n"
    "  --requires    the manifest of a plugin whose methods it calls or whose hooks it steps "
    "into\n";

// What can be written, each into a file of its own.
struct writer {
  std::string_view option;
  std::string (*write)(const source& plugin, const std::vector<source>& known, problems& found);
};
constexpr std::array writers{
    writer{"--output", &parley::gen::write_header},
    writer{"--schemas", [](const source& plugin, const std::vector<source>&,
                           problems&) { return parley::gen::write_schemas(plugin.declared); }},
    writer{"--typescript",
           [](const source& plugin, const std::vector<source>&, problems& found) {
             return parley::gen::write_typescript(plugin, found);
           }},
    writer{"--lua", &parley::gen::write_lua_annotations},
    writer{"--reference",
           [](const source& plugin, const std::vector<source>&, problems& found) {
             return parley::gen::write_reference(plugin, found);
           }},
    writer{"--hooks", [](const source& plugin, const std::vector<source>& known,
                         problems&) { return parley::gen::write_hooks_reference(plugin, known); }},
};

struct request {
  std::string path;
  std::array<std::string, writers.size()> outputs; // empty: not asked for
  std::vector<std::string> others;
};

bool write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) std::cerr << "parley-gen: cannot write " << path << '\n';
  return static_cast<bool>(file);
}

// Writes nothing where anything is wrong.
int generate(const request& asked) {
  problems found;
  const source plugin = parley::gen::read_source(asked.path, found);
  std::vector<source> known;
  for (const auto& each : asked.others) known.push_back(parley::gen::read_source(each, found));
  // The same text in whatever order they were named.
  std::sort(known.begin(), known.end(),
            [](const source& a, const source& b) { return a.declared.name < b.declared.name; });
  std::array<std::string, writers.size()> texts;
  for (std::size_t i = 0; i < writers.size() && found.empty(); ++i) {
    if (!asked.outputs[i].empty()) texts[i] = writers[i].write(plugin, known, found);
  }
  for (const auto& each : found) std::cerr << parley::yaml::to_string(each) << '\n';
  if (!found.empty()) return 1;
  for (std::size_t i = 0; i < writers.size(); ++i) {
    if (!asked.outputs[i].empty() && !write(asked.outputs[i], texts[i])) return 1;
  }
  return 0;
}

bool read_argument(std::string_view name, const char* value, request& into) {
  if (value == nullptr) return false;
  if (name == "--requires") {
    into.others.emplace_back(value);
    return true;
  }
  for (std::size_t i = 0; i < writers.size(); ++i) {
    if (name != writers[i].option) continue;
    into.outputs[i] = value;
    return true;
  }
  return false;
}

bool read_arguments(int count, char** arguments, request& into) {
  for (int i = 1; i < count; ++i) {
    const std::string_view each = arguments[i];
    if (!each.starts_with("-") && into.path.empty()) {
      into.path = each;
    } else if (read_argument(each, arguments[i + 1], into)) {
      ++i;
    } else {
      return false;
    }
  }
  const auto asked = [](const std::string& output) { return !output.empty(); };
  return !into.path.empty() && std::any_of(into.outputs.begin(), into.outputs.end(), asked);
}

} // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::string_view(arguments[1]) == "--help") {
    std::cout << usage;
    return 0;
  }
  request asked;
  if (!read_arguments(count, arguments, asked)) {
    std::cerr << usage;
    return 2;
  }
  try {
    return generate(asked);
  } catch (const std::exception& why) {
    std::cerr << "parley-gen: " << why.what() << '\n';
    return 1;
  }
}
