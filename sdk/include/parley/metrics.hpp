#pragma once

// A plugin's own metrics, see metrics.h. Made once, as members of the plugin; changed from any
// thread. A name that the host refuses throws where it is made:
//
//   parley::counter_metric sent_{host(), "sent_total", "Messages that were sent.", {{"kind",
//   "text"}}}; sent_.add();

#include "parley/error.hpp"
#include "parley/host.hpp"
#include "parley/metrics.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

using metric_labels = std::vector<std::pair<std::string_view, std::string_view>>;

class metric {
 protected:
  metric(const host& on, std::int32_t kind, std::string_view name, std::string_view help,
         const metric_labels& labels, const std::vector<double>& bounds = {})
      : host_(&on) {
    if (on.metrics == nullptr) throw error(PARLEY_E_UNAVAILABLE, {}, "The host has no metrics.");
    std::vector<parley_str> names, values;
    for (const auto& [label, text] : labels) {
      names.push_back(to_c(label));
      values.push_back(to_c(text));
    }
    parley_metric_spec spec{};
    spec.size = sizeof spec;
    spec.kind = kind;
    spec.name = to_c(name);
    spec.help = to_c(help);
    spec.label_names = names.data();
    spec.label_values = values.data();
    spec.label_count = static_cast<std::uint32_t>(names.size());
    spec.bound_count = static_cast<std::uint32_t>(bounds.size());
    spec.bounds = bounds.empty() ? nullptr : bounds.data();
    const parley_status status = on.metrics->declare(on.raw, &spec, &handle_);
    if (status != PARLEY_OK) {
      throw error(status, {}, "the host refuses the metric " + std::string(name));
    }
  }
  const host* host_;
  parley_metric handle_ = 0;
};

class counter_metric : public metric {
 public:
  counter_metric(const host& on, std::string_view name, std::string_view help,
                 const metric_labels& labels = {})
      : metric(on, PARLEY_COUNTER, name, help, labels) {}
  void add(std::int64_t by = 1) { host_->metrics->add(host_->raw, handle_, by); }
};

class gauge_metric : public metric {
 public:
  gauge_metric(const host& on, std::string_view name, std::string_view help,
               const metric_labels& labels = {})
      : metric(on, PARLEY_GAUGE, name, help, labels) {}
  void add(std::int64_t by) { host_->metrics->add(host_->raw, handle_, by); }
  void set(std::int64_t to) { host_->metrics->set(host_->raw, handle_, to); }
};

class histogram_metric : public metric {
 public:
  histogram_metric(const host& on, std::string_view name, std::string_view help,
                   const metric_labels& labels = {}, const std::vector<double>& upper_bounds = {})
      : metric(on, PARLEY_HISTOGRAM, name, help, labels, upper_bounds) {}
  void record(double value) { host_->metrics->record(host_->raw, handle_, value); }
};

} // namespace parley
