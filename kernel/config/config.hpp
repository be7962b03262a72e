#pragma once

// The operator's YAML as typed structures. parley.schema.json says what may be written and what
// holds where nothing is.
//
// In every string value `${NAME}` stands for an environment variable, `${NAME:-text}` for it or,
// where it is not set, for the text, and `$$` for one `$`. Where such a value stands for a number,
// true or false, it is read as one. Within `plugins: NAME: config:` a value that begins with
// `file:` stands for what the file of that path holds, without the end of its last line: for
// secrets. Keys are taken as they are. Relative paths are relative to the YAML file.

#include <boost/json.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dispatch/rate_limits.hpp"
#include "net/limits.hpp"
#include "observe/log.hpp"
#include "schema.hpp"
#include "storage/limits.hpp"
#include "yaml_document.hpp"

namespace parley::config {

struct server_settings {
  std::string name;
  std::filesystem::path data;
};

struct tls_files {
  std::filesystem::path certificate, key;
};

struct listener {
  std::string address;
  std::uint16_t port = 0;
  std::optional<tls_files> tls;
};

struct limit_settings : net::limits {
  std::uint32_t drain_seconds = 0;
  std::uint32_t plugin_drain_seconds = 0;
  storage::limits stored;
  std::uint32_t expiry_batch = 0;
  std::uint32_t ephemeral_mib = 0;
  std::uint32_t plugin_metrics = 0;
  std::uint32_t asset_mib = 0;
  std::uint64_t value_bytes = 0;
  std::uint32_t offload_threads = 0;
  std::uint32_t offload_queue = 0;
  std::uint32_t method_deadline_ms = 0; // the most that any manifest gets
  std::uint32_t hook_deadline_ms = 0;
  std::uint32_t jobs_running = 0;
  std::uint32_t job_deadline_ms = 0;
  std::uint32_t job_lease_seconds = 0;
  std::uint32_t job_poll_seconds = 0;
  std::uint32_t job_dead_days = 0;
  std::uint32_t person_report_days = 0;
  std::uint32_t person_export_hours = 0;
  std::uint32_t watchdog_seconds = 0; // 0: none
  std::uint32_t slow_handler_ms = 0;  // 0: none is warned about
  std::uint32_t breaker_failures = 0;
  std::uint32_t breaker_window_ms = 0;
  std::uint32_t breaker_open_ms = 0;
  std::uint32_t breaker_open_most_ms = 0;
  std::uint32_t lua_memory_mib = 0;
  std::uint64_t lua_instructions = 0;
};

struct identity_settings {
  std::uint32_t access_token_minutes = 0;
  std::uint32_t refresh_token_days = 0;
};

// One of the two. What it holds is read where it is used.
struct master_key {
  std::filesystem::path file;
  std::string key;
};

struct backup_settings {
  std::string cron; // empty: none are made by themselves
  std::filesystem::path folder;
  std::uint32_t keep = 0;
  std::filesystem::path key_file; // empty: none
  std::string key;                // empty: none
};

struct development_settings {
  bool watch = false;
  bool strict = false; // what plugins answer is checked, also where that costs
};

struct role {
  std::vector<std::string> permissions;
  std::vector<std::string> accounts;
};

struct plugin {
  std::string name;
  boost::json::object written; // its `config`, with variables and files put in; not yet checked
  std::vector<std::string> grants;
};

struct config {
  server_settings server;
  std::vector<listener> listen;
  std::uint32_t shards = 0; // 0: by the number of cores
  limit_settings limits;
  dispatch::rate_limits rates;
  identity_settings identity;
  std::map<std::string, role> roles;
  observe::level log_level = observe::level::info;
  observe::format log_format = observe::format::automatic;
  std::uint32_t log_retention_days = 0; // of durable topics
  std::uint32_t expiry_seconds = 0;
  std::uint32_t compare_heads_ms = 0;  // 0: no other server shares the store
  std::vector<master_key> master_keys; // of sealed fields; the first wraps new data keys
  backup_settings backup;
  development_settings development;
  bool serve_api_documents = false;
  std::vector<std::string> cors_origins;
  std::vector<std::filesystem::path> plugin_path;
  std::vector<plugin> plugins; // in the order of the file

  yaml::document source;
  std::map<std::string, std::string> replaced; // by JSON Pointer: what stood there, as written

  const plugin* find(const std::string& name) const;
};

using environment = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> process_environment(const std::string& name);

// Where `problems` has grown the result must not be used.
config load(const std::string& path, std::vector<yaml::problem>& problems,
            const environment& variables = process_environment);

// The configuration of one plugin, checked against its manifest's schema, with the schema's
// defaults. Breaches come as problems at their places in the file.
boost::json::object check_plugin_config(const config& from, const std::string& plugin,
                                        const boost::json::object& schema,
                                        std::vector<yaml::problem>& problems);

// `plugin` is named in the file, but in no folder of plugin_path; `known` are those that are.
yaml::problem unknown_plugin(const config& from, const std::string& plugin,
                             const std::vector<std::string>& known);
// Any other complaint about a plugin, at its key.
yaml::problem plugin_problem(const config& from, const std::string& plugin, std::string what,
                             std::string instead);

} // namespace parley::config
