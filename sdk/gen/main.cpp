// parley-gen plugin.yaml --output NAME.plugin.hpp [--schemas FILE] [--requires other/plugin.yaml]…

#include "header.hpp"
#include "schemas.hpp"

#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using parley::gen::source;

constexpr std::string_view usage =
    "usage: parley-gen plugin.yaml [--output FILE] [--schemas FILE] [--requires "
    "other/plugin.yaml]...\n"
    "Writes the typed structs and the handler interface of a plugin as C++, and the JSON Schemas\n"
    "of its methods, events and collections. Each --requires names a manifest whose methods it\n"
    "calls or whose hooks it steps into.\n";

source read(const std::string& path, std::vector<parley::yaml::problem>& problems) {
  source out;
  out.document = parley::yaml::read_file(path, problems);
  if (problems.empty()) out.declared = parley::manifest::read(out.document, problems);
  return out;
}

int fail(const std::vector<parley::yaml::problem>& problems) {
  for (const auto& each : problems) std::cerr << parley::yaml::to_string(each) << '\n';
  return 1;
}

bool write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) std::cerr << "parley-gen: cannot write " << path << '\n';
  return static_cast<bool>(file);
}

int generate(const std::string& path, const std::string& output, const std::string& schemas,
             const std::vector<std::string>& others) {
  std::vector<parley::yaml::problem> problems;
  const source plugin = read(path, problems);
  std::vector<source> known;
  for (const auto& each : others) known.push_back(read(each, problems));
  if (!problems.empty()) return fail(problems);
  const std::string text = parley::gen::write_header(plugin, known, problems);
  if (!problems.empty()) return fail(problems);
  if (!output.empty() && !write(output, text)) return 1;
  if (!schemas.empty() && !write(schemas, parley::gen::write_schemas(plugin.declared))) return 1;
  return 0;
}

} // namespace

int main(int count, char** arguments) {
  std::string path, output, schemas;
  std::vector<std::string> others;
  for (int i = 1; i < count; ++i) {
    const std::string_view each = arguments[i];
    const bool last = i + 1 == count;
    if (each == "--help") {
      std::cout << usage;
      return 0;
    }
    if (each == "--output" && !last) {
      output = arguments[++i];
    } else if (each == "--schemas" && !last) {
      schemas = arguments[++i];
    } else if (each == "--requires" && !last) {
      others.emplace_back(arguments[++i]);
    } else if (!each.starts_with("-") && path.empty()) {
      path = each;
    } else {
      std::cerr << usage;
      return 2;
    }
  }
  if (path.empty() || (output.empty() && schemas.empty())) {
    std::cerr << usage;
    return 2;
  }
  try {
    return generate(path, output, schemas, others);
  } catch (const std::exception& why) {
    std::cerr << "parley-gen: " << why.what() << '\n';
    return 1;
  }
}
