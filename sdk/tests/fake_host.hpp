#pragma once

// A host for tests of the C++ view: everything in memory, on one thread, and nothing completes
// until `run` says so. It keeps the contract's rules: values end with their call, a call ends once,
// an operation completes once and never from inside the function that began it.

#include "parley/draft/ephemeral.h"
#include "parley/draft/storage.h"
#include "parley/parley.h"

#include <boost/json.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fake {
namespace json = boost::json;

struct outcome {
  parley_status status = PARLEY_OK;
  json::value result; // or the error object
};

// How a call ended.
struct ending {
  parley_status status = PARLEY_OK;
  json::value result;
  std::string code, message, field;
  int times = 0;
};

struct operation {
  parley_call call = 0;
  parley_done done = nullptr;
  void* user = nullptr;
  std::function<outcome()> work;
};

struct published {
  std::string event, place;
  json::value data;
  int access = -1; // 0 revoke, 1 grant
  std::string principal;
};

class host {
 public:
  host();
  ~host();
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  const parley_host* c() const { return &table_; }

  // Loads and starts; the status of the entry.
  parley_status load(parley_plugin_entry entry);
  void unload(); // stops and destroys
  // Begins a call of a provided handler, and gives its id. `run` makes it end.
  parley_call enter(std::int32_t kind, const std::string& name, const json::value& input,
                    parley_batch batch = 0);
  ending call(std::int32_t kind, const std::string& name, const json::value& input);
  ending method(const std::string& name, const json::value& input);
  const ending& ended(parley_call id) { return calls[id].end; }
  // Completes what is outstanding, until nothing is.
  void run();
  // Completes one.
  void step();
  void cancel_all();

  std::string principal = "ann";
  std::int64_t readable_from = 1;
  json::value configuration = json::object();
  std::map<std::string, std::function<outcome(const json::value&)>> methods; // for invoke
  std::map<std::string, std::function<outcome(const json::value&)>> hooks;
  std::map<std::string, std::vector<std::string>> keys; // the keys of the collections
  std::vector<published> events;
  std::vector<std::string> withdrawn; // "event place number"
  std::vector<std::string> log;
  std::deque<operation> pending;
  std::map<std::string, json::array> tables;   // sorted by key
  std::map<std::string, std::uint32_t> ttl_ms; // of each collection's last ephemeral write
  std::map<std::string, std::int64_t> heads;
  std::map<std::string, std::string> topic_of_event;
  parley_status next_commit = PARLEY_OK; // what the next commit ends with instead
  int outstanding_values = 0;

  struct call_state {
    ending end;
    parley_batch batch = 0;
    std::vector<parley_value> values;
  };
  struct write {
    std::string verb, collection;
    json::value key, value;
  };
  struct batch_state {
    parley_call call = 0;
    std::vector<write> writes;
    std::vector<json::value> conditions;
    std::vector<published> events;
    std::vector<std::string> withdrawn;
    std::map<std::int64_t, std::pair<std::string, std::int64_t>> stand_ins; // topic, offset
  };

  parley_value keep(parley_call call, json::value what);
  const json::value* find(parley_value handle);
  parley_status begin(parley_call call, parley_done done, void* user,
                      std::function<outcome()> work);
  outcome commit(parley_batch handle, const json::value& reply);
  void apply(write& what);
  const json::object* record(const std::string& collection, const json::array& key);

  std::map<std::pair<std::int32_t, std::string>, std::pair<parley_handler, void*>> handlers;
  std::map<parley_call, call_state> calls;
  std::map<parley_batch, batch_state> batches;
  std::map<parley_value, json::value> values;
  std::uint64_t last_handle = 0;

 private:
  struct table : parley_host {
    host* self;
  } table_;
  parley_plugin plugin_{};
};

} // namespace fake
