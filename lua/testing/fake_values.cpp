// The host in memory: values.

#include "fake_table.hpp"

namespace parley::lua::testing {

struct fake_host::value_table : table {
  static parley_slot to_slot(const json::value& v, parley_call call) {
    parley_slot out{};
    switch (v.kind()) {
      case json::kind::null:
        out.kind = PARLEY_NULL;
        break;
      case json::kind::bool_:
        out.kind = PARLEY_BOOL;
        out.as.integer = v.get_bool();
        break;
      case json::kind::int64:
        out.kind = PARLEY_INTEGER;
        out.as.integer = v.get_int64();
        break;
      case json::kind::uint64:
      case json::kind::double_:
        out.kind = PARLEY_NUMBER;
        out.as.number = v.to_number<double>();
        break;
      case json::kind::string:
        out.kind = PARLEY_STRING;
        out.as.text = {v.get_string().data(), v.get_string().size()};
        break;
      case json::kind::array:
      case json::kind::object:
        out.kind = v.is_array() ? PARLEY_ARRAY : PARLEY_OBJECT;
        out.as.value = self().keep(call, v);
        break;
    }
    return out;
  }

  static std::optional<json::value> from_slot(const parley_slot& slot) {
    switch (slot.kind) {
      case PARLEY_NULL:
        return json::value(nullptr);
      case PARLEY_BOOL:
        return json::value(slot.as.integer != 0);
      case PARLEY_INTEGER:
        return json::value(slot.as.integer);
      case PARLEY_NUMBER:
        return json::value(slot.as.number);
      case PARLEY_STRING:
        return json::value(json::string_view(slot.as.text.ptr, slot.as.text.len));
      case PARLEY_ARRAY:
      case PARLEY_OBJECT:
        if (const json::value* v = find(slot.as.value)) return *v;
        return std::nullopt;
      default:
        return std::nullopt;
    }
  }

  static parley_status read(parley_value value, parley_slot* out) {
    const json::value* const v = find(value);
    if (v == nullptr) return PARLEY_E_STALE;
    *out = to_slot(*v, self().values_.at(value).call);
    if (out->kind >= PARLEY_ARRAY) out->as.value = value;
    return PARLEY_OK;
  }
  static parley_status fields(parley_value value, const parley_str* names, std::uint32_t count,
                              parley_slot* out) {
    const json::value* const v = find(value);
    if (v == nullptr) return PARLEY_E_STALE;
    if (!v->is_object()) return PARLEY_E_INVALID;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto* const member = v->get_object().if_contains(text_of(names[i]));
      out[i] = member ? to_slot(*member, self().values_.at(value).call) : parley_slot{};
    }
    return PARLEY_OK;
  }
  static parley_status items(parley_value value, std::uint32_t offset, parley_slot* out,
                             std::uint32_t capacity, std::uint32_t* total) {
    const json::value* const v = find(value);
    if (v == nullptr) return PARLEY_E_STALE;
    if (!v->is_array()) return PARLEY_E_INVALID;
    const json::array& a = v->get_array();
    *total = static_cast<std::uint32_t>(a.size());
    for (std::uint32_t i = 0; i < capacity && offset + i < a.size(); ++i) {
      out[i] = to_slot(a[offset + i], self().values_.at(value).call);
    }
    return PARLEY_OK;
  }
  static parley_status members(parley_value value, std::uint32_t offset, parley_str* names,
                               parley_slot* out, std::uint32_t capacity, std::uint32_t* total) {
    const json::value* const v = find(value);
    if (v == nullptr) return PARLEY_E_STALE;
    if (!v->is_object()) return PARLEY_E_INVALID;
    const json::object& o = v->get_object();
    *total = static_cast<std::uint32_t>(o.size());
    for (std::uint32_t i = 0; i < capacity && offset + i < o.size(); ++i) {
      const auto& member = *(o.begin() + offset + i);
      names[i] = {member.key().data(), member.key().size()};
      out[i] = to_slot(member.value(), self().values_.at(value).call);
    }
    return PARLEY_OK;
  }
  static parley_status scalar(parley_call call, const parley_slot* slot, parley_value* out) {
    if (self().live(call) == nullptr) return PARLEY_E_STALE;
    const auto v = from_slot(*slot);
    if (!v) return PARLEY_E_INVALID;
    *out = self().keep(call, *v);
    return PARLEY_OK;
  }
  static parley_status array(parley_call call, const parley_slot* slots, std::uint32_t count,
                             parley_value* out) {
    if (self().live(call) == nullptr) return PARLEY_E_STALE;
    json::array a;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto v = from_slot(slots[i]);
      if (!v) return PARLEY_E_INVALID;
      a.push_back(*v);
    }
    *out = self().keep(call, std::move(a));
    return PARLEY_OK;
  }
  static parley_status object(parley_call call, const parley_str* names, const parley_slot* slots,
                              std::uint32_t count, parley_value* out) {
    if (self().live(call) == nullptr) return PARLEY_E_STALE;
    json::object o;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (slots[i].kind == PARLEY_ABSENT) continue;
      const auto v = from_slot(slots[i]);
      if (!v) return PARLEY_E_INVALID;
      o[text_of(names[i])] = *v;
    }
    *out = self().keep(call, std::move(o));
    return PARLEY_OK;
  }
  static parley_status parse(parley_call, parley_str, parley_value*) { return PARLEY_E_FAILED; }
  static parley_status write(parley_call, parley_value, parley_str*) { return PARLEY_E_FAILED; }
};

const void* fake_host::value_api() {
  using t = value_table;
  static const parley_value_api api{sizeof api, t::read,  t::fields, t::items, t::members,
                                    t::scalar,  t::array, t::object, t::parse, t::write};
  return &api;
}

} // namespace parley::lua::testing
