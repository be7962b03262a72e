#include "group.hpp"

#include <algorithm>
#include <utility>

namespace parley::storage_postgres {
namespace {

bool is_filled_in(const parley_cell& what) {
  return what.kind == PARLEY_CELL_NEXT || what.kind == PARLEY_CELL_PIECES;
}

cells defaults_of(const table& of) {
  cells out;
  for (const column& each : of.columns) out.push_back(each.fallback.cell());
  return out;
}

const parley_cell& held(const table& of, const cells& row, std::uint32_t column,
                        parley_cell& fallback) {
  if (row[column].kind != PARLEY_NULL) return row[column];
  return fallback = of.columns[column].fallback.cell();
}

} // namespace

void answer(const commit_request& to, parley_status status, std::uint32_t failed_op,
            std::string_view error) {
  parley_driver_commit_result result{};
  result.size = sizeof result;
  result.status = status;
  result.failed_op = failed_op;
  result.error = borrow(error);
  to.done(to.user, &result);
}

group::group(const layout& known, std::span<const commit_request> batches, bool is_alone)
    : layout_(known), batches_(batches), is_alone_(is_alone), outcomes_(batches.size()) {
  find_faults();
  find_topics();
  find_rows();
}

rows_of_table& group::rows_of(const parley_driver_op& op) {
  const std::uint32_t at = layout_.shapes[op.collection].table;
  return tables_.try_emplace(at, layout_.tables[at]).first->second;
}

std::uint32_t group::column_of(const parley_driver_op& op, std::uint32_t cell) const {
  const shape& by = layout_.shapes[op.collection];
  if (op.kind == PARLEY_OP_PUT) return by.columns[cell];
  return (op.kind == PARLEY_OP_WORDS ? by.searched : by.columns)[op.columns[cell]];
}

bool group::holds_number(const parley_cell* cells, std::uint32_t count) {
  return std::any_of(cells, cells + count, is_filled_in);
}

// Applies the batches in the order in which they were given, from what is stored.
std::vector<query> group::apply() {
  for (auto& [at, each] : tables_) each.restart();
  for (auto& [name, each] : topics_) each.head = each.stored;
  numbers_.clear();
  events_.clear();
  voids_.clear();
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    if (outcomes_[i].is_faulty) continue;
    outcomes_[i] = {};
    one(*batches_[i].batch, outcomes_[i]);
  }
  std::vector<query> more;
  add_reads(more);
  return more;
}

void group::one(const parley_driver_batch& batch, outcome& out) {
  batch_topics_.clear();
  for (std::uint32_t i = 0; i < batch.topic_count; ++i) {
    batch_topics_.push_back(&topics_.find(view(batch.topics[i]))->second);
  }
  appended_.assign(batch.topic_count, 0);
  if (check(batch, out) == verdict::refused) return;
  const std::size_t events = events_.size(), voids = voids_.size();
  for (auto& [at, each] : tables_) each.begin();
  if (write(batch, out) == verdict::refused) {
    for (auto& [at, each] : tables_) each.undo();
    events_.resize(events);
    voids_.resize(voids);
    return;
  }
  out.numbers = numbers_.size();
  for (std::size_t i = 0; i < batch_topics_.size(); ++i) {
    numbers_.push_back(batch_topics_[i]->head + 1);
    batch_topics_[i]->head += appended_[i];
  }
}

group::verdict group::refuse(outcome& out, parley_status status, std::string why) {
  out.status = status;
  out.error = std::move(why);
  return verdict::refused;
}

group::verdict group::check(const parley_driver_batch& batch, outcome& out) {
  for (std::uint32_t i = 0; i < batch.op_count; ++i) {
    if (!is_condition(batch.ops[i].kind)) continue;
    out.failed_op = i;
    if (check_one(batch.ops[i], out) == verdict::refused) return verdict::refused;
  }
  return verdict::applied;
}

group::verdict group::check_one(const parley_driver_op& op, outcome& out) {
  const row& which = find(op);
  bool holds = which.is_there() == (op.kind != PARLEY_OP_REQUIRE_ABSENT);
  if (op.kind == PARLEY_OP_REQUIRE_EQUAL && holds) {
    const shape& by = layout_.shapes[op.collection];
    const table& of = layout_.tables[by.table];
    for (std::uint32_t i = 0; i < op.cell_count && holds; ++i) {
      const std::uint32_t at = by.columns[op.columns[i]];
      parley_cell fallback;
      holds = same(held(of, which.now, at, fallback), resolved(op.cells[i], of.columns[at].type));
    }
  }
  return holds ? verdict::applied : refuse(out, PARLEY_E_CONFLICT, "a condition failed");
}

group::verdict group::write(const parley_driver_batch& batch, outcome& out) {
  for (std::uint32_t i = 0; i < batch.op_count; ++i) {
    const parley_driver_op& op = batch.ops[i];
    if (is_condition(op.kind)) continue;
    out.failed_op = i;
    if (op.kind == PARLEY_OP_APPEND) {
      append(op);
    } else if (op.kind == PARLEY_OP_SKIP) {
      std::int64_t& given = appended_[op.topic];
      given = std::max(given, op.cells[0].as.integer - batch_topics_[op.topic]->head);
    } else if (op.kind == PARLEY_OP_VOID) {
      make_void(op);
    } else if (write_row(op, out) == verdict::refused) {
      return verdict::refused;
    }
  }
  return verdict::applied;
}

group::verdict group::write_row(const parley_driver_op& op, outcome& out) {
  row& which = find(op);
  const bool needs_row = op.kind == PARLEY_OP_PATCH || op.kind == PARLEY_OP_INCREMENT;
  if (needs_row && !which.is_there()) return refuse(out, PARLEY_E_CONFLICT, "no such row");
  cells to = which.now;
  switch (op.kind) {
    case PARLEY_OP_ERASE:
      to.clear();
      break;
    case PARLEY_OP_WORDS:
      if (!which.is_there()) return verdict::applied;
      for (std::uint32_t i = 0; i < op.cell_count; ++i) to[column_of(op, i)] = op.cells[i];
      break;
    case PARLEY_OP_INCREMENT:
      if (increment(op, to, out) == verdict::refused) return verdict::refused;
      break;
    default:
      put(op, to);
  }
  const bool is_new = !is_alone_ && holds_number(op.cells, op.cell_count);
  if (rows_of(op).set(which, std::move(to), is_new)) return verdict::applied;
  return refuse(out, PARLEY_E_CONFLICT, "another row has this value of a unique index");
}

// Puts and patches.
void group::put(const parley_driver_op& op, cells& to) {
  const table& of = layout_.tables[layout_.shapes[op.collection].table];
  if (to.empty()) to = defaults_of(of);
  for (std::uint32_t i = 0; i < op.cell_count; ++i) {
    const std::uint32_t at = column_of(op, i);
    const parley_cell what = resolved(op.cells[i], of.columns[at].type);
    to[at] = what.kind == PARLEY_NULL ? of.columns[at].fallback.cell() : what;
  }
}

group::verdict group::increment(const parley_driver_op& op, cells& to, outcome& out) {
  const shape& by = layout_.shapes[op.collection];
  const table& of = layout_.tables[by.table];
  const std::uint32_t at = by.columns[op.columns[0]];
  parley_cell fallback;
  parley_cell sum = held(of, to, at, fallback);
  if (sum.kind == PARLEY_NUMBER) {
    sum.as.number += static_cast<double>(op.cells[0].as.integer);
  } else {
    if (sum.kind != PARLEY_INTEGER) sum = cell(std::int64_t{0});
    if (__builtin_add_overflow(sum.as.integer, op.cells[0].as.integer, &sum.as.integer)) {
      return refuse(out, PARLEY_E_INVALID, "the sum is no 64-bit integer");
    }
  }
  to[at] = sum;
  return verdict::applied;
}

void group::append(const parley_driver_op& op) {
  const topic& of = *batch_topics_[op.topic];
  event& made = events_.emplace_back();
  made.of = &of;
  made.number = of.head + 1 + appended_[op.topic]++;
  made.name = resolved(op.cells[0], PARLEY_COLUMN_TEXT);
  made.data = resolved(op.cells[1], PARLEY_COLUMN_TEXT);
  made.at = resolved(op.cells[2], PARLEY_COLUMN_TEXT);
}

// Voids are written after the group's events: what has no number yet must not be met.
void group::make_void(const parley_driver_op& op) {
  const topic& of = *batch_topics_[op.topic];
  if (op.cells[0].as.integer > of.head + appended_[op.topic]) return;
  voids_.push_back({&of, op.cells[0], resolved(op.cells[1], PARLEY_COLUMN_TEXT)});
}

cells group::key_of(const parley_driver_op& op) {
  const shape& by = layout_.shapes[op.collection];
  const parley_cell* from = op.kind == PARLEY_OP_PUT ? op.cells : op.key;
  cells out;
  for (std::uint32_t i = 0; i < by.key_count; ++i) {
    out.push_back(resolved(from[i], layout_.tables[by.table].columns[i].type));
  }
  return out;
}

row& group::find(const parley_driver_op& op) {
  row& which = rows_of(op).at(key_of(op));
  if (which.is_read) return which;
  const parley_cell* key = op.kind == PARLEY_OP_PUT ? op.cells : op.key;
  const bool makes = op.kind == PARLEY_OP_PUT || op.kind == PARLEY_OP_REQUIRE_ABSENT;
  if (makes && !is_alone_ && holds_number(key, layout_.shapes[op.collection].key_count)) {
    which.is_read = true; // new, as its number is
  }
  which.is_written = true;
  return which;
}

parley_cell group::resolved(const parley_cell& what, std::int32_t column_type) {
  parley_cell out = what;
  if (what.kind == PARLEY_CELL_NEXT) {
    out = cell(number(what.as.next));
    if (column_type == PARLEY_COLUMN_TEXT || column_type == PARLEY_COLUMN_JSON) {
      return cell(std::string_view(texts_.emplace_back(std::to_string(out.as.integer))));
    }
  } else if (what.kind == PARLEY_CELL_PIECES) {
    const parley_pieces& pieces = *what.as.pieces;
    std::string& text = texts_.emplace_back();
    for (std::uint32_t i = 0; i < pieces.number_count; ++i) {
      text += view(pieces.texts[i]);
      text += std::to_string(number(pieces.numbers[i]));
    }
    text += view(pieces.texts[pieces.number_count]);
    return cell(std::string_view(text));
  }
  if (column_type == PARLEY_COLUMN_NUMBER && out.kind == PARLEY_INTEGER) {
    const auto number = static_cast<double>(out.as.integer);
    out.kind = PARLEY_NUMBER;
    out.as.number = number;
  }
  return out;
}

std::int64_t group::number(parley_next which) const {
  return batch_topics_[which.topic]->head + 1 + which.offset;
}

void group::answer_all() const {
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    const outcome& from = outcomes_[i];
    parley_driver_commit_result result{};
    result.size = sizeof result;
    result.status = from.status;
    result.failed_op = from.failed_op;
    result.error = borrow(from.error);
    if (from.status == PARLEY_OK) result.first_numbers = numbers_.data() + from.numbers;
    batches_[i].done(batches_[i].user, &result);
  }
}

} // namespace parley::storage_postgres
