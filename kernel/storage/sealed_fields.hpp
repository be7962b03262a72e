#pragma once

// How a sealed value is stored: a text, base64 of
//   format (1) | bound (1) | id of the data key (16) | nonce (12) | value | tag (16)
// by AES-256-GCM. The associated data say where the value belongs; `bound` has a bit for each part
// of the record's key that they hold: what only the commit numbers is not known when it is sealed.

#include "storage/key_cache.hpp"
#include "storage/table.hpp"

namespace parley::storage {

// The data key of a sealed text. False: it is none.
bool read_key_of(std::string_view sealed, key_id& out);

// A member of what the log holds of an event that has sealed ones: their names and sealed texts.
inline constexpr std::string_view sealed_members = "$sealed";

// Where a value belongs: a field of a record, or a member of an event.
class sealed_place {
 public:
  // `key` as far as `bound` has bits; by default those parts that are no stand-ins.
  sealed_place(const table& of, std::uint32_t column, const parley_cell* key);
  sealed_place(const table& of, std::uint32_t column, const parley_cell* key, unsigned char bound);
  sealed_place(std::string_view topic, std::string_view event, std::string_view member);

  unsigned char bound() const { return bound_; }
  std::string_view text() const { return text_; }

 private:
  void add(std::string_view part);

  unsigned char bound_ = 0;
  std::string text_;
};

// The sealed text, in the arena. Empty: OpenSSL has no memory.
parley_str seal(std::string_view plain, const sealed_place& at, const data_key& with, nonces& fresh,
                arena& in);

enum class opening { ok, erased, damaged };
// The complaint: names collection and field, and is for the log.
problem damaged_field(std::string_view collection, std::string_view field);

// Opens what was read, with the data keys that it was sealed with.
class unsealer {
 public:
  unsealer() = default;
  // Left: opens nothing, and all of it counts as erased.
  explicit unsealer(sealed_data what) : what_(what) {}
  // nullptr: the key was erased.
  void add(const key_id& id, data_key_ptr key) { keys_[id] = std::move(key); }
  bool has(const key_id& id) const { return keys_.contains(id); }

  opening open(const table& of, std::uint32_t column, const parley_cell* row,
               std::string& plain) const;
  opening open(std::string_view sealed, const sealed_place& at, std::string& plain) const;

 private:
  sealed_data what_ = sealed_data::opened;
  std::map<key_id, data_key_ptr> keys_;
};

} // namespace parley::storage
