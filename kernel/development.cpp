#include "development.hpp"

#include "observe/log.hpp"

namespace parley {

namespace {

// A save may be several writes, and a build several files.
constexpr std::chrono::milliseconds quiet{200};

} // namespace

development::development(env::real_loop& on, node& of)
    : loop_(on), node_(of), watch_(on, [this](const std::string& name) { changed(name); }) {
  for (const plugin::candidate& c : node_.running()) {
    if (c.folder.empty()) continue;
    const std::string why = watch_.add(c.name, c.folder);
    if (!why.empty()) observe::write(observe::level::warn, why, {{"plugin", c.name}});
  }
  observe::write(observe::level::info, "plugins are loaded anew when their files are saved");
}

development::~development() {
  for (const auto& [name, timer] : waiting_) loop_.cancel(timer);
}

void development::changed(const std::string& plugin) {
  env::timer_id& timer = waiting_[plugin];
  if (timer) loop_.cancel(timer);
  timer = loop_.after(quiet, [this, plugin] {
    waiting_.erase(plugin);
    reload(plugin);
  });
}

// Where it cannot be used the log says why, and the version from before goes on.
void development::reload(const std::string& plugin) {
  node_.reload(plugin, [](const std::string&) {});
}

} // namespace parley
