#include "plugin/plugin_metrics.hpp"

#include "dispatch/breach.hpp"
#include "dispatch/values.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace parley::plugin {

namespace {

using dispatch::view;

constexpr std::size_t longest = 64;
constexpr std::uint32_t most_labels = 4;
constexpr std::uint32_t most_bounds = 32;

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > longest || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// What is wrong, or an empty text.
std::string wrong_with(const parley_metric_spec& spec) {
  const std::string name(view(spec.name).substr(0, longest));
  if (spec.kind < PARLEY_COUNTER || spec.kind > PARLEY_HISTOGRAM)
    return "a metric is a counter, a gauge or a histogram, not of kind " +
           std::to_string(spec.kind);
  if (!is_name(view(spec.name)))
    return "`" + name +
           "` is no name for a metric: a lower-case letter, then lower-case letters, " +
           "digits and underscores, 64 at most";
  if (view(spec.help).size() > 256 || !dispatch::is_text(spec.help))
    return "the help of the metric " + name + " is too long, or not UTF-8";
  if (spec.label_count > most_labels)
    return "the metric " + name + " has more than " + std::to_string(most_labels) + " labels";
  if (spec.label_count > 0 && (!spec.label_names || !spec.label_values))
    return "the labels of the metric " + name + " are NULL";
  std::set<std::string_view> seen{"plugin", "le"};
  for (std::uint32_t i = 0; i < spec.label_count; ++i)
    if (!is_name(view(spec.label_names[i])) || !seen.insert(view(spec.label_names[i])).second)
      return "a label of the metric " + name + " has no name of its own";
    else if (view(spec.label_values[i]).size() > longest ||
             !dispatch::is_text(spec.label_values[i]))
      return "a label's value of the metric " + name + " is too long, or not UTF-8";
  if (!spec.bounds) return {};
  const bool grow = spec.bound_count <= most_bounds &&
                    std::is_sorted(spec.bounds, spec.bounds + spec.bound_count) &&
                    std::all_of(spec.bounds, spec.bounds + spec.bound_count,
                                [](double b) { return std::isfinite(b); });
  return grow ? "" : "the bounds of the metric " + name + " are too many, or do not grow";
}

std::string shown_name(std::string plugin, std::string_view name) {
  std::replace(plugin.begin(), plugin.end(), '-', '_');
  return "plugin_" + plugin + "_" + std::string(name);
}

} // namespace

bool plugin_metrics::make(const parley_metric_spec& spec, one& out, std::string& why) {
  const std::string name = shown_name(plugin_, view(spec.name));
  const std::string help(view(spec.help));
  observe::labels with{{"plugin", plugin_}};
  for (std::uint32_t i = 0; i < spec.label_count; ++i)
    with.emplace_back(view(spec.label_names[i]), view(spec.label_values[i]));
  constexpr const char* types[] = {"counter", "gauge", "histogram"};
  if (!into_.takes(name, types[spec.kind - 1])) {
    why = "the metric " + std::string(view(spec.name)) +
          " was of another kind before; give it another name, or restart the server";
    return false;
  }
  if (spec.kind == PARLEY_COUNTER) {
    out.counts = &into_.add_counter(name, help, with);
  } else if (spec.kind == PARLEY_GAUGE) {
    out.stands = &into_.add_gauge(name, help, with);
  } else {
    std::vector<double> bounds = observe::seconds();
    if (spec.bounds) bounds.assign(spec.bounds, spec.bounds + spec.bound_count);
    out.spreads = &into_.add_histogram(name, help, std::move(bounds), with);
  }
  return true;
}

parley_status plugin_metrics::declare(const parley_metric_spec& spec, parley_metric& out,
                                      std::string& why) {
  why = wrong_with(spec);
  if (!why.empty()) return PARLEY_E_INVALID;
  std::set<std::string> labels;
  for (std::uint32_t i = 0; i < spec.label_count; ++i)
    labels.insert(std::string(view(spec.label_names[i])) + "\n" +
                  std::string(view(spec.label_values[i])));
  std::string key = std::to_string(spec.kind) + "\n" + std::string(view(spec.name));
  for (const std::string& one : labels) key += "\n" + one;
  if (const auto known = by_name_.find(key); known != by_name_.end()) {
    out = known->second;
    return PARLEY_OK;
  }
  const parley_metric next = count_.load(std::memory_order_relaxed);
  if (next == most_) {
    why = "it has " + std::to_string(most_) +
          " series already (limits.plugin_metrics): labels have few values, all known";
    return PARLEY_E_LIMIT;
  }
  if (!make(spec, all_[next], why)) return PARLEY_E_INVALID;
  by_name_[key] = out = next + 1;
  count_.store(out, std::memory_order_release);
  return PARLEY_OK;
}

parley_status plugin_metrics::add(parley_metric metric, std::int64_t by) {
  const one* m = find(metric);
  if (!m) return PARLEY_E_STALE;
  if (m->counts && by >= 0)
    m->counts->add(static_cast<std::uint64_t>(by));
  else if (m->stands)
    m->stands->add(by);
  else
    return PARLEY_E_INVALID;
  return PARLEY_OK;
}

parley_status plugin_metrics::set(parley_metric metric, std::int64_t to) {
  const one* m = find(metric);
  if (!m) return PARLEY_E_STALE;
  if (!m->stands) return PARLEY_E_INVALID;
  m->stands->set(to);
  return PARLEY_OK;
}

parley_status plugin_metrics::record(parley_metric metric, double value) {
  const one* m = find(metric);
  if (!m) return PARLEY_E_STALE;
  if (!m->spreads || !std::isfinite(value)) return PARLEY_E_INVALID;
  m->spreads->record(value);
  return PARLEY_OK;
}

} // namespace parley::plugin
