#include "fake_interfaces.hpp"

namespace fake {

host* current_host = nullptr;

namespace {

// Inner arrays and objects get handles of their own, which live as long as the outer one's call.
parley_call owner_of(parley_value handle) {
  for (auto& [id, state] : current_host->calls) {
    for (const parley_value each : state.values) {
      if (each == handle) return id;
    }
  }
  return 0;
}

parley_slot to_slot(parley_value holder, const json::value& from) {
  parley_slot out{PARLEY_NULL, 0, {0}};
  if (from.is_bool()) {
    out.kind = PARLEY_BOOL;
    out.as.integer = from.get_bool();
  } else if (from.is_int64()) {
    out.kind = PARLEY_INTEGER;
    out.as.integer = from.get_int64();
  } else if (from.is_double()) {
    out.kind = PARLEY_NUMBER;
    out.as.number = from.get_double();
  } else if (from.is_string()) {
    out.kind = PARLEY_STRING;
    out.as.text = {from.get_string().data(), from.get_string().size()};
  } else if (!from.is_null()) {
    out.kind = from.is_array() ? PARLEY_ARRAY : PARLEY_OBJECT;
    out.as.value = current_host->keep(owner_of(holder), from);
  }
  return out;
}

parley_status read_value(parley_value handle, parley_slot* out) {
  const json::value* found = current_host->find(handle);
  if (!found) return PARLEY_E_STALE;
  *out = to_slot(handle, *found);
  if (out->kind >= PARLEY_ARRAY) out->as.value = handle;
  return PARLEY_OK;
}

parley_status read_fields(parley_value handle, const parley_str* names, uint32_t count,
                          parley_slot* out) {
  const json::value* found = current_host->find(handle);
  if (!found) return PARLEY_E_STALE;
  if (!found->is_object()) return PARLEY_E_INVALID;
  for (uint32_t i = 0; i < count; ++i) {
    const auto* field = found->get_object().if_contains({names[i].ptr, names[i].len});
    out[i] = field ? to_slot(handle, *field) : parley_slot{PARLEY_ABSENT, 0, {0}};
  }
  return PARLEY_OK;
}

parley_status read_items(parley_value handle, uint32_t offset, parley_slot* out, uint32_t capacity,
                         uint32_t* total) {
  const json::value* found = current_host->find(handle);
  if (!found) return PARLEY_E_STALE;
  if (!found->is_array()) return PARLEY_E_INVALID;
  *total = static_cast<uint32_t>(found->get_array().size());
  for (uint32_t i = 0; i < capacity && offset + i < *total; ++i) {
    out[i] = to_slot(handle, found->get_array()[offset + i]);
  }
  return PARLEY_OK;
}

parley_status read_members(parley_value handle, uint32_t offset, parley_str* names,
                           parley_slot* out, uint32_t capacity, uint32_t* total) {
  const json::value* found = current_host->find(handle);
  if (!found) return PARLEY_E_STALE;
  if (!found->is_object()) return PARLEY_E_INVALID;
  *total = static_cast<uint32_t>(found->get_object().size());
  for (uint32_t i = 0; i < capacity && offset + i < *total; ++i) {
    const auto& each = *(found->get_object().begin() + offset + i);
    names[i] = {each.key().data(), each.key().size()};
    out[i] = to_slot(handle, each.value());
  }
  return PARLEY_OK;
}

parley_status make_scalar(parley_call call, const parley_slot* slot, parley_value* out) {
  *out = current_host->keep(call, from_slot(*slot));
  return PARLEY_OK;
}

parley_status make_array(parley_call call, const parley_slot* items, uint32_t count,
                         parley_value* out) {
  json::array made;
  for (uint32_t i = 0; i < count; ++i) {
    if (items[i].kind == PARLEY_ABSENT) return PARLEY_E_INVALID;
    made.push_back(from_slot(items[i]));
  }
  *out = current_host->keep(call, std::move(made));
  return PARLEY_OK;
}

parley_status make_object(parley_call call, const parley_str* names, const parley_slot* slots,
                          uint32_t count, parley_value* out) {
  json::object made;
  for (uint32_t i = 0; i < count; ++i) {
    if (slots[i].kind != PARLEY_ABSENT) made[text(names[i])] = from_slot(slots[i]);
  }
  *out = current_host->keep(call, std::move(made));
  return PARLEY_OK;
}

parley_status parse_text(parley_call call, parley_str from, parley_value* out) {
  json::error_code problem;
  json::value made = json::parse({from.ptr, from.len}, problem);
  if (problem) return PARLEY_E_INVALID;
  *out = current_host->keep(call, std::move(made));
  return PARLEY_OK;
}

parley_status write_text(parley_call call, parley_value from, parley_str* out) {
  const parley_value kept = current_host->keep(call, json::string(json::serialize(read(from))));
  const auto& made = current_host->find(kept)->get_string();
  *out = {made.data(), made.size()};
  return PARLEY_OK;
}

} // namespace

json::value from_slot(const parley_slot& slot) {
  switch (slot.kind) {
    case PARLEY_BOOL:
      return slot.as.integer != 0;
    case PARLEY_INTEGER:
      return slot.as.integer;
    case PARLEY_NUMBER:
      return slot.as.number;
    case PARLEY_STRING:
      return json::string(slot.as.text.ptr, slot.as.text.len);
    case PARLEY_ARRAY:
    case PARLEY_OBJECT:
      return read(slot.as.value);
    default:
      return nullptr;
  }
}

const parley_value_api* value_interface() {
  static const parley_value_api api{sizeof api,  read_value, read_fields, read_items, read_members,
                                    make_scalar, make_array, make_object, parse_text, write_text};
  return &api;
}

} // namespace fake
