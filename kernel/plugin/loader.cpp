#include "plugin/loader.hpp"

#include "dispatch/calls.hpp"
#include "env/env.hpp"
#include "lua/runtime.hpp"
#include "observe/log.hpp"
#include "plugin/host.hpp"

#include <boost/dll/shared_library.hpp>

namespace parley::plugin {

namespace dll = boost::dll;

loader::loader(services& shared, lua_limits lua) : shared_(shared), lua_(lua) {}

std::unique_ptr<loaded_plugin> loader::load(candidate what, std::string* why) {
  auto plugin = std::make_unique<loaded_plugin>();
  plugin->name = what.name;
  plugin->declared = std::move(what.declared);
  plugin->config = std::move(what.config);
  plugin->grants = std::move(what.grants);
  plugin->shared = &shared_;
  plugin->self = std::make_shared<dispatch::session>(
      dispatch::session{"plugin:" + what.name, PARLEY_PLUGIN, "", {"plugin"}, 0});
  plugin->logic_time = &shared_.metrics->add_histogram(
      "parley_plugin_logic_seconds", "Each stay of a plugin's code on the logic thread.",
      observe::seconds(), {{"plugin", what.name}});
  prepare_host(*plugin);
  if (const auto found = built_in_.find(what.name); found != built_in_.end())
    *why = enter(*plugin, found->second);
  else if (plugin->declared.language == manifest::runtime::lua)
    *why = enter_lua(*plugin, what.folder);
  else
    *why = enter_native(*plugin, what.library);
  if (why->empty()) return plugin;
  retire(std::move(plugin), 0, [] {});
  return nullptr;
}

std::string loader::enter_native(loaded_plugin& plugin, const std::string& library) {
  auto opened = std::make_shared<dll::shared_library>();
  try {
    opened->load(library, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  } catch (const boost::system::system_error& failed) { // its text has dlopen's reason
    return library + " cannot be loaded: " + failed.what();
  }
  if (!opened->has(PARLEY_PLUGIN_ENTRY_SYMBOL))
    return library + " is no plugin: it exports no " PARLEY_PLUGIN_ENTRY_SYMBOL;
  const auto entry = reinterpret_cast<parley_plugin_entry>(
      reinterpret_cast<void*>(&opened->get<void(void)>(PARLEY_PLUGIN_ENTRY_SYMBOL)));
  mapped_.push_back(opened);
  return enter(plugin, entry);
}

std::string loader::enter_lua(loaded_plugin& plugin, const std::string& folder) {
  std::string why;
  const std::string provided = enter(plugin, [&](const parley_host* host, parley_plugin* out) {
    return lua::load(host, plugin.declared, folder, {lua_.memory_bytes, lua_.instructions}, out,
                     &why);
  });
  return why.empty() ? provided : why;
}

void loader::start(loaded_plugin& plugin, std::uint32_t deadline_ms, done ended) {
  const auto over = [&plugin, ended](dispatch::call&, const dispatch::ending& how) {
    plugin.started = !how.failure;
    ended(how.failure ? "it did not start: " + how.failure->message : "");
  };
  dispatch::call& c = shared_.calls->begin(plugin, plugin.self, nullptr, deadline_ms, over);
  if (!plugin.entered.start) {
    shared_.calls->finish(c.handle, nullptr);
    return;
  }
  plugin.entered.start(plugin.entered.self, c.handle);
}

void loader::stop(loaded_plugin& plugin, std::uint32_t deadline_ms, done ended) {
  end_work(plugin);
  const auto over = [&plugin, ended](dispatch::call&, const dispatch::ending& how) {
    plugin.started = false;
    ended(how.failure ? "it did not stop: " + how.failure->message : "");
  };
  dispatch::call& c = shared_.calls->begin(plugin, plugin.self, nullptr, deadline_ms, over);
  if (!plugin.entered.stop) {
    shared_.calls->finish(c.handle, nullptr);
    return;
  }
  plugin.entered.stop(plugin.entered.self, c.handle);
}

void loader::end_work(loaded_plugin& plugin) {
  for (const auto& [timer, id] : plugin.timers) shared_.logic->cancel(id);
  plugin.timers.clear();
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
  const std::uint32_t pause_ms = (*plugin)->offloaded > 0 ? 5 : 0;
  const auto look = [this, plugin, until_ns, ended = std::move(ended)] {
    loaded_plugin& p = **plugin;
    end_work(p); // continuations may have begun anew
    const bool over = p.offloaded == 0 && !shared_.calls->delivering();
    if (!over && shared_.clock->steady_ns() < until_ns)
      return retire_later(plugin, until_ns, ended);
    if (p.offloaded > 0) {
      observe::write(observe::level::error, "a plugin's work on the pool does not end; it stays",
                     {{"plugin", p.name}});
      kept_.push_back(std::move(*plugin));
    } else {
      if (p.entered.destroy) p.entered.destroy(p.entered.self);
      plugin->reset();
    }
    ended();
  };
  if (pause_ms > 0)
    shared_.logic->after(std::chrono::milliseconds(pause_ms), look);
  else
    shared_.logic->post(look);
}

} // namespace parley::plugin
