#include "dispatch/dispatcher.hpp"

namespace parley::dispatch {

namespace {
constexpr std::int64_t day_ms = 24LL * 60 * 60 * 1000;
}

dispatcher::dispatcher(calls& all, storage::engine& store, observe::metrics& measured,
                       methods::permits allowed, const limits& bounds)
    : calls_(all),
      topics_(all, store, bounds.replay_events),
      batches_(all, store, topics_, bounds.idempotency_days * day_ms),
      hooks_(all, bounds.hook_deadline_ms),
      methods_(all, batches_, store, measured, std::move(allowed), bounds.method_deadline_ms,
               bounds.how_often),
      jobs_(all, store, measured, bounds.with_jobs),
      job_orders_(jobs_, store, all) {
  batches_.on_queued = [this](const std::string& name, std::int64_t due_ms) {
    jobs_.queued(name, due_ms);
  };
}

void dispatcher::serve(clients& to) {
  clients_ = &to;
  topics_.serve(to);
}

void dispatcher::set_registry(std::shared_ptr<const registry> current) {
  methods_.set_registry(std::move(current));
}

void dispatcher::add(instance& plugin) {
  hooks_.attach(plugin);
  offer(plugin);
}

void dispatcher::offer(instance& plugin) {
  plugin.serves = true;
  if (plugin.open) plugin.open->set(0);
  for (const manifest::scope& s : plugin.declared.scopes) topics_.add_scope(s.name, plugin);
  methods_.provide(plugin);
  jobs_.provide(plugin);
}

void dispatcher::remove(instance& plugin) {
  plugin.serves = false;
  methods_.withdraw(plugin);
  jobs_.withdraw(plugin);
  hooks_.detach(plugin);
  topics_.remove_scopes(plugin);
  calls_.abort_all(plugin);
}

void dispatcher::replace(instance& old, instance& next) {
  old.serves = false;
  hooks_.replace(old, next);
  offer(next);
  methods_.withdraw(old); // what the new version does not have
  jobs_.withdraw(old);
  topics_.remove_scopes(old);
}

void dispatcher::authenticate(connection_id who, std::string scheme, std::string credential,
                              std::string remote) {
  authenticate_(std::move(scheme), std::move(credential), std::move(remote),
                [this, who](session_ptr session, std::optional<error> why_not) {
                  clients_->authenticated(who, std::move(session), std::move(why_not));
                });
}

void dispatcher::request(client_request what) {
  const connection_id who = what.connection;
  const std::uint64_t exchange = what.exchange;
  methods_.run(std::move(what),
               [this, who, exchange](outcome o) { clients_->answer(who, exchange, std::move(o)); });
}

void dispatcher::cancel(connection_id who, std::uint64_t exchange) {
  methods_.cancel(who, exchange);
}

void dispatcher::resume(resume_request what) {
  topics_.resume(std::move(what));
}

void dispatcher::unfollow(connection_id who, std::vector<std::string> topics) {
  topics_.unfollow(who, topics);
}

void dispatcher::acknowledged(connection_id who, cursors have) {
  const session_ptr session = topics_.session_of(who);
  if (session && acknowledged_) acknowledged_(*session, have);
}

void dispatcher::background(connection_id who, bool is) {
  topics_.set_in_background(who, is);
}

void dispatcher::connected(connection_id who, session_ptr session, std::string remote) {
  // Revoked while the shard was told: nobody closed a connection that was not known yet.
  if (revoked_ && revoked_(session->id)) clients_->close(who, 4100, "the session was revoked");
  topics_.connected(who, std::move(session), std::move(remote));
}

void dispatcher::disconnected(connection_id who) {
  topics_.disconnected(who);
}

} // namespace parley::dispatch
