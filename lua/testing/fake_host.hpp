#pragma once

// A host in memory: enough of the C ABI to run a Lua plugin in a test, with nothing that waits by
// itself. What takes time is queued, and happens in `run`.

#include "lua/runtime.hpp"

#include <parley/draft/ephemeral.h>
#include <parley/draft/storage.h>
#include <parley/parley.h>
#include <boost/json.hpp>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace parley::lua::testing {

namespace json = boost::json;

// How a call ended.
struct ending {
  parley_status status = PARLEY_OK;
  bool replaced = false; // finished with a value, not with 0
  json::value result;
  std::string code, message, field;
};

struct invocation {
  std::string method;
  json::value params;
  bool as_bot = false;
};

struct log_line {
  int level = 0;
  std::string text;
};

class fake_host {
 public:
  fake_host();
  ~fake_host();
  fake_host(const fake_host&) = delete;
  fake_host& operator=(const fake_host&) = delete;

  // What to load, before `load`.
  manifest::manifest declared;
  json::object config;
  bool grants_bot = true;
  limits bounds;

  // Writes the files (name → text) into a folder of their own, and loads it.
  parley_status load(const std::map<std::string, std::string>& files);
  parley_status load_folder(const std::string& folder);
  std::string why;
  void unload(); // stop, then destroy
  std::size_t memory() const { return memory_of(plugin_); }
  void collect() const { lua::collect(plugin_); }

  // Enters a handler, and completes whatever it waits for. Empty while the call has not ended.
  std::optional<ending> call(std::int32_t kind, const std::string& name, const json::value& input);
  std::optional<ending> method(const std::string& name, const json::value& params = json::object());
  std::optional<ending> hook(const std::string& name, const json::value& payload);
  std::optional<ending> start();
  // Enters without completing anything: the handle of the call.
  parley_call enter(std::int32_t kind, const std::string& name, const json::value& input);
  const std::optional<ending>& ended(parley_call call);
  void forget(parley_call call); // drops what is kept about one that has ended
  void run();                    // completes what is outstanding, until nothing is
  void advance(std::int64_t ms); // the clock, firing timers

  // What a method of others answers; one without an answer is not_found.
  std::map<std::string, std::function<ending(const json::value&)>> methods;
  std::vector<invocation> invoked;
  std::vector<log_line> logged;
  std::vector<std::string> published;                                 // "event place data"
  std::map<std::string, std::map<std::string, json::object>> records; // collection → key → record
  std::map<std::string, std::map<std::string, std::uint32_t>> ttl_ms; // of ephemeral records
  std::map<std::string, double> metrics; // "name label=value" → the sum of what was added
  std::string principal = "0192-account";
  std::int64_t readable_from = 0;

  std::size_t open_calls() const;
  std::size_t live_values() const { return values_.size(); }
  int ended_twice = 0; // ends of a call that had ended
  bool has_logged(const std::string& part) const;

 private:
  struct call_data {
    bool as_bot = false;
    bool closed = false;
    std::vector<parley_value> values;
    std::optional<ending> end;
  };
  struct value_data {
    json::value data;
    parley_call call;
  };
  struct provided_handler {
    parley_handler function;
    void* user;
  };
  struct batch_data {
    parley_call call;
    std::vector<std::function<bool()>> conditions;
    std::vector<std::function<void()>> writes;
  };
  struct timer_data {
    std::int64_t at;
    void (*fire)(void*);
    void* user;
  };
  struct table; // the functions of the ABI
  struct value_table;
  struct storage_table;
  struct memory_table;
  struct call_table;
  static const void* value_api();
  static const void* storage_api();
  static const void* ephemeral_api();

  parley_value keep(parley_call call, json::value data);
  parley_call open_call(bool as_bot);
  call_data* live(parley_call call);
  parley_status close(parley_call call, ending how);
  parley_status later(parley_call call, parley_done done, void* user, std::function<ending()> work);
  json::array key_of(const std::string& collection, const json::object& record) const;

  struct host_struct : parley_host {
    fake_host* self;
  } host_;
  parley_plugin plugin_{};
  bool loaded_ = false;
  std::map<std::pair<std::int32_t, std::string>, provided_handler> handlers_;
  std::map<parley_call, call_data> calls_;
  std::map<parley_value, value_data> values_;
  std::map<parley_batch, batch_data> batches_;
  std::map<parley_timer, timer_data> timers_;
  std::deque<std::function<void()>> outstanding_;
  std::vector<std::string> metric_names_; // by handle, from 1
  std::string folder_;
  std::uint64_t next_ = 1;
  std::int64_t now_ms_ = 1'700'000'000'000;
};

} // namespace parley::lua::testing
