#include "server.hpp"

#include "env/thread.hpp"
#include "identity/built_in.hpp"
#include "net/server.hpp"
#include "observe/log.hpp"
#include "plugin/assets.hpp"
#include "roles_from.hpp"
#include "storage/declare.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace parley {

namespace {

using observe::level;

constexpr std::uint32_t plugin_start_ms = 10'000;
constexpr std::uint32_t plugin_stop_ms = 5'000;
constexpr std::uint32_t store_close_ms = 30'000;
constexpr std::int64_t day_ms = 24LL * 60 * 60 * 1000;
constexpr std::chrono::minutes tidy_every{10};
constexpr std::uint16_t log_in_again = 4100;

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
  return how;
}

} // namespace

server::server(const config::config& with, std::vector<plugin::candidate> plugins)
    : config_(with), candidates_(std::move(plugins)) {
  pool_ =
      std::make_unique<env::worker_pool>(with.limits.offload_threads, with.limits.offload_queue);
  services_.logic = &loop_;
  services_.clock = &clock_;
  services_.random = &random_;
  services_.pool = pool_.get();
  services_.calls = &calls_;
  services_.metrics = &metrics_;
  services_.identity = &identity::identity_api();
  loader_ = std::make_unique<plugin::loader>(
      services_, plugin::lua_limits{std::size_t{with.limits.lua_memory_mib} << 20,
                                    with.limits.lua_instructions});
  loader_->add_built_in("identity", parley_identity_entry);
}

server::~server() = default;

int server::run() {
  began_ns_ = clock_.steady_ns();
  loop_.post([this] { start(); });
  loop_.run();
  // A thread that does not end would hold the process in its destructors.
  if (leave_at_once_ || loader_->left_behind()) {
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

// Names the plugin, the reason, and who needs it.
void server::failed(const std::string& plugin, const std::string& why) {
  std::string needed_by;
  for (const plugin::candidate& c : candidates_)
    if (c.declared.dependencies.contains(plugin))
      needed_by += (needed_by.empty() ? "" : ", ") + c.name;
  observe::write(level::error, "a plugin cannot be used, so the server does not start",
                 {{"plugin", plugin}, {"why", why}, {"needed_by", needed_by}});
  status_ = 1;
  stop();
}

void server::start() {
  std::error_code failed;
  std::filesystem::create_directories(config_.server.data, failed);
  if (failed)
    return fatal("the data directory " + config_.server.data.string() +
                 " cannot be made: " + failed.message());
  start_storage();
}

void server::start_storage() {
  std::string why;
  driver_ = loader_->load(candidates_.front(), &why); // the driver is the first
  if (!driver_) return failed(candidates_.front().name, why);
  loader_->start(*driver_, plugin_start_ms, [this](const std::string& problem) {
    if (stopping_) return;
    if (!problem.empty()) return failed(driver_->name, problem);
    store_ = storage::make_engine(loop_, *driver_->driver);
    services_.store = store_.get();
    open_storage();
  });
}

void server::open_storage() {
  std::vector<storage::collection> collections{dispatch::idempotency_collection()};
  for (const plugin::candidate& c : candidates_)
    for (storage::collection& one : storage::declared(c.declared))
      collections.push_back(std::move(one));
  store_->open(std::move(collections), [this](const storage::failure& why) {
    if (stopping_) return;
    if (why.code != storage::status::ok)
      return failed(driver_->name, "the store cannot be opened: " + why.message);
    start_identity();
  });
}

void server::start_identity() {
  identity::settings with;
  with.access_token_ms = std::int64_t{config_.identity.access_token_minutes} * 60'000;
  with.refresh_token_ms = config_.identity.refresh_token_days * day_ms;
  identity_access_ = std::make_unique<identity::dispatch_access>(calls_);
  std::vector<yaml::problem> known; // main has reported them, and would not have come here
  identity_ = std::make_unique<identity::service>(with, roles_from(config_, candidates_, known),
                                                  clock_, random_, *store_, *identity_access_);
  identity_->start([this](const std::string& problem) {
    if (stopping_) return;
    if (!problem.empty()) return failed("identity", problem);
    start_network();
  });
}

void server::start_network() {
  dispatch::limits bounds;
  bounds.method_deadline_ms = config_.limits.method_deadline_ms;
  bounds.hook_deadline_ms = config_.limits.hook_deadline_ms;
  dispatch_ = std::make_unique<dispatch::dispatcher>(
      calls_, *store_, metrics_,
      [this](const std::vector<std::string>& roles, const manifest::permission& wanted) {
        if (wanted.scope == "server") return identity_->roles().allows(roles, wanted.name);
        return !roles.empty() &&
               identity_->roles().allows_in_place(wanted.scope, roles.front(), wanted.name);
      },
      bounds);
  net_ = std::make_unique<net::server>(network_options(config_), clock_, random_, loop_,
                                       dispatch_.get(),
                                       [this](std::string_view path) { return probe(path); });
  dispatch_->serve(*net_);
  metrics_.add_text([this] { return net_->metrics(); });
  services_.dispatch = dispatch_.get();
  dispatch_->set_authenticator(
      [this](auto&&... what) { identity_->authenticate(std::forward<decltype(what)>(what)...); });
  dispatch_->set_revoked(
      [this](std::string_view session) { return identity_->is_revoked(session); });
  // Two turns later, so that who logs out over the socket gets the reply first.
  identity_->on_revoked = [this](std::string_view session) {
    loop_.post([this, id = std::string(session)] {
      loop_.post([this, id] {
        dispatch_->all_topics().close_session(id, log_in_again, "The session was revoked.");
      });
    });
  };
  start_plugin(1);
}

void server::start_plugin(std::size_t index) {
  if (stopping_) return;
  if (index == candidates_.size()) return started();
  const std::string name = candidates_[index].name;
  std::string why;
  auto loaded = loader_->load(candidates_[index], &why);
  if (!loaded) return failed(name, why);
  plugins_.push_back(std::move(loaded));
  plugin::loaded_plugin& p = *plugins_.back();
  ensure_bot(p, [this, index, &p] {
    dispatch_->add(p);
    dispatch_->set_registry(make_registry()); // what has started so far may be called
    if (p.name == "identity") identity_access_->attach(dispatch_->all_hooks(), p);
    loader_->start(p, plugin_start_ms, [this, index, &p](const std::string& problem) {
      if (stopping_) return;
      if (!problem.empty()) return failed(p.name, problem);
      start_plugin(index + 1);
    });
  });
}

void server::ensure_bot(plugin::loaded_plugin& of, next then) {
  if (!of.declared.wants_bot) return then();
  const manifest::bot& bot = *of.declared.wants_bot;
  identity_->ensure_bot(
      of.name, bot.name, bot.display_name,
      [this, &of, then](dispatch::session_ptr session, const std::string& problem) {
        if (stopping_) return; // `of` may have ended
        if (!problem.empty()) return failed(of.name, problem);
        of.bot = std::move(session);
        then();
      });
}

std::shared_ptr<dispatch::registry> server::make_registry() const {
  std::vector<const manifest::manifest*> manifests;
  for (const auto& p : plugins_) manifests.push_back(&p->declared);
  return std::make_shared<dispatch::registry>(plugins_.size(), manifests);
}

// With the plugins' files, which are read once, now that all of them run.
bool server::serve() {
  const auto made = make_registry();
  for (const auto& p : plugins_) {
    const auto of = std::find_if(candidates_.begin(), candidates_.end(),
                                 [&](const plugin::candidate& c) { return c.name == p->name; });
    const std::string why = plugin::add_assets(*made, p->declared, of->folder);
    if (!why.empty()) {
      failed(p->name, why);
      return false;
    }
  }
  dispatch_->set_registry(made);
  net_->set_registry(made);
  return true;
}

void server::started() {
  if (!serve()) return;
  std::vector<std::string> problems;
  if (!net_->listen(problems)) {
    for (const std::string& problem : problems) observe::write(level::error, problem);
    status_ = 1;
    return stop();
  }
  const std::vector<std::uint16_t> ports = net_->ports();
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const config::listener& l = config_.listen[i];
    const std::string host =
        l.address.find(':') == std::string::npos ? l.address : "[" + l.address + "]";
    observe::write(level::info, "listening on " + std::string(l.tls ? "https" : "http") + "://" +
                                    host + ":" + std::to_string(ports[i]));
  }
  observe::write(
      level::info, "ready",
      {{"plugins", plugins_.size() + 1}, {"ms", (clock_.steady_ns() - began_ns_) / 1'000'000}});
  tidy();
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
  if (!net_) return stop_plugins();
  observe::write(level::info, "draining");
  net_->drain(std::chrono::seconds(config_.limits.drain_seconds), [this] { stop_plugins(); });
}

// What was started last ends first.
void server::stop_plugins() {
  if (plugins_.empty()) return close_storage();
  plugin::loaded_plugin& last = *plugins_.back();
  if (dispatch_) dispatch_->remove(last);
  loader_->stop(last, plugin_stop_ms, [this, &last](const std::string& problem) {
    if (!problem.empty()) observe::write(level::warn, problem, {{"plugin", last.name}});
    auto ended = std::move(plugins_.back());
    plugins_.pop_back();
    loader_->retire(std::move(ended), plugin_stop_ms, [this] { stop_plugins(); });
  });
}

void server::close_storage() {
  if (identity_) identity_->stop();
  if (!store_) return stop_driver();
  const env::timer_id limit = loop_.after(std::chrono::milliseconds(store_close_ms), [this] {
    observe::write(level::error, "the store does not close; it is left as it is");
    leave_at_once_ = true;
    loop_.stop();
  });
  store_->close([this, limit](const storage::failure& why) {
    loop_.cancel(limit);
    if (why.code != storage::status::ok)
      observe::write(level::error, "the store did not close well", {{"why", why.message}});
    stop_driver();
  });
}

void server::stop_driver() {
  if (!driver_) return finish();
  loader_->stop(*driver_, plugin_stop_ms, [this](const std::string& problem) {
    if (!problem.empty()) observe::write(level::warn, problem, {{"plugin", driver_->name}});
    loader_->retire(std::move(driver_), plugin_stop_ms, [this] { finish(); });
  });
}

void server::finish() {
  loop_.post([this] {
    if (net_) net_->stop();
    observe::write(level::info, "stopped");
    loop_.stop();
  });
}

void server::tidy() {
  if (stopping_) return;
  const std::int64_t kept = config_.log_retention_days * day_ms;
  store_->trim_log(env::rfc3339(clock_.unix_ms() - kept), 10'000, [](const storage::failure&) {});
  dispatch_->all_batches().expire_keys();
  identity_->tidy();
  loop_.after(tidy_every, [this] { tidy(); });
}

} // namespace parley
