// What is asked of a configuration without a running server: check, plugins, methods, hooks, docs.

#include "ctl/commands.hpp"

#include "config/config.hpp"
#include "documents.hpp"
#include "key_checks.hpp"
#include "node/check_rates.hpp"
#include "node/roles_from.hpp"
#include "plugin/built_in.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/named_collections.hpp"

#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <type_traits>

namespace parley::ctl {

namespace {

using plugin::candidate;

int plugins(const std::vector<candidate>& all) {
  for (const candidate& c : all) {
    std::string needs;
    for (const auto& [name, range] : c.declared.dependencies) needs += " " + name + " " + range;
    std::cout << std::left << std::setw(18) << c.name << std::setw(9) << c.declared.version
              << std::setw(8) << name_of(c.declared.language) << c.declared.summary
              << (needs.empty() ? "" : " Needs" + needs + ".") << '\n';
  }
  return 0;
}

int methods(const std::vector<candidate>& all) {
  for (const candidate& c : all)
    for (const auto& m : c.declared.methods) {
      if (m.seen_by != manifest::visibility::client) continue;
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
      std::cout << std::left << std::setw(26) << point.name << std::setw(9) << name_of(point.kind)
                << "of " << c.name << ':';
      std::vector<std::string> names;
      const auto order = plugin::explain_hook(all, point.name, names);
      for (const std::size_t i : order.order) std::cout << ' ' << names[i];
      std::cout << (names.empty() ? " nobody\n" : "\n");
    }
  return 0;
}

int explain(const std::vector<candidate>& all, const std::string& hook) {
  for (const candidate& c : all)
    for (const auto& point : c.declared.hook_points) {
      if (point.name != hook) continue;
      std::cout << hook << " is a " << name_of(point.kind) << " of " << c.name << ": " << point.doc
                << "\nEach has " << point.deadline_ms << " ms; one that fails "
                << (point.pass_on_failure ? "is passed over" : "denies") << ".\n";
      std::vector<std::string> names;
      const auto order = plugin::explain_hook(all, hook, names);
      for (std::size_t i = 0; i < order.order.size(); ++i)
        std::cout << "  " << i + 1 << ". " << names[order.order[i]] << " (" << order.reasons[i]
                  << ")\n";
      if (names.empty()) std::cout << "  nobody steps in\n";
      return 0;
    }
  std::cerr << "no plugin offers the hook " << hook << "; `parleyctl hooks CONFIG` lists them\n";
  return 1;
}

int docs(const config::config& of, const std::vector<candidate>& all, const std::string& folder) {
  documents::manifests declared;
  for (const candidate& c : all) declared.push_back(&c.declared);
  const documents::about about{of.server.name, PARLEY_VERSION};
  std::error_code ignored; // what cannot be written is said below
  std::filesystem::create_directories(folder, ignored);
  const auto write = [&](const char* name, const boost::json::object& document) {
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << documents::to_text(document);
    file.close();
    if (file) return true;
    std::cerr << "cannot write " << path.string() << '\n';
    return false;
  };
  return write("openapi.json", documents::openapi(declared, about)) &&
                 write("asyncapi.json", documents::asyncapi(declared, about))
             ? 0
             : 1;
}

// Reads the configuration and runs what is asked of its plugins; says what is wrong otherwise. A
// check looks at its keys too, which are for the server's user alone, and has doubts.
template <typename Ask>
int with_plugins(const std::string& path, const Ask& ask, bool is_check = false) {
  std::vector<yaml::problem> problems;
  std::vector<candidate> all;
  const config::config config = config::load(path, problems);
  if (problems.empty()) all = plugin::find_plugins(config, plugin::built_in_manifests(), problems);
  if (problems.empty()) roles_from(config, all, problems);
  if (problems.empty()) check_rates(config, all, problems);
  if (problems.empty() && is_check) check_keys(config, all, problems);
  const bool is_well = problems.empty();
  if (is_well && is_check) problems = plugin::unknown_collections(config, all);
  for (const yaml::problem& p : problems) std::cerr << yaml::to_string(p) << '\n';
  if (!is_well) return 2;
  if constexpr (std::is_invocable_v<Ask, const config::config&, const std::vector<candidate>&>)
    return ask(config, all);
  else
    return ask(all);
}

} // namespace

std::vector<command> configuration_commands() {
  return {
      {{"check"},
       "CONFIG",
       "say what is wrong with it",
       [](const arguments& given) {
         const auto tell = [&](const auto&) {
           std::cout << given[0] << " is fine\n";
           return 0;
         };
         return with_plugins(given[0], tell, true);
       }},
      {{"plugins"},
       "CONFIG",
       "its plugins, in the order in which they start",
       [](const arguments& given) { return with_plugins(given[0], plugins); }},
      {{"methods"},
       "CONFIG",
       "what clients can call, with route and permission",
       [](const arguments& given) { return with_plugins(given[0], methods); }},
      {{"hooks"},
       "CONFIG",
       "its hooks, and who steps in",
       [](const arguments& given) { return with_plugins(given[0], hooks); }},
      {{"hooks", "explain"},
       "NAME CONFIG",
       "who steps into one hook, in which order and why",
       [](const arguments& given) {
         return with_plugins(given[1], [&](const auto& all) { return explain(all, given[0]); });
       }},
      {{"docs"},
       "CONFIG --output DIR",
       "write openapi.json and asyncapi.json: what clients can call and receive",
       [](const arguments& given) {
         if (given[1] != "--output") {
           std::cerr << "usage: parleyctl docs CONFIG --output DIR\n";
           return 2;
         }
         return with_plugins(given[0], [&](const config::config& config, const auto& all) {
           return docs(config, all, given[2]);
         });
       }},
  };
}

} // namespace parley::ctl
