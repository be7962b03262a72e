// parley.storage/1 and parley.storage_driver/1 over dispatch and storage.

#include "parley/draft/storage.h"

#include "dispatch/breach.hpp"
#include "dispatch/dispatcher.hpp"
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

// Completes an operation with a storage failure; true where there was one.
bool failed(calls& all, std::uint64_t operation, const storage::failure& why,
            const std::string& plugin) {
  if (why.code == storage::status::ok) return false;
  observe::write(observe::level::error, "storage refused a read",
                 {{"plugin", plugin}, {"why", why.message}});
  all.complete_failed(
      operation, dispatch::error_of(why.code == storage::status::unavailable ? PARLEY_E_UNAVAILABLE
                                                                             : PARLEY_E_FAILED));
  return true;
}

// Completes an operation with a page of records.
template <typename Memory>
storage::engine::ranged page_to(calls& all, std::uint64_t operation, const Memory& memory,
                                const std::string& plugin) {
  return [&all, operation, memory, plugin](const storage::failure& why,
                                           std::vector<json::object> records, bool more) {
    if (failed(all, operation, why, plugin)) return;
    json::array items(memory.get());
    items.reserve(records.size());
    for (json::object& record : records) items.emplace_back(std::move(record));
    json::object page(memory.get());
    page["items"] = std::move(items);
    page["more"] = more;
    all.complete_with(operation, std::move(page));
  };
}

parley_status get(parley_call handle, parley_str collection, parley_value key, parley_done done,
                  void* user) {
  call* c = calls::find(handle);
  const json::value* k = value_arena::find(key);
  if (!c || !k) return dispatch::gone("parley.storage/1 get");
  if (!k->is_array()) return PARLEY_E_INVALID;
  const loaded_plugin& plugin = loaded_plugin::of(*c);
  if (!plugin.shared->store) return PARLEY_E_UNAVAILABLE;
  calls& all = *plugin.shared->calls;
  const std::uint64_t operation = all.begin_operation(*c, done, user);
  plugin.shared->store->get(
      dispatch::collection_name(*c->plugin, view(collection)), k->get_array(), c->arena->storage(),
      [&all, operation, keep = c->arena->shared_memory(), name = plugin.name](
          const storage::failure& why, std::optional<json::object> record) {
        if (failed(all, operation, why, name)) return;
        all.complete_with(operation, record ? json::value(*std::move(record)) : json::value());
      });
  return PARLEY_OK;
}

parley_status range(parley_call handle, parley_str collection, parley_value query, parley_done done,
                    void* user) {
  call* c = calls::find(handle);
  const json::value* q = value_arena::find(query);
  if (!c || !q) return dispatch::gone("parley.storage/1 range");
  storage::query wanted;
  if (!q->is_object() || !read_query(q->get_object(), wanted)) return PARLEY_E_INVALID;
  const loaded_plugin& plugin = loaded_plugin::of(*c);
  if (!plugin.shared->store) return PARLEY_E_UNAVAILABLE;
  calls& all = *plugin.shared->calls;
  const std::uint64_t operation = all.begin_operation(*c, done, user);
  const auto memory = c->arena->shared_memory();
  plugin.shared->store->range(dispatch::collection_name(*c->plugin, view(collection)), wanted,
                              memory.get(), page_to(all, operation, memory, plugin.name));
  return PARLEY_OK;
}

parley_status through(parley_call handle, parley_str collection, parley_value query,
                      parley_done done, void* user) {
  call* c = calls::find(handle);
  const json::value* q = value_arena::find(query);
  if (!c || !q) return dispatch::gone("parley.storage/1 through");
  storage::through_query wanted;
  std::string by;
  if (!q->is_object() || !read_through(q->get_object(), by, wanted)) return PARLEY_E_INVALID;
  const loaded_plugin& plugin = loaded_plugin::of(*c);
  if (!plugin.shared->store) return PARLEY_E_UNAVAILABLE;
  calls& all = *plugin.shared->calls;
  const std::uint64_t operation = all.begin_operation(*c, done, user);
  const auto memory = c->arena->shared_memory();
  plugin.shared->store->through(dispatch::collection_name(*c->plugin, view(collection)),
                                dispatch::collection_name(*c->plugin, by), wanted, memory.get(),
                                page_to(all, operation, memory, plugin.name));
  return PARLEY_OK;
}

parley_status search(parley_call handle, parley_str collection, parley_value query,
                     parley_done done, void* user) {
  call* c = calls::find(handle);
  const json::value* q = value_arena::find(query);
  if (!c || !q) return dispatch::gone("parley.storage/1 search");
  storage::search_query wanted;
  if (!q->is_object() || !read_search(q->get_object(), wanted)) return PARLEY_E_INVALID;
  const loaded_plugin& plugin = loaded_plugin::of(*c);
  if (!plugin.shared->store) return PARLEY_E_UNAVAILABLE;
  calls& all = *plugin.shared->calls;
  const std::uint64_t operation = all.begin_operation(*c, done, user);
  const auto memory = c->arena->shared_memory();
  plugin.shared->store->search(
      dispatch::collection_name(*c->plugin, view(collection)), wanted, memory.get(),
      [&all, operation, memory, name = plugin.name](
          const storage::failure& why, std::vector<storage::search_hit> hits, bool more) {
        if (why.code == storage::status::invalid_text) {
          dispatch::error told = dispatch::error_of(PARLEY_E_INVALID);
          told.message = why.message;
          return all.complete_failed(operation, told);
        }
        if (failed(all, operation, why, name)) return;
        json::array items(memory.get());
        items.reserve(hits.size());
        for (storage::search_hit& hit : hits) {
          json::object one(memory.get());
          one["record"] = std::move(hit.record);
          one["snippets"] = std::move(hit.snippets);
          items.emplace_back(std::move(one));
        }
        json::object page(memory.get());
        page["items"] = std::move(items);
        page["more"] = more;
        all.complete_with(operation, std::move(page));
      });
  return PARLEY_OK;
}

// The batches of the plugin that holds the handle, or nullptr.
dispatch::batches* batches_of(parley_batch handle) {
  const dispatch::batch* b = dispatch::batches::find(handle);
  if (!b) return nullptr;
  return &static_cast<const loaded_plugin*>(b->as)->shared->dispatch->all_batches();
}

parley_status open(parley_call handle, parley_batch* out) {
  if (!out)
    return dispatch::breach(PARLEY_E_INVALID, "parley.storage/1 batch", "no pointer is NULL");
  call* c = calls::find(handle);
  if (!c) return dispatch::gone("parley.storage/1 batch");
  dispatch::dispatcher* dispatch = loaded_plugin::of(*c).shared->dispatch;
  return dispatch ? dispatch->all_batches().open(*c, out) : PARLEY_E_UNAVAILABLE;
}

parley_status put(parley_batch handle, parley_str collection, parley_value record) {
  dispatch::batches* all = batches_of(handle);
  return all ? all->put(handle, view(collection), value_arena::find(record))
             : dispatch::gone("parley.storage/1 put");
}

parley_status patch(parley_batch handle, parley_str collection, parley_value key,
                    parley_value fields) {
  dispatch::batches* all = batches_of(handle);
  return all ? all->patch(handle, view(collection), value_arena::find(key),
                          value_arena::find(fields))
             : dispatch::gone("parley.storage/1 patch");
}

parley_status increment(parley_batch handle, parley_str collection, parley_value key,
                        parley_str field, std::int64_t by) {
  dispatch::batches* all = batches_of(handle);
  return all ? all->increment(handle, view(collection), value_arena::find(key), view(field), by)
             : dispatch::gone("parley.storage/1 increment");
}

parley_status erase(parley_batch handle, parley_str collection, parley_value key) {
  dispatch::batches* all = batches_of(handle);
  return all ? all->erase(handle, view(collection), value_arena::find(key))
             : dispatch::gone("parley.storage/1 erase");
}

parley_status require(parley_batch handle, parley_value condition) {
  dispatch::batches* all = batches_of(handle);
  return all ? all->require(handle, value_arena::find(condition))
             : dispatch::gone("parley.storage/1 require");
}

parley_status publish(parley_batch handle, parley_str event, parley_str place, parley_value data) {
  if (!dispatch::is_text(event) || !dispatch::is_text(place))
    return dispatch::breach(PARLEY_E_INVALID, "parley.storage/1 publish",
                            "text is UTF-8, and not NULL");
  dispatch::batches* all = batches_of(handle);
  return all ? all->publish(handle, view(event), view(place), value_arena::find(data), 0, {})
             : dispatch::gone("parley.storage/1 publish");
}

parley_status publish_access(parley_batch handle, parley_str event, parley_str place,
                             parley_value data, std::int32_t grant, parley_str principal) {
  if (!dispatch::is_text(event) || !dispatch::is_text(place) || !dispatch::is_text(principal))
    return dispatch::breach(PARLEY_E_INVALID, "parley.storage/1 publish_access",
                            "text is UTF-8, and not NULL");
  dispatch::batches* all = batches_of(handle);
  return all ? all->publish(handle, view(event), view(place), value_arena::find(data),
                            grant ? 1 : -1, view(principal))
             : dispatch::gone("parley.storage/1 publish_access");
}

parley_status next(parley_batch handle, parley_str topic, parley_str place, std::int64_t* out) {
  if (!out || !dispatch::is_text(topic) || !dispatch::is_text(place))
    return dispatch::breach(PARLEY_E_INVALID, "parley.storage/1 next",
                            "text is UTF-8, and no pointer is NULL");
  dispatch::batches* all = batches_of(handle);
  return all ? all->next(handle, view(topic), view(place), out)
             : dispatch::gone("parley.storage/1 next");
}

parley_status commit(parley_batch handle, parley_value reply, parley_done done, void* user) {
  dispatch::batches* all = batches_of(handle);
  return all ? all->commit(handle, value_arena::find(reply), done, user)
             : dispatch::gone("parley.storage/1 commit");
}

parley_status withdraw(parley_batch handle, parley_str event, parley_str place,
                       std::int64_t number) {
  dispatch::batches* all = batches_of(handle);
  return all ? all->withdraw(handle, view(event), view(place), number)
             : dispatch::gone("parley.storage/1 withdraw");
}

parley_status offer(const parley_host* host, const parley_storage_driver* driver) {
  constexpr const char* function = "parley.storage_driver/1 offer";
  if (!host || !driver) return dispatch::breach(PARLEY_E_INVALID, function, "no pointer is NULL");
  loaded_plugin& plugin = loaded_plugin::of(host);
  if (!dispatch::on_logic_thread() || !plugin.initialising)
    return dispatch::breach(PARLEY_E_THREAD, function, "it is [init]");
  // What came later is asked for where it is used.
  if (driver->size < offsetof(parley_storage_driver, search))
    return dispatch::breach(PARLEY_E_INVALID, function, "`size` is set to that of the struct");
  plugin.driver = driver;
  return PARLEY_OK;
}

} // namespace

const void* storage_interface() {
  static const parley_storage_api api{sizeof(parley_storage_api),
                                      get,
                                      range,
                                      open,
                                      put,
                                      patch,
                                      increment,
                                      erase,
                                      require,
                                      publish,
                                      publish_access,
                                      next,
                                      commit,
                                      withdraw,
                                      search,
                                      through};
  return &api;
}

const void* storage_driver_interface() {
  static const parley_storage_driver_api api{sizeof(parley_storage_driver_api), offer};
  return &api;
}

} // namespace parley::plugin
