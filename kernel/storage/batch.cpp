#include "storage/batch.hpp"

#include "storage/stand_ins.hpp"
#include "storage/words.hpp"

#include <algorithm>

namespace parley::storage {
namespace json = boost::json;

parley_cell* batch_builder::cells(std::size_t count) {
  auto* out = std::pmr::polymorphic_allocator<>(&memory_).allocate_object<parley_cell>(count);
  std::fill(out, out + count, parley_cell{PARLEY_NULL, 0, {}});
  return out;
}

// Texts count by their bytes, everything else as eight.
problem batch_builder::fits(const parley_driver_op& op) const {
  if (ops_.size() >= bounds_.batch_operations) {
    return "a batch has at most " + std::to_string(bounds_.batch_operations) +
           " operations (limits.batch_operations); write the rest in another one";
  }
  std::size_t bytes = 0;
  for (std::uint32_t i = 0; i < op.cell_count; ++i) {
    const parley_cell& each = op.cells[i];
    if (each.kind == PARLEY_STRING) {
      bytes += each.as.text.len;
    } else if (each.kind == PARLEY_CELL_PIECES) {
      const parley_pieces& pieces = *each.as.pieces;
      for (std::uint32_t t = 0; t <= pieces.number_count; ++t) bytes += pieces.texts[t].len + 8;
    } else {
      bytes += 8;
    }
  }
  if (bytes <= bounds_.record_bytes) return {};
  return "a record or an event has at most " + std::to_string(bounds_.record_bytes) +
         " bytes (limits.record_bytes), and this one has " + std::to_string(bytes);
}

failure batch_builder::add(const problem& found, const parley_driver_op& op,
                           condition_reason reason) {
  const problem why = found.empty() ? fits(op) : found;
  if (!why.empty()) {
    failure out = invalid(why);
    if (broken_.code == status::ok) broken_ = out;
    return out;
  }
  ops_.push_back(op);
  reasons_.push_back(reason);
  return {};
}

problem batch_builder::start(collection_ref collection, std::int32_t kind, const table*& of,
                             parley_driver_op& op) {
  op.size = sizeof op;
  op.kind = kind;
  of = known_->find(collection);
  if (of == nullptr) return no_such(collection);
  op.collection = of->number();
  return {};
}

problem batch_builder::row_of(const table& of, const json::object& record, parley_driver_op& op) {
  const std::vector<column>& columns = of.columns();
  parley_cell* row = cells(columns.size());
  std::size_t found = 0;
  for (std::uint32_t i = 0; i < of.declared_count(); ++i) {
    const column& each = columns[i];
    const json::value* value = record.if_contains(each.name);
    if (value != nullptr) {
      ++found;
      const problem why = each.sealed ? to_plain_cell(*value, each.type, source(), row[i])
                                      : to_cell(*value, each.type, source(), row[i]);
      if (!why.empty()) return at_field(of, each.name, why);
    }
    if (row[i].kind != PARLEY_NULL) continue;
    if (const parley_cell* fallback = of.fallback(i)) {
      row[i] = *fallback;
    } else if (each.required || i < of.key_count()) {
      return at_field(of, each.name, "is required");
    }
  }
  for (const sealed_column& each : of.sealed()) {
    if (each.lookup >= 0) row[each.lookup] = hash_cell(row[each.column], *each.lookup_key, memory_);
  }
  op.cells = row;
  op.cell_count = static_cast<std::uint32_t>(columns.size());
  if (found == record.size()) return {};
  for (const auto& member : record) {
    if (of.column_at(member.key()) < 0) return at_field(of, member.key(), "there is no such field");
  }
  return {};
}

problem batch_builder::fields_of(const table& of, const json::object& from, parley_driver_op& op,
                                 bool is_change) {
  const std::size_t most = of.sealed().empty() ? from.size() : 2 * from.size(); // and hashes
  auto* places = std::pmr::polymorphic_allocator<>(&memory_).allocate_object<std::uint32_t>(most);
  parley_cell* values = cells(most);
  std::uint32_t count = 0;
  for (const auto& member : from) {
    const int at = of.column_at(member.key());
    if (at < 0) return at_field(of, member.key(), "there is no such field");
    const column& each = of.columns()[static_cast<std::size_t>(at)];
    places[count] = static_cast<std::uint32_t>(at);
    const sealed_column* sealed = of.sealed_at(places[count]);
    problem why = sealed ? to_plain_cell(member.value(), each.type, source(), values[count])
                         : to_cell(member.value(), each.type, source(), values[count]);
    if (why.empty() && is_change) {
      if (places[count] < of.key_count()) why = "is part of the key and cannot be changed";
      const bool absent = why.empty() && values[count].kind == PARLEY_NULL;
      const parley_cell* fallback = absent ? of.fallback(places[count]) : nullptr;
      if (fallback != nullptr) {
        values[count] = *fallback;
      } else if (absent && each.required) {
        why = "is required";
      }
    }
    const bool is_null = values[count].kind == PARLEY_NULL;
    if (why.empty() && sealed && !is_change && sealed->lookup < 0 && !is_null) {
      why = "is sealed, and compared with nothing; `lookup: true` lets it be found by equality";
    }
    if (!why.empty()) return at_field(of, each.name, why);
    if (sealed && sealed->lookup >= 0) {
      const parley_cell hash = hash_cell(values[count], *sealed->lookup_key, memory_);
      if (is_change) ++count; // the value, and its hash
      places[count] = static_cast<std::uint32_t>(sealed->lookup);
      values[count] = hash;
    }
    ++count;
  }
  op.columns = places;
  op.cells = values;
  op.cell_count = count;
  return {};
}

failure batch_builder::put(collection_ref collection, const json::object& record) {
  parley_driver_op op{};
  const table* of = nullptr;
  problem why = start(collection, PARLEY_OP_PUT, of, op);
  if (why.empty()) why = row_of(*of, record, op);
  failure out = add(why, op);
  if (out.code == status::ok) note_plain(*of, op);
  if (out.code == status::ok) add_words(*of, op);
  return out;
}

failure batch_builder::patch(collection_ref collection, const json::array& key,
                             const json::object& fields) {
  parley_driver_op op{};
  const table* of = nullptr;
  problem why = start(collection, PARLEY_OP_PATCH, of, op);
  if (why.empty()) why = to_key(*of, key, source(), op.key);
  if (why.empty()) why = fields_of(*of, fields, op, true);
  if (why.empty() && fields.empty()) why = "collection " + of->name() + ": a patch sets a field";
  if (why.empty()) why = check_subjects(*of, op);
  failure out = add(why, op);
  if (out.code == status::ok) note_plain(*of, op);
  if (out.code == status::ok) add_words(*of, op);
  return out;
}

// What a record is found by changes with it, whichever shape of the collection it is written in.
void batch_builder::add_words(const table& of, const parley_driver_op& op) {
  const table& as = known_->newest(of);
  if (as.searched().empty()) return;
  const bool is_row = op.kind == PARLEY_OP_PUT;
  auto* places = std::pmr::polymorphic_allocator<>(&memory_).allocate_object<std::uint32_t>(
      as.searched().size());
  parley_cell* words = cells(as.searched().size());
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < as.searched().size(); ++i) {
    const int at = of.column_at(as.columns()[as.searched()[i]].name);
    const parley_cell* given = nullptr;
    for (std::uint32_t c = 0; c < op.cell_count && at >= 0; ++c) {
      if ((is_row ? c : op.columns[c]) == static_cast<std::uint32_t>(at)) given = &op.cells[c];
    }
    if (given == nullptr) continue;
    if (given->kind == PARLEY_STRING) {
      const std::string_view text(given->as.text.ptr, given->as.text.len);
      words[count].kind = PARLEY_STRING;
      words[count].as.text =
          kept(i < as.searched_on() ? word_list(text) : value_word(text), memory_);
    }
    places[count++] = i;
  }
  if (count == 0) return;
  parley_driver_op out{};
  out.size = sizeof out;
  out.kind = PARLEY_OP_WORDS;
  out.collection = as.number();
  out.key = is_row ? op.cells : op.key; // the key comes first in a row
  out.columns = places;
  out.cells = words;
  out.cell_count = count;
  ops_.push_back(out); // part of the operation before, which was let in
  reasons_.push_back(condition_reason::batch);
}

void batch_builder::index(const table& of, const json::object& record) {
  parley_driver_op op{};
  problem why = row_of(of, record, op);
  if (!why.empty()) {
    add(why, op);
    return;
  }
  json::object texts;
  for (const std::uint32_t each : of.searched()) {
    const std::string& name = of.columns()[each].name;
    const json::value* found = record.if_contains(name);
    texts[name] = found != nullptr ? *found : nullptr;
  }
  json::array key;
  for (std::uint32_t i = 0; i < of.key_count(); ++i) key.push_back(record.at(of.columns()[i].name));
  require({of.name(), of.version()}, key, true, texts, condition_reason::batch);
  op.kind = PARLEY_OP_PUT;
  add_words(of, op);
}

failure batch_builder::increment(collection_ref collection, const json::array& key,
                                 std::string_view field, std::int64_t by) {
  parley_driver_op op{};
  const table* of = nullptr;
  problem why = start(collection, PARLEY_OP_INCREMENT, of, op);
  if (why.empty()) why = to_key(*of, key, source(), op.key);
  if (!why.empty()) return add(why, op);
  const int at = of->column_at(field);
  if (at < 0) return add(at_field(*of, field, "there is no such field"), op);
  const auto place = static_cast<std::uint32_t>(at);
  const column& counted = of->columns()[place];
  if (counted.type != column_type::integer || place < of->key_count() || counted.sealed) {
    return add(at_field(*of, field,
                        counted.sealed ? "is sealed, and cannot be incremented"
                                       : "only an integer outside of the key is incremented"),
               op);
  }
  parley_cell* amount = cells(1);
  amount->kind = PARLEY_INTEGER;
  amount->as.integer = by;
  op.columns = std::pmr::polymorphic_allocator<>(&memory_).new_object<std::uint32_t>(place);
  op.cells = amount;
  op.cell_count = 1;
  return add(why, op);
}

failure batch_builder::erase(collection_ref collection, const json::array& key) {
  parley_driver_op op{};
  const table* of = nullptr;
  problem why = start(collection, PARLEY_OP_ERASE, of, op);
  if (why.empty()) why = to_key(*of, key, source(), op.key);
  return add(why, op);
}

failure batch_builder::require(collection_ref collection, const json::array& key, bool exists,
                               const json::object& equals, condition_reason reason) {
  parley_driver_op op{};
  const table* of = nullptr;
  const std::int32_t kind = !exists          ? PARLEY_OP_REQUIRE_ABSENT
                            : equals.empty() ? PARLEY_OP_REQUIRE_EXISTS
                                             : PARLEY_OP_REQUIRE_EQUAL;
  problem why = start(collection, kind, of, op);
  if (why.empty()) why = to_key(*of, key, source(), op.key);
  if (why.empty() && !exists && !equals.empty()) {
    why = "collection " + of->name() + ": a record that must be absent equals nothing";
  }
  if (why.empty() && !equals.empty()) why = fields_of(*of, equals, op, false);
  return add(why, op, reason);
}

failure batch_builder::append(std::string_view topic, std::string_view event,
                              const json::value& data, std::string_view at,
                              const std::vector<sealed_member>& sealed) {
  parley_driver_op op{};
  op.size = sizeof op;
  op.kind = PARLEY_OP_APPEND;
  problem why = topic_at(topic, op.topic);
  if (!why.empty()) return add(why, op);
  parley_cell* event_cells = cells(3);
  event_cells[0].kind = event_cells[2].kind = PARLEY_STRING;
  event_cells[0].as.text = kept(event, memory_);
  event_cells[2].as.text = kept(at, memory_);
  why = to_text_cell(data, source(), event_cells[1]);
  op.cells = event_cells;
  op.cell_count = 3;
  if (why.empty() && ++appended_[op.topic] == stand_in_offsets) why = "too many in one batch";
  plain_event plain;
  if (why.empty() && data.is_object()) why = note_event(op, data.get_object(), sealed, plain);
  failure out = add(why.empty() ? why : "event " + std::string(event) + ": " + why, op);
  if (out.code == status::ok && !plain.members.empty()) {
    plain.op = ops_.size() - 1;
    plain_.of_events.push_back(std::move(plain));
  }
  return out;
}

failure batch_builder::make_void(std::string_view topic, std::int64_t number,
                                 std::string_view event) {
  parley_driver_op op{};
  op.size = sizeof op;
  op.kind = PARLEY_OP_VOID;
  problem why = topic_at(topic, op.topic);
  if (why.empty() && number < 1) why = "an event that is withdrawn has a number by now";
  if (!why.empty()) return add("event " + std::string(event) + ": " + why, op);
  parley_cell* which = cells(2);
  which[0].kind = PARLEY_INTEGER;
  which[0].as.integer = number;
  which[1].kind = PARLEY_STRING;
  which[1].as.text = kept(event, memory_);
  op.cells = which;
  op.cell_count = 2;
  return add(why, op);
}

std::int64_t batch_builder::next(std::string_view topic) {
  parley_next which{};
  const problem why = topic_at(topic, which.topic);
  if (!why.empty()) {
    add(why, {});
    return 0;
  }
  which.offset = appended_[which.topic];
  return stand_in(number_, which);
}

batch_mark batch_builder::mark() const {
  return {ops_.size(), {appended_.begin(), appended_.end()}, broken_};
}

// Topics stay: one that gets no event does no harm.
void batch_builder::back_to(const batch_mark& where) {
  plain_.back_to(where.operations);
  ops_.resize(where.operations);
  reasons_.resize(where.operations);
  std::fill(appended_.begin(), appended_.end(), 0);
  std::copy(where.events.begin(), where.events.end(), appended_.begin());
  broken_ = where.broken;
}

problem batch_builder::topic_at(std::string_view name, std::uint32_t& out) {
  // A batch speaks of a few topics: looking through them is faster than a map.
  for (std::size_t i = 0; i < topics_.size(); ++i) {
    if (std::string_view(topics_[i].ptr, topics_[i].len) == name) {
      out = static_cast<std::uint32_t>(i);
      return {};
    }
  }
  if (topics_.size() == stand_in_topics) return "a batch has too many topics";
  out = static_cast<std::uint32_t>(topics_.size());
  topics_.push_back(kept(name, memory_));
  appended_.push_back(0);
  return {};
}

void batch_builder::order_conditions() {
  const auto rank = [&](std::size_t op) {
    switch (reasons_[op]) {
      case condition_reason::permission:
        return 0;
      case condition_reason::idempotency:
        return 1;
      default:
        return 2;
    }
  };
  std::pmr::vector<std::size_t> order(ops_.size(), &memory_);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto earlier = [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); };
  if (std::is_sorted(order.begin(), order.end(), earlier)) return;
  std::stable_sort(order.begin(), order.end(), earlier);
  std::pmr::vector<parley_driver_op> ops(&memory_);
  std::pmr::vector<condition_reason> reasons(&memory_);
  for (const std::size_t each : order) {
    ops.push_back(ops_[each]);
    reasons.push_back(reasons_[each]);
  }
  ops_ = std::move(ops);
  reasons_ = std::move(reasons);
}

parley_driver_batch batch_builder::view() const {
  parley_driver_batch out{};
  out.size = sizeof out;
  out.ops = ops_.data();
  out.op_count = static_cast<std::uint32_t>(ops_.size());
  out.topics = topics_.data();
  out.topic_count = static_cast<std::uint32_t>(topics_.size());
  return out;
}

condition_reason batch_builder::reason_of(std::uint32_t op) const {
  return op < reasons_.size() ? reasons_[op] : condition_reason::batch;
}

} // namespace parley::storage
