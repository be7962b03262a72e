#include "node/node.hpp"

#include "dispatch/breach.hpp"
#include "dispatch/checked_values.hpp"
#include "identity/built_in.hpp"
#include "node/master_keys_from.hpp"
#include "node/roles_from.hpp"
#include "observe/log.hpp"
#include "plugin/host.hpp"
#include "storage/declare.hpp"

#include <algorithm>
#include <chrono>

namespace parley {

namespace {

using observe::level;

constexpr std::uint32_t plugin_start_ms = 10'000;
constexpr std::uint32_t plugin_stop_ms = 5'000;
constexpr std::uint32_t store_close_ms = 30'000;
constexpr std::int64_t day_ms = 24LL * 60 * 60 * 1000;
constexpr std::chrono::minutes tidy_every{10};
constexpr std::uint16_t log_in_again = 4100;

plugin::services services_of(const config::config& with, const node::surroundings& on,
                             dispatch::calls& calls) {
  plugin::services out;
  out.logic = &on.logic;
  out.clock = &on.clock;
  out.random = &on.random;
  out.pool = &on.pool;
  out.calls = &calls;
  out.metrics = &on.metrics;
  out.identity = &identity::identity_api();
  out.strict = with.development.strict;
  out.faults = {with.limits.breaker_failures, with.limits.breaker_window_ms,
                with.limits.breaker_open_ms, with.limits.breaker_open_most_ms};
  out.most_metrics = with.limits.plugin_metrics;
  out.most_asset_bytes = std::size_t{with.limits.asset_mib} << 20;
  if (!with.server.data.empty()) out.code = with.server.data / "loaded";
  return out;
}

dispatch::jobs::settings jobs_of(const config::config& with) {
  dispatch::jobs::settings out;
  out.running = with.limits.jobs_running;
  out.lease_ms = std::int64_t{with.limits.job_lease_seconds} * 1000;
  out.poll_ms = std::int64_t{with.limits.job_poll_seconds} * 1000;
  out.deadline_ms = with.limits.job_deadline_ms;
  out.keep_dead_ms = with.limits.job_dead_days * day_ms;
  return out;
}

storage::expiry::settings expiry_of(const config::config& with) {
  storage::expiry::settings out;
  out.every_ms = std::int64_t{with.expiry_seconds} * 1000;
  out.batch = with.limits.expiry_batch;
  out.log_ms = with.log_retention_days * day_ms;
  return out;
}

bool stores(const plugin::candidate& c) {
  const auto& provides = c.declared.provides;
  return std::find(provides.begin(), provides.end(), "storage") != provides.end();
}

} // namespace

node::node(const config::config& with, std::vector<plugin::candidate> plugins, surroundings on,
           outside to)
    : config_(with),
      candidates_(std::move(plugins)),
      on_(on),
      to_(std::move(to)),
      calls_(on.logic, on.clock, on.random),
      memory_(on.logic, on.clock, std::size_t{with.limits.ephemeral_mib} << 20),
      services_(services_of(with, on, calls_)),
      loader_(services_, plugin::lua_limits{std::size_t{with.limits.lua_memory_mib} << 20,
                                            with.limits.lua_instructions}) {
  services_.memory = &memory_;
  services_.offers_changed = [this] {
    if (lifecycle_ && !stopping_) changed();
  };
  dispatch::stop_at_breaches(with.development.strict);
  dispatch::limit_values({with.limits.stored.value_depth, with.limits.value_bytes});
  loader_.add_built_in("identity", parley_identity_entry);
  calls_.all_stays().warn_above(with.limits.slow_handler_ms);
}

node::~node() = default;

// ---- starting

void node::start(done ended) {
  start_ended_ = std::move(ended);
  start_storage();
}

void node::end_start(const std::string& why) {
  if (const done ended = std::exchange(start_ended_, nullptr); ended && !stopping_) ended(why);
}

// Names the plugin, the reason, and who needs it.
void node::failed(const std::string& plugin, const std::string& why) {
  std::string needed_by;
  for (const plugin::candidate& c : candidates_)
    if (c.declared.dependencies.contains(plugin))
      needed_by += (needed_by.empty() ? "" : ", ") + c.name;
  observe::write(level::error, "a plugin cannot be used, so the server does not start",
                 {{"plugin", plugin}, {"why", why}, {"needed_by", needed_by}});
  end_start("the plugin " + plugin + " cannot be used: " + why);
}

void node::start_storage() {
  std::string why;
  storage::master_keys keys = master_keys_from(config_, why);
  if (!why.empty()) {
    observe::write(level::error, "a master key cannot be used, so the server does not start",
                   {{"why", why}});
    return end_start(why);
  }
  driver_ = loader_.load(candidates_.front(), &why); // the driver is the first
  if (!driver_) return failed(candidates_.front().name, why);
  loader_.start(*driver_, plugin_start_ms, [this, keys](const std::string& problem) {
    if (stopping_) return;
    if (!problem.empty()) return failed(driver_->name, problem);
    make_store(keys);
    open_storage();
  });
}

void node::make_store(storage::master_keys keys) {
  std::optional<storage::sealing> seals;
  if (!keys.empty())
    seals.emplace(storage::sealing{on_.clock, on_.random, on_.metrics, std::move(keys)});
  store_ =
      storage::make_engine(on_.logic, *driver_->driver, config_.limits.stored, std::move(seals));
  services_.store = store_.get();
}

void node::open_storage() {
  store_->open({dispatch::idempotency_collection(), dispatch::jobs_collection(),
                person::requests_collection(), person::parts_collection()},
               [this](const storage::failure& why) {
                 if (stopping_) return;
                 if (why.code != storage::status::ok)
                   return failed(driver_->name, "the store cannot be opened: " + why.message);
                 migrate(0);
               });
}

// One plugin after the other: what is refused is refused by its name.
void node::migrate(std::size_t index) {
  if (index == candidates_.size()) return start_identity();
  store_->widen(storage::declared(candidates_[index].declared), {},
                [this, index](const storage::failure& why) {
                  if (stopping_) return;
                  if (why.code != storage::status::ok)
                    return failed(candidates_[index].name, why.message);
                  migrate(index + 1);
                });
}

void node::start_identity() {
  identity::settings with;
  with.access_token_ms = std::int64_t{config_.identity.access_token_minutes} * 60'000;
  with.refresh_token_ms = config_.identity.refresh_token_days * day_ms;
  identity_access_ = std::make_unique<identity::dispatch_access>(calls_);
  std::vector<yaml::problem> known; // reported before; a server with some would not have come here
  identity_ =
      std::make_unique<identity::service>(with, roles_from(config_, candidates_, known), on_.clock,
                                          on_.random, *store_, *identity_access_);
  identity_->start([this](const std::string& problem) {
    if (stopping_) return;
    if (!problem.empty()) return failed("identity", problem);
    start_plugins();
  });
}

void node::start_plugins() {
  dispatch::limits bounds;
  bounds.method_deadline_ms = config_.limits.method_deadline_ms;
  bounds.hook_deadline_ms = config_.limits.hook_deadline_ms;
  bounds.with_jobs = jobs_of(config_);
  bounds.how_often = config_.rates;
  dispatch_ = std::make_unique<dispatch::dispatcher>(
      calls_, *store_, on_.metrics,
      [this](const std::vector<std::string>& roles, const manifest::permission& wanted) {
        if (wanted.scope == "server") return identity_->roles().allows(roles, wanted.name);
        return !roles.empty() &&
               identity_->roles().allows_in_place(wanted.scope, roles.front(), wanted.name);
      },
      bounds);
  services_.dispatch = dispatch_.get();
  if (config_.compare_heads_ms != 0) dispatch_->all_topics().share_store();
  for (const plugin::held_plugin& h : held_) dispatch_->all_hooks().stand_in(h.what.declared);
  dispatch_->set_authenticator(
      [this](auto&&... what) { identity_->authenticate(std::forward<decltype(what)>(what)...); });
  dispatch_->set_revoked(
      [this](std::string_view session) { return identity_->is_revoked(session); });
  // Two turns later, so that who logs out over the socket gets the reply first.
  identity_->on_revoked = [this](std::string_view session) {
    on_.logic.post([this, id = std::string(session)] {
      on_.logic.post([this, id] {
        dispatch_->all_topics().close_session(id, log_in_again, "The session was revoked.");
      });
    });
  };
  dispatch_->set_acknowledged([this](const dispatch::session& who, const dispatch::cursors& have) {
    identity_access_->acknowledged(who, have);
  });
  dispatch_->serve(to_.connect(*dispatch_));

  plugin::deadlines bound_by;
  bound_by.start_ms = plugin_start_ms;
  bound_by.stop_ms = plugin_stop_ms;
  bound_by.drain_ms = config_.limits.plugin_drain_seconds * 1000;
  lifecycle_ = std::make_unique<plugin::lifecycle>(
      services_, loader_, bound_by,
      plugin::lifecycle::node_part{
          [this](plugin::loaded_plugin& of, done then) { prepare(of, std::move(then)); },
          [this] { changed(); }});
  lifecycle_->start({candidates_.begin() + 1, candidates_.end()},
                    [this](const std::string& plugin, const std::string& why) {
                      if (!plugin.empty()) return failed(plugin, why);
                      started();
                    });
}

void node::prepare(plugin::loaded_plugin& of, done then) {
  if (of.name == "identity") identity_access_->attach(dispatch_->all_hooks(), of);
  if (!plugin::has_capability(of, "bot")) return then({});
  const manifest::bot& bot = *of.declared.wants_bot;
  identity_->ensure_bot(
      of.name, bot.name, bot.display_name,
      [this, &of, then](dispatch::session_ptr session, const std::string& problem) {
        if (stopping_) return then("the server ends"); // `of` may have ended
        of.bot = std::move(session);
        then(problem);
      });
}

// While the plugins start, only they are told: nobody else can call yet.
void node::changed() {
  auto next = std::make_shared<const dispatch::registry>(++generation_, lifecycle_->offers());
  dispatch_->set_registry(next);
  if (serving_) to_.serve(std::move(next));
}

void node::started() {
  serving_ = true;
  changed();
  lua_care_ = std::make_unique<lua_care>(
      services_, *lifecycle_, std::size_t{config_.limits.lua_memory_mib} << 20,
      [this](const std::string& plugin, done then) { restart(plugin, std::move(then)); });
  begin_housekeeping();
  dispatch_->all_jobs().begin();
  if (config_.compare_heads_ms != 0) compare_heads();
  end_start({});
}

void node::begin_housekeeping() {
  tidy();
  expiry_ = std::make_unique<storage::expiry>(*store_, on_.logic, on_.clock, expiry_of(config_));
  expiry_->watch({dispatch::idempotency_collection(), person::requests_collection(),
                  person::parts_collection()});
  for (const plugin::candidate& c : candidates_) expiry_->watch(storage::declared(c.declared));
  expiry_->begin();
  person::surroundings with{calls_, *store_, memory_, *identity_};
  with.keep_report_ms = config_.limits.person_report_days * day_ms;
  with.keep_export_ms = std::int64_t{config_.limits.person_export_hours} * 3'600'000;
  persons_ = std::make_unique<person::service>(with, dispatch_->all_jobs(), on_.metrics, [this] {
    std::vector<const manifest::manifest*> all;
    for (const plugin::candidate& c : candidates_) all.push_back(&c.declared);
    return all;
  });
}

void node::compare_heads() {
  dispatch_->all_topics().compare_heads();
  compare_timer_ = on_.logic.after(std::chrono::milliseconds(config_.compare_heads_ms),
                                   [this] { compare_heads(); });
}

void node::tidy() {
  if (stopping_) return;
  dispatch_->all_jobs().tidy();
  identity_->tidy();
  tidy_timer_ = on_.logic.after(tidy_every, [this] { tidy(); });
}

// ---- upgrading

void node::reload(const std::string& plugin, done ended) {
  std::vector<yaml::problem> problems;
  const config::config with = config::load(config_.source.file, problems);
  std::optional<plugin::candidate> next;
  if (problems.empty()) next = plugin::find_version(with, plugin, candidates_, problems);
  if (problems.empty()) return upgrade(*std::move(next), std::move(ended));
  std::string why;
  for (const yaml::problem& p : problems) why += (why.empty() ? "" : "\n") + yaml::to_string(p);
  observe::write(level::error, "a plugin was not upgraded", {{"plugin", plugin}, {"why", why}});
  ended(why);
}

void node::upgrade(plugin::candidate next, done ended) {
  if (!serving_ || stopping_) return ended("the server is not ready");
  if (stores(next)) return ended("a storage driver changes by a restart of the server");
  const plugin::candidate known = next;
  lifecycle_->upgrade(std::move(next), [this, known, ended](const std::string& why) {
    if (why.empty()) take_note(known);
    ended(why);
  });
}

void node::restart(const std::string& plugin, done ended) {
  const auto found = std::find_if(candidates_.begin(), candidates_.end(),
                                  [&](const plugin::candidate& c) { return c.name == plugin; });
  if (found == candidates_.end()) return ended("the plugin " + plugin + " does not run");
  upgrade(*found, std::move(ended));
}

void node::rotate_keys(
    std::function<void(std::string why, std::string id, std::uint64_t data_keys)> ended) {
  if (!serving_ || stopping_) return ended("the server is not ready", {}, 0);
  std::vector<yaml::problem> problems;
  const config::config with = config::load(config_.source.file, problems);
  if (!problems.empty()) return ended(yaml::to_string(problems.front()), {}, 0);
  std::string why;
  storage::master_keys keys = master_keys_from(with, why);
  if (!why.empty()) return ended(why, {}, 0);
  const std::string id = keys.empty() ? "" : keys.front()->id();
  store_->rotate_keys(std::move(keys), [id, ended = std::move(ended)](
                                           const storage::failure& failed, std::uint64_t count) {
    ended(failed.message, id, count);
  });
}

// Permissions that the new version declares count from here on.
void node::take_note(plugin::candidate next) {
  expiry_->watch(storage::declared(next.declared));
  std::erase_if(held_, [&](const plugin::held_plugin& h) { return h.what.name == next.name; });
  const auto old = std::find_if(candidates_.begin(), candidates_.end(),
                                [&](const plugin::candidate& c) { return c.name == next.name; });
  if (old == candidates_.end())
    candidates_.push_back(std::move(next));
  else
    *old = std::move(next);
  std::vector<yaml::problem> ignored; // what the YAML names and no version declares any more
  identity_->set_roles(roles_from(config_, candidates_, ignored));
}

// ---- stopping

void node::stop(std::function<void()> ended) {
  stopping_ = true;
  on_.logic.cancel(tidy_timer_);
  on_.logic.cancel(compare_timer_);
  lua_care_.reset();
  expiry_.reset();
  persons_.reset();
  stop_ended_ = std::move(ended);
  if (!lifecycle_) return stop_identity();
  lifecycle_->stop([this] { stop_identity(); });
}

void node::stop_identity() {
  if (identity_) identity_->stop();
  close_storage();
}

void node::close_storage() {
  if (!store_) return stop_driver();
  const env::timer_id limit = on_.logic.after(std::chrono::milliseconds(store_close_ms), [this] {
    observe::write(level::error, "the store does not close; it is left as it is");
    hangs_ = true;
    stop_ended_();
  });
  store_->close([this, limit](const storage::failure& why) {
    if (hangs_) return;
    on_.logic.cancel(limit);
    if (why.code != storage::status::ok)
      observe::write(level::error, "the store did not close well", {{"why", why.message}});
    stop_driver();
  });
}

void node::stop_driver() {
  if (!driver_) return stop_ended_();
  loader_.stop(*driver_, plugin_stop_ms, [this](const std::string& problem) {
    if (!problem.empty()) observe::write(level::warn, problem, {{"plugin", driver_->name}});
    loader_.retire(std::move(driver_), plugin_stop_ms, [this] { stop_ended_(); });
  });
}

} // namespace parley
