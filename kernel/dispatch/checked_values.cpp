#include "dispatch/checked_values.hpp"

#include "dispatch/breach.hpp"

#include <cmath>
#include <cstdlib>

namespace parley::dispatch {

namespace json = boost::json;

namespace {

value_limits most;
const parley_value_api* plain = nullptr;

constexpr std::uint64_t item_bytes = 24; // about what one value takes, whatever is in it

// Takes what the value holds from `left`; false where there is more, or it is nested deeper.
bool take(const json::value& value, std::uint32_t depth, std::uint64_t& left) {
  std::uint64_t own = item_bytes;
  const auto* array = value.if_array();
  const auto* object = value.if_object();
  if (const auto* text = value.if_string()) own += text->size();
  if (object)
    for (const auto& member : *object) own += member.key().size();
  if (own > left || ((array || object) && depth == 0)) return false;
  left -= own;
  if (array)
    for (const json::value& one : *array)
      if (!take(one, depth - 1, left)) return false;
  if (object)
    for (const auto& member : *object)
      if (!take(member.value(), depth - 1, left)) return false;
  return true;
}

// What is wrong with a slot that something is built of.
struct fault {
  parley_status status = PARLEY_OK;
  const char* expected = "";
};

fault check(const parley_slot& slot, std::uint64_t& left) {
  switch (slot.kind) {
    case PARLEY_NULL:
    case PARLEY_BOOL:
    case PARLEY_INTEGER:
      return {};
    case PARLEY_NUMBER:
      if (!std::isfinite(slot.as.number)) return {PARLEY_E_INVALID, "a number is finite"};
      return {};
    case PARLEY_STRING:
      if (slot.as.text.len > left) return {PARLEY_E_LIMIT, ""};
      left -= slot.as.text.len;
      if (!is_text(slot.as.text)) return {PARLEY_E_INVALID, "text is UTF-8, and not NULL"};
      return {};
    case PARLEY_ARRAY:
    case PARLEY_OBJECT: {
      const json::value* nested = value_arena::look(slot.as.value);
      if (!nested) return {PARLEY_E_STALE, ""};
      if (nested->is_array() != (slot.kind == PARLEY_ARRAY) || !nested->is_structured())
        return {PARLEY_E_INVALID, "the kind of a slot is that of its value"};
      if (!take(*nested, most.depth - 1, left)) return {PARLEY_E_LIMIT, ""};
      return {};
    }
    default:
      return {PARLEY_E_INVALID, "a slot has one of the kinds of value.h"};
  }
}

[[gnu::always_inline]] inline parley_status refuse(const fault& what, const char* function) {
  if (what.status == PARLEY_E_INVALID) return breach(what.status, function, what.expected);
  return what.status;
}

[[gnu::always_inline]] inline parley_status said(parley_status status, const char* function) {
  return status == PARLEY_E_STALE ? gone(function) : status;
}

constexpr const char* no_null = "no pointer is NULL";

parley_status read(parley_value value, parley_slot* out) {
  if (!out) return breach(PARLEY_E_INVALID, "parley.value/1 read", no_null);
  return said(plain->read(value, out), "parley.value/1 read");
}

parley_status fields(parley_value value, const parley_str* names, std::uint32_t count,
                     parley_slot* out) {
  if (count > 0 && (!names || !out))
    return breach(PARLEY_E_INVALID, "parley.value/1 fields", no_null);
  return said(plain->fields(value, names, count, out), "parley.value/1 fields");
}

parley_status items(parley_value value, std::uint32_t offset, parley_slot* out,
                    std::uint32_t capacity, std::uint32_t* total) {
  if (capacity > 0 && !out) return breach(PARLEY_E_INVALID, "parley.value/1 items", no_null);
  return said(plain->items(value, offset, out, capacity, total), "parley.value/1 items");
}

parley_status members(parley_value value, std::uint32_t offset, parley_str* names, parley_slot* out,
                      std::uint32_t capacity, std::uint32_t* total) {
  if (capacity > 0 && (!names || !out))
    return breach(PARLEY_E_INVALID, "parley.value/1 members", no_null);
  return said(plain->members(value, offset, names, out, capacity, total), "parley.value/1 members");
}

parley_status scalar(parley_call call, const parley_slot* slot, parley_value* out) {
  constexpr const char* function = "parley.value/1 scalar";
  if (!slot || !out) return breach(PARLEY_E_INVALID, function, no_null);
  if (!on_logic_thread()) return gone(function);
  std::uint64_t left = most.bytes;
  if (const fault wrong = check(*slot, left); wrong.status != PARLEY_OK)
    return refuse(wrong, function);
  return said(plain->scalar(call, slot, out), function);
}

parley_status array(parley_call call, const parley_slot* items, std::uint32_t count,
                    parley_value* out) {
  constexpr const char* function = "parley.value/1 array";
  if ((count > 0 && !items) || !out) return breach(PARLEY_E_INVALID, function, no_null);
  if (!on_logic_thread()) return gone(function);
  if (count > most.bytes / item_bytes) return PARLEY_E_LIMIT;
  std::uint64_t left = most.bytes - count * item_bytes;
  for (std::uint32_t i = 0; i < count; ++i)
    if (const fault wrong = check(items[i], left); wrong.status != PARLEY_OK)
      return refuse(wrong, function);
  return said(plain->array(call, items, count, out), function);
}

parley_status object(parley_call call, const parley_str* names, const parley_slot* slots,
                     std::uint32_t count, parley_value* out) {
  constexpr const char* function = "parley.value/1 object";
  if ((count > 0 && (!names || !slots)) || !out) return breach(PARLEY_E_INVALID, function, no_null);
  if (!on_logic_thread()) return gone(function);
  if (count > most.bytes / item_bytes) return PARLEY_E_LIMIT;
  std::uint64_t left = most.bytes - count * item_bytes;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (slots[i].kind == PARLEY_ABSENT) continue;
    if (!is_text(names[i]))
      return breach(PARLEY_E_INVALID, function, "a name is UTF-8, and not NULL");
    if (const fault wrong = check(slots[i], left); wrong.status != PARLEY_OK)
      return refuse(wrong, function);
  }
  return said(plain->object(call, names, slots, count, out), function);
}

parley_status parse(parley_call call, parley_str text, parley_value* out) {
  constexpr const char* function = "parley.value/1 parse";
  if (!out || (text.len > 0 && !text.ptr)) return breach(PARLEY_E_INVALID, function, no_null);
  if (!on_logic_thread()) return gone(function);
  if (text.len > most.bytes) return PARLEY_E_LIMIT;
  const parley_status status = said(plain->parse(call, text, out), function);
  if (status != PARLEY_OK) return status;
  std::uint64_t left = most.bytes;
  return take(*value_arena::look(*out), most.depth, left) ? PARLEY_OK : PARLEY_E_LIMIT;
}

parley_status write(parley_call call, parley_value value, parley_str* out) {
  if (!out) return breach(PARLEY_E_INVALID, "parley.value/1 write", no_null);
  return said(plain->write(call, value, out), "parley.value/1 write");
}

} // namespace

void limit_values(const value_limits& to) {
  most = to;
}

bool is_within(const json::value& value, const value_limits& by) {
  std::uint64_t left = by.bytes;
  return take(value, by.depth, left);
}

const parley_value_api& checked_value_api(arena_of_call find_arena) {
  plain = &value_api(find_arena);
  static const parley_value_api api{
      sizeof(parley_value_api), read, fields, items, members, scalar, array, object, parse, write};
  return api;
}

} // namespace parley::dispatch
