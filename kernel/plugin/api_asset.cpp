// parley.asset/1: files that a plugin makes while it runs.

#include "parley/draft/asset.h"

#include "dispatch/breach.hpp"
#include "dispatch/values.hpp"
#include "env/env.hpp"
#include "plugin/assets.hpp"
#include "plugin/host.hpp"

#include <algorithm>

namespace parley::plugin {

namespace {

using dispatch::breach;
using dispatch::view;

constexpr const char* no_null = "no pointer is NULL";

// type/subtype, and parameters: printable ASCII, fit for a header.
bool is_content_type(std::string_view type) {
  const auto slash = type.find('/');
  return type.size() <= 128 && slash != type.npos && slash > 0 && slash + 1 < type.size() &&
         std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// A change makes a new offer, which shares what has not changed. Told once for each turn.
void publish(loaded_plugin& plugin, std::shared_ptr<dispatch::offer> next) {
  plugin.offer = std::move(next);
  if (std::exchange(plugin.shared->offers_change, true)) return;
  plugin.shared->logic->post([shared = plugin.shared] {
    shared->offers_change = false;
    if (shared->offers_changed) shared->offers_changed();
  });
}

parley_status put(const parley_host* host, parley_str path, parley_str type, const void* bytes,
                  std::size_t len) {
  constexpr const char* function = "parley.asset/1 put";
  if (!host || (len > 0 && !bytes)) return breach(PARLEY_E_INVALID, function, no_null);
  loaded_plugin& plugin = loaded_plugin::of(host);
  if (!dispatch::on_logic_thread()) return breach(PARLEY_E_THREAD, function, "it is [logic]");
  const manifest::assets* place =
      dispatch::is_text(path) ? place_of(plugin.declared, view(path)) : nullptr;
  if (!place || !is_content_type(view(type)))
    return breach(PARLEY_E_INVALID, function,
                  "the path is below one that the manifest declares with `at_run_time: true`, and "
                  "the content type is one");
  const std::string name(view(path));
  const auto old = plugin.made_files.find(name);
  const std::size_t others = plugin.made_bytes - (old == plugin.made_files.end() ? 0 : old->second);
  if (len > plugin.shared->most_asset_bytes || others > plugin.shared->most_asset_bytes - len)
    return PARLEY_E_LIMIT;
  auto next = std::make_shared<dispatch::offer>(*plugin.offer);
  next->files[name] = std::make_shared<const dispatch::file>(
      make_file(std::string(static_cast<const char*>(bytes), len), std::string(view(type)),
                place->content_security_policy));
  plugin.made_files[name] = len;
  plugin.made_bytes = others + len;
  publish(plugin, std::move(next));
  return PARLEY_OK;
}

parley_status remove(const parley_host* host, parley_str path) {
  constexpr const char* function = "parley.asset/1 remove";
  if (!host) return breach(PARLEY_E_INVALID, function, no_null);
  loaded_plugin& plugin = loaded_plugin::of(host);
  if (!dispatch::on_logic_thread()) return breach(PARLEY_E_THREAD, function, "it is [logic]");
  const auto found = plugin.made_files.find(std::string(view(path)));
  if (found == plugin.made_files.end()) return PARLEY_E_NOT_FOUND;
  auto next = std::make_shared<dispatch::offer>(*plugin.offer);
  next->files.erase(found->first);
  plugin.made_bytes -= found->second;
  plugin.made_files.erase(found);
  publish(plugin, std::move(next));
  return PARLEY_OK;
}

} // namespace

const void* asset_interface() {
  static const parley_asset_api api{sizeof(parley_asset_api), put, remove};
  return &api;
}

} // namespace parley::plugin
