#include "dispatch/breach.hpp"

#include "dispatch/stays.hpp"
#include "observe/log.hpp"

#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace parley::dispatch {

namespace {

// The test kit has two sides on one thread: a store that outlives the server before it.
thread_local std::vector<const stays*> sides;
thread_local const stays* logic = nullptr; // the last of them
thread_local const char* working = nullptr;
thread_local std::string* kept = nullptr;
std::atomic<bool> stops{false};

constexpr std::size_t most_remembered = 1024;
std::mutex guard;
std::map<std::string, std::uint64_t> counted; // by plugin and function

std::uint64_t count(const std::string& what) {
  const std::lock_guard lock(guard);
  if (counted.size() >= most_remembered) counted.clear();
  return ++counted[what];
}

bool is_written(std::uint64_t times) {
  while (times % 10 == 0) times /= 10;
  return times == 1;
}

std::string library_of(const void* caller) {
  Dl_info found{};
  if (!caller || dladdr(caller, &found) == 0 || !found.dli_fname) return "?";
  return std::filesystem::path(found.dli_fname).filename();
}

} // namespace

bool on_logic_thread() {
  return logic != nullptr;
}
void enter_logic_thread(const stays& here) {
  sides.push_back(&here);
  logic = &here;
}
void leave_logic_thread(const stays& here) {
  std::erase(sides, &here);
  logic = sides.empty() ? nullptr : sides.back();
}
void working_for(const char* plugin) {
  working = plugin;
}
void keep_first_breach(std::string* first) {
  kept = first;
}
void stop_at_breaches(bool on) {
  stops = on;
}

parley_status report_breach(parley_status status, const char* function, std::string_view expected,
                            const void* caller) {
  const entry_point* inside = logic ? logic->look().now : nullptr;
  const std::string plugin = inside ? inside->plugin : working ? working : "?";
  const std::string library = library_of(caller);
  const std::uint64_t times = count(plugin + " " + library + " " + function);
  if (kept && stops) {
    if (kept->empty()) *kept = std::string(function) + ": " + std::string(expected);
    return status;
  }
  const bool stop = stops;
  if (!stop && !is_written(times)) return status;
  (stop ? observe::write_last : observe::write)(
      observe::level::error,
      stop ? "a plugin breaks the rules of the C interface; the server stops (development.strict)"
           : "a plugin breaks the rules of the C interface",
      {{"plugin", plugin},
       {"entry", inside ? inside->name : ""},
       {"library", library},
       {"function", function},
       {"expected", expected},
       {"status", status},
       {"times", times}});
  if (stop) std::abort();
  return status;
}

} // namespace parley::dispatch
