#include "group.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace parley::storage_sqlite {
namespace {

// A topic is looked up again when it was forgotten: this bounds memory, not the number of topics.
constexpr std::size_t remembered_topics = 100'000;

bool is_condition(std::int32_t kind) {
  return kind >= PARLEY_OP_REQUIRE_ABSENT && kind <= PARLEY_OP_REQUIRE_EQUAL;
}

} // namespace

group::group(database& file, const layout& known)
    : file_(file), layout_(known), statements_(file, known) {}

std::string group::prepare() {
  const std::pair<const char*, statement*> all[] = {
      {"BEGIN IMMEDIATE", &begin_},
      {"COMMIT", &commit_},
      {"SAVEPOINT one", &savepoint_},
      {"RELEASE one", &release_},
      {"ROLLBACK TO one", &rollback_to_},
      {"SELECT id, head FROM \"parley:topics\" WHERE name = ?", &find_topic_},
      {"INSERT INTO \"parley:topics\"(id, name, head) VALUES(?, ?, ?)"
       " ON CONFLICT(id) DO UPDATE SET head = excluded.head",
       &write_topic_},
      {"INSERT INTO \"parley:log\"(topic, number, event, data, at) VALUES(?, ?, ?, ?, ?)",
       &append_},
      {"UPDATE \"parley:log\" SET event = NULL, data = NULL"
       " WHERE topic = ? AND number = ? AND event = ?",
       &void_},
      {"DELETE FROM \"parley:log\" WHERE (topic, number) IN (SELECT topic, number"
       " FROM \"parley:log\" INDEXED BY \"parley:log:at\" WHERE at < ? ORDER BY at LIMIT ?)",
       &trim_},
  };
  for (const auto& [sql, to] : all) {
    if (file_.prepare(sql, *to) != SQLITE_OK) return file_.error();
  }
  statement last;
  if (file_.prepare("SELECT coalesce(max(id), 0) FROM \"parley:topics\"", last) != SQLITE_OK ||
      last.step() != SQLITE_ROW) {
    return file_.error();
  }
  last_topic_id_ = last.integer(0);
  return {};
}

void group::commit(const std::vector<commit_request>& batches) {
  outcomes_.assign(batches.size(), {});
  numbers_.clear();
  if (!write_all(batches)) {
    const std::string why = "the store cannot be written: " + file_.error();
    abandon();
    for (outcome& each : outcomes_) {
      each.status = PARLEY_E_UNAVAILABLE;
      each.error = why;
    }
  }
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const outcome& from = outcomes_[i];
    parley_driver_commit_result result{};
    result.size = sizeof result;
    result.status = from.status;
    result.failed_op = from.failed_op;
    result.error = borrow(from.error);
    if (from.status == PARLEY_OK) result.first_numbers = numbers_.data() + from.numbers;
    batches[i].done(batches[i].user, &result);
  }
  if (topics_.size() > remembered_topics) topics_.clear();
}

bool group::write_all(const std::vector<commit_request>& batches) {
  if (begin_.run() != SQLITE_DONE) return false;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (one(*batches[i].batch, outcomes_[i]) == verdict::broken) return false;
  }
  return write_heads() && commit_.run() == SQLITE_DONE;
}

// A batch that is refused is undone alone; `broken` means that the whole transaction is lost.
group::verdict group::one(const parley_driver_batch& batch, outcome& out) {
  if (!find_topics(batch)) return verdict::broken;
  verdict seen = check(batch, out);
  if (seen != verdict::applied) return seen;
  if (savepoint_.run() != SQLITE_DONE) return verdict::broken;
  seen = write(batch, out);
  if (seen == verdict::broken) return seen;
  if (seen == verdict::refused && rollback_to_.run() != SQLITE_DONE) return verdict::broken;
  if (release_.run() != SQLITE_DONE) return verdict::broken;
  if (seen == verdict::applied) {
    out.numbers = numbers_.size();
    keep_heads();
  }
  return seen;
}

group::verdict group::check(const parley_driver_batch& batch, outcome& out) {
  for (std::uint32_t i = 0; i < batch.op_count; ++i) {
    const parley_driver_op& op = batch.ops[i];
    out.failed_op = i;
    if (const char* fault = fault_of(layout_, op, batch.topic_count)) {
      return refuse(out, PARLEY_E_INVALID, fault);
    }
    if (!is_condition(op.kind)) continue;
    statement* look = statements_.write(op);
    if (look == nullptr) return verdict::broken;
    const int next = bind_all(*look, 1, op.key, layout_[op.collection].key_count);
    if (op.kind == PARLEY_OP_REQUIRE_EQUAL) bind_all(*look, next, op.cells, op.cell_count);
    const int code = look->step();
    look->reset();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return verdict::broken;
    if ((code == SQLITE_ROW) == (op.kind == PARLEY_OP_REQUIRE_ABSENT)) {
      return refuse(out, PARLEY_E_CONFLICT, "a condition failed");
    }
  }
  return verdict::applied;
}

group::verdict group::write(const parley_driver_batch& batch, outcome& out) {
  for (std::uint32_t i = 0; i < batch.op_count; ++i) {
    if (is_condition(batch.ops[i].kind)) continue;
    out.failed_op = i;
    const verdict seen = apply(batch.ops[i], out);
    if (seen != verdict::applied) return seen;
  }
  return verdict::applied;
}

group::verdict group::apply(const parley_driver_op& op, outcome& out) {
  if (op.kind == PARLEY_OP_APPEND) return append(op);
  if (op.kind == PARLEY_OP_VOID) return make_void(op);
  if (op.kind == PARLEY_OP_SKIP) return skip(op);
  statement* change = statements_.write(op);
  if (change == nullptr) return verdict::broken;
  int next = 1;
  if (op.kind != PARLEY_OP_ERASE) next = bind_all(*change, next, op.cells, op.cell_count);
  const std::uint32_t keys = layout_[op.collection].key_count;
  if (op.kind != PARLEY_OP_PUT) next = bind_all(*change, next, op.key, keys);
  if (op.kind == PARLEY_OP_WORDS) bind_all(*change, next, op.key, keys);
  switch (const int code = change->run(); code) {
    case SQLITE_DONE:
      break;
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      return refuse(out, PARLEY_E_CONFLICT, file_.error());
    default:
      // A wrong type or a NULL in a key: this batch is at fault, not the file.
      if ((code & 0xff) == SQLITE_CONSTRAINT || (code & 0xff) == SQLITE_TOOBIG) {
        return refuse(out, PARLEY_E_INVALID, file_.error());
      }
      return verdict::broken;
  }
  const bool needs_row = op.kind == PARLEY_OP_PATCH || op.kind == PARLEY_OP_INCREMENT;
  if (needs_row && file_.changes() == 0) return refuse(out, PARLEY_E_CONFLICT, "no such row");
  return verdict::applied;
}

group::verdict group::append(const parley_driver_op& op) {
  topic& to = *batch_topics_[op.topic];
  if (to.id == 0) to.id = ++last_topic_id_; // an id that is lost with its batch is no harm
  append_.bind(1, to.id);
  append_.bind(2, to.head + 1 + appended_[op.topic]++);
  bind_all(append_, 3, op.cells, 3);
  return append_.run() == SQLITE_DONE ? verdict::applied : verdict::broken;
}

group::verdict group::make_void(const parley_driver_op& op) {
  void_.bind(1, batch_topics_[op.topic]->id);
  bind_all(void_, 2, op.cells, 2);
  return void_.run() == SQLITE_DONE ? verdict::applied : verdict::broken;
}

group::verdict group::skip(const parley_driver_op& op) {
  topic& of = *batch_topics_[op.topic];
  if (of.id == 0) of.id = ++last_topic_id_;
  appended_[op.topic] = std::max(appended_[op.topic], op.cells[0].as.integer - of.head);
  return verdict::applied;
}

group::verdict group::refuse(outcome& out, parley_status status, std::string why) {
  out.status = status;
  out.error = std::move(why);
  return verdict::refused;
}

bool group::find_topics(const parley_driver_batch& batch) {
  batch_topics_.clear();
  appended_.assign(batch.topic_count, 0);
  for (std::uint32_t i = 0; i < batch.topic_count; ++i) {
    topic* found = find(view(batch.topics[i]));
    if (found == nullptr) return false;
    batch_topics_.push_back(found);
  }
  return true;
}

group::topic* group::find(std::string_view name) {
  const auto known = topics_.find(name);
  if (known != topics_.end()) return &known->second;
  find_topic_.bind_borrowed(1, name);
  const int code = find_topic_.step();
  topic read;
  if (code == SQLITE_ROW) {
    read.id = find_topic_.integer(0);
    read.head = find_topic_.integer(1);
  }
  find_topic_.reset();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return nullptr;
  const auto added = topics_.emplace(std::string(name), read).first;
  added->second.name = &added->first;
  return &added->second;
}

void group::keep_heads() {
  for (std::size_t i = 0; i < batch_topics_.size(); ++i) {
    topic& each = *batch_topics_[i];
    numbers_.push_back(each.head + 1);
    if (appended_[i] == 0) continue;
    each.head += appended_[i];
    if (!std::exchange(each.changed, true)) changed_.push_back(&each);
  }
}

bool group::write_heads() {
  for (topic* each : changed_) {
    write_topic_.bind(1, each->id);
    write_topic_.bind_borrowed(2, *each->name);
    write_topic_.bind(3, each->head);
    if (write_topic_.run() != SQLITE_DONE) return false;
    each->changed = false;
  }
  changed_.clear();
  return true;
}

// After a failure nothing in memory is believed: heads are read from the file again.
void group::abandon() {
  if (file_.in_transaction()) file_.execute("ROLLBACK");
  changed_.clear();
  topics_.clear();
}

int group::trim(std::string_view before, std::uint32_t limit) {
  trim_.bind_borrowed(1, before);
  trim_.bind(2, std::int64_t{limit});
  return trim_.run();
}

std::int64_t group::number(parley_next which) const {
  if (which.topic >= batch_topics_.size()) return 0;
  return batch_topics_[which.topic]->head + 1 + which.offset;
}

void group::bind(statement& to, int at, const parley_cell& cell) {
  switch (cell.kind) {
    case PARLEY_CELL_NEXT:
      return to.bind(at, number(cell.as.next));
    case PARLEY_CELL_PIECES: {
      const parley_pieces& pieces = *cell.as.pieces;
      scratch_.clear();
      for (std::uint32_t i = 0; i < pieces.number_count; ++i) {
        scratch_ += view(pieces.texts[i]);
        scratch_ += std::to_string(number(pieces.numbers[i]));
      }
      scratch_ += view(pieces.texts[pieces.number_count]);
      return to.bind_copied(at, scratch_);
    }
    default:
      return to.bind(at, cell);
  }
}

int group::bind_all(statement& to, int at, const parley_cell* cells, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) bind(to, at + static_cast<int>(i), cells[i]);
  return at + static_cast<int>(count);
}

} // namespace parley::storage_sqlite
