#include "dispatch/values.hpp"

#include <cmath>
#include <string>

namespace parley::dispatch {

namespace json = boost::json;

namespace {

using table = slot_table<value_arena, value_arena::index_bits>;

// Handles are looked up without a host: each logic thread has its own table, so a handle that is
// used on another thread finds nothing.
table& arenas() {
  thread_local table arenas;
  return arenas;
}

constexpr std::uint64_t index_mask = (std::uint64_t{1} << value_arena::index_bits) - 1;

arena_of_call find_arena_of_call = nullptr;

} // namespace

value_arena::value_arena() : memory_(std::make_shared<json::monotonic_resource>()) {}

value_arena::~value_arena() = default;

value_arena* value_arena::make() {
  auto arena = std::unique_ptr<value_arena>(new value_arena);
  value_arena* raw = arena.get();
  raw->handle_ = arenas().insert(std::move(arena));
  return raw;
}

void value_arena::drop(value_arena* arena) {
  if (arena) arenas().take(arena->handle_);
}

value_arena* value_arena::of(parley_value value) {
  return arenas().find(value & ~index_mask);
}

parley_value value_arena::refer(const json::value& value) {
  if (known_.size() >= index_mask) return 0;
  known_.push_back(&value);
  return handle_ | known_.size(); // from 1, so that no value's handle equals its arena's
}

// Never freed one by one: the arena's memory goes as a whole.
void* value_arena::place() {
  return memory_->allocate(sizeof(json::value), alignof(json::value));
}

parley_value value_arena::keep(json::value&& value) {
  return refer(*new (place()) json::value(std::move(value), storage()));
}

parley_value value_arena::keep(const json::value& value) {
  return refer(*new (place()) json::value(value, storage()));
}

const json::value* value_arena::find(parley_value value) {
  const value_arena* arena = of(value);
  const auto index = value & index_mask;
  if (!arena || index == 0 || index > arena->known_.size()) return nullptr;
  return arena->known_[index - 1];
}

parley_slot value_arena::slot_of(const json::value& value) {
  parley_slot slot{};
  switch (value.kind()) {
    case json::kind::null:
      slot.kind = PARLEY_NULL;
      break;
    case json::kind::bool_:
      slot.kind = PARLEY_BOOL;
      slot.as.integer = value.get_bool() ? 1 : 0;
      break;
    case json::kind::int64:
      slot.kind = PARLEY_INTEGER;
      slot.as.integer = value.get_int64();
      break;
    case json::kind::uint64: // above 2^63: outside of what the protocol allows
      slot.kind = PARLEY_NUMBER;
      slot.as.number = static_cast<double>(value.get_uint64());
      break;
    case json::kind::double_:
      slot.kind = PARLEY_NUMBER;
      slot.as.number = value.get_double();
      break;
    case json::kind::string:
      slot.kind = PARLEY_STRING;
      slot.as.text = str(value.get_string());
      break;
    case json::kind::array:
      slot.kind = PARLEY_ARRAY;
      slot.as.value = refer(value);
      break;
    case json::kind::object:
      slot.kind = PARLEY_OBJECT;
      slot.as.value = refer(value);
      break;
  }
  return slot;
}

bool from_slot(const parley_slot& slot, json::value& out, const json::storage_ptr& storage) {
  switch (slot.kind) {
    case PARLEY_NULL:
      out = json::value(nullptr, storage);
      return true;
    case PARLEY_BOOL:
      out = json::value(slot.as.integer != 0, storage);
      return true;
    case PARLEY_INTEGER:
      out = json::value(slot.as.integer, storage);
      return true;
    case PARLEY_NUMBER:
      if (!std::isfinite(slot.as.number)) return false;
      out = json::value(slot.as.number, storage);
      return true;
    case PARLEY_STRING:
      out = json::value(json::string(view(slot.as.text), storage));
      return true;
    case PARLEY_ARRAY:
    case PARLEY_OBJECT: {
      const json::value* nested = value_arena::find(slot.as.value);
      if (!nested) return false;
      out = json::value(*nested, storage);
      return true;
    }
    default:
      return false;
  }
}

namespace {

parley_status read(parley_value value, parley_slot* out) {
  const json::value* v = value_arena::find(value);
  if (!v) return PARLEY_E_STALE;
  *out = value_arena::of(value)->slot_of(*v);
  return PARLEY_OK;
}

parley_status fields(parley_value value, const parley_str* names, std::uint32_t count,
                     parley_slot* out) {
  const json::value* v = value_arena::find(value);
  if (!v) return PARLEY_E_STALE;
  const json::object* object = v->if_object();
  if (!object) return PARLEY_E_INVALID;
  value_arena* arena = value_arena::of(value);
  for (std::uint32_t i = 0; i < count; ++i) {
    const json::value* field = object->if_contains(view(names[i]));
    out[i] = field ? arena->slot_of(*field) : parley_slot{};
  }
  return PARLEY_OK;
}

parley_status items(parley_value value, std::uint32_t offset, parley_slot* out,
                    std::uint32_t capacity, std::uint32_t* total) {
  const json::value* v = value_arena::find(value);
  if (!v) return PARLEY_E_STALE;
  const json::array* array = v->if_array();
  if (!array) return PARLEY_E_INVALID;
  if (total) *total = static_cast<std::uint32_t>(array->size());
  value_arena* arena = value_arena::of(value);
  for (std::uint32_t i = 0; i < capacity && offset + i < array->size(); ++i)
    out[i] = arena->slot_of((*array)[offset + i]);
  return PARLEY_OK;
}

parley_status members(parley_value value, std::uint32_t offset, parley_str* names, parley_slot* out,
                      std::uint32_t capacity, std::uint32_t* total) {
  const json::value* v = value_arena::find(value);
  if (!v) return PARLEY_E_STALE;
  const json::object* object = v->if_object();
  if (!object) return PARLEY_E_INVALID;
  if (total) *total = static_cast<std::uint32_t>(object->size());
  value_arena* arena = value_arena::of(value);
  for (std::uint32_t i = 0; i < capacity && offset + i < object->size(); ++i) {
    const auto& member = *(object->begin() + offset + i);
    names[i] = str(member.key());
    out[i] = arena->slot_of(member.value());
  }
  return PARLEY_OK;
}

parley_status scalar(parley_call call, const parley_slot* slot, parley_value* out) {
  value_arena* arena = find_arena_of_call(call);
  if (!arena) return PARLEY_E_STALE;
  json::value built(arena->storage());
  if (!from_slot(*slot, built, arena->storage())) return PARLEY_E_INVALID;
  *out = arena->keep(std::move(built));
  return *out ? PARLEY_OK : PARLEY_E_LIMIT;
}

parley_status array(parley_call call, const parley_slot* items, std::uint32_t count,
                    parley_value* out) {
  value_arena* arena = find_arena_of_call(call);
  if (!arena) return PARLEY_E_STALE;
  json::array built(arena->storage());
  built.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    json::value item(arena->storage());
    if (!from_slot(items[i], item, arena->storage())) return PARLEY_E_INVALID;
    built.push_back(std::move(item));
  }
  *out = arena->keep(json::value(std::move(built)));
  return *out ? PARLEY_OK : PARLEY_E_LIMIT;
}

parley_status object(parley_call call, const parley_str* names, const parley_slot* slots,
                     std::uint32_t count, parley_value* out) {
  value_arena* arena = find_arena_of_call(call);
  if (!arena) return PARLEY_E_STALE;
  json::object built(arena->storage());
  built.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (slots[i].kind == PARLEY_ABSENT) continue;
    json::value member(arena->storage());
    if (!from_slot(slots[i], member, arena->storage())) return PARLEY_E_INVALID;
    built.insert_or_assign(view(names[i]), std::move(member));
  }
  *out = arena->keep(json::value(std::move(built)));
  return *out ? PARLEY_OK : PARLEY_E_LIMIT;
}

parley_status parse(parley_call call, parley_str text, parley_value* out) {
  value_arena* arena = find_arena_of_call(call);
  if (!arena) return PARLEY_E_STALE;
  boost::system::error_code failed;
  json::value built = json::parse(view(text), failed, arena->storage());
  if (failed) return PARLEY_E_INVALID;
  *out = arena->keep(std::move(built));
  return *out ? PARLEY_OK : PARLEY_E_LIMIT;
}

parley_status write(parley_call call, parley_value value, parley_str* out) {
  value_arena* arena = find_arena_of_call(call);
  const json::value* v = value_arena::find(value);
  if (!arena || !v) return PARLEY_E_STALE;
  const parley_value kept =
      arena->keep(json::value(json::string(json::serialize(*v), arena->storage())));
  *out = str(value_arena::find(kept)->get_string());
  return PARLEY_OK;
}

} // namespace

const parley_value_api& value_api(arena_of_call find_arena) {
  find_arena_of_call = find_arena;
  static const parley_value_api api{
      sizeof(parley_value_api), read, fields, items, members, scalar, array, object, parse, write};
  return api;
}

} // namespace parley::dispatch
