#pragma once

// Counters, gauges and histograms, as Prometheus reads them (text format 0.0.4).
//
//   counter& calls = all.add_counter("parley_calls_total", "Calls.", {{"method", name}});
//   calls.add();
//
// `add_…` takes a lock and is for the start; what it gives lives as long as the registry, and is
// then changed from any thread without one. Asking again for the same name and labels gives the
// same one. Labels have few values, all known: never an id, an address or what a person wrote.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::observe {

class counter {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class gauge {
 public:
  void set(std::int64_t to) { value_.store(to, std::memory_order_relaxed); }
  void add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

class histogram {
 public:
  explicit histogram(std::vector<double> upper_bounds); // sorted here; +Inf is added by itself
  void record(double value);

  struct snapshot {
    std::vector<std::pair<double, std::uint64_t>> up_to; // cumulative, without +Inf
    std::uint64_t count = 0;
    double sum = 0;
  };
  snapshot read() const;

 private:
  std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> buckets_; // one more than bounds
  std::atomic<double> sum_{0};
};

// Bounds for times in seconds: 0.5 ms to 10 s.
std::vector<double> seconds();

using labels = std::vector<std::pair<std::string, std::string>>;

class metrics {
 public:
  // Whether the name is free, or has that type ("counter", "gauge", "histogram").
  bool takes(const std::string& name, const std::string& type) const;
  // A name that has been given to another kind is a fault of the caller: what comes back works, but
  // is not shown.
  counter& add_counter(const std::string& name, const std::string& help, const labels& with = {});
  gauge& add_gauge(const std::string& name, const std::string& help, const labels& with = {});
  histogram& add_histogram(const std::string& name, const std::string& help,
                           std::vector<double> upper_bounds, const labels& with = {});
  // Read when asked, for what is counted elsewhere. Must outlive the registry.
  void add_read(const std::string& name, const std::string& help, bool is_counter,
                std::function<double()> read, const labels& with = {});
  // Appends finished text, for a part that exposes its own.
  void add_text(std::function<std::string()> text);

  std::string text() const; // any thread

  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct series {
    std::unique_ptr<counter> counts;
    std::unique_ptr<gauge> stands;
    std::unique_ptr<histogram> spreads;
    std::function<double()> read;
  };
  struct family {
    std::string type;
    std::string help;
    std::map<std::string, series> by_labels; // as they are written, without braces
  };
  series& add(const std::string& name, const std::string& help, const char* type,
              const labels& with);
  static void write(const std::string& name, const std::string& with, const series& one,
                    std::string& out);

  mutable std::mutex guard_;
  std::map<std::string, family> families_;
  std::vector<std::unique_ptr<series>> not_shown_;
  std::vector<std::function<std::string()>> texts_;
};

} // namespace parley::observe
