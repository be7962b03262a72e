#include "key_checks.hpp"

#include "backup/key.hpp"
#include "node/master_keys_from.hpp"

namespace parley {

namespace {

// What of it is sealed; empty: nothing.
std::string sealed_in(const manifest::manifest& of) {
  for (const manifest::collection& each : of.collections)
    if (!each.sealed.empty()) return "fields of its collection " + each.name;
  for (const manifest::event& each : of.events)
    if (!each.sealed.empty()) return "fields of its event " + each.name;
  return {};
}

} // namespace

void check_keys(const config::config& from, const std::vector<plugin::candidate>& plugins,
                std::vector<yaml::problem>& problems) {
  const auto report = [&](const std::string& pointer, std::string why) {
    problems.push_back({from.source.file, from.source.at(pointer), std::move(why), {}});
  };
  for (std::size_t i = 0; i < from.master_keys.size(); ++i) {
    std::string why;
    if (!master_key_from(from, i, why))
      report("/storage/master_keys/" + std::to_string(i), std::move(why));
  }
  for (const plugin::candidate& c : plugins) {
    const std::string sealed = sealed_in(c.declared);
    if (!sealed.empty() && from.master_keys.empty())
      problems.push_back(config::plugin_problem(
          from, c.name,
          "the plugin " + c.name + " seals " + sealed +
              ", and storage.master_keys names no master key",
          "make one with `parleyctl keys new FILE`, and write `storage: { master_keys: [{ file: "
          "FILE }] }`"));
  }
  std::string why;
  if (!backup::read_key({from.backup.key_file, from.backup.key}, why) && !why.empty())
    report(from.backup.key_file.empty() ? "/backup/key" : "/backup/key_file", std::move(why));
}

} // namespace parley
