#include "node/lua_care.hpp"

#include "dispatch/calls.hpp"
#include "lua/runtime.hpp"

namespace parley {

namespace {

constexpr std::chrono::seconds look_every{5};
constexpr std::int64_t collect_again_ms = 60'000; // a full collection holds the logic thread

bool is_lua(const dispatch::instance& plugin) {
  return plugin.declared.language == manifest::runtime::lua;
}

} // namespace

lua_care::lua_care(plugin::services& shared, plugin::lifecycle& all, std::size_t limit_bytes,
                   restarts::restart how)
    : shared_(shared),
      all_(all),
      limit_bytes_(limit_bytes),
      restarts_(*shared.logic, *shared.clock, *shared.metrics, std::move(how)) {
  shared.calls->on_breaker = [this](dispatch::instance& plugin,
                                    dispatch::circuit_breaker::change changed) {
    breaker_changed(plugin, changed);
  };
  look();
}

lua_care::~lua_care() {
  shared_.calls->on_breaker = nullptr;
  shared_.logic->cancel(timer_);
}

void lua_care::hold(const std::string& plugin, bool held) {
  for (const auto& p : all_.plugins())
    if (p->name == plugin) p->breaker.hold(held);
}

// It rests until it has a new VM; where it cannot get one the old one is tried again.
void lua_care::breaker_changed(const dispatch::instance& plugin,
                               dispatch::circuit_breaker::change how) {
  if (!is_lua(plugin) || how != dispatch::circuit_breaker::change::opened) return;
  hold(plugin.name, true);
  restarts_.want(plugin.name, "it keeps failing",
                 [this, name = plugin.name] { hold(name, false); });
}

void lua_care::look() {
  for (const auto& p : all_.plugins())
    if (is_lua(*p)) look_at(*p);
  timer_ = shared_.logic->after(look_every, [this] { look(); });
}

void lua_care::look_at(plugin::loaded_plugin& plugin) {
  const std::size_t full = limit_bytes_ / 10 * 9;
  const std::int64_t now_ms = shared_.clock->steady_ns() / 1'000'000;
  const auto collected = collected_ms_.find(plugin.name);
  if (lua::memory_of(plugin.entered) > full &&
      (collected == collected_ms_.end() || now_ms - collected->second >= collect_again_ms)) {
    collected_ms_[plugin.name] = now_ms;
    lua::collect(plugin.entered);
    if (lua::memory_of(plugin.entered) > full)
      restarts_.want(plugin.name, "its memory stays above 90 % of limits.lua_memory_mib", [] {});
  }
  shared_.metrics
      ->add_gauge("parley_lua_memory_bytes", "What the VM of a Lua plugin holds.",
                  {{"plugin", plugin.name}})
      .set(static_cast<std::int64_t>(lua::memory_of(plugin.entered)));
}

} // namespace parley
