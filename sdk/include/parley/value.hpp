#pragma once

// JSON-like data: `value` reads it, `encode` builds it. Both work on the host's values, which live
// in the arena of a call and end with it; copy what must live longer. Everything is [logic].
//
// A type crosses when two functions are found for it, in parley or beside the type:
//   void decode(const value&, T&);                 one ABI call for each object
//   parley_slot encode(const arena&, const T&);
// parley-gen writes them for what a manifest declares.

#include "parley/error.hpp"
#include "parley/host.hpp"
#include "parley/value.h"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

// Where values are built: a call of a host.
class arena {
 public:
  arena(const parley::host& host, parley_call call) : host_(&host), call_(call) {}
  const parley::host& host() const { return *host_; }
  parley_call handle() const { return call_; }

 protected:
  const parley::host* host_;
  parley_call call_;
};

// What the caller is told of a status: a breach of the contract is this plugin's own fault.
inline parley_status told(parley_status status) {
  const bool breach = status == PARLEY_E_INVALID || status == PARLEY_E_NOT_FOUND ||
                      status == PARLEY_E_THREAD || status == PARLEY_E_STALE;
  return breach ? parley_status{PARLEY_E_FAILED} : status;
}

// Throws unless the status is PARLEY_OK.
inline void check(parley_status status, const char* what) {
  if (status == PARLEY_E_REPEATED) throw already_answered();
  if (status != PARLEY_OK) {
    throw error(told(status), {},
                std::string(what) + " was refused by the host with " + std::to_string(status));
  }
}

// A view of one value: a scalar, or an array or object of the host. Cheap to copy.
class value {
 public:
  value() = default; // null
  value(const parley::host& host, parley_slot slot) : host_(&host), slot_(slot) {}
  // From a handle; 0 is null.
  value(const parley::host& host, parley_value handle) : host_(&host) {
    if (handle != 0) check(host.values->read(handle, &slot_), "reading a value");
  }

  const parley::host& host() const { return *host_; }
  const parley_slot& slot() const { return slot_; }
  std::int32_t kind() const { return slot_.kind; } // PARLEY_NULL, PARLEY_STRING, …
  bool is_null() const { return slot_.kind == PARLEY_NULL || slot_.kind == PARLEY_ABSENT; }
  bool is_object() const { return slot_.kind == PARLEY_OBJECT; }
  bool is_array() const { return slot_.kind == PARLEY_ARRAY; }

  // Each throws where the value is of another kind.
  bool boolean() const { return expect(PARLEY_BOOL, "a boolean").as.integer != 0; }
  std::int64_t integer() const { return expect(PARLEY_INTEGER, "an integer").as.integer; }
  double number() const {
    if (slot_.kind == PARLEY_INTEGER) return static_cast<double>(slot_.as.integer);
    return expect(PARLEY_NUMBER, "a number").as.number;
  }
  std::string_view text() const { return from_c(expect(PARLEY_STRING, "a text").as.text); }

  // One slot for each name, in one ABI call.
  template <std::size_t Count>
  void fields(const std::array<parley_str, Count>& names,
              std::array<parley_slot, Count>& slots) const {
    const parley_value object = expect(PARLEY_OBJECT, "an object").as.value;
    if constexpr (Count > 0) {
      check(host_->values->fields(object, names.data(), Count, slots.data()), "reading fields");
    }
  }
  // One field; null where it is absent. For several, `fields` costs less.
  value operator[](std::string_view name) const {
    const std::array<parley_str, 1> names{to_c(name)};
    std::array<parley_slot, 1> slots{};
    fields(names, slots);
    return value(*host_, slots[0]);
  }
  std::vector<value> items() const {
    const parley_value array = expect(PARLEY_ARRAY, "an array").as.value;
    std::uint32_t total = 0;
    check(host_->values->items(array, 0, nullptr, 0, &total), "reading an array");
    std::vector<parley_slot> slots(total);
    if (total > 0) {
      check(host_->values->items(array, 0, slots.data(), total, &total), "reading an array");
    }
    std::vector<value> out;
    out.reserve(slots.size());
    for (const parley_slot& each : slots) out.emplace_back(*host_, each);
    return out;
  }
  // The names live as long as the value.
  std::vector<std::pair<std::string_view, value>> members() const {
    const parley_value object = expect(PARLEY_OBJECT, "an object").as.value;
    std::uint32_t total = 0;
    check(host_->values->members(object, 0, nullptr, nullptr, 0, &total), "reading an object");
    std::vector<parley_str> names(total);
    std::vector<parley_slot> slots(total);
    if (total > 0) {
      check(host_->values->members(object, 0, names.data(), slots.data(), total, &total),
            "reading an object");
    }
    std::vector<std::pair<std::string_view, value>> out;
    out.reserve(total);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      out.emplace_back(from_c(names[i]), value(*host_, slots[i]));
    }
    return out;
  }

 private:
  const parley_slot& expect(std::int32_t kind, const char* what) const {
    if (slot_.kind != kind) throw error(PARLEY_E_FAILED, {}, std::string("expected ") + what);
    return slot_;
  }

  const parley::host* host_ = nullptr;
  parley_slot slot_{PARLEY_NULL, 0, {0}};
};

// --- decode
// ---------------------------------------------------------------------------------------

inline void decode(const value& from, bool& out) {
  out = from.boolean();
}
inline void decode(const value& from, std::int64_t& out) {
  out = from.integer();
}
inline void decode(const value& from, double& out) {
  out = from.number();
}
inline void decode(const value& from, std::string& out) {
  out = from.text();
}
inline void decode(const value& from, value& out) {
  out = from;
}

template <class T>
void decode(const value& from, std::optional<T>& out) {
  if (from.is_null()) {
    out.reset();
  } else {
    decode(from, out.emplace());
  }
}
template <class T>
void decode(const value& from, std::vector<T>& out) {
  const std::vector<value> items = from.items();
  out.clear();
  out.reserve(items.size());
  for (const value& each : items) {
    T item{};
    decode(each, item);
    out.push_back(std::move(item));
  }
}

template <class T>
T decode_as(const value& from) {
  T out{};
  decode(from, out);
  return out;
}

// For generated code: a field that must be there, and one that keeps its default.
template <class T>
void decode_required(const value& object, const parley_slot& slot, const char* name, T& out) {
  if (slot.kind == PARLEY_ABSENT) {
    throw error(PARLEY_E_FAILED, {}, std::string("the field ") + name + " is missing");
  }
  decode(value(object.host(), slot), out);
}
template <class T>
void decode_optional(const value& object, const parley_slot& slot, T& out) {
  if (slot.kind != PARLEY_ABSENT) decode(value(object.host(), slot), out);
}

// --- encode
// --------------------------------------------------------------------------------------- A slot of
// text borrows it: it must live until the slot was given to the host.

inline parley_slot absent_slot() {
  return parley_slot{PARLEY_ABSENT, 0, {0}};
}

template <std::same_as<bool> T>
parley_slot encode(const arena&, T in) {
  parley_slot out{PARLEY_BOOL, 0, {0}};
  out.as.integer = in ? 1 : 0;
  return out;
}
template <std::integral T>
  requires(!std::same_as<T, bool>)
parley_slot encode(const arena&, T in) {
  parley_slot out{PARLEY_INTEGER, 0, {0}};
  out.as.integer = static_cast<std::int64_t>(in);
  return out;
}
template <std::floating_point T>
parley_slot encode(const arena&, T in) {
  parley_slot out{PARLEY_NUMBER, 0, {0}};
  out.as.number = static_cast<double>(in);
  return out;
}
inline parley_slot encode(const arena&, std::string_view in) {
  parley_slot out{PARLEY_STRING, 0, {0}};
  out.as.text = to_c(in);
  return out;
}
inline parley_slot encode(const arena& a, const std::string& in) {
  return encode(a, std::string_view(in));
}
inline parley_slot encode(const arena& a, const char* in) {
  return encode(a, std::string_view(in));
}
inline parley_slot encode(const arena&, const value& in) {
  return in.slot();
}

template <class T>
parley_slot encode(const arena& a, const std::optional<T>& in) {
  return in ? encode(a, *in) : absent_slot();
}
// An array of slots that were encoded before.
inline parley_slot encode_items(const arena& a, const parley_slot* items, std::size_t count) {
  parley_slot out{PARLEY_ARRAY, 0, {0}};
  check(a.host().values->array(a.handle(), items, static_cast<std::uint32_t>(count), &out.as.value),
        "building an array");
  return out;
}
template <class T>
parley_slot encode(const arena& a, const std::vector<T>& in) {
  std::vector<parley_slot> items;
  items.reserve(in.size());
  for (const auto& each : in) items.push_back(encode(a, each));
  return encode_items(a, items.data(), items.size());
}
template <std::size_t Count>
parley_slot encode_fields(const arena& a, const std::array<parley_str, Count>& names,
                          const std::array<parley_slot, Count>& slots) {
  parley_slot out{PARLEY_OBJECT, 0, {0}};
  check(a.host().values->object(a.handle(), names.data(), slots.data(), Count, &out.as.value),
        "building an object");
  return out;
}

// The handle of an encoded slot; null is 0.
inline parley_value to_handle(const arena& a, const parley_slot& slot) {
  if (slot.kind == PARLEY_ARRAY || slot.kind == PARLEY_OBJECT) return slot.as.value;
  if (slot.kind == PARLEY_NULL || slot.kind == PARLEY_ABSENT) return 0;
  parley_value out = 0;
  check(a.host().values->scalar(a.handle(), &slot, &out), "building a value");
  return out;
}
template <class T>
parley_value to_value(const arena& a, const T& in) {
  return to_handle(a, encode(a, in));
}

// An object or array of free form, from names and values: make_object(c, "a", 1, "b", "text").
template <class... Pairs>
value make_object(const arena& a, const Pairs&... pairs) {
  static_assert(sizeof...(Pairs) % 2 == 0, "names and values take turns");
  constexpr std::size_t count = sizeof...(Pairs) / 2;
  const std::array<parley_slot, sizeof...(Pairs)> all{encode(a, pairs)...};
  std::array<parley_str, count> names{};
  std::array<parley_slot, count> slots{};
  for (std::size_t i = 0; i < count; ++i) {
    names[i] = all[2 * i].as.text;
    slots[i] = all[2 * i + 1];
  }
  return value(a.host(), encode_fields(a, names, slots));
}
template <class... Items>
value make_array(const arena& a, const Items&... items) {
  const std::array<parley_slot, sizeof...(Items)> slots{encode(a, items)...};
  return value(a.host(), encode_items(a, slots.data(), slots.size()));
}

// From JSON text, and back. The text lives as long as the call.
inline value parse_json(const arena& a, std::string_view json) {
  parley_value out = 0;
  check(a.host().values->parse(a.handle(), to_c(json), &out), "parsing JSON");
  return value(a.host(), out);
}
inline std::string_view to_json(const arena& a, const value& from) {
  parley_str out{nullptr, 0};
  check(a.host().values->write(a.handle(), to_handle(a, from.slot()), &out), "writing JSON");
  return from_c(out);
}

} // namespace parley
