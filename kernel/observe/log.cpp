#include "observe/log.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "env/real.hpp"

namespace parley::observe {

namespace {

constexpr std::size_t queue_lines = 8192;

struct state {
  std::atomic<level> least{level::info};
  format shape = format::human;
  bool colours = false;
  const env::clock* now = nullptr;
  std::shared_ptr<spdlog::details::thread_pool> pool; // outlives the logger that hands to it
  std::shared_ptr<spdlog::logger> out;
  std::function<void(std::string_view)> to; // instead of `out`
  std::mutex one_at_a_time;                 // for `to`
};

const env::clock& real() {
  static const env::real_clock clock;
  return clock;
}

// The pattern is ours: spdlog adds the end of the line only.
void prepare(spdlog::logger& out) {
  out.set_pattern("%v");
  out.set_level(spdlog::level::trace);
  out.flush_on(spdlog::level::trace);
}

void to_standard_error(state& s, format shape) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  s.shape = shape == format::automatic ? (terminal ? format::human : format::json) : shape;
  s.colours = terminal;
}

void set_default(state& s) {
  s.out =
      std::make_shared<spdlog::logger>("parley", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  prepare(*s.out);
  s.pool.reset();
  s.to = nullptr;
  s.least = level::info;
  s.now = &real();
  to_standard_error(s, format::automatic);
}

state& current() {
  static state* const s = [] {
    auto* made = new state; // never freed: others may log while the process ends
    set_default(*made);
    return made;
  }();
  return *s;
}

} // namespace

void write(level severity, std::string_view message, std::initializer_list<field> fields) {
  state& s = current();
  if (severity < s.least.load(std::memory_order_relaxed)) return;
  const std::string line = line_of(s.shape, s.colours, s.now->unix_ms(), severity, message, fields);
  if (s.to) {
    const std::lock_guard lock(s.one_at_a_time);
    return s.to(line);
  }
  s.out->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

void write_last(level severity, std::string_view message, std::initializer_list<field> fields) {
  state& s = current();
  if (s.to) return write(severity, message, fields);
  std::string line =
      line_of(s.shape, s.colours, s.now->unix_ms(), severity, message, fields) + '\n';
  for (std::string_view left = line; !left.empty();) {
    const ssize_t written = ::write(STDERR_FILENO, left.data(), left.size());
    if (written <= 0) return;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool is_written(level severity) {
  return severity >= current().least.load(std::memory_order_relaxed);
}

void start_log(const log_settings& settings) {
  state& s = current();
  stop_log();
  s.least = settings.least;
  if (settings.now) s.now = settings.now;
  to_standard_error(s, settings.shape);
  if (settings.to) {
    s.colours = false;
    s.to = settings.to;
  } else {
    s.pool = std::make_shared<spdlog::details::thread_pool>(queue_lines, 1);
    s.out = std::make_shared<spdlog::async_logger>(
        "parley", std::make_shared<spdlog::sinks::stderr_sink_mt>(), s.pool,
        spdlog::async_overflow_policy::overrun_oldest);
    prepare(*s.out);
  }
}

void stop_log() {
  state& s = current();
  s.pool.reset(); // waits until what is queued is written
  s.out.reset();  // after its thread: then nobody else can be the last one to let it go
  set_default(s);
}

std::uint64_t dropped_lines() {
  const auto& pool = current().pool;
  return pool ? pool->overrun_counter() : 0;
}

} // namespace parley::observe
