#pragma once

// The host side of the C ABI: the interfaces that a plugin can query.

#include "plugin/loaded_plugin.hpp"

#include <functional>
#include <string>

namespace parley::plugin {

// Makes `plugin.host` ready to be given to an entry function.
void prepare_host(loaded_plugin& plugin);

// Runs the entry function ([init]) and checks that everything declared was provided.
// Gives what is wrong, or an empty text.
std::string enter(loaded_plugin& plugin,
                  const std::function<parley_status(const parley_host*, parley_plugin*)>& entry);

// Where the plugin is entered: named in the log and in metrics.
dispatch::entry_point& point(const loaded_plugin& plugin, std::string_view name);
// Runs the plugin's code there. False where it threw.
bool run(const loaded_plugin& plugin, dispatch::entry_point* at, const std::function<void()>& code);

// For the kernel's own plugins.

// Runs once the batch is durable, on the logic thread. Ignored where the batch has ended.
void after_commit(parley_batch batch, std::function<void()> action);
// A handle to the same batch under the names of `to`'s collections; ends with `until`. 0: stale.
parley_batch lend(parley_batch batch, const parley_host* to, parley_call until);
// The call that opened a batch; 0: stale.
parley_call owner_of(parley_batch batch);

// Whether it asks for a capability, and the operator has granted it. Plugins that are part of the
// program are granted what they ask for.
bool has_capability(const loaded_plugin& plugin, const std::string& capability);

// Interfaces, by file.
const void* call_interface();
const void* storage_interface();
const void* ephemeral_interface();
const void* jobs_interface();
const void* hook_interface();
const void* topic_interface();
const void* env_interface();
const void* log_interface();
const void* metrics_interface();
const void* config_interface();
const void* offload_interface();
const void* storage_driver_interface();
const void* connections_interface();
const void* asset_interface();

} // namespace parley::plugin
