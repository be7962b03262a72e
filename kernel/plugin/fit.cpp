#include "plugin/fit.hpp"

#include <algorithm>
#include <map>

namespace parley::plugin {

namespace {

void check_dependencies(const std::vector<candidate>& plugins, const std::set<std::string>& wanted,
                        const complaints& report) {
  std::map<std::string, const candidate*> by_name;
  for (const candidate& c : plugins) by_name[c.name] = &c;
  for (const candidate& c : plugins)
    for (const auto& [name, range] : c.declared.dependencies) {
      const auto found = by_name.find(name);
      if (found == by_name.end()) {
        if (!wanted.contains(name))
          report.about(c.name,
                       "the plugin " + c.name + " needs the plugin " + name + " " + range +
                           ", which is not switched on",
                       "write `" + name + ": {}` under plugins, or remove " + c.name);
      } else if (!manifest::admits(range, found->second->declared.version)) {
        report.about(c.name,
                     "the plugin " + c.name + " needs " + name + " " + range + ", and version " +
                         found->second->declared.version + " is there",
                     "install a version of " + name + " that fits");
      }
    }
  for (const candidate& c : plugins)
    for (const auto& [name, range] : c.declared.optional_dependencies) {
      const auto found = by_name.find(name);
      if (found != by_name.end() && !manifest::admits(range, found->second->declared.version))
        report.about(c.name,
                     "the plugin " + c.name + " works with " + name + " " + range +
                         ", and version " + found->second->declared.version + " is there",
                     "install a version of " + name + " that fits, or switch one of them off");
    }
}

// Each name has one owner.
void check_names(const std::vector<candidate>& plugins, const complaints& report) {
  std::map<std::string, std::string> owners;
  const auto claim = [&](const candidate& c, const std::string& what, const std::string& name) {
    const auto [entry, is_new] = owners.try_emplace(what + " " + name, c.name);
    if (!is_new && entry->second != c.name)
      report.about(c.name,
                   "the plugins " + entry->second + " and " + c.name + " both declare the " + what +
                       " " + name,
                   "switch one of them off");
  };
  for (const candidate& c : plugins) {
    for (const auto& m : c.declared.methods) {
      claim(c, "method", m.name);
      if (m.http) claim(c, "route", m.http->verb + " " + m.http->path);
    }
    for (const auto& r : c.declared.routes) claim(c, "route", r.http.verb + " " + r.http.path);
    for (const auto& e : c.declared.events) claim(c, "event", e.name);
    for (const auto& s : c.declared.scopes) claim(c, "scope", s.name);
    for (const auto& p : c.declared.hook_points) claim(c, "hook point", p.name);
    for (const auto& p : c.declared.provides) claim(c, "service", p);
  }
}

class neighbours {
 public:
  explicit neighbours(const std::vector<candidate>& plugins) : plugins_(plugins) {}

  // What it misses may be of a plugin that it can do without.
  bool may_be_absent(const candidate& c) const {
    const auto is_there = [&](const auto& dependency) {
      return std::any_of(plugins_.begin(), plugins_.end(),
                         [&](const candidate& other) { return other.name == dependency.first; });
    };
    const auto& optional = c.declared.optional_dependencies;
    return !std::all_of(optional.begin(), optional.end(), is_there);
  }

  // Whether `c` may use what `owner` declares.
  static bool reachable(const candidate& c, const candidate& owner) {
    return &c == &owner || owner.folder.empty() || c.declared.may_use(owner.name);
  }

  const candidate* owner_of_scope(const std::string& scope) const {
    for (const candidate& c : plugins_)
      for (const auto& s : c.declared.scopes)
        if (s.name == scope) return &c;
    return nullptr;
  }

  const manifest::hook_point* hook_point(const std::string& name, const candidate** owner) const {
    for (const candidate& c : plugins_)
      for (const auto& p : c.declared.hook_points)
        if (p.name == name) {
          *owner = &c;
          return &p;
        }
    return nullptr;
  }

 private:
  const std::vector<candidate>& plugins_;
};

void check_scopes(const candidate& c, const neighbours& all, const complaints& report) {
  const auto check = [&](const std::string& scope, const std::string& user) {
    const candidate* owner = all.owner_of_scope(scope);
    if (!owner && all.may_be_absent(c)) return;
    if (!owner)
      report.about(c.name,
                   user + " of the plugin " + c.name + " is in the scope `" + scope +
                       "`, which no plugin owns",
                   "switch on the plugin that owns it");
    else if (!neighbours::reachable(c, *owner))
      report.about(c.name,
                   user + " of the plugin " + c.name + " is in the scope `" + scope + "` of " +
                       owner->name + ", which it does not require",
                   "its plugin.yaml needs `requires: { " + owner->name + ": ^1 }`");
  };
  for (const auto& m : c.declared.methods)
    if (m.required && m.required->scope != "server") check(m.required->scope, m.name);
  for (const auto& e : c.declared.events)
    if (e.topic != "account") check(e.topic, e.name);
}

void check_hooks(const candidate& c, const neighbours& all, const complaints& report) {
  for (const auto& h : c.declared.hooks) {
    const candidate* owner = nullptr;
    const manifest::hook_point* point = all.hook_point(h.name, &owner);
    if (!point && all.may_be_absent(c)) continue;
    if (!point)
      report.about(
          c.name,
          "the plugin " + c.name + " steps into the hook " + h.name + ", which no plugin offers",
          "switch on the plugin that offers it");
    else if (!neighbours::reachable(c, *owner))
      report.about(c.name,
                   "the plugin " + c.name + " steps into the hook " + h.name + " of " +
                       owner->name + ", which it does not require",
                   "its plugin.yaml needs `requires: { " + owner->name + ": ^1 }`");
    else if (point->kind != h.kind)
      report.about(c.name,
                   "the plugin " + c.name + " steps into the hook " + h.name + " in the phase " +
                       std::string(name_of(h.kind)) + ", and its owner says " +
                       std::string(name_of(point->kind)),
                   "phase: " + std::string(name_of(point->kind)));
  }
}

void check_hook_cycles(const std::vector<candidate>& plugins, const complaints& report) {
  std::set<std::string> hooks;
  for (const candidate& c : plugins)
    for (const auto& h : c.declared.hooks) hooks.insert(h.name);
  for (const std::string& hook : hooks) {
    std::vector<std::string> names;
    const dispatch::hook_order order = explain_hook(plugins, hook, names);
    if (order.cycle.empty()) continue;
    std::string who;
    for (const std::string& name : order.cycle) who += (who.empty() ? "" : ", ") + name;
    report.about(
        order.cycle.front(),
        "in the hook " + hook + " these plugins all want to come before one another: " + who,
        "switch one of them off");
  }
}

bool provides_storage(const candidate& c) {
  const auto& p = c.declared.provides;
  return std::find(p.begin(), p.end(), "storage") != p.end();
}

} // namespace

void check_fit(const std::vector<candidate>& plugins, const std::set<std::string>& wanted,
               bool complete, const complaints& report) {
  check_dependencies(plugins, wanted, report);
  check_names(plugins, report);
  if (!complete) return; // what is missing would be blamed again
  const neighbours all(plugins);
  for (const candidate& c : plugins) {
    bool has_all = true; // else the missing plugin was named already
    for (const auto& [name, range] : c.declared.dependencies)
      has_all = has_all && wanted.contains(name);
    if (!has_all) continue;
    check_scopes(c, all, report);
    check_hooks(c, all, report);
  }
  check_hook_cycles(plugins, report);
  if (std::none_of(plugins.begin(), plugins.end(), provides_storage))
    report.all.push_back({report.from.source.file, report.from.source.at("/plugins"),
                          "no plugin stores anything, and accounts and sessions need a store",
                          "write `storage-sqlite: {}` under plugins"});
}

std::vector<candidate> in_start_order(std::vector<candidate> plugins, const complaints& report) {
  std::vector<candidate> ordered;
  std::set<std::string> placed;
  const auto rank = [](const candidate& c) {
    return provides_storage(c) ? 0 : c.folder.empty() ? 1 : 2;
  };
  std::stable_sort(plugins.begin(), plugins.end(),
                   [&](const candidate& a, const candidate& b) { return rank(a) < rank(b); });
  std::set<std::string> present;
  for (const candidate& c : plugins) present.insert(c.name);
  while (!plugins.empty()) {
    const auto may_start = [&](const auto& d) {
      return placed.contains(d.first) || !present.contains(d.first);
    };
    const auto next = std::find_if(plugins.begin(), plugins.end(), [&](const candidate& c) {
      const auto& needed = c.declared.dependencies;
      const auto& optional = c.declared.optional_dependencies;
      return std::all_of(needed.begin(), needed.end(), may_start) &&
             std::all_of(optional.begin(), optional.end(), may_start);
    });
    if (next == plugins.end()) {
      std::string who;
      for (const candidate& c : plugins) who += (who.empty() ? "" : ", ") + c.name;
      report.about(plugins.front().name, "these plugins need one another in a circle: " + who,
                   "switch one of them off");
      return ordered;
    }
    placed.insert(next->name);
    ordered.push_back(std::move(*next));
    plugins.erase(next);
  }
  return ordered;
}

} // namespace parley::plugin
