#pragma once

// Collections in memory (draft, see draft/ephemeral.h). They are read like all others, by get and
// range of storage.hpp; a write is an operation of its own:
//
//   const bool first = co_await put(c, typist(room, account)).for_ms(5000).only_if_absent();
//   const hits now = co_await increment(c, hits_key(account), "count").for_ms(60000);
//   co_await erase(c, typing_key(room, account));
//
// for_ms: the record goes after so many milliseconds; without it, it stays until it is erased.

#include "parley/storage.hpp"

#include <cstdint>
#include <string_view>

namespace parley {

// Awaited: whether it was stored, which is false only where `only_if_absent` found one.
template <class Record>
class put_operation : public operation<put_operation<Record>> {
 public:
  put_operation(const arena& a, parley_value record)
      : operation<put_operation<Record>>(a.host()), call_(a.handle()), record_(record) {}
  put_operation& for_ms(std::uint32_t ms) {
    ttl_ms_ = ms;
    return *this;
  }
  put_operation& only_if_absent() {
    only_if_absent_ = 1;
    return *this;
  }
  parley_status begin(parley_done done, void* user) const {
    return memory_of(*this->host_)
        .put(call_, to_c(Record::collection_name), record_, ttl_ms_, only_if_absent_, done, user);
  }
  bool await_resume() { return this->take()["stored"].boolean(); }

 private:
  parley_call call_;
  parley_value record_;
  std::uint32_t ttl_ms_ = 0;
  std::int32_t only_if_absent_ = 0;
};

template <ephemeral_class Record>
put_operation<Record> put(const arena& a, const Record& record) {
  return put_operation<Record>(a, to_value(a, record));
}

// Awaited: the record as it is now.
template <class Record>
class patch_operation : public operation<patch_operation<Record>> {
 public:
  patch_operation(const arena& a, parley_value key, parley_value fields)
      : operation<patch_operation<Record>>(a.host()),
        call_(a.handle()),
        key_(key),
        fields_(fields) {}
  // From now on; without it, its time stays.
  patch_operation& for_ms(std::uint32_t ms) {
    ttl_ms_ = ms;
    return *this;
  }
  parley_status begin(parley_done done, void* user) const {
    return memory_of(*this->host_)
        .patch(call_, to_c(Record::collection_name), key_, fields_, ttl_ms_, done, user);
  }
  Record await_resume() { return decode_as<Record>(this->take()); }

 private:
  parley_call call_;
  parley_value key_;
  parley_value fields_;
  std::uint32_t ttl_ms_ = 0;
};

// Sets some fields of a record: patch(c, key, "state", "away"). NOT_FOUND where there is none.
template <key_class Key, class... Pairs>
  requires ephemeral_class<Key>
patch_operation<typename Key::record> patch(const arena& a, const Key& key, const Pairs&... pairs) {
  const value fields = make_object(a, pairs...);
  return patch_operation<typename Key::record>(a, to_handle(a, encode_key(a, key)),
                                               to_handle(a, fields.slot()));
}

// Awaited: the record as it is now.
template <class Record>
class increment_operation : public operation<increment_operation<Record>> {
 public:
  increment_operation(const arena& a, parley_value key, std::string_view field, std::int64_t by)
      : operation<increment_operation<Record>>(a.host()),
        call_(a.handle()),
        key_(key),
        field_(field),
        by_(by) {}
  // Of a record that this makes; one that is there keeps its time.
  increment_operation& for_ms(std::uint32_t ms) {
    ttl_ms_ = ms;
    return *this;
  }
  parley_status begin(parley_done done, void* user) const {
    return memory_of(*this->host_)
        .increment(call_, to_c(Record::collection_name), key_, to_c(field_), by_, ttl_ms_, done,
                   user);
  }
  Record await_resume() { return decode_as<Record>(this->take()); }

 private:
  parley_call call_;
  parley_value key_;
  std::string_view field_;
  std::int64_t by_;
  std::uint32_t ttl_ms_ = 0;
};

// `field` must live until it is awaited.
template <key_class Key>
  requires ephemeral_class<Key>
increment_operation<typename Key::record> increment(const arena& a, const Key& key,
                                                    std::string_view field, std::int64_t by = 1) {
  return increment_operation<typename Key::record>(a, to_handle(a, encode_key(a, key)), field, by);
}

// Awaited: whether there was one.
template <class Record>
class erase_operation : public operation<erase_operation<Record>> {
 public:
  erase_operation(const arena& a, parley_value key)
      : operation<erase_operation<Record>>(a.host()), call_(a.handle()), key_(key) {}
  parley_status begin(parley_done done, void* user) const {
    return memory_of(*this->host_).erase(call_, to_c(Record::collection_name), key_, done, user);
  }
  bool await_resume() { return this->take()["erased"].boolean(); }

 private:
  parley_call call_;
  parley_value key_;
};

template <key_class Key>
  requires ephemeral_class<Key>
erase_operation<typename Key::record> erase(const arena& a, const Key& key) {
  return erase_operation<typename Key::record>(a, to_handle(a, encode_key(a, key)));
}

} // namespace parley
