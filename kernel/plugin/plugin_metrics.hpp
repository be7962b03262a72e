#pragma once

// The metrics that a plugin declares, by its name: they go on when it is upgraded.

#include "observe/metrics.hpp"
#include "parley/metrics.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace parley::plugin {

class plugin_metrics {
 public:
  // `into` outlives it.
  plugin_metrics(std::string plugin, observe::metrics& into, std::uint32_t most)
      : plugin_(std::move(plugin)), into_(into), most_(most), all_(new one[most]) {}

  // On the logic loop. *why says what is wrong, for the author.
  parley_status declare(const parley_metric_spec& spec, parley_metric& out, std::string& why);

  // Any thread.
  parley_status add(parley_metric metric, std::int64_t by);
  parley_status set(parley_metric metric, std::int64_t to);
  parley_status record(parley_metric metric, double value);

 private:
  struct one {
    observe::counter* counts = nullptr;
    observe::gauge* stands = nullptr;
    observe::histogram* spreads = nullptr;
  };
  one* find(parley_metric metric) {
    return metric > 0 && metric <= count_.load(std::memory_order_acquire) ? &all_[metric - 1]
                                                                          : nullptr;
  }
  bool make(const parley_metric_spec& spec, one& out, std::string& why);

  std::string plugin_;
  observe::metrics& into_;
  std::uint32_t most_;
  std::unique_ptr<one[]> all_; // never moves: other threads look at what was published
  std::atomic<parley_metric> count_{0};
  std::map<std::string, parley_metric> by_name_; // with its labels
};

} // namespace parley::plugin
