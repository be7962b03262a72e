// parley.ephemeral/1 over storage::ephemeral_store. The store answers at once; plugins are told a
// turn later, as they will be where nodes share it.

#include "parley/draft/ephemeral.h"

#include "dispatch/breach.hpp"
#include "dispatch/calls.hpp"
#include "dispatch/values.hpp"
#include "observe/log.hpp"
#include "plugin/host.hpp"
#include "plugin/read_query.hpp"

namespace parley::plugin {

namespace {

namespace json = boost::json;
using dispatch::call;
using dispatch::calls;
using dispatch::value_arena;
using dispatch::view;
using storage::ephemeral_collection;

void blame(const std::string& plugin, const std::string& why) {
  observe::write(observe::level::error, "an ephemeral collection refused what a plugin asked",
                 {{"plugin", plugin}, {"why", why}});
}

// The call and the collection that a function is about.
struct target {
  call* in = nullptr;
  ephemeral_collection* at = nullptr;
  parley_status why = PARLEY_OK;

  target(parley_call handle, parley_str collection) : in(calls::find(handle)) {
    if (!in) {
      why = dispatch::gone("parley.ephemeral/1");
      return;
    }
    const loaded_plugin& plugin = loaded_plugin::of(*in);
    const auto found = plugin.ephemeral.find(view(collection));
    if (found != plugin.ephemeral.end()) {
      at = found->second.get();
      return;
    }
    blame(plugin.name,
          "the manifest declares no ephemeral collection " + std::string(view(collection)));
    why = PARLEY_E_NOT_FOUND;
  }

  // Also false where an argument is not what it should be.
  template <typename Is>
  const json::value* take(parley_value handle, Is is) {
    if (why != PARLEY_OK) return nullptr;
    const json::value* given = value_arena::find(handle);
    if (!given) why = PARLEY_E_STALE;
    if (given && !is(*given)) why = PARLEY_E_INVALID;
    return why == PARLEY_OK ? given : nullptr;
  }
  const json::value* array(parley_value handle) {
    return take(handle, [](const json::value& v) { return v.is_array(); });
  }
  const json::value* object(parley_value handle) {
    return take(handle, [](const json::value& v) { return v.is_object(); });
  }

  // Ends with what `give` makes of a result, unless that is a refusal.
  template <typename Give>
  parley_status answer(const ephemeral_collection::done& how, parley_done done, void* user,
                       Give give) {
    const loaded_plugin& plugin = loaded_plugin::of(*in);
    if (how.why.code != storage::status::ok) {
      blame(plugin.name, how.why.message);
      return PARLEY_E_INVALID;
    }
    calls& all = *plugin.shared->calls;
    const std::uint64_t operation = all.begin_operation(*in, done, user);
    if (how.full)
      all.complete_failed(operation, dispatch::error_of(PARLEY_E_LIMIT));
    else
      give(all, operation);
    return PARLEY_OK;
  }
  json::storage_ptr memory() const { return in->arena->storage(); }
};

parley_status told(target& t, const ephemeral_collection::done& how, const char* word,
                   parley_done done, void* user) {
  return t.answer(how, done, user, [&](calls& all, std::uint64_t operation) {
    json::object out(t.memory());
    out[word] = how.found;
    all.complete_with(operation, std::move(out));
  });
}

parley_status get(parley_call handle, parley_str collection, parley_value key, parley_done done,
                  void* user) {
  target t(handle, collection);
  const json::value* k = t.array(key);
  if (!k) return t.why;
  auto how = t.at->get(k->get_array(), t.memory());
  return t.answer(how, done, user, [&](calls& all, std::uint64_t operation) {
    all.complete_with(operation, how.found ? json::value(std::move(how.record)) : json::value());
  });
}

parley_status range(parley_call handle, parley_str collection, parley_value query, parley_done done,
                    void* user) {
  target t(handle, collection);
  const json::value* q = t.object(query);
  if (!q) return t.why;
  storage::query wanted;
  if (!read_query(q->get_object(), wanted)) return PARLEY_E_INVALID;
  auto found = t.at->range(wanted, t.memory());
  return t.answer({found.why, false, true, {}}, done, user,
                  [&](calls& all, std::uint64_t operation) {
                    json::array items(t.memory());
                    items.reserve(found.records.size());
                    for (json::object& one : found.records) items.emplace_back(std::move(one));
                    json::object page(t.memory());
                    page["items"] = std::move(items);
                    page["more"] = found.more;
                    all.complete_with(operation, std::move(page));
                  });
}

parley_status put(parley_call handle, parley_str collection, parley_value record,
                  std::uint32_t ttl_ms, std::int32_t only_if_absent, parley_done done, void* user) {
  target t(handle, collection);
  const json::value* r = t.object(record);
  if (!r) return t.why;
  return told(t, t.at->put(r->get_object(), ttl_ms, only_if_absent != 0), "stored", done, user);
}

// Ends with the record as it is now.
parley_status changed(target& t, ephemeral_collection::done how, parley_done done, void* user) {
  return t.answer(how, done, user, [&](calls& all, std::uint64_t operation) {
    if (how.found)
      all.complete_with(operation, std::move(how.record));
    else
      all.complete_failed(operation, dispatch::error_of(PARLEY_E_NOT_FOUND));
  });
}

parley_status patch(parley_call handle, parley_str collection, parley_value key,
                    parley_value fields, std::uint32_t ttl_ms, parley_done done, void* user) {
  target t(handle, collection);
  const json::value* k = t.array(key);
  const json::value* f = t.object(fields);
  if (!k || !f) return t.why;
  return changed(t, t.at->patch(k->get_array(), f->get_object(), ttl_ms, t.memory()), done, user);
}

parley_status increment(parley_call handle, parley_str collection, parley_value key,
                        parley_str field, std::int64_t by, std::uint32_t ttl_ms, parley_done done,
                        void* user) {
  target t(handle, collection);
  const json::value* k = t.array(key);
  if (!k) return t.why;
  return changed(t, t.at->increment(k->get_array(), view(field), by, ttl_ms, t.memory()), done,
                 user);
}

parley_status erase(parley_call handle, parley_str collection, parley_value key, parley_done done,
                    void* user) {
  target t(handle, collection);
  const json::value* k = t.array(key);
  if (!k) return t.why;
  return told(t, t.at->erase(k->get_array()), "erased", done, user);
}

} // namespace

const void* ephemeral_interface() {
  static const parley_ephemeral_api api{
      sizeof(parley_ephemeral_api), get, range, put, patch, increment, erase};
  return &api;
}

} // namespace parley::plugin
