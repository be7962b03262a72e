#pragma once

// parleyd put together: the node, and the network in front of it.

#include "backups.hpp"
#include "config/config.hpp"
#include "control/socket.hpp"
#include "development.hpp"
#include "env/real.hpp"
#include "env/real_loop.hpp"
#include "env/thread.hpp"
#include "guard.hpp"
#include "net/server.hpp"
#include "node/api_documents.hpp"
#include "node/node.hpp"
#include "plugin_commands.hpp"

#include <memory>
#include <string>
#include <vector>

namespace parley {

class server {
 public:
  // `held`: those that the configuration names and that are not loaded.
  server(const config::config& with, std::vector<plugin::candidate> plugins,
         std::vector<plugin::held_plugin> held);
  ~server();

  // Until a signal ends it, or it cannot start. The process' exit status.
  int run();
  env::real_loop& loop() { return loop_; }
  // [logic] Drains, stops and ends `run`. A second call does not wait for clients.
  void stop();

 private:
  void start();
  dispatch::clients& connect(dispatch::entry& to);
  void listen();
  void take_orders();
  void fatal(const std::string& why);
  void stop_node();
  net::probe_answer probe(std::string_view path) const;

  const config::config& config_;
  env::real_clock clock_;
  env::real_random random_;
  env::real_loop loop_;
  observe::metrics metrics_;
  env::worker_pool pool_;
  api_documents documents_;
  node node_;
  plugin::quarantine quarantine_;
  guard guard_;
  plugin_commands commands_;
  backups backups_;
  std::unique_ptr<control::socket> control_;
  std::unique_ptr<development> development_; // where the configuration wants it
  std::unique_ptr<net::server> net_;
  std::int64_t began_ns_ = 0;
  bool stopping_ = false;
  int status_ = 0;
};

} // namespace parley
