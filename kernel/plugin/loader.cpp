#include "plugin/loader.hpp"

#include "dispatch/calls.hpp"
#include "env/env.hpp"
#include "lua/runtime.hpp"
#include "observe/log.hpp"
#include "plugin/assets.hpp"
#include "plugin/host.hpp"
#include "plugin/mapping.hpp"
#include "plugin/quarantine.hpp"
#include "storage/declare.hpp"

namespace parley::plugin {

namespace {
// How often it is looked whether a plugin's work is over, where nothing tells.
constexpr std::chrono::milliseconds look_again{5};

std::string open_ephemeral(loaded_plugin& plugin) {
  for (const storage::collection& each : storage::declared_ephemeral(plugin.declared)) {
    const std::string name = each.name.substr(plugin.name.size() + 1);
    const std::string why = plugin.shared->memory->open(each, plugin.ephemeral[name]);
    if (!why.empty()) return why;
  }
  return {};
}

std::string reason(const dispatch::ending& how) {
  return how.fault.empty() ? how.failure->message : how.fault;
}
} // namespace

loaded_plugin::loaded_plugin() = default;
loaded_plugin::~loaded_plugin() = default;

loader::loader(services& shared, lua_limits lua) : shared_(shared), lua_(lua) {
  if (!shared.code.empty()) remove_copies(shared.code);
}

std::unique_ptr<loaded_plugin> loader::load(candidate what, std::string* why) {
  auto plugin = std::make_unique<loaded_plugin>();
  plugin->name = what.name;
  plugin->folder = what.folder;
  plugin->digest = digest_of(what);
  plugin->declared = std::move(what.declared);
  plugin->config = std::move(what.config);
  plugin->grants = std::move(what.grants);
  plugin->shared = &shared_;
  plugin->self = std::make_shared<dispatch::session>(
      dispatch::session{"plugin:" + what.name, PARLEY_PLUGIN, "", {"plugin"}, 0});
  if (shared_.strict) plugin->strict = std::make_unique<dispatch::answer_check>(plugin->declared);
  for (const manifest::job& j : plugin->declared.jobs) {
    std::vector<schema::breach> faults; // the manifest was read without any
    plugin->job_params.emplace(j.name, schema::validator::compile(j.params, faults));
  }
  for (const manifest::event& e : plugin->declared.events)
    if (!e.sealed.empty())
      plugin->sealed_events[e.name] = storage::declared_sealed(plugin->declared, e);
  plugin->breaker = dispatch::circuit_breaker(shared_.faults);
  const observe::labels with{{"plugin", what.name}};
  plugin->open = &shared_.metrics->add_gauge(
      "parley_plugin_open", "1 while a plugin that kept failing is not entered.", with);
  plugin->openings = &shared_.metrics->add_counter(
      "parley_plugin_openings_total", "How often a plugin kept failing, and was opened.", with);
  auto offer = std::make_shared<dispatch::offer>(plugin->declared);
  *why = add_assets(*offer, plugin->declared, plugin->folder);
  if (!why->empty()) return nullptr;
  plugin->offer = std::move(offer);
  if (*why = open_ephemeral(*plugin); !why->empty()) return nullptr;
  prepare_host(*plugin);
  if (const auto found = built_in_.find(what.name); found != built_in_.end())
    *why = enter(*plugin, found->second);
  else if (plugin->declared.language == manifest::runtime::lua)
    *why = enter_lua(*plugin);
  else
    *why = enter_native(*plugin, what.library);
  if (why->empty()) return plugin;
  retire(std::move(plugin), 0, [] {});
  return nullptr;
}

std::string loader::enter_native(loaded_plugin& plugin, const std::string& library) {
  std::string why;
  plugin.library = mapping::open(library, shared_.code, &why);
  return plugin.library ? enter(plugin, plugin.library->entry()) : why;
}

std::string loader::enter_lua(loaded_plugin& plugin) {
  std::string why;
  const std::string provided = enter(plugin, [&](const parley_host* host, parley_plugin* out) {
    return lua::load(host, plugin.declared, plugin.folder, {lua_.memory_bytes, lua_.instructions},
                     out, &why);
  });
  return why.empty() ? provided : why;
}

namespace {

void enter(const loaded_plugin& plugin, std::string_view where,
           void (*what)(void* self, parley_call call), parley_call call) {
  if (run(plugin, &point(plugin, where), [&] { what(plugin.entered.self, call); })) return;
  plugin.shared->calls->fail(call, dispatch::error_of(PARLEY_E_FAILED), PARLEY_E_FAILED);
}

} // namespace

void loader::start(loaded_plugin& plugin, std::uint32_t deadline_ms, done ended) {
  const auto over = [&plugin, ended](dispatch::call&, const dispatch::ending& how) {
    plugin.started = !how.failure;
    ended(how.failure ? "it did not start: " + reason(how) : "");
  };
  dispatch::call& c = shared_.calls->begin(plugin, plugin.self, nullptr, deadline_ms, over);
  if (!plugin.entered.start) {
    shared_.calls->finish(c.handle, nullptr);
    return;
  }
  enter(plugin, "start", plugin.entered.start, c.handle);
}

void loader::stop(loaded_plugin& plugin, std::uint32_t deadline_ms, done ended) {
  end_work(plugin);
  const auto over = [&plugin, ended](dispatch::call&, const dispatch::ending& how) {
    plugin.started = false;
    ended(how.failure ? "it did not stop: " + reason(how) : "");
  };
  dispatch::call& c = shared_.calls->begin(plugin, plugin.self, nullptr, deadline_ms, over);
  if (!plugin.entered.stop) {
    shared_.calls->finish(c.handle, nullptr);
    return;
  }
  enter(plugin, "stop", plugin.entered.stop, c.handle);
}

void loader::cancel_timers(loaded_plugin& plugin) {
  for (const auto& [timer, id] : plugin.timers) shared_.logic->cancel(id);
  plugin.timers.clear();
}

void loader::end_work(loaded_plugin& plugin) {
  cancel_timers(plugin);
  shared_.calls->abort_all(plugin);
}

void loader::retire(std::unique_ptr<loaded_plugin> plugin, std::uint32_t deadline_ms,
                    std::function<void()> ended) {
  const std::int64_t until = shared_.clock->steady_ns() + std::int64_t{deadline_ms} * 1'000'000;
  end_work(*plugin);
  retire_later(std::make_shared<std::unique_ptr<loaded_plugin>>(std::move(plugin)), until,
               std::move(ended));
}

void loader::retire_later(std::shared_ptr<std::unique_ptr<loaded_plugin>> plugin,
                          std::int64_t until_ns, std::function<void()> ended) {
  const bool on_the_pool = (*plugin)->offloaded > 0; // else its completions come in a turn or two
  const auto look = [this, plugin, until_ns, ended = std::move(ended)] {
    loaded_plugin& p = **plugin;
    end_work(p); // continuations may have begun anew
    if (is_idle(p)) return destroy(std::move(*plugin), ended);
    if (shared_.clock->steady_ns() < until_ns || p.offloaded == 0)
      return retire_later(plugin, until_ns, ended);
    report_pinned(p.name, p.declared.version, "its work on the pool does not end");
    parked_.push_back(std::move(*plugin));
    ended();
  };
  if (on_the_pool)
    shared_.logic->after(look_again, look);
  else
    shared_.logic->post(look);
}

void loader::destroy(std::unique_ptr<loaded_plugin> plugin, std::function<void()> ended) {
  if (plugin->entered.destroy)
    run(*plugin, &point(*plugin, "destroy"),
        [&] { plugin->entered.destroy(plugin->entered.self); });
  if (plugin->library) {
    // A turn later, when none of its code is on the stack.
    shared_.logic->post(
        [this, name = plugin->name, version = plugin->declared.version,
         library = std::make_shared<std::unique_ptr<mapping>>(std::move(plugin->library)),
         ended = std::move(ended)] {
          unload(name, version, std::move(*library));
          ended();
        });
    return;
  }
  plugin.reset();
  ended();
}

void loader::unload(const std::string& name, const std::string& version,
                    std::unique_ptr<mapping> library) {
  if (const std::string why = library->close(); !why.empty()) report_pinned(name, version, why);
}

void loader::report_pinned(const std::string& name, const std::string& version,
                           const std::string& why) {
  observe::write(observe::level::error, "a plugin stays in memory",
                 {{"plugin", name}, {"version", version}, {"why", why}});
  shared_.metrics
      ->add_gauge("parley_plugin_pinned", "Versions that could not be unloaded.",
                  {{"plugin", name}})
      .add(1);
  pinned_.push_back(name + " " + version + ": " + why);
}

} // namespace parley::plugin
