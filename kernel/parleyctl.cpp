// parleyctl: what operators ask of a configuration without a running server.

#include "config/config.hpp"
#include "node/roles_from.hpp"
#include "plugin/built_in.hpp"
#include "plugin/catalogue.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

namespace {

using parley::plugin::candidate;

constexpr const char* usage =
    "usage: parleyctl COMMAND CONFIG\n"
    "  check CONFIG                say what is wrong with it\n"
    "  plugins CONFIG              its plugins, in the order in which they start\n"
    "  methods CONFIG              what clients can call, with route and permission\n"
    "  hooks CONFIG                its hooks, and who steps in\n"
    "  hooks explain NAME CONFIG   who steps into one hook, in which order and why\n";

const char* word(parley::manifest::hook_kind kind) {
  using parley::manifest::hook_kind;
  return kind == hook_kind::filter ? "filter" : kind == hook_kind::join ? "join" : "observe";
}

int plugins(const std::vector<candidate>& all) {
  for (const candidate& c : all) {
    std::string needs;
    for (const auto& [name, range] : c.declared.dependencies) needs += " " + name + " " + range;
    std::cout << std::left << std::setw(18) << c.name << std::setw(9) << c.declared.version
              << std::setw(8)
              << (c.declared.language == parley::manifest::runtime::lua ? "lua" : "native")
              << c.declared.summary << (needs.empty() ? "" : " Needs" + needs + ".") << '\n';
  }
  return 0;
}

int methods(const std::vector<candidate>& all) {
  for (const candidate& c : all)
    for (const auto& m : c.declared.methods) {
      if (m.seen_by != parley::manifest::visibility::client) continue;
      std::string who = "anybody";
      if (m.required) {
        who = m.required->scope + ":";
        for (const std::string& role : m.required->default_roles) who += " " + role;
      }
      std::cout << std::left << std::setw(26) << m.name << std::setw(60)
                << (m.http ? m.http->verb + " " + m.http->path : "") << who << '\n';
    }
  return 0;
}

int hooks(const std::vector<candidate>& all) {
  for (const candidate& c : all)
    for (const auto& point : c.declared.hook_points) {
      std::cout << std::left << std::setw(26) << point.name << std::setw(9) << word(point.kind)
                << "of " << c.name << ':';
      std::vector<std::string> names;
      const auto order = parley::plugin::explain_hook(all, point.name, names);
      for (const std::size_t i : order.order) std::cout << ' ' << names[i];
      std::cout << (names.empty() ? " nobody\n" : "\n");
    }
  return 0;
}

int explain(const std::vector<candidate>& all, const std::string& hook) {
  for (const candidate& c : all)
    for (const auto& point : c.declared.hook_points) {
      if (point.name != hook) continue;
      std::cout << hook << " is a " << word(point.kind) << " of " << c.name << ": " << point.doc
                << "\nEach has " << point.deadline_ms << " ms; one that fails "
                << (point.pass_on_failure ? "is passed over" : "denies") << ".\n";
      std::vector<std::string> names;
      const auto order = parley::plugin::explain_hook(all, hook, names);
      for (std::size_t i = 0; i < order.order.size(); ++i)
        std::cout << "  " << i + 1 << ". " << names[order.order[i]] << " (" << order.reasons[i]
                  << ")\n";
      if (names.empty()) std::cout << "  nobody steps in\n";
      return 0;
    }
  std::cerr << "no plugin offers the hook " << hook << "; `parleyctl hooks CONFIG` lists them\n";
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 2) {
    std::cerr << usage;
    return 2;
  }
  std::vector<parley::yaml::problem> problems;
  std::vector<candidate> all;
  const parley::config::config config = parley::config::load(words.back(), problems);
  if (problems.empty())
    all = parley::plugin::find_plugins(config, parley::plugin::built_in_manifests(), problems);
  if (problems.empty()) parley::roles_from(config, all, problems);
  if (!problems.empty()) {
    for (const auto& p : problems) std::cerr << parley::yaml::to_string(p) << '\n';
    return 2;
  }
  if (words.size() == 2 && words[0] == "check") {
    std::cout << words[1] << " is fine\n";
    return 0;
  }
  if (words.size() == 2 && words[0] == "plugins") return plugins(all);
  if (words.size() == 2 && words[0] == "methods") return methods(all);
  if (words.size() == 2 && words[0] == "hooks") return hooks(all);
  if (words.size() == 4 && words[0] == "hooks" && words[1] == "explain")
    return explain(all, words[2]);
  std::cerr << usage;
  return 2;
}
