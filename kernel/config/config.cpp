#include "config/config.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "config/substitute.hpp"
#include "cron.hpp"

namespace parley::config {
namespace json = boost::json;

extern const std::string_view config_schema_text;

namespace {

const schema::validator& config_schema() {
  static const schema::validator compiled = [] {
    std::vector<schema::breach> faults; // a test keeps them empty
    return schema::validator::compile(
        json::parse({config_schema_text.data(), config_schema_text.size()}).as_object(), faults);
  }();
  return compiled;
}

// What follows reads a value that its schema has admitted, with the defaults filled in.

std::string text_in(const json::object& in, std::string_view key) {
  return std::string(in.at(key).as_string());
}

template <class number>
void take(const json::object& in, std::string_view key, number& out) {
  out = static_cast<number>(in.at(key).as_int64());
}

std::vector<std::string> texts_in(const json::object& in, std::string_view key) {
  std::vector<std::string> out;
  if (const auto* list = in.if_contains(key)) {
    for (const auto& one : list->as_array()) out.emplace_back(one.as_string());
  }
  return out;
}

// Where the plugins lie that were installed with this program: PREFIX/lib, or what a distribution
// has for it. Neither is there beside a program that was built and not installed.
void add_installed_plugins(std::vector<std::filesystem::path>& to) {
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  const auto prefix = program.parent_path().parent_path();
  for (const char* lib : {"lib", PARLEY_LIB}) {
    const auto plugins = prefix / lib / "parley/plugins";
    if (std::find(to.begin(), to.end(), plugins) == to.end() &&
        std::filesystem::is_directory(plugins, failed))
      to.push_back(plugins);
  }
}

void read_limits(const json::object& in, limit_settings& out) {
  take(in, "frame_bytes", out.frame_bytes);
  take(in, "resume_bytes", out.resume_bytes);
  take(in, "deflate_above_bytes", out.deflate_above_bytes);
  take(in, "header_bytes", out.header_bytes);
  take(in, "body_bytes", out.body_bytes);
  take(in, "connections", out.connections);
  take(in, "connections_per_address", out.connections_per_address);
  take(in, "handshake_seconds", out.handshake_seconds);
  take(in, "header_seconds", out.header_seconds);
  take(in, "body_seconds", out.body_seconds);
  take(in, "idle_seconds", out.idle_seconds);
  take(in, "unfinished_mib", out.unfinished_bytes);
  // One body and one frame have room, whatever their limits are.
  out.unfinished_bytes =
      std::max({out.unfinished_bytes << 20, std::uint64_t{out.body_bytes},
                std::uint64_t{out.frame_bytes}, std::uint64_t{out.resume_bytes}});
  take(in, "queue_bytes", out.queue_bytes);
  take(in, "outstanding", out.outstanding);
  take(in, "close_seconds", out.close_seconds);
  take(in, "drain_seconds", out.drain_seconds);
  take(in, "plugin_drain_seconds", out.plugin_drain_seconds);
  take(in, "batch_operations", out.stored.batch_operations);
  take(in, "record_bytes", out.stored.record_bytes);
  take(in, "expiry_batch", out.expiry_batch);
  take(in, "value_depth", out.stored.value_depth);
  take(in, "migration_stall_seconds", out.stored.migration_stall_ms);
  out.stored.migration_stall_ms *= 1000;
  take(in, "data_keys", out.stored.data_keys);
  take(in, "data_key_seconds", out.stored.data_key_seconds);
  take(in, "value_bytes", out.value_bytes);
  take(in, "ephemeral_mib", out.ephemeral_mib);
  take(in, "plugin_metrics", out.plugin_metrics);
  take(in, "asset_mib", out.asset_mib);
  take(in, "offload_threads", out.offload_threads);
  take(in, "offload_queue", out.offload_queue);
  take(in, "method_deadline_ms", out.method_deadline_ms);
  take(in, "hook_deadline_ms", out.hook_deadline_ms);
  take(in, "jobs_running", out.jobs_running);
  take(in, "job_deadline_ms", out.job_deadline_ms);
  take(in, "job_lease_seconds", out.job_lease_seconds);
  take(in, "job_poll_seconds", out.job_poll_seconds);
  take(in, "job_dead_days", out.job_dead_days);
  take(in, "person_report_days", out.person_report_days);
  take(in, "person_export_hours", out.person_export_hours);
  take(in, "watchdog_seconds", out.watchdog_seconds);
  take(in, "slow_handler_ms", out.slow_handler_ms);
  take(in, "breaker_failures", out.breaker_failures);
  take(in, "breaker_window_ms", out.breaker_window_ms);
  take(in, "breaker_open_ms", out.breaker_open_ms);
  take(in, "breaker_open_most_ms", out.breaker_open_most_ms);
  take(in, "lua_memory_mib", out.lua_memory_mib);
  take(in, "lua_instructions", out.lua_instructions);
}

void read_rates(const json::object& in, dispatch::rate_limits& out) {
  const auto limit_in = [](const json::value& from) {
    dispatch::rate_limits::limit one;
    take(from.as_object(), "per_second", one.per_second);
    take(from.as_object(), "burst", one.burst);
    return one;
  };
  for (const char* name : {"read", "write", "search"}) out.classes[name] = limit_in(in.at(name));
  for (const auto& [name, limit] : in.at("methods").as_object())
    out.methods[name] = limit_in(limit);
  take(in, "per_address", out.per_address);
}

std::filesystem::path path_from(const std::filesystem::path& folder, const std::string& written) {
  return (folder / written).lexically_normal();
}

void read_listeners(const json::array& in, const std::filesystem::path& folder, config& out) {
  for (const auto& one : in) {
    const auto& object = one.as_object();
    listener next;
    next.address = text_in(object, "address");
    take(object, "port", next.port);
    if (const auto* secure = object.if_contains("tls")) {
      next.tls = tls_files{path_from(folder, text_in(secure->as_object(), "certificate")),
                           path_from(folder, text_in(secure->as_object(), "key"))};
    }
    out.listen.push_back(std::move(next));
  }
}

void read_log(const json::object& in, config& out) {
  const std::string level = text_in(in, "level");
  const std::string shape = text_in(in, "format");
  out.log_level = level == "debug"   ? observe::level::debug
                  : level == "warn"  ? observe::level::warn
                  : level == "error" ? observe::level::error
                                     : observe::level::info;
  out.log_format = shape == "human"  ? observe::format::human
                   : shape == "json" ? observe::format::json
                                     : observe::format::automatic;
}

void read_backup(const json::object& in, const std::filesystem::path& folder, config& out) {
  out.backup.cron = text_in(in, "cron");
  out.backup.folder = path_from(folder, text_in(in, "folder"));
  take(in, "keep", out.backup.keep);
  if (const std::string file = text_in(in, "key_file"); !file.empty())
    out.backup.key_file = path_from(folder, file);
  out.backup.key = text_in(in, "key");
}

void read_master_keys(const json::array& in, const std::filesystem::path& folder, config& out) {
  for (const auto& one : in) {
    const auto& object = one.as_object();
    master_key next;
    if (object.contains("file")) next.file = path_from(folder, text_in(object, "file"));
    if (object.contains("key")) next.key = text_in(object, "key");
    out.master_keys.push_back(std::move(next));
  }
}

// Its bytes; none where it is no address.
std::string address_bytes(const std::string& text) {
  std::string out(sizeof(in6_addr), '\0');
  if (::inet_pton(AF_INET6, text.c_str(), out.data()) == 1) return out;
  out.resize(sizeof(in_addr));
  return ::inet_pton(AF_INET, text.c_str(), out.data()) == 1 ? out : std::string();
}

// One that stands for all addresses of a kind meets each of them.
bool meet(const std::string& a, const std::string& b) {
  const auto is_any = [](const std::string& one) {
    return one.find_first_not_of('\0') == std::string::npos;
  };
  return a.size() == b.size() && (a == b || is_any(a) || is_any(b));
}

// Two cannot have it; the second would only be refused when the server starts.
void check_listeners(const config& in, std::vector<yaml::problem>& problems) {
  for (std::size_t i = 0; i < in.listen.size(); ++i) {
    const listener& each = in.listen[i];
    const std::string address = address_bytes(each.address);
    if (address.empty()) {
      problems.push_back({in.source.file, in.source.at("/listen/" + std::to_string(i)),
                          each.address + " is no IP address", "such as 127.0.0.1 or ::1"});
      continue;
    }
    const bool taken =
        each.port != 0 &&
        std::any_of(in.listen.begin(), in.listen.begin() + i, [&](const listener& before) {
          return before.port == each.port && meet(address_bytes(before.address), address);
        });
    if (!taken) continue;
    problems.push_back({in.source.file, in.source.at("/listen/" + std::to_string(i)),
                        "another listener has the address " + each.address + " and port " +
                            std::to_string(each.port),
                        "another port"});
  }
}

// Browsers leave the usual port out: with it the origin is never theirs.
void check_origins(const config& in, std::vector<yaml::problem>& problems) {
  for (std::size_t i = 0; i < in.cors_origins.size(); ++i) {
    const std::string& each = in.cors_origins[i];
    const std::string_view usual = each.starts_with("https:") ? ":443" : ":80";
    if (each == "*" || !each.ends_with(usual)) continue;
    problems.push_back({in.source.file, in.source.at("/cors/origins/" + std::to_string(i)),
                        "browsers write this origin without its port",
                        "`" + each.substr(0, each.size() - usual.size()) + "`"});
  }
}

void check_master_keys(const config& in, std::vector<yaml::problem>& problems) {
  for (std::size_t i = 0; i < in.master_keys.size(); ++i) {
    if (in.master_keys[i].file.empty() != in.master_keys[i].key.empty()) continue;
    problems.push_back({in.source.file, in.source.at("/storage/master_keys/" + std::to_string(i)),
                        "a master key has either a file or a key", "`file: PATH`"});
  }
}

void check_backup(const config& in, std::vector<yaml::problem>& problems) {
  std::string why;
  if (!in.backup.cron.empty() && !manifest::cron::parse(in.backup.cron, &why))
    problems.push_back({in.source.file, in.source.at("/backup/cron"), "backup.cron: " + why,
                        "such as `0 3 * * *`, which is every day at three, UTC"});
  if (!in.backup.key_file.empty() && !in.backup.key.empty())
    problems.push_back({in.source.file, in.source.at("/backup/key"),
                        "backup has a key_file and a key", "one of them"});
}

void read_plugins(const json::object& in, config& out) {
  for (const auto& member : in) {
    plugin next;
    next.name = member.key();
    if (const auto* object = member.value().if_object()) {
      if (const auto* written = object->if_contains("config")) next.written = written->as_object();
      next.grants = texts_in(*object, "grants");
    }
    out.plugins.push_back(std::move(next));
  }
}

void read(const json::object& root, const std::filesystem::path& folder, config& out) {
  const auto& server = root.at("server").as_object();
  out.server.name = text_in(server, "name");
  out.server.data = path_from(folder, text_in(server, "data"));
  read_listeners(root.at("listen").as_array(), folder, out);
  take(root.at("net").as_object(), "shards", out.shards);
  read_limits(root.at("limits").as_object(), out.limits);
  read_rates(root.at("rates").as_object(), out.rates);
  take(root.at("identity").as_object(), "access_token_minutes", out.identity.access_token_minutes);
  take(root.at("identity").as_object(), "refresh_token_days", out.identity.refresh_token_days);
  for (const auto& member : root.at("roles").as_object()) {
    const auto& one = member.value().as_object();
    out.roles[member.key()] = {texts_in(one, "permissions"), texts_in(one, "accounts")};
  }
  read_log(root.at("log").as_object(), out);
  take(root.at("storage").as_object(), "log_retention_days", out.log_retention_days);
  take(root.at("storage").as_object(), "expiry_seconds", out.expiry_seconds);
  take(root.at("storage").as_object(), "compare_heads_ms", out.compare_heads_ms);
  read_master_keys(root.at("storage").as_object().at("master_keys").as_array(), folder, out);
  read_backup(root.at("backup").as_object(), folder, out);
  out.cors_origins = texts_in(root.at("cors").as_object(), "origins");
  out.serve_api_documents = root.at("api_documents").as_object().at("serve").as_bool();
  const auto& development = root.at("development").as_object();
  out.development = {development.at("watch").as_bool(), development.at("strict").as_bool()};
  for (const auto& one : texts_in(root, "plugin_path")) {
    out.plugin_path.push_back(path_from(folder, one));
  }
  add_installed_plugins(out.plugin_path);
  read_plugins(root.at("plugins").as_object(), out);
}

void sort_by_place(std::vector<yaml::problem>& problems, std::size_t first) {
  std::stable_sort(problems.begin() + static_cast<std::ptrdiff_t>(first), problems.end(),
                   [](const auto& a, const auto& b) {
                     return std::pair(a.where.line, a.where.column) <
                            std::pair(b.where.line, b.where.column);
                   });
}

yaml::position place_of(const config& from, const std::string& plugin) {
  return from.source.at_key("/plugins/" + plugin);
}

} // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (!value) return {};
  return std::string(value);
}

const plugin* config::find(const std::string& name) const {
  const auto found = std::find_if(plugins.begin(), plugins.end(),
                                  [&](const auto& one) { return one.name == name; });
  return found == plugins.end() ? nullptr : &*found;
}

config load(const std::string& path, std::vector<yaml::problem>& problems,
            const environment& variables) {
  const std::size_t first = problems.size();
  config out;
  out.source = yaml::read_file(path, problems);
  if (problems.size() != first) return out;
  if (out.source.root.is_null()) out.source.root = json::object(); // an empty file: all defaults
  const auto folder = std::filesystem::absolute(path).parent_path();
  substitute(out.source, variables, folder, out.replaced, problems);
  check_part(config_schema(), out.source.root, "", out.source, out.replaced, problems);
  sort_by_place(problems, first);
  if (problems.size() != first) return out;
  json::value complete = out.source.root;
  config_schema().add_defaults(complete);
  read(complete.as_object(), folder, out);
  check_backup(out, problems);
  check_master_keys(out, problems);
  check_listeners(out, problems);
  check_origins(out, problems);
  return out;
}

json::object check_plugin_config(const config& from, const std::string& plugin,
                                 const json::object& schema, std::vector<yaml::problem>& problems) {
  const std::size_t first = problems.size();
  const auto* written = from.find(plugin);
  json::value value = written ? written->written : json::object();
  std::vector<schema::breach> faults;
  const auto wanted = schema::validator::compile(schema, faults);
  for (const auto& fault : faults) {
    problems.push_back(plugin_problem(from, plugin, "its manifest's schema is wrong: " + fault.what,
                                      fault.instead));
  }
  std::string prefix = "/plugins/" + plugin + "/config";
  check_part(wanted, value, prefix, from.source, from.replaced, problems);
  // What is missing from a `config` that is missing is missing at the plugin's name.
  if (!from.source.positions.contains(prefix)) {
    for (std::size_t i = first; i < problems.size(); ++i) {
      problems[i].where = place_of(from, plugin);
      problems[i].what = "the plugin `" + plugin + "` needs configuration: " + problems[i].what;
      problems[i].instead += " under `config`";
    }
  }
  sort_by_place(problems, first);
  wanted.add_defaults(value);
  return value.is_object() ? value.get_object() : json::object();
}

yaml::problem unknown_plugin(const config& from, const std::string& plugin,
                             const std::vector<std::string>& known) {
  const std::string near = schema::nearest(plugin, known);
  std::string list;
  for (const auto& one : known) list += (list.empty() ? "`" : ", `") + one + "`";
  return plugin_problem(from, plugin, "there is no plugin `" + plugin + "` in plugin_path",
                        !near.empty()  ? "did you mean `" + near + "`?"
                        : list.empty() ? "no folder of plugin_path holds any plugin"
                                       : "known here: " + list);
}

yaml::problem plugin_problem(const config& from, const std::string& plugin, std::string what,
                             std::string instead) {
  return {from.source.file, place_of(from, plugin), std::move(what), std::move(instead)};
}

} // namespace parley::config
