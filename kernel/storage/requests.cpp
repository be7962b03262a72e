#include "storage/requests.hpp"

#include "storage/commit_queue.hpp"

#include <algorithm>
#include <cstddef>

namespace parley::storage {
namespace {

constexpr std::uint32_t most_hits = 100;
constexpr std::uint32_t most_skipped = 1000;
constexpr std::size_t most_ranges = 1000;

status from_driver(parley_status code) {
  switch (code) {
    case PARLEY_OK:
      return status::ok;
    case PARLEY_E_CONFLICT:
      return status::conflict;
    case PARLEY_E_INVALID:
      return status::invalid;
    default:
      return status::unavailable;
  }
}

std::string text_of(const parley_str& text) {
  return {text.ptr, text.len};
}

} // namespace

pending_commit::pending_commit(std::shared_ptr<mailbox> box, std::unique_ptr<batch> what,
                               engine::committed done)
    : pending(std::move(box)),
      what_(static_cast<batch_builder*>(what.release())), // begin() makes no others
      done_(std::move(done)) {}

void pending_commit::submit(std::unique_ptr<pending_commit> self,
                            const parley_storage_driver& driver) {
  if (self->what_->broken().code != status::ok) {
    self->result_.why = self->what_->broken();
    return send_home(self.release());
  }
  self->what_->order_conditions();
  self->view_ = self->what_->view();
  pending_commit* given = self.release();
  driver.commit(
      driver.self, &given->view_,
      [](void* user, const parley_driver_commit_result* result) {
        auto* back = static_cast<pending_commit*>(user);
        back->take(*result);
        send_home(back);
      },
      given);
}

void pending_commit::refuse(std::unique_ptr<pending_commit> self, failure why) {
  self->result_.why = std::move(why);
  send_home(self.release());
}

void pending_commit::deliver() {
  if (queue_ != nullptr) queue_->came_home(*what_, result_);
  done_(result_);
}

void pending_commit::take(const parley_driver_commit_result& from) {
  result_.why.code = from_driver(from.status);
  if (from.status == PARLEY_OK) {
    result_.batch = what_->number();
    const auto& topics = what_->topics();
    result_.first_numbers.reserve(topics.size());
    for (std::size_t i = 0; i < topics.size(); ++i) {
      result_.first_numbers.emplace_back(text_of(topics[i]), from.first_numbers[i]);
    }
    return;
  }
  result_.why.message = text_of(from.error);
  if (from.status == PARLEY_E_CONFLICT) result_.failed = what_->reason_of(from.failed_op);
}

void row_copy::take(const parley_driver_rows& from) {
  why.code = from_driver(from.status);
  if (from.status != PARLEY_OK) {
    why.message = text_of(from.error);
    return;
  }
  more = from.more != 0;
  count = from.row_count;
  columns = from.column_count;
  if (count == 0) return;
  cells_.assign(from.cells, from.cells + std::size_t{count} * columns);
  std::size_t bytes = 0;
  for (const parley_cell& each : cells_) {
    if (each.kind == PARLEY_STRING) bytes += each.as.text.len;
  }
  texts_.reserve(bytes); // so that it does not move
  for (parley_cell& each : cells_) {
    if (each.kind != PARLEY_STRING) continue;
    const char* at = texts_.data() + texts_.size();
    texts_.insert(texts_.end(), each.as.text.ptr, each.as.text.ptr + each.as.text.len);
    each.as.text.ptr = at;
  }
}

void pending_widen::submit(std::unique_ptr<pending_widen> self,
                           std::vector<std::shared_ptr<const table>> what,
                           const parley_storage_driver& driver) {
  pending_widen* given = self.release();
  given->what_ = std::move(what);
  for (const auto& each : given->what_) given->declared_.push_back(each->declaration());
  driver.widen(
      driver.self, given->declared_.data(), static_cast<std::uint32_t>(given->declared_.size()),
      [](void* user, std::uint32_t collection, std::uint64_t done, std::uint64_t total) {
        const auto* of = static_cast<const pending_widen*>(user);
        of->box()->put([progress = of->progress_,
                        at = migration_progress{of->what_[collection]->name(), done, total}] {
          progress(at);
        });
      },
      [](void* user, const parley_driver_rows* rows) {
        auto* back = static_cast<pending_widen*>(user);
        back->why_.code = from_driver(rows->status);
        if (rows->status != PARLEY_OK) back->why_.message = text_of(rows->error);
        send_home(back);
      },
      given);
}

problem range_arguments::prepare(const table& of, const query& what) {
  const int index = what.index.empty() ? -1 : of.index_at(what.index);
  const std::string name = "collection " + of.name();
  if (!what.index.empty() && index < 0) return name + ": there is no index " + what.index;
  if (what.limit == 0 || what.limit > most_rows) {
    return name + ": a limit is from 1 to " + std::to_string(most_rows);
  }
  const std::vector<std::uint32_t>& order = of.order(index);
  const bool bounded = what.lower.has_value() || what.upper.has_value();
  if (what.prefix.size() + (bounded ? 1 : 0) > order.size()) {
    return name + ": the query has more values than " +
           (index < 0 ? "the key" : "the index " + what.index) + " has fields";
  }
  std::pmr::polymorphic_allocator<> place(&memory);
  const cell_source source{memory};
  auto* cells = place.allocate_object<parley_cell>(what.prefix.size() + 2);
  const auto take = [&](const boost::json::value& from, std::size_t at, parley_cell& to) {
    const sealed_column* sealed = of.looked_up_in(order[at]);
    const column& each = of.columns()[sealed ? sealed->column : order[at]];
    problem why =
        sealed ? to_plain_cell(from, each.type, source, to) : to_cell(from, each.type, source, to);
    if (sealed && why.empty()) to = hash_cell(to, *sealed->lookup_key, memory);
    return why.empty() ? why : at_field(of, each.name, why);
  };
  const std::size_t count = what.prefix.size();
  for (std::size_t i = count; i < order.size() && !of.sealed().empty(); ++i) {
    const sealed_column* sealed = of.looked_up_in(order[i]);
    if (sealed == nullptr) continue;
    return at_field(of, of.columns()[sealed->column].name,
                    "is sealed, and found by equality alone: a query by the index " + what.index +
                        " gives it in the prefix");
  }
  problem why;
  for (std::size_t i = 0; i < count && why.empty(); ++i) why = take(what.prefix[i], i, cells[i]);
  if (why.empty() && what.lower.has_value()) why = take(*what.lower, count, cells[count]);
  if (why.empty() && what.upper.has_value()) why = take(*what.upper, count, cells[count + 1]);
  read.size = sizeof read;
  read.collection = of.number();
  read.index = index;
  read.limit = what.limit;
  read.prefix = cells;
  read.prefix_count = static_cast<std::uint32_t>(count);
  read.reverse = what.reverse ? 1 : 0;
  read.may_lag = what.may_lag ? 1 : 0;
  read.lower = what.lower.has_value() ? &cells[count] : nullptr;
  read.upper = what.upper.has_value() ? &cells[count + 1] : nullptr;
  read.lower_exclusive = what.lower_exclusive ? 1 : 0;
  read.upper_exclusive = what.upper_exclusive ? 1 : 0;
  return why;
}

problem range_arguments::prepare(const table& of, const boost::json::array& key) {
  read.size = sizeof read;
  read.collection = of.number();
  read.index = -1;
  read.limit = 1;
  read.prefix_count = of.key_count();
  return to_key(of, key, {memory}, read.prefix);
}

problem through_arguments::prepare(const table& of, const table& via, const through_query& what) {
  const std::string name = "collection " + of.name();
  if (what.limit == 0 || what.limit > most_rows)
    return name + ": a limit is from 1 to " + std::to_string(most_rows);
  if (of.key_count() != 1 || of.columns()[0].type != column_type::text)
    return name + " cannot be read through another: its key is more than one text";
  const int field = via.column_at(what.field), order = of.column_at(what.order);
  if (field < 0 || order < 0) {
    const bool first = field < 0;
    return at_field(first ? via : of, first ? what.field : what.order, "there is no such field");
  }
  const column& leads = via.columns()[static_cast<std::size_t>(field)];
  if (leads.type != column_type::text || leads.sealed)
    return at_field(via, what.field, "it leads to no key, which is a text that is not sealed");
  const column& ordered = of.columns()[static_cast<std::size_t>(order)];
  const bool is_plain = ordered.type == column_type::text || ordered.type == column_type::integer;
  if (!is_plain || ordered.sealed)
    return at_field(of, what.order, "it is no order: a text or an integer is, which is not sealed");
  query leading;
  leading.index = what.index;
  leading.prefix = what.prefix;
  problem why = by.prepare(via, leading);
  if (why.empty() && !what.beyond.empty()) {
    if (what.beyond.size() != 2)
      return name + ": what is beyond has two values, the order and the key";
    const cell_source source{by.memory};
    why = to_cell(what.beyond[0], ordered.type, source, beyond[0]);
    if (why.empty()) why = to_cell(what.beyond[1], column_type::text, source, beyond[1]);
    if (why.empty() && (beyond[0].kind == PARLEY_NULL || beyond[1].kind == PARLEY_NULL))
      why = name + ": nothing is beyond null";
  }
  through.size = sizeof through;
  through.collection = of.number();
  through.by = &by.read;
  through.by_column = static_cast<std::uint32_t>(field);
  through.order = static_cast<std::uint32_t>(order);
  through.beyond = what.beyond.empty() ? nullptr : beyond.data();
  through.limit = what.limit;
  through.reverse = what.reverse ? 1 : 0;
  through.may_lag = what.may_lag ? 1 : 0;
  return why;
}

problem search_arguments::take_text(const search_query& what) {
  if (what.text.size() > most_search_bytes) {
    return "What is looked for has at most " + std::to_string(most_search_bytes) + " bytes.";
  }
  terms = terms_of(what.text, what.unfinished);
  if (terms.size() > most_search_terms) {
    return "At most " + std::to_string(most_search_terms) + " words are looked for.";
  }
  return {};
}

problem search_arguments::prepare(const table& of, const table& newest, const search_query& what) {
  const std::string name = "collection " + of.name();
  if (of.searched().empty()) return name + ": its manifest declares no search";
  if (what.limit == 0 || what.limit > most_hits) {
    return name + ": a search gives from 1 to " + std::to_string(most_hits) + " records";
  }
  if (what.skip > most_skipped) {
    return name + ": a search skips at most " + std::to_string(most_skipped) + " records";
  }
  search.size = sizeof search;
  search.collection = newest.number();
  search.limit = what.limit;
  search.skip = what.skip;
  search.may_lag = what.may_lag ? 1 : 0;
  std::vector<std::uint32_t> on;
  for (std::uint32_t i = 0; i < of.searched_on(); ++i) {
    const int at = newest.searched_at(of.columns()[of.searched()[i]].name);
    if (at >= 0) on.push_back(static_cast<std::uint32_t>(at));
  }
  for (const search_term& each : terms) {
    asked.push_back({each.list(), on, each.prefix ? PARLEY_TERM_PREFIX : PARLEY_TERM_PHRASE});
  }
  problem why = add_where(of, newest, what.where);
  if (why.empty() && what.within) why = add_ranges(of, newest, *what.within);
  for (const term& each : asked) {
    given.push_back({{each.words.data(), each.words.size()},
                     each.places.data(),
                     static_cast<std::uint32_t>(each.places.size()),
                     each.kind});
  }
  search.terms = given.data();
  search.term_count = static_cast<std::uint32_t>(given.size());
  return why;
}

// The place of a field that a search is narrowed by.
problem search_arguments::find_by(const table& of, const table& newest, std::string_view field,
                                  std::uint32_t& at) {
  const auto& searched = of.searched();
  const auto by = std::find_if(searched.begin() + of.searched_on(), searched.end(),
                               [&](std::uint32_t c) { return of.columns()[c].name == field; });
  if (by == searched.end()) {
    return at_field(of, field, "a search is not narrowed by it; name it in `search: { by: … }`");
  }
  at = static_cast<std::uint32_t>(std::max(newest.searched_at(field), 0));
  return {};
}

problem search_arguments::add_where(const table& of, const table& newest,
                                    const boost::json::object& where) {
  for (const auto& [field, value] : where) {
    std::uint32_t at = 0;
    const problem why = find_by(of, newest, field, at);
    if (!why.empty()) return why;
    if (!value.is_string()) return at_field(of, field, "takes a text");
    asked.push_back({value_word(value.get_string()), {at}, PARLEY_TERM_PHRASE});
  }
  return {};
}

problem search_arguments::add_ranges(const table& of, const table& newest,
                                     const search_ranges& what) {
  std::uint32_t at = 0;
  const problem why = find_by(of, newest, what.by, at);
  if (!why.empty()) return why;
  const int from = of.column_at(what.from) < 0 ? -1 : newest.column_at(what.from);
  if (from < 0 || newest.columns()[static_cast<std::uint32_t>(from)].type != column_type::integer) {
    return at_field(of, what.from, "a range begins at a field with whole numbers");
  }
  if (what.ranges.size() > most_ranges) {
    return at_field(of, what.by,
                    "a search is within at most " + std::to_string(most_ranges) + " ranges");
  }
  within.insert(what.ranges.begin(), what.ranges.end());
  if (within.size() != what.ranges.size()) return at_field(of, what.by, "a range is there twice");
  is_nothing = within.empty();
  std::string any;
  for (const auto& [text, least] : within) {
    any += (any.empty() ? "" : " ") + value_word(text);
    ranges.push_back({{text.data(), text.size()}, least});
  }
  asked.push_back({std::move(any), {at}, PARLEY_TERM_ANY});
  search.ranges = ranges.data();
  search.range_count = static_cast<std::uint32_t>(ranges.size());
  search.range_text = newest.searched()[at];
  search.range_from = static_cast<std::uint32_t>(from);
  return {};
}

problem log_arguments::prepare(std::string_view of, std::int64_t after, std::uint32_t limit) {
  if (limit == 0 || limit > most_rows) {
    return "a limit is from 1 to " + std::to_string(most_rows);
  }
  topic = of;
  read = {sizeof read, limit, {topic.data(), topic.size()}, after};
  return {};
}

} // namespace parley::storage
