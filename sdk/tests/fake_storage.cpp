#include "fake_interfaces.hpp"

#include <algorithm>
#include <limits>

namespace fake {
namespace {

host::batch_state* open_batch(parley_batch batch) {
  const auto found = current_host->batches.find(batch);
  return found == current_host->batches.end() ? nullptr : &found->second;
}

parley_status get(parley_call call, parley_str collection, parley_value key, parley_done done,
                  void* user) {
  return current_host->begin(
      call, done, user, [name = text(collection), wanted = read(key)]() -> outcome {
        const json::object* found = current_host->record(name, wanted.as_array());
        return {PARLEY_OK, found ? json::value(*found) : json::value()};
      });
}

std::vector<std::string> order_of(const std::string& collection, const json::object& query) {
  std::vector<std::string> order = current_host->keys.at(collection);
  // The only index that tests use is the key, turned around.
  if (query.contains("index")) std::reverse(order.begin(), order.end());
  return order;
}

bool less(const json::value& a, const json::value& b) {
  return a.is_int64() ? a.get_int64() < b.as_int64() : a.as_string() < b.as_string();
}

bool within(const json::value& row, const json::object& query,
            const std::vector<std::string>& order) {
  std::size_t at = 0;
  if (const auto* prefix = query.if_contains("prefix")) {
    for (const json::value& each : prefix->as_array()) {
      if (row.at(order[at++]) != each) return false;
    }
  }
  if (at >= order.size()) return true;
  const json::value& part = row.at(order[at]);
  const auto* from = query.if_contains("from");
  const auto* after = query.if_contains("after");
  const auto* to = query.if_contains("to");
  const auto* before = query.if_contains("before");
  return !(from && less(part, *from)) && !(after && !less(*after, part)) &&
         !(to && less(*to, part)) && !(before && !less(part, *before));
}

outcome find_range(const std::string& collection, const json::object& query) {
  const auto order = order_of(collection, query);
  json::array found;
  for (const json::value& row : current_host->tables[collection]) {
    if (within(row, query, order)) found.push_back(row);
  }
  std::sort(found.begin(), found.end(), [&](const json::value& a, const json::value& b) {
    for (const auto& each : order) {
      if (less(a.at(each), b.at(each))) return true;
      if (less(b.at(each), a.at(each))) return false;
    }
    return false;
  });
  if (query.contains("reverse")) std::reverse(found.begin(), found.end());
  const auto* limit = query.if_contains("limit");
  const auto most = static_cast<std::size_t>(limit ? limit->as_int64() : 100);
  const bool more = found.size() > most;
  if (more) found.resize(most);
  return {PARLEY_OK, json::object{{"items", std::move(found)}, {"more", more}}};
}

parley_status range(parley_call call, parley_str collection, parley_value query, parley_done done,
                    void* user) {
  return current_host->begin(call, done, user, [name = text(collection), wanted = read(query)] {
    return find_range(name, wanted.as_object());
  });
}

parley_status open(parley_call call, parley_batch* out) {
  *out = ++current_host->last_handle;
  current_host->batches[*out].call = call;
  return PARLEY_OK;
}

parley_status add(parley_batch batch, host::write what) {
  host::batch_state* state = open_batch(batch);
  if (!state) return PARLEY_E_STALE;
  if (!current_host->keys.contains(what.collection)) return PARLEY_E_INVALID;
  state->writes.push_back(std::move(what));
  return PARLEY_OK;
}

parley_status put(parley_batch batch, parley_str collection, parley_value record) {
  return add(batch, {"put", text(collection), {}, read(record)});
}
parley_status patch(parley_batch batch, parley_str collection, parley_value key,
                    parley_value fields) {
  return add(batch, {"patch", text(collection), read(key), read(fields)});
}
parley_status increment(parley_batch batch, parley_str collection, parley_value key,
                        parley_str field, int64_t by) {
  return add(batch, {"increment", text(collection), read(key),
                     json::object{{"field", text(field)}, {"by", by}}});
}
parley_status erase(parley_batch batch, parley_str collection, parley_value key) {
  return add(batch, {"erase", text(collection), read(key), {}});
}
parley_status require(parley_batch batch, parley_value condition) {
  host::batch_state* state = open_batch(batch);
  if (!state) return PARLEY_E_STALE;
  state->conditions.push_back(read(condition));
  return PARLEY_OK;
}

parley_status publish_access(parley_batch batch, parley_str event, parley_str place,
                             parley_value data, int32_t grant, parley_str principal) {
  host::batch_state* state = open_batch(batch);
  if (!state) return PARLEY_E_STALE;
  state->events.push_back({text(event), text(place), read(data), grant, text(principal)});
  return PARLEY_OK;
}
parley_status publish(parley_batch batch, parley_str event, parley_str place, parley_value data) {
  return publish_access(batch, event, place, data, -1, parley_str{"", 0});
}

parley_status withdraw(parley_batch batch, parley_str event, parley_str place, int64_t number) {
  host::batch_state* state = open_batch(batch);
  if (!state) return PARLEY_E_STALE;
  state->withdrawn.push_back(text(event) + " " + text(place) + " " + std::to_string(number));
  return PARLEY_OK;
}

parley_status next(parley_batch batch, parley_str topic, parley_str place, int64_t* out) {
  host::batch_state* state = open_batch(batch);
  if (!state) return PARLEY_E_STALE;
  const std::string name = text(topic) + ":" + text(place);
  std::int64_t offset = 0;
  for (const published& each : state->events) {
    offset += current_host->topic_of_event[each.event] + ":" + each.place == name;
  }
  *out = std::numeric_limits<std::int64_t>::min() +
         static_cast<std::int64_t>(++current_host->last_handle);
  state->stand_ins[*out] = {name, offset};
  return PARLEY_OK;
}

parley_status commit(parley_batch batch, parley_value reply, parley_done done, void* user) {
  host::batch_state* state = open_batch(batch);
  if (!state) return PARLEY_E_STALE;
  return current_host->begin(state->call, done, user, [batch, given = read(reply)] {
    return current_host->commit(batch, given);
  });
}

// ---- ephemeral

json::array key_of(const std::string& collection, const json::value& record) {
  json::array key;
  for (const auto& name : current_host->keys.at(collection)) key.push_back(record.at(name));
  return key;
}

// Where there is none, `made` is put first.
outcome change(host::write what, const json::value& made) {
  host& h = *current_host;
  const json::array& key = what.key.as_array();
  if (!h.record(what.collection, key)) {
    if (made.is_null()) return {PARLEY_E_NOT_FOUND, {{"code", "not_found"}, {"message", "?"}}};
    host::write first{"put", what.collection, {}, made};
    h.apply(first);
  }
  h.apply(what);
  return {PARLEY_OK, json::value(*h.record(what.collection, key))};
}

parley_status put_now(parley_call call, parley_str collection, parley_value record, uint32_t ttl_ms,
                      int32_t only_if_absent, parley_done done, void* user) {
  return current_host->begin(
      call, done, user,
      [name = text(collection), given = read(record), ttl_ms, only_if_absent]() -> outcome {
        if (only_if_absent && current_host->record(name, key_of(name, given)))
          return {PARLEY_OK, {{"stored", false}}};
        current_host->ttl_ms[name] = ttl_ms;
        host::write what{"put", name, {}, given};
        current_host->apply(what);
        return {PARLEY_OK, {{"stored", true}}};
      });
}

parley_status patch_now(parley_call call, parley_str collection, parley_value key,
                        parley_value fields, uint32_t ttl_ms, parley_done done, void* user) {
  return current_host->begin(call, done, user,
                             [name = text(collection), k = read(key), f = read(fields), ttl_ms] {
                               if (ttl_ms) current_host->ttl_ms[name] = ttl_ms;
                               return change({"patch", name, k, f}, nullptr);
                             });
}

parley_status increment_now(parley_call call, parley_str collection, parley_value key,
                            parley_str field, int64_t by, uint32_t ttl_ms, parley_done done,
                            void* user) {
  return current_host->begin(
      call, done, user,
      [name = text(collection), k = read(key), f = text(field), by, ttl_ms]() -> outcome {
        json::object made{{f, 0}};
        for (std::size_t i = 0; i < k.as_array().size(); ++i)
          made[current_host->keys.at(name)[i]] = k.at(i);
        if (!current_host->record(name, k.as_array())) current_host->ttl_ms[name] = ttl_ms;
        return change({"increment", name, k, {{"field", f}, {"by", by}}}, made);
      });
}

parley_status erase_now(parley_call call, parley_str collection, parley_value key, parley_done done,
                        void* user) {
  return current_host->begin(
      call, done, user, [name = text(collection), k = read(key)]() -> outcome {
        const bool there = current_host->record(name, k.as_array()) != nullptr;
        host::write what{"erase", name, k, {}};
        current_host->apply(what);
        return {PARLEY_OK, {{"erased", there}}};
      });
}

} // namespace

const parley_ephemeral_api* ephemeral_interface() {
  static const parley_ephemeral_api api{sizeof api, get,           range,    put_now,
                                        patch_now,  increment_now, erase_now};
  return &api;
}

const parley_storage_api* storage_interface() {
  static const parley_storage_api api{
      sizeof api, get,     range,          open, put,    patch,    increment, erase,
      require,    publish, publish_access, next, commit, withdraw, nullptr,   nullptr};
  return &api;
}

} // namespace fake
