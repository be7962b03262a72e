#include "dependencies.hpp"

#include "schema.hpp"

#include <algorithm>

namespace parley::gen {
namespace {

// Part of the kernel, and known to every plugin.
constexpr std::string_view kernel_part = "identity";

const source* find(const std::vector<source>& known, const std::string& name) {
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const source& each) { return each.declared.name == name; });
  return found == known.end() ? nullptr : &*found;
}

const manifest::hook_point* find_point(const source& in, const std::string& name) {
  const auto& all = in.declared.hook_points;
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

// Where a manifest is missing: what to write into which file.
std::string how_to_give(const source& plugin, const std::string& name) {
  return "`REQUIRES " + name + "` in parley_add_plugin(" + plugin.declared.name +
         " …) of CMakeLists.txt (for parley-gen itself: --requires " + name + "/plugin.yaml)";
}

void check_version(const source& plugin, const source& other, const std::string& pointer,
                   const std::string& range, std::vector<yaml::problem>& problems) {
  if (manifest::admits(range, other.declared.version)) return;
  problems.push_back(problem_at(plugin, pointer,
                                "it asks for " + other.declared.name + " " + range + ", and " +
                                    other.document.file + " is version " + other.declared.version,
                                "a range that admits it, or give another manifest"));
}

yaml::problem unknown_hook(const manifest::hook& step, const source& plugin,
                           const std::vector<source>& known) {
  const std::string pointer = "/hooks/" + yaml::escape_pointer(step.name);
  for (const auto& [name, range] : plugin.declared.optional_dependencies) {
    if (find(known, name)) continue;
    return problem_at(plugin, pointer,
                      "the hook " + step.name + " is not known; it may be of " + name +
                          ", whose manifest was not given",
                      how_to_give(plugin, name));
  }
  std::vector<std::string> names;
  for (const source& each : known) {
    for (const auto& point : each.declared.hook_points) names.push_back(point.name);
  }
  const std::string near = schema::nearest(step.name, names);
  return problem_at(
      plugin, pointer, "no plugin under `requires` or `optional` has the hook " + step.name,
      near.empty() ? "the plugin that owns it under `requires`" : "did you mean `" + near + "`?");
}

} // namespace

void check_dependencies(const source& plugin, const std::vector<source>& known,
                        std::vector<yaml::problem>& problems) {
  const auto& own = plugin.declared;
  for (const auto& [name, range] : own.dependencies) {
    const std::string pointer = "/requires/" + yaml::escape_pointer(name);
    if (const source* other = find(known, name)) {
      check_version(plugin, *other, pointer, range, problems);
    } else {
      problems.push_back(problem_at(
          plugin, pointer, own.name + " requires " + name + ", whose manifest was not given",
          how_to_give(plugin, name)));
    }
  }
  for (const auto& [name, range] : own.optional_dependencies) {
    const std::string pointer = "/optional/" + yaml::escape_pointer(name);
    if (const source* other = find(known, name)) {
      check_version(plugin, *other, pointer, range, problems);
    }
  }
  for (const source& other : known) {
    const auto& name = other.declared.name;
    if (name == own.name || name == kernel_part || own.may_use(name)) continue;
    const std::string range =
        "^" + other.declared.version.substr(0, other.declared.version.find('.'));
    problems.push_back(
        problem_at(plugin, "/requires",
                   other.document.file + " is given, and " + own.name + " does not require " + name,
                   "`requires: { " + name + ": " + range + " }`, or leave " + name +
                       " out of REQUIRES in CMakeLists.txt"));
  }
}

const source* owner_of_hook(const manifest::hook& step, const source& plugin,
                            const std::vector<source>& known,
                            std::vector<yaml::problem>& problems) {
  const source* owner = find_point(plugin, step.name) ? &plugin : nullptr;
  for (const source& each : known) {
    if (!owner && find_point(each, step.name)) owner = &each;
  }
  if (!owner) {
    const auto& needed = plugin.declared.dependencies;
    const bool all_known = std::all_of(needed.begin(), needed.end(),
                                       [&](const auto& each) { return find(known, each.first); });
    // Otherwise check_dependencies has told what is missing.
    if (all_known) problems.push_back(unknown_hook(step, plugin, known));
    return nullptr;
  }
  if (find_point(*owner, step.name)->kind != step.kind) {
    const auto kind = find_point(*owner, step.name)->kind;
    problems.push_back(problem_at(plugin, "/hooks/" + yaml::escape_pointer(step.name) + "/phase",
                                  "the hook " + step.name + " of " + owner->declared.name +
                                      " is a " + std::string(name_of(kind)),
                                  "`phase: " + std::string(name_of(kind)) + "`"));
    return nullptr;
  }
  return owner;
}

const manifest::hook_point& hook_point_of(const source& owner, const std::string& name) {
  return *find_point(owner, name);
}

} // namespace parley::gen
