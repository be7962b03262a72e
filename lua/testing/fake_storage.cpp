// The host in memory: records and batches.

#include "fake_table.hpp"

namespace parley::lua::testing {

struct fake_host::storage_table : table {
  static ending good(json::value result) {
    ending out;
    out.result = std::move(result);
    return out;
  }
  static parley_status get(parley_call call, parley_str collection, parley_value key,
                           parley_done done, void* user) {
    fake_host& h = self();
    if (h.live(call) == nullptr) return PARLEY_E_STALE;
    return h.later(call, done, user, [&h, name = text_of(collection), k = *find(key)] {
      const auto found = h.records[name].find(json::serialize(k));
      return found == h.records[name].end() ? good(nullptr) : good(found->second);
    });
  }
  static parley_status range(parley_call call, parley_str collection, parley_value,
                             parley_done done, void* user) {
    fake_host& h = self();
    if (h.live(call) == nullptr) return PARLEY_E_STALE;
    return h.later(call, done, user, [&h, name = text_of(collection)] {
      json::array all;
      for (const auto& [key, record] : h.records[name]) all.push_back(record);
      return good({{"items", all}, {"more", false}});
    });
  }
  static parley_status batch(parley_call call, parley_batch* out) {
    if (self().live(call) == nullptr) return PARLEY_E_STALE;
    *out = self().next_++;
    self().batches_[*out].call = call;
    return PARLEY_OK;
  }
  static batch_data* find_batch(parley_batch b) {
    if (b == 77) return &self().batches_[77]; // the one that joins are given
    const auto found = self().batches_.find(b);
    return found == self().batches_.end() ? nullptr : &found->second;
  }
  static parley_status put(parley_batch b, parley_str collection, parley_value record) {
    fake_host& h = self();
    batch_data* const data = find_batch(b);
    if (data == nullptr) return PARLEY_E_STALE;
    data->writes.push_back([&h, name = text_of(collection), r = find(record)->as_object()] {
      h.records[name][json::serialize(h.key_of(name, r))] = r;
    });
    return PARLEY_OK;
  }
  static parley_status change(parley_batch b, parley_str collection, parley_value key,
                              std::function<void(json::object&)> how) {
    fake_host& h = self();
    batch_data* const data = find_batch(b);
    if (data == nullptr) return PARLEY_E_STALE;
    const std::string name = text_of(collection), k = json::serialize(*find(key));
    data->conditions.push_back([&h, name, k] { return h.records[name].count(k) == 1; });
    data->writes.push_back([&h, name, k, how] { how(h.records[name][k]); });
    return PARLEY_OK;
  }
  static parley_status patch(parley_batch b, parley_str collection, parley_value key,
                             parley_value with) {
    return change(b, collection, key, [w = find(with)->as_object()](json::object& record) {
      for (const auto& member : w) record[member.key()] = member.value();
    });
  }
  static parley_status increment(parley_batch b, parley_str collection, parley_value key,
                                 parley_str field, std::int64_t by) {
    return change(b, collection, key, [name = text_of(field), by](json::object& record) {
      record[name] = record[name].as_int64() + by;
    });
  }
  static parley_status erase(parley_batch b, parley_str collection, parley_value key) {
    fake_host& h = self();
    batch_data* const data = find_batch(b);
    if (data == nullptr) return PARLEY_E_STALE;
    data->writes.push_back([&h, name = text_of(collection), k = json::serialize(*find(key))] {
      h.records[name].erase(k);
    });
    return PARLEY_OK;
  }
  static parley_status require(parley_batch b, parley_value condition) {
    fake_host& h = self();
    batch_data* const data = find_batch(b);
    if (data == nullptr) return PARLEY_E_STALE;
    const json::object c = find(condition)->as_object();
    data->conditions.push_back([&h, c] {
      const auto& all = h.records[std::string(c.at("collection").as_string())];
      return (all.count(json::serialize(c.at("key"))) == 1) == c.at("exists").as_bool();
    });
    return PARLEY_OK;
  }
  static parley_status publish(parley_batch b, parley_str event, parley_str place,
                               parley_value data) {
    fake_host& h = self();
    batch_data* const open = find_batch(b);
    if (open == nullptr) return PARLEY_E_STALE;
    const std::string line =
        text_of(event) + " " + text_of(place) + " " + json::serialize(*find(data));
    open->writes.push_back([&h, line] { h.published.push_back(line); });
    return PARLEY_OK;
  }
  static parley_status publish_access(parley_batch b, parley_str event, parley_str place,
                                      parley_value data, std::int32_t grant, parley_str who) {
    fake_host& h = self();
    const parley_status status = publish(b, event, place, data);
    if (status == PARLEY_OK) {
      h.published.push_back((grant != 0 ? "grant " : "revoke ") + text_of(who));
    }
    return status;
  }
  static parley_status withdraw(parley_batch b, parley_str event, parley_str place,
                                std::int64_t number) {
    fake_host& h = self();
    batch_data* const open = find_batch(b);
    if (open == nullptr) return PARLEY_E_STALE;
    const std::string line =
        "void " + text_of(event) + " " + text_of(place) + " " + std::to_string(number);
    open->writes.push_back([&h, line] { h.published.push_back(line); });
    return PARLEY_OK;
  }
  static parley_status next(parley_batch b, parley_str, parley_str, std::int64_t* out) {
    if (find_batch(b) == nullptr) return PARLEY_E_STALE;
    *out = -4'611'686'018'427'387'905;
    return PARLEY_OK;
  }
  static parley_status commit(parley_batch b, parley_value, parley_done done, void* user) {
    fake_host& h = self();
    batch_data* const found = find_batch(b);
    if (found == nullptr || h.live(found->call) == nullptr) return PARLEY_E_STALE;
    const batch_data data = *found;
    h.batches_.erase(b);
    return h.later(data.call, done, user, [data] {
      for (const auto& holds : data.conditions) {
        if (holds()) continue;
        ending conflict;
        conflict.status = PARLEY_E_CONFLICT;
        conflict.code = "conflict";
        conflict.message = "Something else was changed.";
        return conflict;
      }
      for (const auto& write_one : data.writes) write_one();
      return good({{"numbers", json::object()}});
    });
  }
};

// Nothing goes by itself here: a test sees how long each record would stay.
struct fake_host::memory_table : storage_table {
  static parley_status put(parley_call call, parley_str collection, parley_value record,
                           std::uint32_t ttl_ms, std::int32_t only_if_absent, parley_done done,
                           void* user) {
    fake_host& h = self();
    if (h.live(call) == nullptr) return PARLEY_E_STALE;
    const std::string name = text_of(collection);
    const json::object r = find(record)->as_object();
    return h.later(call, done, user, [&h, name, r, ttl_ms, only_if_absent] {
      const std::string key = json::serialize(h.key_of(name, r));
      const bool stored = only_if_absent == 0 || h.records[name].count(key) == 0;
      if (stored) h.records[name][key] = r, h.ttl_ms[name][key] = ttl_ms;
      return good({{"stored", stored}});
    });
  }
  static parley_status patch(parley_call call, parley_str collection, parley_value key,
                             parley_value fields, std::uint32_t ttl_ms, parley_done done,
                             void* user) {
    fake_host& h = self();
    if (h.live(call) == nullptr) return PARLEY_E_STALE;
    return h.later(call, done, user,
                   [&h, name = text_of(collection), k = json::serialize(*find(key)),
                    f = find(fields)->as_object(), ttl_ms] {
                     if (h.records[name].count(k) == 0) return missing();
                     for (const auto& each : f) h.records[name][k][each.key()] = each.value();
                     if (ttl_ms != 0) h.ttl_ms[name][k] = ttl_ms;
                     return good(h.records[name][k]);
                   });
  }
  static parley_status increment(parley_call call, parley_str collection, parley_value key,
                                 parley_str field, std::int64_t by, std::uint32_t ttl_ms,
                                 parley_done done, void* user) {
    fake_host& h = self();
    if (h.live(call) == nullptr) return PARLEY_E_STALE;
    return h.later(call, done, user,
                   [&h, name = text_of(collection), k = find(key)->as_array(), f = text_of(field),
                    by, ttl_ms] {
                     const std::string text = json::serialize(k);
                     const bool is_new = h.records[name].count(text) == 0;
                     json::object& record = h.records[name][text];
                     if (is_new) h.ttl_ms[name][text] = ttl_ms;
                     for (const auto& c : h.declared.collections)
                       for (std::size_t i = 0; c.name == name && i < c.key.size(); ++i)
                         record[c.key[i]] = k.at(i);
                     record[f] = by + (record.contains(f) ? record[f].as_int64() : 0);
                     return good(record);
                   });
  }
  static parley_status erase(parley_call call, parley_str collection, parley_value key,
                             parley_done done, void* user) {
    fake_host& h = self();
    if (h.live(call) == nullptr) return PARLEY_E_STALE;
    return h.later(call, done, user,
                   [&h, name = text_of(collection), k = json::serialize(*find(key))] {
                     return good({{"erased", h.records[name].erase(k) == 1}});
                   });
  }
  static ending missing() {
    ending out;
    out.status = PARLEY_E_NOT_FOUND;
    out.code = "not_found";
    return out;
  }
};

const void* fake_host::ephemeral_api() {
  using t = memory_table;
  static const parley_ephemeral_api api{sizeof api, t::get,       t::range, t::put,
                                        t::patch,   t::increment, t::erase};
  return &api;
}

const void* fake_host::storage_api() {
  using t = storage_table;
  static const parley_storage_api api{sizeof api, t::get,      t::range,          t::batch,
                                      t::put,     t::patch,    t::increment,      t::erase,
                                      t::require, t::publish,  t::publish_access, t::next,
                                      t::commit,  t::withdraw, nullptr,           nullptr};
  return &api;
}

} // namespace parley::lua::testing
