#include "fake_host.hpp"

#include "fake_interfaces.hpp"

#include <algorithm>

namespace fake {

host::host() {
  table_.size = sizeof(parley_host);
  table_.abi_version = PARLEY_ABI_VERSION;
  table_.query = &query_interface;
  table_.self = this;
  current_host = this;
}

host::~host() {
  unload();
  current_host = nullptr;
}

parley_status host::load(parley_plugin_entry entry) {
  plugin_ = parley_plugin{};
  plugin_.size = sizeof plugin_;
  const parley_status status = entry(c(), &plugin_);
  if (status != PARLEY_OK) return status;
  const parley_call id = ++last_handle;
  calls[id] = {};
  plugin_.start(plugin_.self, id);
  run();
  return calls[id].end.status;
}

void host::unload() {
  if (plugin_.self == nullptr) return;
  cancel_all();
  const parley_call id = ++last_handle;
  calls[id] = {};
  plugin_.stop(plugin_.self, id);
  run();
  plugin_.destroy(plugin_.self);
  plugin_ = {};
}

parley_call host::enter(std::int32_t kind, const std::string& name, const json::value& input,
                        parley_batch batch) {
  const auto handler = handlers.at({kind, name});
  const parley_call id = ++last_handle;
  calls[id].batch = batch;
  handler.first(handler.second, id, keep(id, input));
  return id;
}

ending host::call(std::int32_t kind, const std::string& name, const json::value& input) {
  const parley_call id = enter(kind, name, input);
  run();
  return ended(id);
}

ending host::method(const std::string& name, const json::value& input) {
  return call(PARLEY_METHOD, name, input);
}

void host::step() {
  operation next = std::move(pending.front());
  pending.pop_front();
  const outcome out = next.work();
  const bool open = calls[next.call].end.times == 0;
  if (next.done) {
    next.done(next.user, out.status,
              out.result.is_null() || !open ? 0 : keep(next.call, out.result));
  }
}

void host::run() {
  while (!pending.empty()) step();
}

void host::cancel_all() {
  while (!pending.empty()) {
    const operation next = std::move(pending.front());
    pending.pop_front();
    if (next.done) next.done(next.user, PARLEY_E_CANCELLED, 0);
  }
}

parley_value host::keep(parley_call call, json::value what) {
  const parley_value handle = ++last_handle;
  values.emplace(handle, std::move(what));
  calls[call].values.push_back(handle);
  return handle;
}

const json::value* host::find(parley_value handle) {
  const auto found = values.find(handle);
  return found == values.end() ? nullptr : &found->second;
}

parley_status host::begin(parley_call call, parley_done done, void* user,
                          std::function<outcome()> work) {
  const auto found = calls.find(call);
  if (found == calls.end() || found->second.end.times > 0) return PARLEY_E_STALE;
  pending.push_back({call, done, user, std::move(work)});
  return PARLEY_OK;
}

const json::object* host::record(const std::string& collection, const json::array& key) {
  const auto& names = keys.at(collection);
  for (const json::value& each : tables[collection]) {
    bool same = true;
    for (std::size_t i = 0; i < names.size(); ++i) same &= each.at(names[i]) == key[i];
    if (same) return &each.get_object();
  }
  return nullptr;
}

namespace {

void fill_in(json::value& what, const std::map<std::int64_t, std::int64_t>& numbers) {
  if (auto* number = what.if_int64()) {
    if (const auto found = numbers.find(*number); found != numbers.end()) what = found->second;
  } else if (auto* array = what.if_array()) {
    for (json::value& each : *array) fill_in(each, numbers);
  } else if (auto* object = what.if_object()) {
    for (auto& each : *object) fill_in(each.value(), numbers);
  }
}

bool holds(host& h, const json::value& condition) {
  const json::object* found =
      h.record(std::string(condition.at("collection").as_string()), condition.at("key").as_array());
  if (const auto* exists = condition.as_object().if_contains("exists")) {
    return exists->as_bool() == (found != nullptr);
  }
  if (!found) return false;
  for (const auto& each : condition.at("equals").as_object()) {
    const auto* is = found->if_contains(each.key());
    if (!is || *is != each.value()) return false;
  }
  return true;
}

} // namespace

void host::apply(write& each) {
  json::array& rows = tables[each.collection];
  const auto& names = keys.at(each.collection);
  json::array key;
  if (each.verb == "put") {
    for (const auto& name : names) key.push_back(each.value.at(name));
  } else {
    key = each.key.as_array();
  }
  auto* found = const_cast<json::object*>(record(each.collection, key));
  if (each.verb == "erase") {
    const auto at = std::find_if(rows.begin(), rows.end(),
                                 [&](const auto& row) { return &row.get_object() == found; });
    if (at != rows.end()) rows.erase(at);
  } else if (each.verb == "put") {
    if (found) {
      *found = each.value.as_object();
    } else {
      rows.push_back(each.value);
    }
  } else if (found && each.verb == "increment") {
    auto& number = found->at(each.value.at("field").as_string());
    number = number.as_int64() + each.value.at("by").as_int64();
  } else if (found) {
    for (const auto& field : each.value.as_object()) (*found)[field.key()] = field.value();
  }
}

outcome host::commit(parley_batch handle, const json::value& reply) {
  const auto at = batches.find(handle);
  batch_state batch = std::move(at->second);
  batches.erase(at);
  if (next_commit != PARLEY_OK) return {std::exchange(next_commit, PARLEY_OK), {}};
  for (const json::value& each : batch.conditions) {
    if (!holds(*this, each)) return {PARLEY_E_CONFLICT, {{"code", "conflict"}, {"message", "?"}}};
  }
  std::map<std::int64_t, std::int64_t> numbers;
  for (const auto& [stand_in, what] : batch.stand_ins) {
    numbers[stand_in] = heads[what.first] + 1 + what.second;
  }
  for (write& each : batch.writes) {
    fill_in(each.key, numbers);
    fill_in(each.value, numbers);
    apply(each);
  }
  for (published& each : batch.events) {
    fill_in(each.data, numbers);
    ++heads[topic_of_event[each.event] + ":" + each.place];
    events.push_back(std::move(each));
  }
  withdrawn.insert(withdrawn.end(), batch.withdrawn.begin(), batch.withdrawn.end());
  json::object out{{"numbers", json::object()}};
  if (!reply.is_null()) {
    out["reply"] = reply;
    fill_in(out["reply"], numbers);
  }
  return {PARLEY_OK, out};
}

} // namespace fake
