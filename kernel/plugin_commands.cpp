#include "plugin_commands.hpp"

#include "control/socket.hpp"

#include "lua/runtime.hpp"

#include <utility>

namespace parley {

namespace json = boost::json;

namespace {

json::object fault(std::string sentence) {
  return {{"error", std::move(sentence)}};
}

json::object line_of(const plugin::loaded_plugin& p, std::string_view state) {
  json::object out{{"name", p.name},
                   {"version", p.declared.version},
                   {"language", name_of(p.declared.language)},
                   {"state", state}};
  if (p.breaker.is_open()) out["state"] = "open";
  if (p.declared.language == manifest::runtime::lua)
    out["memory_bytes"] = lua::memory_of(p.entered);
  return out;
}

} // namespace

void plugin_commands::run(const json::object& asked, reply answer) {
  const std::string what = control::text_of(asked, "do");
  const std::string name = control::text_of(asked, "plugin");
  if (what == "plugin.list") return answer(list());
  if (what == "plugin.reload" && !name.empty()) return reload(name, answer);
  if (what == "plugin.release" && !name.empty()) return release(name, answer);
  answer(fault("this server does not know the order `" + what + "`"));
}

json::object plugin_commands::list() const {
  json::array all;
  auto& stays = node_.services().calls->all_stays();
  const auto add = [&](json::object line) {
    line["seconds"] = stays.seconds_of(control::text_of(line, "name"));
    line["restarts"] = node_.restarts_of(control::text_of(line, "name"));
    all.push_back(std::move(line));
  };
  if (const plugin::loaded_plugin* driver = node_.driver()) add(line_of(*driver, "running"));
  for (const auto& p : node_.plugins().plugins()) add(line_of(*p, "running"));
  for (const plugin::loaded_plugin* p : node_.plugins().draining()) {
    json::object line = line_of(*p, "draining");
    line["why"] = std::to_string(p->calls) + " calls, " + std::to_string(p->operations) +
                  " operations and " + std::to_string(p->offloaded) + " pieces of CPU work to end";
    add(std::move(line));
  }
  for (const plugin::held_plugin& h : node_.held())
    add({{"name", h.what.name},
         {"version", h.what.declared.version},
         {"language", name_of(h.what.declared.language)},
         {"state", quarantine_.find(h.what.name) ? "quarantined" : "held back"},
         {"why", h.why}});
  json::array pinned;
  for (const std::string& sentence : node_.loader().pinned()) pinned.emplace_back(sentence);
  return {{"plugins", std::move(all)}, {"pinned", std::move(pinned)}};
}

void plugin_commands::reload(const std::string& name, const reply& answer) {
  if (const auto why = quarantine_.find(name); why && !has_changed(name, why->digest))
    return answer(fault("the plugin " + name + " is in quarantine: " + why->why +
                        "; `parleyctl plugin release` loads it again, or another version"));
  quarantine_.release(name);
  node_.reload(name, [this, name, answer](const std::string& why) {
    if (!why.empty()) return answer(fault(why));
    const plugin::loaded_plugin* now = node_.plugins().find(name);
    answer({{"version", now ? now->declared.version : ""}});
  });
}

bool plugin_commands::has_changed(const std::string& name, const std::string& digest) const {
  for (const plugin::held_plugin& h : node_.held())
    if (h.what.name == name) return plugin::digest_of(h.what) != digest;
  return false;
}

// It is loaded at once, and those that were left out because of it.
void plugin_commands::release(const std::string& name, const reply& answer) {
  const bool was_in = quarantine_.release(name);
  std::vector<std::string> names;
  for (const plugin::held_plugin& h : node_.held())
    if (!quarantine_.find(h.what.name)) names.push_back(h.what.name);
  if (!was_in && names.empty())
    return answer(fault("the plugin " + name + " is not in quarantine"));
  load_next(std::move(names), {}, answer);
}

void plugin_commands::load_next(std::vector<std::string> names, json::array done,
                                const reply& answer) {
  if (names.empty()) return answer({{"done", std::move(done)}});
  const std::string name = names.front();
  names.erase(names.begin());
  node_.reload(name, [this, name, names, done, answer](const std::string& why) mutable {
    done.emplace_back(why.empty() ? name + " runs again" : name + " does not run: " + why);
    load_next(std::move(names), std::move(done), answer);
  });
}

} // namespace parley
