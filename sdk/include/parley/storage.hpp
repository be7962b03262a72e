#pragma once

// Collections and batches (draft, see draft/storage.h). Records and keys are classes generated from
// the manifest; a key class names its collection and its record:
//
//   std::optional<member> m = co_await get(c, members_key(conversation, account));
//   page<message> p = co_await range<message>(c).prefix(conversation).after(12).limit(50);
//
//   batch b(c);                       // carries the permission's conditions, the idempotency key
//   b.put(m);
//   b.publish(member_added(m));       // durable: numbered in the batch, sent after the commit
//   co_await b.commit();
//
// A commit that fails throws: PARLEY_E_CONFLICT where one of the batch's own conditions failed.

#include "parley/call.hpp"
#include "parley/draft/storage.h"
#include "parley/jobs.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley {

// What parley-gen gives the classes of records, keys and events.
template <class T>
concept record_class = requires {
  { T::collection_name } -> std::convertible_to<std::string_view>;
};
// Of a collection that lives in memory: get and range are the same, writes are in ephemeral.hpp.
template <class T>
concept ephemeral_class = record_class<T> && requires { requires T::ephemeral; };
template <class T>
concept key_class = record_class<T> && requires(const arena& a, const T& key) {
  typename T::record;
  { encode_key(a, key) } -> std::same_as<parley_slot>; // an array in the order of the key
};
template <class T>
concept event_class = requires(const T& event) {
  { T::event_name } -> std::convertible_to<std::string_view>;
  { T::durable } -> std::convertible_to<bool>;
  { event.place } -> std::convertible_to<std::string_view>;
  event.data;
};

inline const parley_ephemeral_api& memory_of(const host& host) {
  if (host.memory == nullptr) throw unavailable("The host has no ephemeral collections.");
  return *host.memory;
}

template <class Record>
class get_operation : public operation<get_operation<Record>> {
 public:
  get_operation(const arena& a, parley_value key)
      : operation<get_operation<Record>>(a.host()), call_(a.handle()), key_(key) {}
  parley_status begin(parley_done done, void* user) const {
    const parley_str name = to_c(Record::collection_name);
    if constexpr (ephemeral_class<Record>) {
      return memory_of(*this->host_).get(call_, name, key_, done, user);
    } else {
      return this->host_->store->get(call_, name, key_, done, user);
    }
  }
  std::optional<Record> await_resume() { return decode_as<std::optional<Record>>(this->take()); }

 private:
  parley_call call_;
  parley_value key_;
};

// One record, or nothing.
template <key_class Key>
get_operation<typename Key::record> get(const arena& a, const Key& key) {
  return get_operation<typename Key::record>(a, to_handle(a, encode_key(a, key)));
}

template <class Record>
struct page {
  std::vector<Record> items;
  bool more = false; // there is more in this direction
};

template <class Item>
page<Item> page_of(const value& found) {
  static constexpr std::array<parley_str, 2> names{to_c("items"), to_c("more")};
  std::array<parley_slot, 2> slots{};
  found.fields(names, slots);
  page<Item> out;
  decode_required(found, slots[0], "items", out.items);
  decode_required(found, slots[1], "more", out.more);
  return out;
}

// A range over a key or an index, in its order; awaited, it gives a page of records. At most 100
// records unless `limit` says otherwise, 1000 at most.
template <class Record>
class range_query : public operation<range_query<Record>> {
 public:
  explicit range_query(const arena& a) : operation<range_query<Record>>(a.host()), arena_(a) {}

  range_query& index(const char* name) { return set(0, encode(arena_, name)); }
  // The components that must be equal, from the first.
  template <class... Parts>
  range_query& prefix(const Parts&... parts) {
    return set(1, make_array(arena_, parts...).slot());
  }
  // Bounds of the component after the prefix: from/to are inclusive, after/before are not.
  template <class T>
  range_query& from(const T& bound) {
    return set(2, kept(bound));
  }
  template <class T>
  range_query& after(const T& bound) {
    return set(3, kept(bound));
  }
  template <class T>
  range_query& to(const T& bound) {
    return set(4, kept(bound));
  }
  template <class T>
  range_query& before(const T& bound) {
    return set(5, kept(bound));
  }
  range_query& reverse() { return set(6, encode(arena_, true)); }
  range_query& limit(std::int64_t most) { return set(7, encode(arena_, most)); }
  // What was committed a moment ago may be missing, so that a replica of the store may answer.
  range_query& may_lag() { return set(8, encode(arena_, true)); }

  parley_status begin(parley_done done, void* user) const {
    static constexpr std::array<parley_str, 9> names{
        to_c("index"),  to_c("prefix"),  to_c("from"),  to_c("after"),  to_c("to"),
        to_c("before"), to_c("reverse"), to_c("limit"), to_c("may_lag")};
    const parley_slot query = encode_fields(arena_, names, slots_);
    const parley_str name = to_c(Record::collection_name);
    if constexpr (ephemeral_class<Record>) {
      return memory_of(*this->host_).range(arena_.handle(), name, query.as.value, done, user);
    } else {
      return this->host_->store->range(arena_.handle(), name, query.as.value, done, user);
    }
  }
  page<Record> await_resume() { return page_of<Record>(this->take()); }

 private:
  range_query& set(std::size_t which, parley_slot slot) {
    slots_[which] = slot;
    return *this;
  }
  // A text must outlive the expression that names it: into the arena.
  template <class T>
  parley_slot kept(const T& bound) const {
    return value(arena_.host(), to_value(arena_, bound)).slot();
  }

  arena arena_;
  std::array<parley_slot, 9> slots_{};
};

template <record_class Record>
range_query<Record> range(const arena& a) {
  return range_query<Record>(a);
}

// Records that records of another collection, Via, lead to by a field of theirs, in the order of a
// field of their own; awaited, it gives a page of them. See draft/storage.h.
//
//   page<room> p = co_await through<membership, room>(c, "room")
//                      .index("by_account").prefix(account).order("used_at").reverse();
template <class Via, class Record>
class through_query : public operation<through_query<Via, Record>> {
 public:
  through_query(const arena& a, const char* field)
      : operation<through_query<Via, Record>>(a.host()), arena_(a) {
    set(0, encode(a, Via::collection_name));
    set(1, encode(a, field));
  }

  // Of Via, as in range_query.
  through_query& index(const char* name) { return set(2, encode(arena_, name)); }
  template <class... Parts>
  through_query& prefix(const Parts&... parts) {
    return set(3, make_array(arena_, parts...).slot());
  }
  // The field of Record that is the order.
  through_query& order(const char* field) { return set(4, encode(arena_, field)); }
  // Only what is behind the last record of a page: its order and its key.
  template <class Order>
  through_query& beyond(const Order& order, const std::string& key) {
    return set(5, make_array(arena_, order, key).slot());
  }
  through_query& reverse() { return set(6, encode(arena_, true)); }
  through_query& limit(std::int64_t most) { return set(7, encode(arena_, most)); }
  through_query& may_lag() { return set(8, encode(arena_, true)); } // as in range_query

  parley_status begin(parley_done done, void* user) const {
    static constexpr std::array<parley_str, 9> names{
        to_c("by"),     to_c("field"),   to_c("index"), to_c("prefix"), to_c("order"),
        to_c("beyond"), to_c("reverse"), to_c("limit"), to_c("may_lag")};
    const parley_storage_api& store = *this->host_->store;
    if (store.size < offsetof(parley_storage_api, through) + sizeof store.through)
      throw unavailable("This server does not read through a collection.");
    const parley_slot query = encode_fields(arena_, names, slots_);
    return store.through(arena_.handle(), to_c(Record::collection_name), query.as.value, done,
                         user);
  }
  page<Record> await_resume() { return page_of<Record>(this->take()); }

 private:
  through_query& set(std::size_t which, parley_slot slot) {
    slots_[which] = slot;
    return *this;
  }

  arena arena_;
  std::array<parley_slot, 9> slots_{};
};

template <record_class Via, record_class Record>
through_query<Via, Record> through(const arena& a, const char* field) {
  return through_query<Via, Record>(a, field);
}

// A piece of a field around what was found.
struct snippet_piece {
  std::string text;
  bool hit = false;
};
struct snippet {
  std::string field;
  std::vector<snippet_piece> pieces;
};
template <class Record>
struct search_hit {
  Record record;
  std::vector<snippet> snippets;
};

inline void decode(const value& from, snippet_piece& out) {
  static constexpr std::array<parley_str, 2> names{to_c("text"), to_c("hit")};
  std::array<parley_slot, 2> slots{};
  from.fields(names, slots);
  decode_required(from, slots[0], "text", out.text);
  decode_required(from, slots[1], "hit", out.hit);
}
inline void decode(const value& from, snippet& out) {
  static constexpr std::array<parley_str, 2> names{to_c("field"), to_c("pieces")};
  std::array<parley_slot, 2> slots{};
  from.fields(names, slots);
  decode_required(from, slots[0], "field", out.field);
  decode_required(from, slots[1], "pieces", out.pieces);
}
template <class Record>
void decode(const value& from, search_hit<Record>& out) {
  static constexpr std::array<parley_str, 2> names{to_c("record"), to_c("snippets")};
  std::array<parley_slot, 2> slots{};
  from.fields(names, slots);
  decode_required(from, slots[0], "record", out.record);
  decode_required(from, slots[1], "snippets", out.snippets);
}

// Records with this value in a field that a search is narrowed `by`, and in another at least
// `from`.
struct search_range {
  std::string value;
  std::int64_t from = 0;
};
inline parley_slot encode(const arena& a, const search_range& in) {
  return make_object(a, "value", in.value, "from", in.from).slot();
}

// Full text, where the manifest says `search`; awaited, it gives a page of hits, the best first.
// See draft/storage.h for what may stand in `text`.
template <class Record>
class text_search : public operation<text_search<Record>> {
 public:
  text_search(const arena& a, std::string_view text)
      : operation<text_search<Record>>(a.host()), arena_(a) {
    set(0, value(a.host(), to_value(a, std::string(text))).slot());
  }

  // The last word is still being typed.
  text_search& unfinished() { return set(1, encode(arena_, true)); }
  // Fields of `search: { by: … }` and their values take turns: where("conversation", id).
  template <class... Pairs>
  text_search& where(const Pairs&... pairs) {
    return set(2, make_object(arena_, pairs...).slot());
  }
  // Only records of one of these ranges; of none, nothing is found: within("conversation", "seq",
  // {{id, 1000}}).
  text_search& within(const char* by, const char* from, const std::vector<search_range>& ranges) {
    return set(3, make_object(arena_, "by", by, "from", from, "ranges", ranges).slot());
  }
  text_search& limit(std::int64_t most) { return set(4, encode(arena_, most)); }
  text_search& skip(std::int64_t first) { return set(5, encode(arena_, first)); }
  text_search& may_lag() { return set(6, encode(arena_, true)); } // as in range_query

  parley_status begin(parley_done done, void* user) const {
    static constexpr std::array<parley_str, 7> names{
        to_c("text"),  to_c("unfinished"), to_c("where"),  to_c("within"),
        to_c("limit"), to_c("skip"),       to_c("may_lag")};
    const parley_storage_api& store = *this->host_->store;
    if (store.size < offsetof(parley_storage_api, search) + sizeof store.search)
      throw unavailable("This server does not search.");
    const parley_slot query = encode_fields(arena_, names, slots_);
    return store.search(arena_.handle(), to_c(Record::collection_name), query.as.value, done, user);
  }
  page<search_hit<Record>> await_resume() { return page_of<search_hit<Record>>(this->take()); }

 private:
  text_search& set(std::size_t which, parley_slot slot) {
    slots_[which] = slot;
    return *this;
  }

  arena arena_;
  std::array<parley_slot, 7> slots_{};
};

template <record_class Record>
text_search<Record> search(const arena& a, std::string_view text) {
  return text_search<Record>(a, text);
}

// What must hold of a record when a batch commits; also what a scope's owner adds to an access.
class condition {
 public:
  explicit condition(value what) : what_(what) {}
  const value& what() const { return what_; }

 private:
  value what_;
};
inline parley_slot encode(const arena& a, const condition& in) {
  return encode(a, in.what());
}

template <key_class Key>
condition exists(const arena& a, const Key& key, bool whether = true) {
  const value where(a.host(), encode_key(a, key));
  return condition(
      make_object(a, "collection", Key::collection_name, "key", where, "exists", whether));
}
template <key_class Key>
condition absent(const arena& a, const Key& key) {
  return exists(a, key, false);
}
// Fields and their values take turns: equals(c, key, "role", "owner").
template <key_class Key, class... Pairs>
condition equals(const arena& a, const Key& key, const Pairs&... pairs) {
  const value where(a.host(), encode_key(a, key));
  return condition(make_object(a, "collection", Key::collection_name, "key", where, "equals",
                               make_object(a, pairs...)));
}

// Ends a batch; awaited, it gives Reply back with the numbers of the commit, or nothing.
template <class Reply>
class commit_operation : public operation<commit_operation<Reply>> {
 public:
  commit_operation(const host& host, parley_batch batch, parley_value reply)
      : operation<commit_operation<Reply>>(host), batch_(batch), reply_(reply) {}
  parley_status begin(parley_done done, void* user) const {
    return this->host_->store->commit(batch_, reply_, done, user);
  }
  Reply await_resume() {
    const value committed = this->take();
    if constexpr (!std::is_void_v<Reply>) {
      const value filled = committed["reply"];
      // A host that fills in only what the call ends with gives none.
      return decode_as<Reply>(filled.is_null() ? value(*this->host_, reply_) : filled);
    }
  }

 private:
  parley_batch batch_;
  parley_value reply_;
};

// Writes that happen together or not at all.
class batch {
 public:
  explicit batch(const arena& a) : arena_(a) {
    check(store().batch(arena_.handle(), &handle_), "opening a batch");
  }
  // A batch that is somebody else's to commit: what a join hook gets.
  batch(const arena& a, parley_batch opened) : arena_(a), handle_(opened) {}
  batch(const batch&) = delete;
  batch& operator=(const batch&) = delete;

  template <record_class Record>
  void put(const Record& record) {
    static_assert(!ephemeral_class<Record>, "an ephemeral record is put by put(call, record)");
    check(store().put(handle_, to_c(Record::collection_name), to_value(arena_, record)),
          "putting a record");
  }
  // Sets some fields of a record that is there: b.patch(key, "name", name).
  template <key_class Key, class... Pairs>
  void patch(const Key& key, const Pairs&... pairs) {
    const value fields = make_object(arena_, pairs...);
    check(store().patch(handle_, to_c(Key::collection_name), key_handle(key),
                        to_handle(arena_, fields.slot())),
          "patching a record");
  }
  template <key_class Key>
  void increment(const Key& key, std::string_view field, std::int64_t by) {
    check(store().increment(handle_, to_c(Key::collection_name), key_handle(key), to_c(field), by),
          "incrementing a field");
  }
  template <key_class Key>
  void erase(const Key& key) {
    check(store().erase(handle_, to_c(Key::collection_name), key_handle(key)), "erasing a record");
  }

  void require(const condition& what) {
    check(store().require(handle_, to_handle(arena_, what.what().slot())), "adding a condition");
  }
  template <key_class Key>
  void require_absent(const Key& key) {
    require(absent(arena_, key));
  }
  template <key_class Key>
  void require_exists(const Key& key) {
    require(exists(arena_, key));
  }

  // Appends a durable event to the topic of its place.
  template <event_class Event>
  void publish(const Event& event) {
    static_assert(Event::durable, "an ephemeral event is published by publish(call, event)");
    check(store().publish(handle_, to_c(Event::event_name), to_c(event.place),
                          to_value(arena_, event.data)),
          "publishing an event");
  }
  // The same, and from this number on `principal` may, or may no longer, read the topic.
  template <event_class Event>
  void publish_grant(const Event& event, std::string_view principal) {
    publish_access(event, 1, principal);
  }
  template <event_class Event>
  void publish_revoke(const Event& event, std::string_view principal) {
    publish_access(event, 0, principal);
  }

  // What the event of that number said leaves the log, which keeps the number as a void:
  // b.withdraw<message_created>(conversation, seq). No such event is no error.
  template <event_class Event>
  void withdraw(std::string_view place, std::int64_t number) {
    static_assert(Event::durable, "an ephemeral event is in no log");
    check(store().withdraw(handle_, to_c(Event::event_name), to_c(place), number),
          "withdrawing an event");
  }

  // Queues a job: it is there when the batch is committed.
  template <job_class Job>
  void enqueue(const Job& job, const job_options& how = {}) {
    check(
        jobs_of(arena_.host())
            .enqueue(handle_, to_c(Job::job_name), to_value(arena_, job), how.at_ms, to_c(how.key)),
        "queuing a job");
  }

  // The number that this batch's next event on that topic will get. A stand-in until the commit:
  // put it into records, keys, events and the reply like a number, and do not count with it.
  std::int64_t next(std::string_view topic, std::string_view place) {
    std::int64_t out = 0;
    check(store().next(handle_, to_c(topic), to_c(place), &out), "taking a number");
    return out;
  }

  // Writes. The batch is not used afterwards.
  commit_operation<void> commit() { return commit_operation<void>(arena_.host(), handle_, 0); }
  // Writes, and keeps the method's result with the idempotency key; gives it back with its numbers.
  template <class Reply>
  commit_operation<Reply> commit(const Reply& reply) {
    return commit_operation<Reply>(arena_.host(), handle_, to_value(arena_, reply));
  }

  parley_batch handle() const { return handle_; }

 private:
  const parley_storage_api& store() const {
    if (arena_.host().store == nullptr) throw unavailable("The host has no storage.");
    return *arena_.host().store;
  }
  template <class Key>
  parley_value key_handle(const Key& key) const {
    static_assert(!ephemeral_class<Key>, "ephemeral records are changed by calls of their own");
    return to_handle(arena_, encode_key(arena_, key));
  }
  template <class Event>
  void publish_access(const Event& event, std::int32_t grant, std::string_view principal) {
    static_assert(Event::durable, "access changes with a durable event");
    check(store().publish_access(handle_, to_c(Event::event_name), to_c(event.place),
                                 to_value(arena_, event.data), grant, to_c(principal)),
          "publishing an event");
  }

  arena arena_;
  parley_batch handle_ = 0;
};

} // namespace parley
