#pragma once

// Calls and their operations: beginning, entering a plugin, ending exactly once, deadlines.
// Everything on the logic thread.

#include "dispatch/call.hpp"
#include "env/env.hpp"

#include <deque>
#include <map>

namespace parley::dispatch {

class calls {
 public:
  calls(env::loop& logic, const env::clock& clock, env::random& random);
  ~calls();

  // Begins a call in `plugin`. With a parent it inherits request, deadline and depth, and ends with
  // it at the latest. `timeout_ms` counts from now.
  call& begin(instance& plugin, session_ptr who, call* parent, std::uint32_t timeout_ms,
              on_end ended);
  // For a request of a client, which has an id already.
  call& begin_request(instance& plugin, session_ptr who, std::string request_id,
                      std::uint32_t timeout_ms, on_end ended);
  // The same principal and request as `cause`, but a life of its own (observers).
  call& begin_after(instance& plugin, const call& cause, std::uint32_t timeout_ms, on_end ended);

  // Whether a plugin may be entered: not while it keeps failing. Ask right before `enter`.
  bool admits(instance& plugin) { return plugin.breaker.admits(steady_ms()); }
  // What to answer instead.
  error unavailable(const instance& plugin) const;
  // Runs a handler with an input that lies in the call's arena or outlives the call.
  void enter(call& in, const handler& what, const boost::json::value& input);

  // Told when a plugin's breaker opens or closes, after the log.
  std::function<void(instance&, circuit_breaker::change)> on_breaker;
  // Who is on the logic thread.
  stays& all_stays() { return stays_; }

  // The call of a handle, or nullptr where it has ended.
  static call* find(parley_call handle);
  // Whether this was a call that its plugin has ended itself, a short while ago.
  static bool ended_by_plugin(parley_call handle);

  // Ends a call: its operations complete as cancelled, its children end, then `ended` runs.
  // STALE where it has ended already.
  parley_status finish(parley_call handle, const boost::json::value* result);
  parley_status fail(parley_call handle, error why, parley_status status = PARLEY_E_REFUSED,
                     std::string fault = {});
  // The same, with the status that its operations complete with.
  void abort(parley_call handle, parley_status status);
  // Ends all calls of a plugin.
  void abort_all(const instance& plugin);

  std::uint64_t begin_operation(call& in, parley_done done, void* user);
  // Completes an operation that is still waiting, a turn later. A value is kept in the call's
  // arena.
  void complete(std::uint64_t operation, parley_status status, parley_value result = 0);
  void complete_with(std::uint64_t operation, boost::json::value&& result);
  void complete_with(std::uint64_t operation, const boost::json::value& result); // a copy
  // `status` 0: the one that the code stands for.
  void complete_failed(std::uint64_t operation, const error& why, parley_status status = 0);
  void cancel_operations(call& of, parley_status status);

  std::size_t size() const;
  // Those of this thread; none may begin or end meanwhile.
  static void each(const std::function<void(const call&)>& visit);
  // The depth of what a plugin begins now by itself: below the call that runs, so that two plugins
  // that answer each other come to an end.
  std::uint32_t depth_now() const { return depth_now_; }
  std::int64_t now_ms() const { return clock_.unix_ms(); }
  std::int64_t steady_ms() const { return clock_.steady_ns() / 1'000'000; }
  env::loop& logic() { return logic_; }
  env::random& randomness() { return random_; }
  std::string new_id() { return env::uuid_v7(clock_, random_); }

 private:
  struct completion {
    parley_done done = nullptr;
    void* user = nullptr;
    parley_call owner = 0;
    instance* plugin = nullptr;
    entry_point* at = nullptr;
    std::uint32_t depth = 0;
    parley_status status = PARLEY_OK;
    parley_value result = 0;
  };

  call& insert(std::unique_ptr<call> made, std::uint32_t timeout_ms, const call* parent);
  parley_status end(parley_call handle, const ending& how, parley_status for_operations);
  void deliver();
  void post_delivery();
  void schedule_delivery(completion what);
  void watch_deadlines();
  void on_tick();
  void judge(const call& ended, const ending& how, bool waited);
  // Ends a call whose plugin threw.
  void thrown(parley_call handle);

  env::loop& logic_;
  const env::clock& clock_;
  env::random& random_;
  stays stays_{clock_};
  std::deque<completion> ready_;
  bool delivering_ = false;
  std::uint32_t depth_now_ = 0;
  std::map<std::int64_t, std::vector<parley_call>> deadlines_; // by tenth of a steady second
  env::timer_id tick_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace parley::dispatch
