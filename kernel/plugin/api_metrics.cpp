// parley.metrics/1.

#include "dispatch/breach.hpp"
#include "dispatch/values.hpp"
#include "env/env.hpp"
#include "observe/log.hpp"
#include "plugin/host.hpp"
#include "plugin/plugin_metrics.hpp"

#include <cstddef>

namespace parley::plugin {

namespace {

using dispatch::breach;

constexpr const char* no_null = "no pointer is NULL";
constexpr const char* of_its_kind = "a metric is one of this plugin's, of the kind for that";
constexpr std::size_t least_spec = offsetof(parley_metric_spec, bounds) + sizeof(const double*);

parley_status declare(const parley_host* host, const parley_metric_spec* spec, parley_metric* out) {
  constexpr const char* function = "parley.metrics/1 declare";
  if (!host || !spec || !out) return breach(PARLEY_E_INVALID, function, no_null);
  if (spec->size < least_spec)
    return breach(PARLEY_E_INVALID, function, "`size` is set to that of the struct");
  const loaded_plugin& plugin = loaded_plugin::of(host);
  if (!dispatch::on_logic_thread())
    return breach(PARLEY_E_THREAD, function, "it is [init] or [logic]");
  std::string why;
  const parley_status status = plugin.measured->declare(*spec, *out, why);
  if (status != PARLEY_OK)
    observe::write(observe::level::error, "a metric of a plugin is refused",
                   {{"plugin", plugin.name}, {"why", why}});
  return status;
}

parley_status add(const parley_host* host, parley_metric metric, std::int64_t by) {
  if (!host) return breach(PARLEY_E_INVALID, "parley.metrics/1 add", no_null);
  const parley_status status = loaded_plugin::of(host).measured->add(metric, by);
  return status == PARLEY_OK ? status : breach(status, "parley.metrics/1 add", of_its_kind);
}

parley_status set(const parley_host* host, parley_metric metric, std::int64_t to) {
  if (!host) return breach(PARLEY_E_INVALID, "parley.metrics/1 set", no_null);
  const parley_status status = loaded_plugin::of(host).measured->set(metric, to);
  return status == PARLEY_OK ? status : breach(status, "parley.metrics/1 set", of_its_kind);
}

parley_status record(const parley_host* host, parley_metric metric, double value) {
  if (!host) return breach(PARLEY_E_INVALID, "parley.metrics/1 record", no_null);
  const parley_status status = loaded_plugin::of(host).measured->record(metric, value);
  return status == PARLEY_OK ? status : breach(status, "parley.metrics/1 record", of_its_kind);
}

} // namespace

const void* metrics_interface() {
  static const parley_metrics_api api{sizeof(parley_metrics_api), declare, add, set, record};
  return &api;
}

} // namespace parley::plugin
