#include "dispatch/calls.hpp"

#include "dispatch/batches.hpp"
#include "dispatch/breach.hpp"
#include "observe/log.hpp"

#include <algorithm>
#include <array>

namespace parley::dispatch {

namespace json = boost::json;

namespace {

slot_table<call>& table() {
  thread_local slot_table<call> calls;
  return calls;
}

slot_table<operation>& operations() {
  thread_local slot_table<operation> waiting;
  return waiting;
}

constexpr std::int64_t bucket_ms = 100;

// Handles of calls that plugins ended, to tell a second end from one that came too late.
std::array<parley_call, 64>& last_ended() {
  thread_local std::array<parley_call, 64> handles{};
  return handles;
}
std::size_t& last_ended_at() {
  thread_local std::size_t at = 0;
  return at;
}

// A call may live long: keeps its lists in proportion to what is under way, looking through them
// each time they have doubled.
template <typename Lives>
void forget_ended(std::vector<std::uint64_t>& handles, Lives lives) {
  if (handles.size() < 16 || handles.size() < handles.capacity()) return;
  std::erase_if(handles, [&](std::uint64_t h) { return !lives(h); });
}

} // namespace

calls::calls(env::loop& logic, const env::clock& clock, env::random& random)
    : logic_(logic), clock_(clock), random_(random) {
  enter_logic_thread(stays_);
}

calls::~calls() {
  leave_logic_thread(stays_);
  *alive_ = false;
  if (tick_) logic_.cancel(tick_);
}

call* calls::find(parley_call handle) {
  return table().find(handle);
}
bool calls::ended_by_plugin(parley_call handle) {
  const auto& all = last_ended();
  return handle != 0 && std::find(all.begin(), all.end(), handle) != all.end();
}
std::size_t calls::size() const {
  return table().size();
}

void calls::each(const std::function<void(const call&)>& visit) {
  table().each(visit);
}

call& calls::insert(std::unique_ptr<call> made, std::uint32_t timeout_ms, const call* parent) {
  call& c = *made;
  const std::int64_t now = now_ms();
  c.deadline_ms = now + timeout_ms;
  if (parent) c.deadline_ms = std::min(c.deadline_ms, parent->deadline_ms);
  ++c.plugin->calls;
  c.at = c.plugin->own;
  c.handle = table().insert(std::move(made));
  // Waited for by the steady clock: the wall clock may be set.
  const std::int64_t due_ms = steady_ms() + c.deadline_ms - now;
  deadlines_[due_ms / bucket_ms + 1].push_back(c.handle);
  watch_deadlines();
  return c;
}

call& calls::begin(instance& plugin, session_ptr who, call* parent, std::uint32_t timeout_ms,
                   on_end ended) {
  if (!parent) return begin_request(plugin, std::move(who), new_id(), timeout_ms, std::move(ended));
  auto made = std::make_unique<call>();
  made->plugin = &plugin;
  made->who = std::move(who);
  made->ended = std::move(ended);
  made->request_id = parent->request_id;
  made->remote = parent->remote;
  made->depth = parent->depth + 1;
  made->parent = parent->handle;
  made->hurried = parent->hurried;
  made->origin = parent->origin;
  call& c = insert(std::move(made), timeout_ms, parent);
  forget_ended(parent->children, [](parley_call child) { return find(child) != nullptr; });
  parent->children.push_back(c.handle);
  return c;
}

call& calls::begin_request(instance& plugin, session_ptr who, std::string request_id,
                           std::uint32_t timeout_ms, on_end ended) {
  auto made = std::make_unique<call>();
  made->plugin = &plugin;
  made->who = std::move(who);
  made->ended = std::move(ended);
  made->request_id = std::move(request_id);
  return insert(std::move(made), timeout_ms, nullptr);
}

call& calls::begin_after(instance& plugin, const call& cause, std::uint32_t timeout_ms,
                         on_end ended) {
  call& c = begin_request(plugin, cause.who, cause.request_id, timeout_ms, std::move(ended));
  c.remote = cause.remote;
  c.depth = cause.depth + 1;
  c.origin = cause.origin;
  return c;
}

error calls::unavailable(const instance& plugin) const {
  error why = error_of(PARLEY_E_UNAVAILABLE);
  why.message = "The plugin " + plugin.name + " keeps failing, and rests; try again later.";
  why.retry_after_ms = plugin.breaker.retry_after_ms(steady_ms());
  return why;
}

void calls::enter(call& in, const handler& what, const json::value& input) {
  const parley_call handle = in.handle; // the call may end inside
  in.at = what.at;
  in.entered = true;
  in.trial = in.plugin->breaker.on_trial();
  const parley_value given = in.arena->refer(input);
  const std::uint32_t above = std::exchange(depth_now_, in.depth + 1);
  const bool well = stays_.run(what.at, [&] { what.enter(what.user, handle, given); });
  depth_now_ = above;
  if (!well) thrown(handle);
}

void calls::thrown(parley_call handle) {
  fail(handle, error_of(PARLEY_E_FAILED), PARLEY_E_FAILED);
}

parley_status calls::finish(parley_call handle, const json::value* result) {
  return end(handle, {PARLEY_OK, result, std::nullopt, {}}, PARLEY_E_CANCELLED);
}

parley_status calls::fail(parley_call handle, error why, parley_status status, std::string fault) {
  return end(handle, {status, nullptr, std::move(why), std::move(fault)}, PARLEY_E_CANCELLED);
}

void calls::abort(parley_call handle, parley_status status) {
  if (!find(handle)) return;
  end(handle, {status, nullptr, error_of(status), {}}, status);
}

void calls::abort_all(const instance& plugin) {
  std::vector<parley_call> theirs;
  table().each([&](const call& c) {
    if (c.plugin == &plugin) theirs.push_back(c.handle);
  });
  for (const parley_call handle : theirs) abort(handle, PARLEY_E_CANCELLED);
}

parley_status calls::end(parley_call handle, const ending& how, parley_status for_operations) {
  const std::unique_ptr<call> ended = table().take(handle);
  if (!ended) return PARLEY_E_STALE;
  if (ended->ended_by_plugin) {
    last_ended()[last_ended_at()] = handle;
    last_ended_at() = (last_ended_at() + 1) % last_ended().size();
  }
  const bool late = for_operations == PARLEY_E_DEADLINE;
  const bool waited = late && std::any_of(ended->operations.begin(), ended->operations.end(),
                                          [](std::uint64_t o) { return operations().find(o); });
  cancel_operations(*ended, for_operations);
  // The time of its children is up as well, and whose fault it is is found among them.
  for (const parley_call child : ended->children)
    abort(child, late ? PARLEY_E_DEADLINE : PARLEY_E_CANCELLED);
  for (const parley_batch open : ended->batches) batches::drop(open);
  if (ended->ended) ended->ended(*ended, how);
  judge(*ended, how, waited);
  --ended->plugin->calls;
  return PARLEY_OK;
}

// What it is at fault for itself: an error of its own, an answer that is none, or none in time
// while it waited for nobody.
void calls::judge(const call& ended, const ending& how, bool waited) {
  using verdict = circuit_breaker::verdict;
  verdict found = verdict::answered;
  if (how.status == PARLEY_E_FAILED)
    found = ended.others_failed ? verdict::nothing : verdict::fault;
  else if (how.status == PARLEY_E_DEADLINE)
    found = ended.entered && !waited && !ended.hurried ? verdict::fault : verdict::nothing;
  else if (how.status == PARLEY_E_CANCELLED || how.status == PARLEY_E_UNAVAILABLE)
    found = verdict::nothing;
  if (ended.garbage) found = verdict::fault;
  if (!ended.entered && found != verdict::fault) return;

  instance& plugin = *ended.plugin;
  if (how.status == PARLEY_E_DEADLINE && found == verdict::fault)
    observe::write(observe::level::warn, "a plugin did not end what it was entered for in time",
                   {{"plugin", plugin.name},
                    {"entry", ended.at ? ended.at->name : ""},
                    {"request", ended.request_id}});
  const auto changed = plugin.breaker.ended(ended.trial, found, steady_ms());
  if (changed == circuit_breaker::change::none || !plugin.serves) return;
  const bool open = changed == circuit_breaker::change::opened;
  if (open)
    observe::write(observe::level::error, "a plugin keeps failing, and is not entered for a while",
                   {{"plugin", plugin.name},
                    {"entry", ended.at ? ended.at->name : ""},
                    {"rests_ms", plugin.breaker.retry_after_ms(steady_ms())}});
  else
    observe::write(observe::level::info, "a plugin answers again", {{"plugin", plugin.name}});
  if (plugin.open) plugin.open->set(open ? 1 : 0);
  if (plugin.openings && open) plugin.openings->add();
  if (on_breaker) on_breaker(plugin, changed);
}

std::uint64_t calls::begin_operation(call& in, parley_done done, void* user) {
  const std::uint64_t id = operations().insert(
      std::make_unique<operation>(operation{in.handle, in.plugin, in.at, done, user}));
  forget_ended(in.operations, [](std::uint64_t o) { return operations().find(o) != nullptr; });
  in.operations.push_back(id);
  ++in.plugin->operations;
  return id;
}

void calls::complete(std::uint64_t id, parley_status status, parley_value result) {
  const std::unique_ptr<operation> o = operations().take(id);
  if (!o) return;
  call* owner = find(o->owner);
  if (owner && status == PARLEY_E_FAILED) owner->others_failed = true;
  if (!o->done) return static_cast<void>(--o->plugin->operations);
  schedule_delivery(
      {o->done, o->user, o->owner, o->plugin, o->at, owner ? owner->depth + 1 : 0, status, result});
}

void calls::complete_with(std::uint64_t id, json::value&& result) {
  const operation* o = operations().find(id);
  if (!o) return;
  call* owner = find(o->owner);
  complete(id, PARLEY_OK, owner ? owner->arena->keep(std::move(result)) : 0);
}

void calls::complete_with(std::uint64_t id, const json::value& result) {
  const operation* o = operations().find(id);
  if (!o) return;
  call* owner = find(o->owner);
  complete(id, PARLEY_OK, owner ? owner->arena->keep(result) : 0);
}

void calls::complete_failed(std::uint64_t id, const error& why, parley_status status) {
  const operation* o = operations().find(id);
  if (!o) return;
  call* owner = find(o->owner);
  parley_value value = 0;
  if (owner) value = owner->arena->keep(json::value(to_json(why, owner->arena->storage())));
  complete(id, status ? status : status_of(why), value);
}

void calls::cancel_operations(call& of, parley_status status) {
  for (const std::uint64_t id : std::exchange(of.operations, {})) complete(id, status);
}

// Completions come a turn later, so that none runs inside the function that began it.
void calls::schedule_delivery(completion what) {
  ready_.push_back(what);
  if (!std::exchange(delivering_, true)) post_delivery();
}

// What these begin and end comes a turn later again, so that no plugin keeps the loop to itself.
void calls::deliver() {
  for (std::size_t left = ready_.size(); left > 0; --left) {
    completion next = ready_.front();
    ready_.pop_front();
    if (!find(next.owner)) { // ended since, and its values with it
      next.result = 0;
      if (next.status == PARLEY_OK) next.status = PARLEY_E_CANCELLED;
    }
    depth_now_ = next.depth;
    const bool well = stays_.run(next.at, [&] { next.done(next.user, next.status, next.result); });
    depth_now_ = 0;
    if (!well) thrown(next.owner);
    --next.plugin->operations;
  }
  delivering_ = !ready_.empty();
  if (delivering_) post_delivery();
}

void calls::post_delivery() {
  logic_.post([this, alive = alive_] {
    if (*alive) deliver();
  });
}

void calls::watch_deadlines() {
  if (tick_) return;
  tick_ = logic_.after(std::chrono::milliseconds(bucket_ms), [this] { on_tick(); });
}

void calls::on_tick() {
  tick_ = 0;
  const std::int64_t due = steady_ms() / bucket_ms;
  while (!deadlines_.empty() && deadlines_.begin()->first <= due) {
    const auto bucket = deadlines_.extract(deadlines_.begin());
    for (const parley_call handle : bucket.mapped()) abort(handle, PARLEY_E_DEADLINE);
  }
  if (!deadlines_.empty()) watch_deadlines();
}

} // namespace parley::dispatch
