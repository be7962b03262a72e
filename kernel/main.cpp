// parleyd [--check | --schema] CONFIG

#include "config/config.hpp"
#include "config/editor_schema.hpp"
#include "key_checks.hpp"
#include "node/check_rates.hpp"
#include "node/roles_from.hpp"
#include "observe/log.hpp"
#include "plugin/built_in.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/named_collections.hpp"
#include "plugin/quarantine.hpp"
#include "server.hpp"
#include "signals.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace {

constexpr const char* usage =
    "usage: parleyd [--check] CONFIG\n"
    "       parleyd --schema [CONFIG]\n"
    "  CONFIG    the server's YAML, such as config/single.yaml\n"
    "  --check   only say what is wrong with it\n"
    "  --schema  a JSON Schema for editors, with the plugins that CONFIG names\n"
    "  --version\n";

void tell(const std::vector<parley::yaml::problem>& problems) {
  for (const parley::yaml::problem& p : problems) std::cerr << parley::yaml::to_string(p) << '\n';
}

// Exit statuses: 0 well, 1 could not start or run, 2 wrong usage or configuration.
int complain(const std::vector<parley::yaml::problem>& problems) {
  tell(problems);
  return 2;
}

int print_schema(const std::vector<parley::plugin::candidate>& plugins) {
  std::map<std::string, boost::json::object> configs;
  for (const parley::plugin::candidate& c : plugins)
    if (c.name != "identity") configs[c.name] = c.declared.config;
  std::cout << parley::config::editor_schema(configs) << '\n';
  return 0;
}

bool has_store(const std::vector<parley::plugin::candidate>& plugins) {
  return std::any_of(plugins.begin(), plugins.end(), [](const parley::plugin::candidate& c) {
    const auto& provides = c.declared.provides;
    return std::find(provides.begin(), provides.end(), "storage") != provides.end();
  });
}

} // namespace

int main(int argc, char** argv) {
  bool check = false, schema = false;
  std::string path;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--check") {
      check = true;
    } else if (argument == "--version") {
      std::cout << "parleyd " << PARLEY_VERSION << '\n';
      return 0;
    } else if (argument == "--schema") {
      schema = true;
    } else if (argument == "--help" || argument == "-h") {
      std::cout << usage;
      return 0;
    } else if (path.empty() && !argument.starts_with("-")) {
      path = argument;
    } else {
      std::cerr << usage;
      return 2;
    }
  }
  if (path.empty()) {
    if (schema) return print_schema({});
    std::cerr << usage;
    return 2;
  }

  std::vector<parley::yaml::problem> problems;
  const parley::config::config config = parley::config::load(path, problems);
  if (!problems.empty()) return complain(problems);
  std::vector<parley::plugin::candidate> plugins =
      parley::plugin::find_plugins(config, parley::plugin::built_in_manifests(), problems);
  if (schema) return problems.empty() ? print_schema(plugins) : complain(problems);
  if (problems.empty()) parley::roles_from(config, plugins, problems);
  if (problems.empty()) parley::check_rates(config, plugins, problems);
  if (problems.empty() && check) parley::check_keys(config, plugins, problems);
  if (!problems.empty()) return complain(problems);
  const std::vector<parley::yaml::problem> doubts =
      parley::plugin::unknown_collections(config, plugins);
  if (check) {
    tell(doubts);
    std::cout << path << " is fine\n";
    return 0;
  }

  parley::observe::log_settings log;
  log.least = config.log_level;
  log.shape = config.log_format;
  parley::observe::start_log(log);
  for (const parley::yaml::problem& each : doubts)
    parley::observe::write(parley::observe::level::warn, parley::yaml::to_string(each));
  parley::net::raise_descriptor_limit();
  std::vector<parley::plugin::held_plugin> held =
      parley::plugin::hold_back(plugins, parley::plugin::quarantine(config.server.data));
  int status = 0;
  if (!has_store(plugins)) {
    parley::observe::write(parley::observe::level::error,
                           "the server cannot start without its storage driver");
    status = 1;
  } else {
    parley::server server(config, std::move(plugins), std::move(held));
    const parley::signals watch(server.loop(), [&server] { server.stop(); });
    status = server.run();
  }
  parley::observe::stop_log();
  return status;
}
