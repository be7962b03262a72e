#include "dispatch/values.hpp"

#include <cmath>
#include <string>
#include <utility>

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

// What ended calls leave, for the next ones.
std::vector<std::unique_ptr<value_arena>>& spares() {
  thread_local std::vector<std::unique_ptr<value_arena>> spare;
  return spare;
}
constexpr std::size_t most_spares = 64;
constexpr std::size_t most_known = 1024; // one that knew more is not kept

constexpr std::uint64_t index_mask = (std::uint64_t{1} << value_arena::index_bits) - 1;

arena_of_call find_arena_of_call = nullptr;

} // namespace

value_arena::value_arena() : memory_(std::make_shared<memory>()) {
  empty();
}

value_arena::~value_arena() = default;

// Most calls are short and build little: their arenas are used again.
value_arena* value_arena::make() {
  std::unique_ptr<value_arena> arena;
  if (auto& spare = spares(); !spare.empty()) {
    arena = std::move(spare.back());
    spare.pop_back();
  } else {
    arena.reset(new value_arena);
  }
  value_arena* raw = arena.get();
  raw->handle_ = arenas().insert(std::move(arena));
  return raw;
}

void value_arena::drop(value_arena* arena) {
  if (!arena) return;
  std::unique_ptr<value_arena> ended = arenas().take(arena->handle_);
  if (!ended) return;
  const bool shared = ended->memory_.use_count() > 1; // somebody still builds in it
  if (shared || ended->known_.capacity() > most_known || spares().size() == most_spares) return;
  ended->empty();
  spares().push_back(std::move(ended));
}

// A new resource: `release` of Boost 1.81 does not give back its first buffer rightly.
void value_arena::empty() {
  memory_->resource.emplace(memory_->first, sizeof memory_->first);
  known_.clear();
}

value_arena* value_arena::of(parley_value value) {
  return arenas().find(value & ~index_mask);
}

parley_value value_arena::add(known what) {
  if (known_.size() >= index_mask) return 0;
  known_.push_back(what);
  return handle_ | known_.size(); // from 1, so that no value's handle equals its arena's
}

parley_value value_arena::refer(const json::value& value) {
  return add({&value, false});
}

// Never freed one by one: the arena's memory goes as a whole.
json::value& value_arena::place() {
  void* room = memory_->resource->allocate(sizeof(json::value), alignof(json::value));
  return *new (room) json::value(storage());
}

parley_value value_arena::built(json::value& value) {
  return add({&value, value.is_structured()});
}

parley_value value_arena::keep(json::value&& value) {
  return refer(place() = std::move(value));
}

parley_value value_arena::keep(const json::value& value) {
  return refer(place() = value);
}

value_arena::known* value_arena::at(parley_value value) {
  value_arena* arena = of(value);
  const auto index = value & index_mask;
  if (!arena || index == 0 || index > arena->known_.size()) return nullptr;
  return &arena->known_[index - 1];
}

const json::value* value_arena::look(parley_value value) {
  const known* k = at(value);
  return k ? k->at : nullptr;
}

const json::value* value_arena::find(parley_value value) {
  known* k = at(value);
  if (!k) return nullptr;
  k->movable = false;
  return k->at;
}

bool value_arena::nest(parley_value value, json::value& into) {
  known* k = at(value);
  if (!k) return false;
  if (std::exchange(k->movable, false) && of(value) == this) {
    into = std::move(*const_cast<json::value*>(k->at)); // ours: built by `built`
    k->at = &into;                                      // what lies in it has not moved
  } else {
    into = *k->at;
  }
  return true;
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

namespace {

// Fills `out`, which lies in the arena. False for kinds that do not fit (absent, unknown, stale).
bool fill(const parley_slot& slot, json::value& out, value_arena& in) {
  switch (slot.kind) {
    case PARLEY_NULL:
      return true; // as it was made
    case PARLEY_BOOL:
      out.emplace_bool() = slot.as.integer != 0;
      return true;
    case PARLEY_INTEGER:
      out.emplace_int64() = slot.as.integer;
      return true;
    case PARLEY_NUMBER:
      if (!std::isfinite(slot.as.number)) return false;
      out.emplace_double() = slot.as.number;
      return true;
    case PARLEY_STRING:
      out.emplace_string().assign(view(slot.as.text));
      return true;
    case PARLEY_ARRAY:
    case PARLEY_OBJECT:
      return in.nest(slot.as.value, out);
    default:
      return false;
  }
}

parley_status read(parley_value value, parley_slot* out) {
  const json::value* v = value_arena::look(value);
  if (!v) return PARLEY_E_STALE;
  *out = value_arena::of(value)->slot_of(*v);
  return PARLEY_OK;
}

parley_status fields(parley_value value, const parley_str* names, std::uint32_t count,
                     parley_slot* out) {
  const json::value* v = value_arena::look(value);
  if (!v) return PARLEY_E_STALE;
  const json::object* object = v->if_object();
  if (!object) return PARLEY_E_INVALID;
  value_arena* arena = value_arena::of(value);
  // Most often they are asked for in the order in which they were written.
  auto next = object->begin();
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view name = view(names[i]);
    if (next == object->end() || next->key() != name) next = object->find(name);
    out[i] = next != object->end() ? arena->slot_of((next++)->value()) : parley_slot{};
  }
  return PARLEY_OK;
}

parley_status items(parley_value value, std::uint32_t offset, parley_slot* out,
                    std::uint32_t capacity, std::uint32_t* total) {
  const json::value* v = value_arena::look(value);
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
  const json::value* v = value_arena::look(value);
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
  json::value& built = arena->place();
  if (!fill(*slot, built, *arena)) return PARLEY_E_INVALID;
  *out = arena->built(built);
  return *out ? PARLEY_OK : PARLEY_E_LIMIT;
}

parley_status array(parley_call call, const parley_slot* items, std::uint32_t count,
                    parley_value* out) {
  value_arena* arena = find_arena_of_call(call);
  if (!arena) return PARLEY_E_STALE;
  json::value& built = arena->place();
  json::array& all = built.emplace_array();
  all.resize(count); // none of them moves from here on
  for (std::uint32_t i = 0; i < count; ++i)
    if (!fill(items[i], all[i], *arena)) return PARLEY_E_INVALID;
  *out = arena->built(built);
  return *out ? PARLEY_OK : PARLEY_E_LIMIT;
}

parley_status object(parley_call call, const parley_str* names, const parley_slot* slots,
                     std::uint32_t count, parley_value* out) {
  value_arena* arena = find_arena_of_call(call);
  if (!arena) return PARLEY_E_STALE;
  json::value& built = arena->place();
  json::object& all = built.emplace_object();
  all.reserve(count); // none of them moves from here on
  for (std::uint32_t i = 0; i < count; ++i) {
    if (slots[i].kind == PARLEY_ABSENT) continue;
    const auto [member, is_new] = all.emplace(view(names[i]), nullptr);
    if (!is_new || !fill(slots[i], member->value(), *arena)) return PARLEY_E_INVALID;
  }
  *out = arena->built(built);
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
  const json::value* v = value_arena::look(value);
  if (!arena || !v) return PARLEY_E_STALE;
  const parley_value kept =
      arena->keep(json::value(json::string(json::serialize(*v), arena->storage())));
  *out = str(value_arena::look(kept)->get_string());
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
