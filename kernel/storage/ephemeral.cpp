#include "storage/ephemeral.hpp"

#include "storage/cells.hpp" // no_such, at_field

#include <algorithm>
#include <cmath>

namespace parley::storage {
namespace json = boost::json;

namespace {

using part = ephemeral_parts::value_type;

constexpr std::int64_t largest_integer = std::int64_t{1} << 53; // the protocol's
constexpr std::size_t node_bytes = 128; // of a record or an index entry, beside what it holds

problem fits(const json::value& value, column_type type) {
  const auto wants = [&](const char* what) {
    return "takes " + std::string(what) + ", not " + std::string(json::to_string(value.kind()));
  };
  switch (type) {
    case column_type::text:
      return value.is_string() ? "" : wants("a string");
    case column_type::boolean:
      return value.is_bool() ? "" : wants("true or false");
    case column_type::number:
      return value.is_number() ? "" : wants("a number");
    case column_type::integer: {
      if (value.is_int64()) return "";
      const double* real = value.if_double(); // 3.0 is an integer to JSON Schema
      const bool whole = real && std::trunc(*real) == *real && std::abs(*real) <= largest_integer;
      return whole ? "" : wants("an integer");
    }
    case column_type::json:
      return "";
  }
  return "";
}

// Of one that fits.
part part_of(const json::value* value, column_type type) {
  if (!value || value->is_null()) return std::monostate{};
  switch (type) {
    case column_type::integer:
      return value->to_number<std::int64_t>();
    case column_type::number:
      return value->to_number<double>();
    case column_type::boolean:
      return std::int64_t{value->get_bool()};
    default:
      return std::string(value->get_string());
  }
}

std::size_t footprint(const json::object& object);

std::size_t footprint(const json::value& value) {
  std::size_t sum = sizeof(json::value);
  if (const auto* text = value.if_string()) sum += text->size();
  if (const auto* array = value.if_array())
    for (const json::value& one : *array) sum += footprint(one);
  if (const auto* object = value.if_object()) sum += footprint(*object);
  return sum;
}

std::size_t footprint(const json::object& object) {
  std::size_t sum = 0;
  for (const auto& member : object)
    sum += sizeof(json::key_value_pair) + member.key().size() + footprint(member.value());
  return sum;
}

std::size_t footprint(const ephemeral_parts& key) {
  std::size_t sum = sizeof(part) * key.size();
  for (const part& one : key)
    if (const auto* text = std::get_if<std::string>(&one)) sum += text->size();
  return sum;
}

bool begins_with(const ephemeral_parts& all, const ephemeral_parts& first) {
  return all.size() >= first.size() && std::equal(first.begin(), first.end(), all.begin());
}

} // namespace

bool ephemeral_order_less::operator()(const ephemeral_parts& a, const ephemeral_bound& b) const {
  return begins_with(a, b.parts) ? b.after : a < b.parts;
}
bool ephemeral_order_less::operator()(const ephemeral_bound& a, const ephemeral_parts& b) const {
  return begins_with(b, a.parts) ? !a.after : a.parts < b;
}

// ---- the store

ephemeral_store::~ephemeral_store() {
  if (timer_) logic_.cancel(timer_);
}

std::size_t ephemeral_store::size() const {
  std::size_t sum = 0;
  for (const auto& [name, all] : all_) sum += all->entries.size();
  return sum;
}

problem ephemeral_store::open(const collection& declared,
                              std::unique_ptr<ephemeral_collection>& out) {
  auto as = std::make_shared<table>();
  if (const problem why = table::compile(0, declared, *as); !why.empty()) return why;
  auto& all = all_[declared.name];
  if (!all) {
    all = std::make_shared<ephemeral_collection::shared>();
    all->key = declared.key;
  }
  if (all->key != declared.key)
    return "the key of the ephemeral collection " + declared.name +
           " is not the one that it has while the server runs: restart the server, or give the "
           "collection another name";
  // Those that no version declares any more go.
  std::erase_if(all->indexes, [](const auto& index) { return index.use_count() == 1; });
  out = std::make_unique<ephemeral_collection>();
  out->store_ = this;
  out->all_ = all;
  out->as_ = std::move(as);
  for (const index& each : declared.indexes) {
    const auto found = std::find_if(all->indexes.begin(), all->indexes.end(),
                                    [&](const auto& had) { return had->fields == each.columns; });
    if (found != all->indexes.end()) {
      out->indexes_.push_back(*found);
      continue;
    }
    auto made = std::make_shared<ephemeral_collection::order>();
    made->fields = each.columns;
    for (const std::string& field : each.columns)
      made->types.push_back(
          out->as_->columns()[static_cast<std::size_t>(out->as_->column_at(field))].type);
    for (auto& [key, one] : all->entries) made->entries.emplace(made->parts_of(one), &one);
    all->indexes.push_back(made);
    out->indexes_.push_back(std::move(made));
  }
  return {};
}

void ephemeral_store::expire() {
  const std::int64_t now = clock_.steady_ns();
  while (!due_.empty() && due_.begin()->first <= now) remove(*due_.begin()->second);
}

void ephemeral_store::watch() {
  if (due_.empty() || (timer_ && timer_due_ns_ <= due_.begin()->first)) return;
  if (timer_) logic_.cancel(timer_);
  timer_due_ns_ = due_.begin()->first;
  const std::int64_t in_ns = std::max<std::int64_t>(0, timer_due_ns_ - clock_.steady_ns());
  timer_ = logic_.after(std::chrono::milliseconds((in_ns + 999'999) / 1'000'000), [this] {
    timer_ = 0;
    expire();
    watch();
  });
}

void ephemeral_store::remove(entry& which) {
  bytes_ -= which.bytes;
  if (which.due_ns) due_.erase({which.due_ns, &which});
  for (const auto& index : which.in->indexes) index->entries.erase(index->parts_of(which));
  which.in->entries.erase(ephemeral_parts(which.key));
}

// ---- a collection

ephemeral_parts ephemeral_collection::order::parts_of(const entry& of) const {
  ephemeral_parts out;
  out.reserve(fields.size() + of.key.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const json::value* value = of.record.if_contains(fields[i]);
    // another version may have written another type: then it is as if it were absent
    const bool well = value && !value->is_null() && fits(*value, types[i]).empty();
    out.push_back(part_of(well ? value : nullptr, types[i]));
  }
  out.insert(out.end(), of.key.begin(), of.key.end());
  return out;
}

problem ephemeral_collection::key_of(const json::array& key, ephemeral_parts& out) const {
  const table& of = *as_;
  if (key.size() != of.key_count())
    return "collection " + of.name() + ": a key has " + std::to_string(of.key_count()) +
           " values, not " + std::to_string(key.size());
  for (std::size_t i = 0; i < key.size(); ++i) {
    const column& each = of.columns()[i];
    if (problem why = fits(key[i], each.type); !why.empty()) return at_field(of, each.name, why);
    out.push_back(part_of(&key[i], each.type));
  }
  return {};
}

problem ephemeral_collection::check(const json::object& record) const {
  const table& of = *as_;
  std::size_t found = 0;
  for (std::size_t i = 0; i < of.columns().size(); ++i) {
    const column& each = of.columns()[i];
    const json::value* value = record.if_contains(each.name);
    if (value) ++found;
    if (!value || value->is_null()) {
      const bool needed = i < of.key_count() || (each.required && each.fallback.is_null());
      if (needed) return at_field(of, each.name, "is required");
    } else if (problem why = fits(*value, each.type); !why.empty()) {
      return at_field(of, each.name, why);
    }
  }
  if (found == record.size()) return {};
  for (const auto& member : record)
    if (of.column_at(member.key()) < 0) return at_field(of, member.key(), "there is no such field");
  return {};
}

// As this version declares it: without what it does not know, with its defaults.
json::object ephemeral_collection::seen(const entry& from, json::storage_ptr in) const {
  json::object out(in);
  for (const column& each : as_->columns()) {
    const json::value* value = from.record.if_contains(each.name);
    if (!value || value->is_null()) value = &each.fallback;
    if (!value->is_null()) out.emplace(each.name, *value);
  }
  return out;
}

ephemeral_collection::entry* ephemeral_collection::find(const ephemeral_parts& key) const {
  store_->expire();
  const auto found = all_->entries.find(key);
  return found == all_->entries.end() ? nullptr : &found->second;
}

bool ephemeral_collection::write(entry* old, const ephemeral_parts& key, json::object record,
                                 std::int64_t due_ns) {
  const std::size_t bytes = footprint(record) + 2 * footprint(key) +
                            (1 + all_->indexes.size()) * (node_bytes + footprint(key));
  const std::size_t others = store_->bytes_ - (old ? old->bytes : 0);
  if (bytes > store_->most_bytes_ || others > store_->most_bytes_ - bytes) return false;
  if (old) store_->remove(*old);
  entry& made = all_->entries[key];
  made.record = std::move(record);
  made.due_ns = due_ns;
  made.bytes = bytes;
  made.in = all_.get();
  made.key = key;
  for (const auto& index : all_->indexes) index->entries.emplace(index->parts_of(made), &made);
  store_->bytes_ += bytes;
  if (due_ns) store_->due_.emplace(due_ns, &made);
  store_->watch();
  return true;
}

ephemeral_collection::done ephemeral_collection::get(const json::array& key, json::storage_ptr in) {
  ephemeral_parts parts;
  if (const problem why = key_of(key, parts); !why.empty()) return {invalid(why), {}, {}, {}};
  const entry* found = find(parts);
  if (!found) return {};
  return {{}, false, true, seen(*found, std::move(in))};
}

namespace {

template <typename Entries, typename Take>
bool walk(const Entries& entries, const ephemeral_bound& lower, const ephemeral_bound& upper,
          bool reverse, std::size_t limit, const Take& take) {
  auto first = entries.lower_bound(lower);
  auto last = entries.lower_bound(upper);
  // bounds that cross hold nothing
  if (first == entries.end() || (last != entries.end() && !(first->first < last->first)))
    return false;
  for (; first != last; --limit) {
    if (limit == 0) return true;
    if (reverse)
      take((--last)->second);
    else
      take((first++)->second);
  }
  return false;
}

} // namespace

problem ephemeral_collection::bounds_of(const query& what, int index, ephemeral_bound& lower,
                                        ephemeral_bound& upper) const {
  const table& of = *as_;
  const std::vector<std::uint32_t>& order = of.order(index);
  const bool bounded = what.lower.has_value() || what.upper.has_value();
  if (what.prefix.size() + (bounded ? 1 : 0) > order.size())
    return "collection " + of.name() + ": the query has more values than " +
           (index < 0 ? "the key" : "the index " + what.index) + " has fields";
  ephemeral_parts prefix;
  const auto take = [&](const json::value& from, ephemeral_parts& to) -> problem {
    const column& each = of.columns()[order[to.size()]];
    if (problem why = from.is_null() ? "" : fits(from, each.type); !why.empty())
      return at_field(of, each.name, why);
    to.push_back(part_of(&from, each.type));
    return {};
  };
  for (const json::value& one : what.prefix)
    if (problem why = take(one, prefix); !why.empty()) return why;
  lower = {prefix, false};
  upper = {std::move(prefix), true};
  if (what.lower) {
    lower.after = what.lower_exclusive;
    if (problem why = take(*what.lower, lower.parts); !why.empty()) return why;
  } else if (what.upper) { // what is absent is below nothing
    lower.parts.emplace_back(std::monostate{});
    lower.after = true;
  }
  if (!what.upper) return {};
  upper.after = !what.upper_exclusive;
  return take(*what.upper, upper.parts);
}

ephemeral_collection::page ephemeral_collection::range(const query& what, json::storage_ptr in) {
  const int index = what.index.empty() ? -1 : as_->index_at(what.index);
  page out;
  if (!what.index.empty() && index < 0) {
    out.why = invalid("collection " + as_->name() + ": there is no index " + what.index);
    return out;
  }
  ephemeral_bound lower, upper;
  if (const problem why = bounds_of(what, index, lower, upper); !why.empty()) {
    out.why = invalid(why);
    return out;
  }
  store_->expire();
  const auto take = [&](const entry& one) { out.records.push_back(seen(one, in)); };
  if (index < 0)
    out.more = walk(all_->entries, lower, upper, what.reverse, what.limit, take);
  else
    out.more = walk(indexes_[static_cast<std::size_t>(index)]->entries, lower, upper, what.reverse,
                    what.limit, [&](const entry* one) { take(*one); });
  return out;
}

ephemeral_collection::done ephemeral_collection::put(const json::object& record,
                                                     std::int64_t ttl_ms, bool only_if_absent) {
  if (const problem why = check(record); !why.empty()) return {invalid(why), {}, {}, {}};
  ephemeral_parts key;
  for (std::size_t i = 0; i < as_->key_count(); ++i) {
    const column& each = as_->columns()[i];
    key.push_back(part_of(&record.at(each.name), each.type));
  }
  entry* old = find(key);
  if (old && only_if_absent) return {};
  // in memory of its own: the call's ends with it
  const bool stored =
      write(old, key, json::object(record, json::storage_ptr()), store_->due_in(ttl_ms));
  return {{}, !stored, stored, {}};
}

ephemeral_collection::done ephemeral_collection::patch(const json::array& key,
                                                       const json::object& fields,
                                                       std::int64_t ttl_ms, json::storage_ptr in) {
  ephemeral_parts parts;
  problem why = key_of(key, parts);
  for (auto member = fields.begin(); why.empty() && member != fields.end(); ++member) {
    const int at = as_->column_at(member->key());
    if (at >= 0 && at < static_cast<int>(as_->key_count()))
      why = at_field(*as_, member->key(), "is part of the key and cannot be changed");
  }
  if (!why.empty()) return {invalid(why), {}, {}, {}};
  entry* old = find(parts);
  if (!old) return {};
  json::object next = seen(*old, {});
  for (const auto& member : fields) next[member.key()] = member.value();
  if (why = check(next); !why.empty()) return {invalid(why), {}, {}, {}};
  return change(old, parts, std::move(next), ttl_ms > 0 ? store_->due_in(ttl_ms) : old->due_ns, in);
}

// What another version wrote beside what this one knows stays.
ephemeral_collection::done ephemeral_collection::change(entry* old, const ephemeral_parts& key,
                                                        json::object next, std::int64_t due_ns,
                                                        json::storage_ptr in) {
  if (old)
    for (const auto& member : old->record)
      if (as_->column_at(member.key()) < 0) next.emplace(member.key(), member.value());
  if (!write(old, key, std::move(next), due_ns)) return {{}, true, false, {}};
  return {{}, false, true, seen(all_->entries.find(key)->second, std::move(in))};
}

ephemeral_collection::done ephemeral_collection::increment(const json::array& key,
                                                           std::string_view field, std::int64_t by,
                                                           std::int64_t ttl_ms,
                                                           json::storage_ptr in) {
  ephemeral_parts parts;
  problem why = key_of(key, parts);
  const int at = as_->column_at(field);
  if (why.empty() && at < 0) why = at_field(*as_, field, "there is no such field");
  if (why.empty() && (at < static_cast<int>(as_->key_count()) ||
                      as_->columns()[static_cast<std::size_t>(at)].type != column_type::integer))
    why = at_field(*as_, field, "only an integer outside of the key is incremented");
  if (!why.empty()) return {invalid(why), {}, {}, {}};

  entry* old = find(parts);
  json::object next;
  if (old) {
    next = seen(*old, {});
  } else {
    for (std::size_t i = 0; i < key.size(); ++i)
      next.emplace(as_->columns()[i].name, json::value(key[i], json::storage_ptr()));
    for (const column& each : as_->columns())
      if (!each.fallback.is_null()) next.emplace(each.name, each.fallback);
  }
  const json::value* had = next.if_contains(field);
  const std::int64_t before = had && had->is_number() ? had->to_number<std::int64_t>() : 0;
  const bool fits_in =
      by <= largest_integer && by >= -largest_integer && std::abs(before + by) <= largest_integer;
  if (!fits_in) return {{}, true, false, {}};
  next[field] = before + by;
  if (why = check(next); !why.empty()) return {invalid(why), {}, {}, {}};
  return change(old, parts, std::move(next), old ? old->due_ns : store_->due_in(ttl_ms),
                std::move(in));
}

ephemeral_collection::done ephemeral_collection::erase(const json::array& key) {
  ephemeral_parts parts;
  if (const problem why = key_of(key, parts); !why.empty()) return {invalid(why), {}, {}, {}};
  entry* old = find(parts);
  if (old) store_->remove(*old);
  return {{}, false, old != nullptr, {}};
}

} // namespace parley::storage
