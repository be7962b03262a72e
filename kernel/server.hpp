#pragma once

// parleyd put together: environment, storage, identity, dispatch, plugins and network, started in
// this order and ended in the reverse one.

#include "config/config.hpp"
#include "dispatch/dispatcher.hpp"
#include "env/real.hpp"
#include "env/real_loop.hpp"
#include "env/thread.hpp"
#include "identity/dispatch_access.hpp"
#include "identity/identity.hpp"
#include "net/server.hpp"
#include "plugin/catalogue.hpp"
#include "plugin/loader.hpp"
#include "storage/engine.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parley {

class server {
 public:
  server(const config::config& with, std::vector<plugin::candidate> plugins);
  ~server();

  // Until a signal ends it, or it cannot start. The process' exit status.
  int run();
  env::real_loop& loop() { return loop_; }
  // [logic] Drains, stops and ends `run`. A second call does not wait for clients.
  void stop();

 private:
  using next = std::function<void()>;

  void start();
  void start_storage();
  void open_storage();
  void start_identity();
  void start_network();
  void start_plugin(std::size_t index);
  void ensure_bot(plugin::loaded_plugin& of, next then);
  void started();
  void failed(const std::string& plugin, const std::string& why);
  void fatal(const std::string& why);

  void stop_plugins();
  void close_storage();
  void stop_driver();
  void finish();

  std::shared_ptr<dispatch::registry> make_registry() const;
  bool serve();
  net::probe_answer probe(std::string_view path) const;
  void tidy(); // old events and idempotency keys

  const config::config& config_;
  std::vector<plugin::candidate> candidates_;

  env::real_clock clock_;
  env::real_random random_;
  env::real_loop loop_;
  observe::metrics metrics_;
  std::unique_ptr<env::worker_pool> pool_;
  dispatch::calls calls_{loop_, clock_, random_};
  plugin::services services_;
  std::unique_ptr<plugin::loader> loader_;
  std::unique_ptr<plugin::loaded_plugin> driver_;
  std::unique_ptr<storage::engine> store_;
  std::unique_ptr<identity::dispatch_access> identity_access_;
  std::unique_ptr<identity::service> identity_;
  std::unique_ptr<net::server> net_;
  std::unique_ptr<dispatch::dispatcher> dispatch_;
  std::vector<std::unique_ptr<plugin::loaded_plugin>> plugins_; // in start order, but the driver
  std::int64_t began_ns_ = 0;
  bool stopping_ = false;
  bool leave_at_once_ = false;
  int status_ = 0;
};

} // namespace parley
