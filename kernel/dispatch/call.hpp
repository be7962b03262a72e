#pragma once

// One piece of work in a plugin: a method, a hook, a scope's question, or what a plugin began
// itself.

#include "dispatch/answer_check.hpp"
#include "dispatch/circuit_breaker.hpp"
#include "dispatch/gateway.hpp"
#include "dispatch/stays.hpp"
#include "dispatch/values.hpp"
#include "manifest.hpp"
#include "observe/metrics.hpp"
#include "parley/call.h"
#include "schema.hpp"
#include "storage/engine.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace parley::dispatch {

struct handler {
  parley_handler enter = nullptr;
  void* user = nullptr;
  entry_point* at = nullptr;
};
using handlers = std::map<std::string, handler, std::less<>>;

// A plugin as dispatch knows it: what it declares, what it provides, and who it is.
struct instance {
  std::string name;
  manifest::manifest declared;
  handlers methods, hooks, routes, jobs, access, places;            // access and places by scope
  std::map<std::string, schema::validator, std::less<>> job_params; // by job
  std::map<std::string, std::vector<storage::sealed_member>, std::less<>> sealed_events;
  session_ptr self;           // the principal of kind PARLEY_PLUGIN
  session_ptr bot;            // with capabilities.bot, once its account is known
  std::string digest;         // of the file that its code came from; empty: part of the program
  entry_point* own = nullptr; // what it does by itself, below no handler
  circuit_breaker breaker;
  std::unique_ptr<const answer_check> strict; // where what it answers is to be checked
  bool serves = false;                        // the one of its name that others reach
  observe::gauge* open = nullptr;
  observe::counter* openings = nullptr;
  std::size_t calls = 0;      // that run in it
  std::size_t operations = 0; // begun by it, whose completion is still to be delivered

  // What the log holds encrypted of its event of that name.
  const std::vector<storage::sealed_member>& sealed_in(std::string_view event) const;
};

// How a call ended. `result` lies in the call's arena and ends with it.
struct ending {
  parley_status status = PARLEY_OK;
  const boost::json::value* result = nullptr;
  std::optional<error> failure;
  std::string fault; // what the plugin says of PARLEY_E_FAILED: for the operator, not the caller
};

struct call;
using on_end = std::function<void(call&, const ending&)>;

// What a call that runs a method carries besides.
struct method_work {
  const method* target = nullptr;
  std::shared_ptr<const registry> from; // keeps `target`
  instance* provider = nullptr;
  std::string scope_owner; // the plugin whose collections the permission's conditions name
  boost::json::value params;
  std::string digest;
  connection_id connection = 0;                // 0: called by a plugin
  std::uint64_t exchange = 0;                  // of the connection
  std::string place;                           // the scope's place, where the permission has one
  std::int64_t readable_from = 0;              // there, by the scope's owner
  std::string order_key;                       // empty: unordered, or already released
  std::string idempotency_key;                 // empty: not idempotent
  bool admitted = false;                       // its permission was given
  bool entered = false;                        // its handler was begun
  bool key_written = false;                    // a batch with the key is committed, or on its way
  bool repeated = false;                       // the key was found when committing
  std::vector<boost::json::object> conditions; // of the permission, for the call's batches
};

// What a call that runs a job knows of it.
struct job_run {
  std::string id;
  std::uint32_t attempt = 0, attempts = 0;
};

struct call {
  parley_call handle = 0;
  instance* plugin = nullptr; // whose code runs
  session_ptr who;
  std::string request_id;
  std::string remote;
  std::int64_t deadline_ms = 0;
  std::uint32_t depth = 0;
  parley_batch joined = 0; // the owner's batch, in a join hook
  parley_call parent = 0;
  std::string origin; // the plugin that began it all; empty: a client
  arena_ptr arena{value_arena::make()};
  std::vector<parley_call> children;
  std::vector<std::uint64_t> operations;
  std::vector<parley_batch> batches;
  std::optional<method_work> work;
  std::optional<job_run> job;
  std::vector<storage::commit_result> numbers; // of this call's commits, for its result
  on_end ended;

  entry_point* at = nullptr;    // where its plugin is entered for it
  bool entered = false;         // its handler was begun
  bool hurried = false;         // a client gave it less time than its method has
  bool trial = false;           // it is how the breaker finds out whether the plugin is well again
  bool garbage = false;         // what it ended with is not what the manifest says; set in `ended`
  bool ended_by_plugin = false; // it was its plugin that finished it, or failed it
  bool others_failed = false;   // an operation that it waited for ended with a fault of somebody
};

// A durable event that waits for its number.
struct pending_event {
  std::string topic;
  std::uint32_t offset = 0; // among the batch's events of that topic
  std::string name;
  boost::json::value data;
  std::string at;
  int access = 0; // 1: grant, -1: revoke
  std::string principal;
};

// Whose place an event with this data ends, as its manifest says; empty: nobody's.
std::string revoked_by(const manifest::event& declared, const boost::json::value& data);

// A collection as a plugin's own version declares it: an old version may drain beside a new one.
class collection_name {
 public:
  collection_name(const instance& of, std::string_view collection);
  operator storage::collection_ref() const { return {full_, version_}; }

 private:
  std::string full_;
  std::uint32_t version_ = 0; // 0: it declares none of that name
};

// What one commit writes and announces. Ends with its commit, or with the call that opened it.
struct write_batch {
  parley_call owner = 0;
  std::unique_ptr<storage::batch> writes; // empty once submitted
  std::vector<pending_event> events;
  boost::json::value reply; // as the plugin gave it, or null
  std::vector<std::function<void()>> after_commit;
};

// The handle that a plugin holds: the batch, and the plugin whose collections and events are meant.
// A join hook, and identity when it makes an account, get one of their own.
struct batch {
  std::shared_ptr<write_batch> root;
  instance* as = nullptr;
};

// An operation that waits for its completion.
struct operation {
  parley_call owner = 0;
  instance* plugin = nullptr; // whose it is; waits for it, see instance::operations
  entry_point* at = nullptr;  // where that was entered, whose continuation it is
  parley_done done = nullptr;
  void* user = nullptr;
};

// The code, sentence and temporary flag that a status stands for.
error error_of(parley_status status);
// The status that a plugin sees for an error of another.
parley_status status_of(const error& failure);
boost::json::object to_json(const error& failure, const boost::json::storage_ptr& storage = {});

} // namespace parley::dispatch
