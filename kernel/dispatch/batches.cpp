#include "dispatch/batches.hpp"

#include "dispatch/job_records.hpp"
#include "dispatch/registry.hpp"
#include "dispatch/topics.hpp"
#include "observe/log.hpp"

#include <algorithm>

namespace parley::dispatch {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_job_key = 200;

slot_table<batch>& table() {
  thread_local slot_table<batch> open;
  return open;
}

// The batch of a handle while it can still be written to.
batch* writable(parley_batch handle) {
  batch* b = table().find(handle);
  return b && b->root->writes ? b : nullptr;
}

void blame(std::string_view plugin, std::string_view what) {
  observe::write(observe::level::error, "a batch was used wrongly",
                 {{"plugin", std::string(plugin)}, {"what", std::string(what)}});
}

parley_status said(std::string_view plugin, const storage::failure& why) {
  if (why.code == storage::status::ok) return PARLEY_OK;
  blame(plugin, why.message);
  return PARLEY_E_INVALID;
}

const manifest::event* declared_event(const instance& plugin, std::string_view name) {
  const auto& events = plugin.declared.events;
  const auto found = std::find_if(events.begin(), events.end(),
                                  [&](const manifest::event& e) { return e.name == name; });
  return found == events.end() ? nullptr : &*found;
}

} // namespace

const std::vector<storage::sealed_member>& instance::sealed_in(std::string_view event) const {
  static const std::vector<storage::sealed_member> none;
  const auto found = sealed_events.find(event);
  return found == sealed_events.end() ? none : found->second;
}

collection_name::collection_name(const instance& of, std::string_view collection)
    : full_(of.name + "." + std::string(collection)) {
  for (const manifest::collection& each : of.declared.collections) {
    if (each.name == collection) version_ = each.version;
  }
}

batches::batches(calls& all, storage::engine& store, topics& announce, std::int64_t keep_keys_ms)
    : calls_(all), store_(store), topics_(announce), keep_keys_ms_(keep_keys_ms) {}

parley_status batches::open(call& owner, parley_batch* out) {
  auto root = std::make_shared<write_batch>();
  root->owner = owner.handle;
  root->writes = store_.begin();
  *out = table().insert(std::make_unique<batch>(batch{std::move(root), owner.plugin}));
  owner.batches.push_back(*out);
  return PARLEY_OK;
}

batch* batches::find(parley_batch handle) {
  return table().find(handle);
}

parley_batch batches::lend(parley_batch handle, instance& to, call& until) {
  const batch* lent = writable(handle);
  if (!lent) return 0;
  const parley_batch view = table().insert(std::make_unique<batch>(batch{lent->root, &to}));
  until.batches.push_back(view);
  return view;
}

void batches::drop(parley_batch handle) {
  table().take(handle);
}

batches::mark batches::mark_of(parley_batch handle) {
  const batch* b = writable(handle);
  if (!b) return {};
  return {b->root->writes->mark(), b->root->events.size(), b->root->after_commit.size()};
}

void batches::back_to(parley_batch handle, const mark& where) {
  const batch* b = writable(handle);
  if (!b) return;
  write_batch& root = *b->root;
  root.writes->back_to(where.writes);
  root.events.erase(root.events.begin() + static_cast<std::ptrdiff_t>(where.events),
                    root.events.end());
  root.after_commit.resize(where.actions);
}

std::string batches::broken_since(parley_batch handle, const mark& where) {
  const batch* b = writable(handle);
  if (!b || where.writes.broken.code != storage::status::ok) return {};
  return b->root->writes->mark().broken.message;
}

parley_status batches::put(parley_batch to, std::string_view collection,
                           const json::value* record) {
  batch* b = writable(to);
  if (!b || !record) return PARLEY_E_STALE;
  if (!record->is_object()) return PARLEY_E_INVALID;
  return said(b->as->name,
              b->root->writes->put(collection_name(*b->as, collection), record->get_object()));
}

parley_status batches::patch(parley_batch to, std::string_view collection, const json::value* key,
                             const json::value* fields) {
  batch* b = writable(to);
  if (!b || !key || !fields) return PARLEY_E_STALE;
  if (!key->is_array() || !fields->is_object()) return PARLEY_E_INVALID;
  return said(b->as->name, b->root->writes->patch(collection_name(*b->as, collection),
                                                  key->get_array(), fields->get_object()));
}

parley_status batches::increment(parley_batch to, std::string_view collection,
                                 const json::value* key, std::string_view field, std::int64_t by) {
  batch* b = writable(to);
  if (!b || !key) return PARLEY_E_STALE;
  if (!key->is_array()) return PARLEY_E_INVALID;
  return said(b->as->name, b->root->writes->increment(collection_name(*b->as, collection),
                                                      key->get_array(), field, by));
}

parley_status batches::erase(parley_batch to, std::string_view collection, const json::value* key) {
  batch* b = writable(to);
  if (!b || !key) return PARLEY_E_STALE;
  if (!key->is_array()) return PARLEY_E_INVALID;
  return said(b->as->name,
              b->root->writes->erase(collection_name(*b->as, collection), key->get_array()));
}

namespace {

// {collection, key, exists} or {collection, key, equals}, with the names of the plugin `by`.
parley_status add_condition(std::string_view by, storage::batch& to, const json::object& condition,
                            storage::condition_reason reason) {
  const json::value* collection = condition.if_contains("collection");
  const json::value* key = condition.if_contains("key");
  const json::value* exists = condition.if_contains("exists");
  const json::value* equals = condition.if_contains("equals");
  if (!collection || !collection->is_string() || !key || !key->is_array() ||
      !(exists && exists->is_bool()) == !(equals && equals->is_object())) {
    blame(by, "a condition is {collection, key, exists} or {collection, key, equals}");
    return PARLEY_E_INVALID;
  }
  return said(by, to.require(std::string(by) + "." + std::string(collection->get_string()),
                             key->get_array(), exists ? exists->get_bool() : true,
                             equals ? equals->get_object() : json::object{}, reason));
}

} // namespace

parley_status batches::require(parley_batch to, const json::value* condition) {
  batch* b = writable(to);
  if (!b || !condition) return PARLEY_E_STALE;
  if (!condition->is_object()) return PARLEY_E_INVALID;
  return add_condition(b->as->name, *b->root->writes, condition->get_object(),
                       storage::condition_reason::batch);
}

parley_status batches::publish(parley_batch to, std::string_view event, std::string_view place,
                               const json::value* data, int access, std::string_view principal) {
  batch* b = writable(to);
  if (!b || !data) return PARLEY_E_STALE;
  const manifest::event* declared = declared_event(*b->as, event);
  if (!declared || !declared->durable) {
    blame(b->as->name, "the manifest declares no durable event " + std::string(event));
    return PARLEY_E_NOT_FOUND;
  }
  if (b->as->strict) {
    const std::string wrong = b->as->strict->event(event, *data);
    if (!wrong.empty()) {
      blame(b->as->name,
            "the event " + std::string(event) + " is not what the manifest says: " + wrong);
      return PARLEY_E_INVALID;
    }
  }
  pending_event e;
  e.topic = declared->topic + ":" + std::string(place);
  e.offset = static_cast<std::uint32_t>(
      std::count_if(b->root->events.begin(), b->root->events.end(),
                    [&](const pending_event& other) { return other.topic == e.topic; }));
  e.name = event;
  e.data = *data; // on the heap: it outlives the call where the commit does
  e.at = env::rfc3339(calls_.now_ms());
  e.access = access;
  e.principal = principal;
  if (const std::string gone = revoked_by(*declared, *data); !gone.empty()) {
    e.access = -1;
    e.principal = gone;
  }
  const parley_status status =
      said(b->as->name,
           b->root->writes->append(e.topic, e.name, e.data, e.at, b->as->sealed_in(e.name)));
  if (status == PARLEY_OK) b->root->events.push_back(std::move(e));
  return status;
}

// The name stands in the condition of the void: nobody withdraws what another plugin has published.
parley_status batches::withdraw(parley_batch from, std::string_view event, std::string_view place,
                                std::int64_t number) {
  batch* b = writable(from);
  if (!b) return PARLEY_E_STALE;
  const manifest::event* declared = declared_event(*b->as, event);
  if (!declared || !declared->durable) {
    blame(b->as->name, "the manifest declares no durable event " + std::string(event));
    return PARLEY_E_NOT_FOUND;
  }
  return said(b->as->name, b->root->writes->make_void(declared->topic + ":" + std::string(place),
                                                      number, event));
}

parley_status batches::next(parley_batch to, std::string_view topic, std::string_view place,
                            std::int64_t* out) {
  batch* b = writable(to);
  if (!b) return PARLEY_E_STALE;
  *out = b->root->writes->next(std::string(topic) + ":" + std::string(place));
  return PARLEY_OK;
}

namespace {

// An empty text: nothing is wrong.
std::string wrong_in(const schema::validator& wanted, const json::value& params) {
  schema::breach first;
  const bool fits = storage::holds_stand_in(params)
                        ? wanted.accepts(storage::with_numbers(params), first)
                        : wanted.accepts(params, first);
  if (fits) return {};
  return (first.pointer.empty() ? "" : first.pointer + ": ") + first.what;
}

} // namespace

parley_status batches::enqueue(parley_batch to, std::string_view job, const json::value* params,
                               std::int64_t at_ms, std::string_view key) {
  batch* b = writable(to);
  if (!b || !params) return PARLEY_E_STALE;
  const auto declared = b->as->job_params.find(job);
  if (declared == b->as->job_params.end()) {
    blame(b->as->name, "the manifest declares no job " + std::string(job));
    return PARLEY_E_NOT_FOUND;
  }
  if (const std::string wrong = wrong_in(declared->second, *params); !wrong.empty()) {
    blame(b->as->name, "the parameters of the job " + std::string(job) +
                           " are not what the manifest says: " + wrong);
    return PARLEY_E_INVALID;
  }
  if (key.size() > longest_job_key || at_ms < 0) {
    blame(b->as->name, "the key of a job has at most 200 bytes, and its time is Unix time");
    return PARLEY_E_INVALID;
  }
  const std::int64_t now = calls_.now_ms();
  job_record made;
  made.name = b->as->name + "." + std::string(job);
  made.id = key.empty() ? calls_.new_id() : made.name + "/" + std::string(key);
  made.params = *params;
  made.due_ms = std::max(at_ms, now);
  made.mark = calls_.new_id();
  made.queued_at = env::rfc3339(now);
  const parley_status status = said(b->as->name, b->root->writes->put(jobs_name, made.to_json()));
  if (status == PARLEY_OK)
    b->root->after_commit.emplace_back([this, name = made.name, due = made.due_ms] {
      if (on_queued) on_queued(name, due);
    });
  return status;
}

void batches::after_commit(parley_batch to, std::function<void()> action) {
  if (batch* b = writable(to)) b->root->after_commit.push_back(std::move(action));
}

parley_status batches::add_conditions(write_batch& to, call& owner, const json::value* reply) {
  if (!owner.work) return PARLEY_OK;
  method_work& work = *owner.work;
  // The scope's owner names its own collections.
  for (const json::object& condition : work.conditions) {
    const parley_status status = add_condition(work.scope_owner, *to.writes, condition,
                                               storage::condition_reason::permission);
    if (status != PARLEY_OK) return status;
  }
  if (work.idempotency_key.empty()) return PARLEY_OK;
  if (!reply || work.key_written) {
    blame(owner.plugin->name, reply ? "an idempotent method commits once"
                                    : "an idempotent method commits with its reply");
    return PARLEY_E_INVALID;
  }
  const json::array key{owner.who->principal, work.idempotency_key};
  storage::failure why =
      to.writes->require(idempotency_name, key, false, {}, storage::condition_reason::idempotency);
  if (why.code == storage::status::ok)
    why = to.writes->put(
        idempotency_name,
        idempotency_record(owner.who->principal, work.idempotency_key, {work.digest, *reply},
                           env::rfc3339(calls_.now_ms() + keep_keys_ms_),
                           work.target->declared.tells_sealed));
  return said(owner.plugin->name, why);
}

parley_status batches::commit(parley_batch handle, const json::value* reply, parley_done done,
                              void* user) {
  batch* b = writable(handle);
  if (!b) return PARLEY_E_STALE;
  const std::shared_ptr<write_batch> root = b->root;
  call* owner = calls::find(root->owner);
  if (!owner || owner->plugin != b->as) return PARLEY_E_STALE; // only who opened it
  if (const parley_status status = add_conditions(*root, *owner, reply)) return status;
  if (reply) root->reply = *reply;
  const std::uint64_t operation = calls_.begin_operation(*owner, done, user);
  if (owner->work) owner->work->key_written = !owner->work->idempotency_key.empty();
  store_.commit(std::move(root->writes), [this, root, operation](const storage::commit_result& r) {
    committed(root, operation, r);
  });
  if (owner->work && on_submitted) on_submitted(*owner);
  return PARLEY_OK;
}

void batches::committed(const std::shared_ptr<write_batch>& what, std::uint64_t operation,
                        const storage::commit_result& result) {
  call* owner = calls::find(what->owner);
  // One that failed may be tried again.
  if (owner && owner->work && result.why.code != storage::status::ok)
    owner->work->key_written = false;
  if (result.why.code == storage::status::conflict) {
    if (owner && owner->work && result.failed == storage::condition_reason::idempotency)
      owner->work->repeated = true;
    switch (result.failed) {
      case storage::condition_reason::idempotency:
        return calls_.complete_failed(operation, error_of(PARLEY_E_REPEATED), PARLEY_E_REPEATED);
      case storage::condition_reason::permission:
        return calls_.complete_failed(operation, error_of(PARLEY_E_FORBIDDEN));
      case storage::condition_reason::batch:
      case storage::condition_reason::data_key:
        return calls_.complete_failed(operation, error_of(PARLEY_E_CONFLICT));
    }
  }
  if (result.why.code != storage::status::ok) {
    observe::write(observe::level::error, "a commit failed", {{"why", result.why.message}});
    topics_.commit_lost();
    return calls_.complete_failed(operation, error_of(PARLEY_E_UNAVAILABLE));
  }
  announce(*what, result);
  for (const auto& action : what->after_commit) action();
  if (!owner) return;
  owner->numbers.push_back(result);
  json::object numbers;
  for (const auto& [topic, number] : result.first_numbers) numbers[topic] = number;
  json::object done(owner->arena->storage());
  done["numbers"] = std::move(numbers);
  if (!what->reply.is_null()) {
    storage::fill_in(what->reply, result);
    done["reply"] = std::move(what->reply);
  }
  calls_.complete_with(operation, std::move(done));
}

void batches::announce(write_batch& what, const storage::commit_result& result) {
  for (pending_event& e : what.events) {
    const auto first = std::find_if(result.first_numbers.begin(), result.first_numbers.end(),
                                    [&](const auto& entry) { return entry.first == e.topic; });
    if (first == result.first_numbers.end()) continue;
    storage::fill_in(e.data, result);
    topics_.announce(e, first->second + e.offset);
  }
}

} // namespace parley::dispatch
