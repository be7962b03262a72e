#pragma once

// The logic side of the gateway: takes what the shards hand over, and owns the parts that serve it.

#include "dispatch/batches.hpp"
#include "dispatch/calls.hpp"
#include "dispatch/hooks.hpp"
#include "dispatch/job_orders.hpp"
#include "dispatch/methods.hpp"
#include "dispatch/topics.hpp"

namespace parley::dispatch {

struct limits {
  std::uint32_t replay_events = 5000; // a topic, at one resume; more is a gap
  std::int64_t idempotency_days = 7;
  std::uint32_t method_deadline_ms = 60'000; // the most that any method gets, whatever it declares
  std::uint32_t hook_deadline_ms = 10'000;
  jobs::settings with_jobs = {};
  rate_limits how_often = {};
};

class dispatcher final : public entry {
 public:
  using authenticated = std::function<void(session_ptr, std::optional<error>)>;
  using authenticator = std::function<void(std::string scheme, std::string credential,
                                           std::string remote, authenticated done)>;

  // All of them outlive the dispatcher.
  dispatcher(calls& all, storage::engine& store, observe::metrics& measured,
             methods::permits allowed, const limits& bounds);

  // Before anything is announced.
  void serve(clients& to);
  void set_authenticator(authenticator how) { authenticate_ = std::move(how); }
  // Whether a session was revoked: asked for each socket that comes in by one.
  void set_revoked(std::function<bool(std::string_view session)> is) { revoked_ = std::move(is); }
  // Told what clients say that they have.
  void set_acknowledged(std::function<void(const session&, const cursors&)> told) {
    acknowledged_ = std::move(told);
  }
  void set_registry(std::shared_ptr<const registry> current);

  // A plugin that is there now, or ends.
  void add(instance& plugin);
  void remove(instance& plugin);
  bool has(std::string_view plugin) const { return hooks_.is_attached(plugin); }
  // From this turn on the next version gets what came to the old one, which only ends its calls.
  void replace(instance& old, instance& next);

  void authenticate(connection_id who, std::string scheme, std::string credential,
                    std::string remote) override;
  void request(client_request what) override;
  void cancel(connection_id who, std::uint64_t exchange) override;
  void resume(resume_request what) override;
  void unfollow(connection_id who, std::vector<std::string> topics) override;
  void acknowledged(connection_id who, cursors have) override;
  void background(connection_id who, bool is) override;
  void connected(connection_id who, session_ptr session, std::string remote) override;
  void disconnected(connection_id who) override;

  calls& all_calls() { return calls_; }
  topics& all_topics() { return topics_; }
  batches& all_batches() { return batches_; }
  hooks& all_hooks() { return hooks_; }
  methods& all_methods() { return methods_; }
  jobs& all_jobs() { return jobs_; }
  job_orders& orders_about_jobs() { return job_orders_; }

 private:
  void offer(instance& plugin);

  calls& calls_;
  clients* clients_ = nullptr;
  topics topics_;
  batches batches_;
  hooks hooks_;
  methods methods_;
  jobs jobs_;
  job_orders job_orders_;
  authenticator authenticate_;
  std::function<bool(std::string_view)> revoked_;
  std::function<void(const session&, const cursors&)> acknowledged_;
};

} // namespace parley::dispatch
