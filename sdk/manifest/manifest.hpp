#pragma once

// plugin.yaml as typed structures. Read by the kernel before any code is loaded, and by parley-gen.

#include "schema.hpp"
#include "yaml_document.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::manifest {

enum class runtime { native, lua };
enum class visibility { client, admin, plugin };
enum class hook_kind { filter, join, observe };

// As plugin.yaml writes them.
std::string_view name_of(runtime language);
std::string_view name_of(hook_kind kind);

// Whose data a record or event is, and what erasing that person does to it.
struct personal {
  std::string subject;  // the field that holds the account
  std::string on_erase; // delete, anonymise or keep
  std::string reason;   // required where keep
};

struct http_route {
  std::string verb; // GET, POST, PUT, PATCH, DELETE
  std::string path; // /v1/conversations/{conversation}/messages
};

// Raw HTTP, see draft/http_route.h.
struct route {
  std::string name; // within the plugin
  std::string doc;
  http_route http;
  std::uint32_t body_bytes = 65'536;
  std::uint32_t deadline_ms = 10'000;
};

struct permission {
  std::string name;
  std::string scope; // "server", or a scope that a plugin owns
  std::vector<std::string> default_roles;
};

// Schemas are JSON Schema objects with every shorthand and $ref to /types resolved in place; the
// name of a referenced type stays in the keyword "x-type".
struct method {
  std::string name; // "messaging.send"
  std::string doc;
  visibility seen_by = visibility::client;
  std::optional<http_route> http;
  std::optional<permission> required; // absent: anybody, also without a session
  std::string idempotent;             // the parameter with the client's key, or empty
  std::string order;                  // the ordering parameter, or empty
  std::uint32_t deadline_ms = 10'000;
  std::string rate = "write"; // class of how often it may be called: read, write, search
  boost::json::object params;
  boost::json::object result;
  std::vector<std::string> errors;
  bool tells_sealed = false; // parameters or result hold what a collection of the plugin seals
};

// A field that is stored encrypted: with the key of whom or what another one names.
struct sealed_field {
  std::string name;
  std::string key;
  bool lookup = false; // collections: whether it is found by equality
};

struct event {
  std::string name;
  std::string doc;
  std::string topic; // a scope's name, or "account"
  bool durable = false;
  std::string latest_by; // a member of `data`; empty: each counts
  std::string revokes;   // a member of `data`: whose place it ends; empty: nobody's
  boost::json::object data;
  std::vector<personal> subjects;
  std::vector<sealed_field> sealed; // of `data`, where durable
};

struct index {
  std::string name;
  std::vector<std::string> on;
  bool unique = false;
};

struct collection {
  std::string name; // without the plugin's
  std::uint32_t version = 1;
  std::vector<std::string> key;
  boost::json::object
      record; // schema made of `fields`; fields are required unless `optional: true`
  std::vector<index> indexes;
  std::vector<std::string> search_on, search_by; // full text; empty: none
  std::string expires; // the field that says when a record goes by itself, or empty
  std::vector<personal> subjects;
  std::vector<sealed_field> sealed;
  bool ephemeral = false; // in memory only, see draft/ephemeral.h
};

// Durable work for later, see draft/jobs.h.
struct job {
  std::string name; // without the plugin's
  std::string doc;
  boost::json::object params;
  std::uint32_t concurrency = 4; // runs at the same time, on one node
  std::uint32_t attempts = 10;
  std::uint32_t first_ms = 1'000; // `backoff`: before the second attempt, doubled before each later
  std::uint32_t most_ms = 600'000;
  std::uint32_t deadline_ms = 60'000; // of one run
  std::string cron;                   // when it is queued by itself, or empty
};

// A place where others may step in.
struct hook_point {
  std::string name;
  std::string doc;
  hook_kind kind = hook_kind::observe;
  bool pass_on_failure = false; // on_failure: pass | deny (the default)
  std::uint32_t deadline_ms = 1'000;
  boost::json::object data;
};

// A step into somebody's hook point.
struct hook {
  std::string name;
  hook_kind kind = hook_kind::observe;    // `phase`; must be the owner's
  bool required = true;                   // joins: whether the commit fails without it
  std::vector<std::string> before, after; // names of plugins
};

struct scope {
  std::string name; // also the kind of its topic: "conversation" → conversation:ID
  std::string doc;
  std::vector<std::string> roles;
};

struct bot {
  std::string name;
  std::string display_name;
};

struct assets {
  std::string path;                    // "/": where they are served
  std::string directory;               // within the plugin's folder
  std::string content_security_policy; // sent with every page
  bool at_run_time = false;            // the plugin may put files there, see draft/asset.h
};

struct manifest {
  std::string name;
  std::string version; // semver
  std::string summary;
  runtime language = runtime::native;
  std::map<std::string, std::string>
      dependencies; // `requires`: name → range (^1, ~1.2, >=1.2 <2, *)
  std::map<std::string, std::string>
      optional_dependencies;         // `optional`: the same, of those that it can do without
  std::vector<std::string> provides; // "storage"
  std::vector<std::string> http_authentication; // schemes besides Bearer, for the documents
  bool wants_identity = false;                  // capabilities.identity: true
  bool wants_authenticator = false;
  bool wants_connections = false;
  std::optional<bot> wants_bot; // capabilities.bot: {name, display_name}
  boost::json::object config;   // schema
  std::map<std::string, boost::json::object> types;
  std::vector<scope> scopes;
  std::vector<method> methods;
  std::vector<route> routes;
  std::vector<event> events;
  std::vector<collection> collections;
  std::vector<job> jobs;
  std::vector<hook_point> hook_points;
  std::vector<hook> hooks;
  std::vector<assets> served;

  // The capabilities that it asks for, by the names that an operator grants them by.
  std::vector<std::string> capabilities() const;
  // Whether it names the plugin as one whose methods, hooks and scopes it uses.
  bool may_use(const std::string& plugin) const {
    return dependencies.contains(plugin) || optional_dependencies.contains(plugin);
  }
};

// Reads and checks. Where `problems` is not empty afterwards the manifest must not be used.
manifest read(const yaml::document& source, std::vector<yaml::problem>& problems);

// Whether a version is within a range. An unreadable range admits nothing.
bool admits(const std::string& range, const std::string& version);

} // namespace parley::manifest
