#include "observe/metrics.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace parley::observe {

namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return error == std::errc{} ? std::string(text, end) : "NaN";
}

// HELP escapes backslash and line feed; the value of a label the quote as well.
std::string escaped(std::string_view text, bool label) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (label && c == '"') {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

std::string written(const labels& with) {
  labels sorted = with;
  std::sort(sorted.begin(), sorted.end());
  std::string out;
  for (const auto& [name, value] : sorted) {
    if (!out.empty()) out += ',';
    out += name + "=\"" + escaped(value, true) + '"';
  }
  return out;
}

std::string braces(const std::string& with, const std::string& more = "") {
  if (with.empty() && more.empty()) return "";
  return "{" + with + (with.empty() || more.empty() ? "" : ",") + more + "}";
}

std::vector<double> sorted(std::vector<double> bounds) {
  std::erase_if(bounds, [](double b) { return !std::isfinite(b); });
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  return bounds;
}

} // namespace

histogram::histogram(std::vector<double> upper_bounds)
    : bounds_(sorted(std::move(upper_bounds))), buckets_(bounds_.size() + 1) {}

void histogram::record(double value) {
  if (std::isnan(value)) return;
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  buckets_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

histogram::snapshot histogram::read() const {
  snapshot out;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    out.count += buckets_[i].load(std::memory_order_relaxed);
    out.up_to.emplace_back(bounds_[i], out.count);
  }
  out.count += buckets_.back().load(std::memory_order_relaxed);
  out.sum = sum_.load(std::memory_order_relaxed);
  return out;
}

std::vector<double> seconds() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

metrics::series& metrics::add(const std::string& name, const std::string& help, const char* type,
                              const labels& with) {
  auto [found, is_new] = families_.try_emplace(name);
  family& of = found->second;
  if (is_new) {
    of.type = type;
    of.help = help;
  }
  if (of.type != type) return *not_shown_.emplace_back(std::make_unique<series>());
  return of.by_labels[written(with)];
}

bool metrics::takes(const std::string& name, const std::string& type) const {
  const std::lock_guard lock(guard_);
  const auto found = families_.find(name);
  return found == families_.end() || found->second.type == type;
}

counter& metrics::add_counter(const std::string& name, const std::string& help,
                              const labels& with) {
  const std::lock_guard lock(guard_);
  series& one = add(name, help, "counter", with);
  if (!one.counts) one.counts = std::make_unique<counter>();
  return *one.counts;
}

gauge& metrics::add_gauge(const std::string& name, const std::string& help, const labels& with) {
  const std::lock_guard lock(guard_);
  series& one = add(name, help, "gauge", with);
  if (!one.stands) one.stands = std::make_unique<gauge>();
  return *one.stands;
}

histogram& metrics::add_histogram(const std::string& name, const std::string& help,
                                  std::vector<double> upper_bounds, const labels& with) {
  const std::lock_guard lock(guard_);
  series& one = add(name, help, "histogram", with);
  if (!one.spreads) one.spreads = std::make_unique<histogram>(std::move(upper_bounds));
  return *one.spreads;
}

void metrics::add_read(const std::string& name, const std::string& help, bool is_counter,
                       std::function<double()> read, const labels& with) {
  const std::lock_guard lock(guard_);
  add(name, help, is_counter ? "counter" : "gauge", with).read = std::move(read);
}

void metrics::add_text(std::function<std::string()> text) {
  const std::lock_guard lock(guard_);
  texts_.push_back(std::move(text));
}

void metrics::write(const std::string& name, const std::string& with, const series& one,
                    std::string& out) {
  if (one.counts) out += name + braces(with) + " " + std::to_string(one.counts->value()) + "\n";
  if (one.stands) out += name + braces(with) + " " + std::to_string(one.stands->value()) + "\n";
  if (one.read) out += name + braces(with) + " " + number(one.read()) + "\n";
  if (!one.spreads) return;
  const auto all = one.spreads->read();
  for (const auto& [bound, count] : all.up_to) {
    out += name + "_bucket" + braces(with, "le=\"" + number(bound) + "\"") + " " +
           std::to_string(count) + "\n";
  }
  out += name + "_bucket" + braces(with, "le=\"+Inf\"") + " " + std::to_string(all.count) + "\n";
  out += name + "_sum" + braces(with) + " " + number(all.sum) + "\n";
  out += name + "_count" + braces(with) + " " + std::to_string(all.count) + "\n";
}

std::string metrics::text() const {
  const std::lock_guard lock(guard_);
  std::string out;
  for (const auto& [name, of] : families_) {
    out += "# HELP " + name + " " + escaped(of.help, false) + "\n";
    out += "# TYPE " + name + " " + of.type + "\n";
    for (const auto& [with, one] : of.by_labels) write(name, with, one, out);
  }
  for (const auto& more : texts_) out += more();
  return out;
}

} // namespace parley::observe
