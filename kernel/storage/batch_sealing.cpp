// What a batch does about sealed fields: notes what is to be sealed with whose key, and seals it.

#include "storage/batch.hpp"
#include "storage/data_keys.hpp"
#include "storage/stand_ins.hpp"

#include <algorithm>

namespace parley::storage {
namespace json = boost::json;
namespace {

std::string_view text_in(const parley_cell& of) {
  return of.kind == PARLEY_STRING ? std::string_view(of.as.text.ptr, of.as.text.len)
                                  : std::string_view();
}

const parley_cell* cell_in(const parley_driver_op& op, std::uint32_t column) {
  if (op.kind == PARLEY_OP_PUT) return &op.cells[column];
  for (std::uint32_t i = 0; i < op.cell_count; ++i) {
    if (op.columns[i] == column) return &op.cells[i];
  }
  return nullptr;
}

const parley_cell* key_of(const parley_driver_op& op) {
  return op.kind == PARLEY_OP_PUT ? op.cells : op.key; // the key comes first in a row
}

bool are_equal(const parley_cell& a, const parley_cell& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case PARLEY_STRING:
      return text_in(a) == text_in(b);
    case PARLEY_NUMBER:
      return a.as.number == b.as.number;
    case PARLEY_CELL_NEXT:
      return a.as.next.topic == b.as.next.topic && a.as.next.offset == b.as.next.offset;
    default:
      return a.as.integer == b.as.integer;
  }
}

} // namespace

void plain_values::back_to(std::size_t operations) {
  const auto is_later = [&](const auto& each) { return each.op >= operations; };
  std::erase_if(of_records, is_later);
  std::erase_if(of_events, is_later);
}

// A record whose subject changes is sealed anew with the other's key.
problem batch_builder::check_subjects(const table& of, const parley_driver_op& op) const {
  for (const sealed_column& each : of.sealed()) {
    if (each.subject < of.key_count()) continue;
    const std::string& name = of.columns()[each.column].name;
    const bool sets = cell_in(op, each.column) != nullptr;
    const bool sets_subject = cell_in(op, each.subject) != nullptr;
    if (sets_subject && !sets) {
      return at_field(of, of.columns()[each.subject].name,
                      "says with whose key " + name +
                          " is sealed: a patch that sets it sets that field as well");
    }
    const bool has_stand_in = std::any_of(op.key, op.key + of.key_count(), [](const auto& cell) {
      return cell.kind == PARLEY_CELL_NEXT;
    });
    if (sets && !sets_subject && has_stand_in && !written_before(of, each.subject, op.key)) {
      return at_field(of, name,
                      "is sealed, and nothing tells with whose key: give " +
                          of.columns()[each.subject].name + " as well");
    }
  }
  return {};
}

void batch_builder::note_plain(const table& of, const parley_driver_op& op) {
  for (const sealed_column& each : of.sealed()) {
    const parley_cell* cell = cell_in(op, each.column);
    if (cell == nullptr || cell->kind == PARLEY_NULL) continue;
    // Ours: the operation only lends them to a driver.
    plain_.of_records.push_back({ops_.size() - 1, &of, each.column, const_cast<parley_cell*>(cell),
                                 key_of(op), subject_of(each, of, op)});
  }
}

std::string_view batch_builder::subject_of(const sealed_column& of, const table& in,
                                           const parley_driver_op& op) {
  const parley_cell* value =
      of.subject < in.key_count() ? &key_of(op)[of.subject] : cell_in(op, of.subject);
  if (value == nullptr) value = written_before(in, of.subject, op.key);
  return value == nullptr ? std::string_view() : subject(of.prefix, text_in(*value));
}

// The record may have been written by this very batch.
const parley_cell* batch_builder::written_before(const table& of, std::uint32_t column,
                                                 const parley_cell* key) const {
  for (auto op = ops_.rbegin(); op != ops_.rend(); ++op) {
    if (op->kind != PARLEY_OP_PUT && op->kind != PARLEY_OP_PATCH) continue;
    const table& as = known_->at(op->collection);
    if (as.name() != of.name() || !std::equal(key, key + of.key_count(), key_of(*op), are_equal))
      continue;
    const int place = as.column_at(of.columns()[column].name);
    const parley_cell* found =
        place < 0 ? nullptr : cell_in(*op, static_cast<std::uint32_t>(place));
    if (found != nullptr) return found;
  }
  return nullptr;
}

std::string_view batch_builder::subject(std::string_view prefix, std::string_view value) {
  const std::size_t size = prefix.size() + value.size();
  auto* text = static_cast<char*>(memory_.allocate(size, 1));
  std::copy(value.begin(), value.end(), std::copy(prefix.begin(), prefix.end(), text));
  return {text, size};
}

problem batch_builder::note_event(const parley_driver_op& op, const json::object& data,
                                  const std::vector<sealed_member>& sealed, plain_event& out) {
  if (data.contains(sealed_members)) return "its data has no member $sealed";
  for (const sealed_member& each : sealed) {
    const json::value* value = data.if_contains(each.name);
    if (value == nullptr || value->is_null()) continue;
    const json::value* whose = data.if_contains(each.how.key);
    if (whose == nullptr || !whose->is_string()) {
      return "its member " + each.name + " is sealed by " + each.how.key + ", which is no text";
    }
    if (holds_stand_in(*value)) {
      return "its member " + each.name +
             " is sealed, and takes no number that only the commit will give";
    }
    out.members.push_back({each.name, subject(each.how.subject, whose->get_string())});
  }
  if (out.members.empty()) return {};
  out.cell = const_cast<parley_cell*>(&op.cells[1]); // ours
  out.topic = {topics_[op.topic].ptr, topics_[op.topic].len};
  out.name = text_in(op.cells[0]);
  out.data = data;
  return {};
}

std::vector<std::string_view> batch_builder::subjects() const {
  std::vector<std::string_view> out;
  for (const plain_value& each : plain_.of_records) {
    if (!each.subject.empty()) out.push_back(each.subject);
  }
  for (const plain_event& each : plain_.of_events) {
    for (const plain_event::member& member : each.members) out.push_back(member.subject);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void batch_builder::require_cell(std::uint32_t collection, const parley_cell* key,
                                 std::int32_t kind, std::uint32_t column, const parley_cell& equals,
                                 condition_reason reason) {
  parley_driver_op op{};
  op.size = sizeof op;
  op.kind = kind;
  op.collection = collection;
  op.key = key;
  if (kind == PARLEY_OP_REQUIRE_EQUAL) {
    std::pmr::polymorphic_allocator<> place(&memory_);
    op.columns = place.new_object<std::uint32_t>(column);
    op.cells = place.new_object<parley_cell>(equals);
    op.cell_count = 1;
  }
  ops_.push_back(op);
  reasons_.push_back(reason);
}

void batch_builder::subject_is(std::size_t value, std::optional<std::string_view> subject_value) {
  plain_value& of = plain_.of_records[value];
  const sealed_column& how = *of.of->sealed_at(of.column);
  if (!subject_value) {
    // The patch finds no record, and is a conflict.
    *of.cell = parley_cell{PARLEY_NULL, 0, {}};
    return require_cell(of.of->number(), of.key, PARLEY_OP_REQUIRE_ABSENT, 0, {},
                        condition_reason::batch);
  }
  of.subject = subject(how.prefix, *subject_value);
  parley_cell equals{};
  equals.kind = PARLEY_STRING;
  equals.as.text = kept(*subject_value, memory_);
  require_cell(of.of->number(), of.key, PARLEY_OP_REQUIRE_EQUAL, how.subject, equals,
               condition_reason::batch);
}

problem batch_builder::seal(const keys_by_subject& keys, nonces& fresh) {
  for (plain_value& each : plain_.of_records) {
    if (problem why = seal(each, keys, fresh); !why.empty()) return why;
  }
  for (plain_event& each : plain_.of_events) {
    if (problem why = seal(each, keys, fresh); !why.empty()) return why;
  }
  const table* of_keys = known_->find(data_keys_name);
  const auto id = static_cast<std::uint32_t>(of_keys->column_at("id"));
  std::pmr::polymorphic_allocator<> place(&memory_);
  for (const auto& [subject, key] : keys) {
    auto* at = place.new_object<parley_cell>();
    parley_cell same{};
    at->kind = same.kind = PARLEY_STRING;
    at->as.text = kept(subject, memory_);
    same.as.text = kept(key->id_text, memory_);
    require_cell(of_keys->number(), at, PARLEY_OP_REQUIRE_EQUAL, id, same,
                 condition_reason::data_key);
  }
  return {};
}

problem batch_builder::seal(plain_value& value, const keys_by_subject& keys, nonces& fresh) {
  if (value.cell->kind == PARLEY_NULL) return {};
  const sealed_place at(*value.of, value.column, value.key);
  value.cell->as.text =
      storage::seal(text_in(*value.cell), at, *keys.at(value.subject), fresh, memory_);
  return value.cell->as.text.len == 0 ? "OpenSSL has no memory" : "";
}

problem batch_builder::seal(plain_event& event, const keys_by_subject& keys, nonces& fresh) {
  json::object sealed;
  for (const plain_event::member& each : event.members) {
    const sealed_place at(event.topic, event.name, each.name);
    const parley_str text = storage::seal(json::serialize(event.data.at(each.name)), at,
                                          *keys.at(each.subject), fresh, memory_);
    if (text.len == 0) return "OpenSSL has no memory";
    sealed[each.name] = json::string_view(text.ptr, text.len);
  }
  json::object stored;
  stored[sealed_members] = sealed; // comes first, see engine.cpp
  for (const auto& member : event.data) {
    if (!sealed.contains(member.key())) stored.insert(member);
  }
  return to_text_cell(stored, source(), *event.cell);
}

} // namespace parley::storage
