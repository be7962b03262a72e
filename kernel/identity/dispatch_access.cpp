#include "identity/dispatch_access.hpp"

#include "dispatch/batches.hpp"
#include "dispatch/calls.hpp"
#include "dispatch/hooks.hpp"

#include <memory>
#include <utility>

namespace parley::identity {

namespace json = boost::json;

namespace {

// Longer than any of the hook points' own deadlines.
constexpr std::uint32_t hook_call_ms = 10'000;

// The end of a hook's run, told once: by the hook, or by the end of the call that it ran in.
struct told_once {
  host_access::hook_done done;

  void operator()(std::optional<dispatch::error> why, json::value payload) {
    if (const auto first = std::exchange(done, nullptr)) first(std::move(why), std::move(payload));
  }
};

} // namespace

void dispatch_access::attach(dispatch::hooks& points, dispatch::instance& identity) {
  hooks_ = &points;
  identity_ = &identity;
}

storage::batch* dispatch_access::writes(parley_batch batch) {
  const auto* found = dispatch::batches::find(batch);
  return found ? found->root->writes.get() : nullptr;
}

void dispatch_access::after_commit(parley_batch batch, std::function<void()> action) {
  dispatch::batches::after_commit(batch, std::move(action));
}

const json::value* dispatch_access::value(parley_value handle) {
  return dispatch::value_arena::find(handle);
}

host_access::cause dispatch_access::cause_of(parley_batch batch) {
  const auto* found = dispatch::batches::find(batch);
  const auto* owner = found ? dispatch::calls::find(found->root->owner) : nullptr;
  return owner ? cause{owner->request_id, owner->remote, owner->depth} : cause{};
}

std::uint64_t dispatch_access::begin_operation(parley_call call, parley_done done, void* user) {
  auto* found = dispatch::calls::find(call);
  return found ? calls_.begin_operation(*found, done, user) : 0;
}

void dispatch_access::complete(std::uint64_t operation, json::value result) {
  calls_.complete_with(operation, std::move(result));
}

void dispatch_access::fail(std::uint64_t operation, const dispatch::error& why) {
  calls_.complete_failed(operation, why);
}

void dispatch_access::run_hook(std::string_view name, json::object payload, const cause& from,
                               hook_done done) {
  auto told = std::make_shared<told_once>(told_once{std::move(done)});
  if (!hooks_ || !hooks_->has(name, *identity_)) {
    return (*told)(dispatch::error_of(PARLEY_E_UNAVAILABLE), {});
  }
  auto& call =
      calls_.begin(*identity_, identity_->self, nullptr, hook_call_ms,
                   [told](dispatch::call&, const dispatch::ending& how) {
                     (*told)(how.failure.value_or(dispatch::error_of(PARLEY_E_CANCELLED)), {});
                   });
  call.depth = from.depth;
  call.remote = from.remote;
  if (!from.request_id.empty()) call.request_id = from.request_id;
  const auto& kept =
      *dispatch::value_arena::find(call.arena->keep(json::value(std::move(payload))));
  const auto handle = call.handle;
  if (hooks_->kind_of(name) == manifest::hook_kind::observe) {
    // Observers have calls of their own; this one was only their cause.
    hooks_->observe(call, name, kept, {});
    (*told)(std::nullopt, {});
    calls_.finish(handle, nullptr);
    return;
  }
  hooks_->filter(
      call, name, kept,
      [this, told, handle](const json::value* passed, std::optional<dispatch::error> why) {
        // Its own copy: the payload goes with the call.
        json::value answer;
        if (passed) answer = json::value(*passed, json::storage_ptr());
        (*told)(std::move(why), std::move(answer));
        calls_.finish(handle, nullptr);
      });
}

void dispatch_access::acknowledged(const dispatch::session& by, const dispatch::cursors& have) {
  json::array all;
  for (const auto& [topic, seq] : have) all.push_back({{"topic", topic}, {"seq", seq}});
  json::object payload{{"account", by.principal}, {"cursors", std::move(all)}};
  if (!by.id.empty()) payload["session"] = by.id;
  run_hook("session.acknowledged", std::move(payload), {}, {});
}

} // namespace parley::identity
