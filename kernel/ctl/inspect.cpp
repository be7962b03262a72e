// parleyctl plugin inspect PATH: what a plugin asks for and offers, before any of its code runs.

#include "ctl/authoring.hpp"
#include "ctl/plugin_folder.hpp"
#include "parley/abi.h"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

namespace parley::ctl {

namespace json = boost::json;

namespace {

using manifest::manifest;
using lines = std::vector<std::string>;

// The heading stands once, before the first line. Nothing where there are no lines.
void section(const std::string& heading, const lines& all) {
  for (std::size_t i = 0; i < all.size(); ++i)
    std::cout << "  " << std::left << std::setw(15) << (i == 0 ? heading : "") << all[i] << '\n';
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// Of very many only some: symbols of C++ are long.
std::string some(std::vector<std::string> symbols) {
  constexpr std::size_t most = 6;
  const std::size_t all = symbols.size();
  if (all > most) symbols.resize(most);
  return joined(symbols) + (all > most ? " and " + std::to_string(all - most) + " more" : "");
}

// `what` in a column of its own, where more follows.
std::string columns(std::string what, std::size_t width, const std::string& more) {
  if (more.empty()) return what;
  what.resize(std::max(width, what.size() + 1), ' ');
  return what + more;
}

lines ranges(const std::map<std::string, std::string>& of) {
  lines out;
  for (const auto& [name, range] : of) out.push_back(name + " " + range);
  return out;
}

lines capabilities(const manifest& m) {
  lines out;
  if (m.wants_identity) out.emplace_back("identity: makes accounts and opens sessions");
  if (m.wants_bot)
    out.push_back("bot: acts as the account `" + m.wants_bot->name + "` (" +
                  m.wants_bot->display_name + ")");
  if (out.empty()) return {"nothing that must be granted"};
  out.push_back(std::string("grant it with `grants: [") + (m.wants_identity ? "identity" : "") +
                (m.wants_identity && m.wants_bot ? ", " : "") + (m.wants_bot ? "bot" : "") +
                "]`; without it no server loads the plugin");
  return out;
}

lines configuration(const manifest& m) {
  lines out;
  const json::value* all = m.config.if_contains("properties");
  if (!all || !all->is_object()) return out;
  for (const auto& each : all->get_object()) {
    const json::object* schema = each.value().if_object();
    if (!schema) continue;
    const json::value* type = schema->if_contains("type");
    const json::value* standard = schema->if_contains("default");
    const std::string kind =
        type && type->is_string() ? std::string(type->get_string()) : std::string();
    out.push_back(columns(
        std::string(each.key()), 28,
        kind + (standard ? ", " + json::serialize(*standard) : std::string(", no default"))));
  }
  return out;
}

std::string who(const parley::manifest::method& of) {
  using parley::manifest::visibility;
  if (of.seen_by == visibility::plugin) return "other plugins only";
  const std::string prefix = of.seen_by == visibility::admin ? "administrators; " : "";
  if (!of.required) return prefix + "anybody, also without a session";
  const std::string name = of.required->name == of.name ? "" : of.required->name + " ";
  return prefix + name + "in " + of.required->scope + ": " +
         (of.required->default_roles.empty() ? "nobody unless granted"
                                             : joined(of.required->default_roles));
}

lines methods(const manifest& m) {
  lines out;
  for (const auto& each : m.methods) {
    out.push_back(columns(each.name, 28, who(each)));
    if (each.http) out.back() += " (" + each.http->verb + " " + each.http->path + ")";
  }
  return out;
}

const char* power(const parley::manifest::hook& of) {
  using parley::manifest::hook_kind;
  switch (of.kind) {
    case hook_kind::filter:
      return "filter: sees it before it is stored, may change or refuse it";
    case hook_kind::join:
      return of.required ? "join: adds to what is stored; without it nothing is"
                         : "join: adds to what is stored";
    case hook_kind::observe:
      return "observe: is told afterwards";
  }
  return "";
}

lines hooks(const manifest& m) {
  lines out;
  for (const auto& each : m.hooks) out.push_back(columns(each.name, 28, power(each)));
  return out;
}

lines hook_points(const manifest& m) {
  lines out;
  for (const auto& each : m.hook_points) {
    const std::string kind(name_of(each.kind));
    out.push_back(columns(each.name, 28,
                          kind + ", " + std::to_string(each.deadline_ms) + " ms" +
                              (each.pass_on_failure ? ", passes on failure" : "")));
  }
  return out;
}

std::string whose(const std::vector<parley::manifest::personal>& subjects) {
  std::string out;
  for (const auto& each : subjects)
    out += "; personal: of `" + each.subject + "`, when erased: " + each.on_erase +
           (each.reason.empty() ? "" : " (" + each.reason + ")");
  return out;
}

lines events(const manifest& m) {
  lines out;
  for (const auto& each : m.events)
    out.push_back(columns(each.name, 28,
                          std::string(each.durable ? "kept" : "not kept") + ", to " + each.topic +
                              whose(each.subjects)));
  return out;
}

lines collections(const manifest& m) {
  lines out;
  for (const auto& each : m.collections)
    out.push_back(
        columns(each.name, 28,
                (each.ephemeral ? "in memory" : "version " + std::to_string(each.version)) +
                    ", key " + joined(each.key) +
                    (each.search_on.empty() ? "" : ", searched by " + joined(each.search_on)) +
                    whose(each.subjects)));
  return out;
}

lines jobs(const manifest& m) {
  lines out;
  for (const auto& each : m.jobs)
    out.push_back(columns(each.name, 28,
                          (each.cron.empty() ? "" : "by itself at `" + each.cron + "`, ") +
                              std::to_string(each.attempts) + " attempts, " +
                              std::to_string(each.concurrency) + " at the same time"));
  return out;
}

lines scopes(const manifest& m) {
  lines out;
  for (const auto& each : m.scopes)
    out.push_back(columns(each.name, 28, "roles: " + joined(each.roles)));
  return out;
}

lines pages(const manifest& m) {
  lines out;
  for (const auto& each : m.served)
    out.push_back(columns(each.path, 28, "from " + each.directory + "/"));
  return out;
}

lines code(const plugin_folder& of) {
  if (of.declared.language == parley::manifest::runtime::lua)
    return {"Lua, in a sandbox, within budgets of instructions and memory"};
  lines out{"native: trusted code, it can do all that the server's process can"};
  const plugin::library_facts& facts = of.facts;
  if (of.library.empty() || !facts.problem.empty()) return out;
  lines others;
  for (const std::string& name : facts.exported)
    if (name != PARLEY_PLUGIN_ENTRY_SYMBOL) others.push_back(name);
  out.push_back("entry: " + std::string(others.size() < facts.exported.size()
                                            ? PARLEY_PLUGIN_ENTRY_SYMBOL
                                            : "none"));
  if (!others.empty()) out.push_back("exports besides: " + some(others));
  if (!facts.unique.empty())
    out.push_back("cannot be unloaded because of: " + some(facts.unique) +
                  "; build it with -fno-gnu-unique, as parley_add_plugin does");
  if (facts.never_unloads) out.emplace_back("cannot be unloaded: it is linked with -z nodelete");
  out.push_back("linked to: " + (facts.needed.empty() ? "nothing" : joined(facts.needed)));
  return out;
}

void tell(const plugin_folder& of) {
  const manifest& m = of.declared;
  if (!m.name.empty()) {
    std::cout << m.name << ' ' << m.version << (m.summary.empty() ? "" : ": " + m.summary) << '\n';
    section("requires", ranges(m.dependencies));
    section("works with", ranges(m.optional_dependencies));
    section("provides", m.provides);
    section("asks for", capabilities(m));
    section("configuration", configuration(m));
    section("methods", methods(m));
    section("steps into", hooks(m));
    section("offers hooks", hook_points(m));
    section("events", events(m));
    section("stores", collections(m));
    section("jobs", jobs(m));
    section("scopes", scopes(m));
    section("pages", pages(m));
  } else {
    std::cout << of.library.string() << '\n';
  }
  section("code", code(of));
}

} // namespace

int inspect(const arguments& given) {
  const plugin_folder of = read_plugin_folder(given[0]);
  if (!of.declared.name.empty() || !of.library.empty()) tell(of);
  for (const std::string& sentence : of.problems) std::cerr << sentence << '\n';
  return of.problems.empty() ? 0 : 1;
}

} // namespace parley::ctl
