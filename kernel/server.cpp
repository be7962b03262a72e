#include "server.hpp"

#include "env/stack.hpp"
#include "job_commands.hpp"
#include "key_commands.hpp"
#include "observe/log.hpp"
#include "person_commands.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>

namespace parley {

namespace {

using observe::level;

// The logic thread has a core of its own where there are several. On two, sharing its loop with the
// I/O saves the wake-ups in between: a tenth more deliveries for the same CPU time.
unsigned default_shards() {
  return env::processors() <= 2 ? 0 : static_cast<unsigned>(env::processors() - 1);
}

net::options network_options(const config::config& with) {
  net::options how;
  for (const config::listener& l : with.listen)
    how.listen.push_back({l.address, l.port, l.tls ? l.tls->certificate.string() : "",
                          l.tls ? l.tls->key.string() : ""});
  how.shards = with.shards == 0 ? default_shards() : with.shards;
  how.limits = with.limits;
  how.cors_origins = {with.cors_origins.begin(), with.cors_origins.end()};
  return how;
}

std::string address_of(const config::listener& l, std::uint16_t port) {
  const std::string host =
      l.address.find(':') == std::string::npos ? l.address : "[" + l.address + "]";
  return std::string(l.tls ? "https" : "http") + "://" + host + ":" + std::to_string(port);
}

} // namespace

server::server(const config::config& with, std::vector<plugin::candidate> plugins,
               std::vector<plugin::held_plugin> held)
    : config_(with),
      pool_(with.limits.offload_threads, with.limits.offload_queue),
      documents_(loop_, pool_, {with.server.name, PARLEY_VERSION}),
      node_(with, std::move(plugins), {loop_, clock_, random_, pool_, metrics_},
            {[this](dispatch::entry& to) -> dispatch::clients& { return connect(to); },
             [this](std::shared_ptr<const dispatch::registry> current) {
               documents_.renew(current);
               net_->set_registry(std::move(current));
             }}),
      quarantine_(with.server.data),
      guard_(node_.services().calls->all_stays(), quarantine_, clock_,
             with.limits.watchdog_seconds),
      commands_(node_, quarantine_),
      backups_(with, loop_, clock_) {
  node_.hold(std::move(held));
}

server::~server() = default;

int server::run() {
  began_ns_ = clock_.steady_ns();
  loop_.post([this] { start(); });
  loop_.run();
  // A thread that does not end would hold the process in its destructors.
  if (node_.hangs()) {
    observe::stop_log();
    std::_Exit(status_);
  }
  return status_;
}

void server::fatal(const std::string& why) {
  observe::write(level::error, why);
  status_ = 1;
  stop();
}

void server::start() {
  env::show_stack_of_this_thread();
  std::error_code failed;
  std::filesystem::create_directories(config_.server.data, failed);
  if (failed)
    return fatal("the data directory " + config_.server.data.string() +
                 " cannot be made: " + failed.message());
  node_.start([this](const std::string& why) {
    if (why.empty()) return listen();
    status_ = 1; // it has said why
    stop();
  });
}

dispatch::clients& server::connect(dispatch::entry& to) {
  net::document_source documents;
  if (config_.serve_api_documents)
    documents = [this](std::string_view path, auto then) {
      documents_.give(path, std::move(then));
    };
  net_ = std::make_unique<net::server>(
      network_options(config_), clock_, random_, loop_, &to,
      [this](std::string_view path) { return probe(path); }, std::move(documents));
  metrics_.add_text([this] { return net_->metrics(); });
  return *net_;
}

void server::listen() {
  std::vector<std::string> problems;
  if (!net_->listen(problems)) {
    for (const std::string& problem : problems) observe::write(level::error, problem);
    status_ = 1;
    return stop();
  }
  backups_.serve(node_.driver()->name, *node_.driver()->driver);
  take_orders();
  if (config_.development.watch) development_ = std::make_unique<development>(loop_, node_);
  const std::vector<std::uint16_t> ports = net_->ports();
  for (std::size_t i = 0; i < ports.size(); ++i)
    observe::write(level::info, "listening on " + address_of(config_.listen[i], ports[i]));
  observe::write(
      level::info, "ready",
      {{"plugins", node_.running().size()}, {"ms", (clock_.steady_ns() - began_ns_) / 1'000'000}});
}

// Without them it serves all the same.
void server::take_orders() {
  control_ = std::make_unique<control::socket>(
      loop_, config_.server.data / control::file_name,
      [this](const boost::json::object& asked, control::reply answer) {
        if (backups_.run(asked, answer) || run_key_command(node_, asked, answer)) return;
        if (run_job_command(node_.dispatch().orders_about_jobs(), clock_.unix_ms(), asked, answer))
          return;
        if (!run_person_command(node_.persons(), asked, answer))
          commands_.run(asked, std::move(answer));
      });
  if (const std::string why = control_->open(); !why.empty())
    observe::write(level::warn, "parleyctl cannot reach this server", {{"why", why}});
}

net::probe_answer server::probe(std::string_view path) const {
  if (path == "/metrics")
    return {200, std::string(observe::metrics::content_type), metrics_.text()};
  if (path == "/readyz" && stopping_) return {503, "text/plain; charset=utf-8", "draining\n"};
  return {200, "text/plain; charset=utf-8", "ok\n"};
}

void server::stop() {
  if (std::exchange(stopping_, true)) {
    if (net_) net_->drain(std::chrono::milliseconds(0), [] {});
    return;
  }
  development_.reset();
  if (!net_) return stop_node();
  observe::write(level::info, "draining");
  net_->drain(std::chrono::seconds(config_.limits.drain_seconds), [this] { stop_node(); });
}

void server::stop_node() {
  backups_.stop();
  node_.stop([this] {
    loop_.post([this] {
      if (net_) net_->stop();
      control_.reset();
      observe::write(level::info, "stopped");
      loop_.stop();
    });
  });
}

} // namespace parley
