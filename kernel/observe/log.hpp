#pragma once

// Structured log lines: a sentence and fields. For people where a terminal reads, JSON lines
// otherwise. Write no secret, and nothing that a person wrote.
//
//   observe::write(observe::level::warn, "a plugin held the logic thread",
//                  {{"plugin", name}, {"ms", took}});
//
// Field names with a meaning of their own: plugin, request, principal.

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace parley::env {
class clock;
}

namespace parley::observe {

enum class level { debug = 1, info = 2, warn = 3, error = 4 }; // as in parley/log.h
enum class format { automatic, human, json };

// Borrows its text: meant to live within one call of `write`.
struct field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  field(std::string_view k, std::string_view v) : key(k), value(v) {}
  field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  field(std::string_view k, bool v) : key(k), value(v) {}
  field(std::string_view k, double v) : key(k), value(v) {}
  field(std::string_view k, std::signed_integral auto v)
      : key(k), value(static_cast<std::int64_t>(v)) {}
  field(std::string_view k, std::unsigned_integral auto v)
      : key(k), value(static_cast<std::uint64_t>(v)) {}
};

// Any thread. Lines are handed to a thread of the log's own; where that cannot keep up, the oldest
// are dropped and counted, and nobody waits.
void write(level severity, std::string_view message, std::initializer_list<field> fields = {});
// Whether `write` would do anything: for fields that cost something to make.
bool is_written(level severity);

// The same, written at once and past what is queued: for a process that is about to end.
void write_last(level severity, std::string_view message, std::initializer_list<field> fields = {});

struct log_settings {
  level least = level::info;
  format shape = format::automatic;         // human where standard error is a terminal
  const env::clock* now = nullptr;          // the real clock where null; outlives the log
  std::function<void(std::string_view)> to; // for tests: gets each line at once, without its end
};

// Until then: from info on, to standard error, at once. Not while others write.
void start_log(const log_settings& settings);
// Writes what is queued, and goes back to the state before `start_log`.
void stop_log();
std::uint64_t dropped_lines();

// One line, without its end.
std::string line_of(format shape, bool colours, std::int64_t unix_ms, level severity,
                    std::string_view message, std::initializer_list<field> fields);

} // namespace parley::observe
