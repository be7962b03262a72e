// What a group asks the database: which rows and heads, and in the end to write.

#include "group.hpp"
#include "search.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace parley::storage_postgres {
namespace {

bool names_a_row(std::int32_t kind) {
  return kind != PARLEY_OP_APPEND && kind != PARLEY_OP_VOID && kind != PARLEY_OP_SKIP;
}

constexpr const char* mark_sql =
    "INSERT INTO nodes(id, last_group) VALUES($1, $2) ON CONFLICT (id)"
    " DO UPDATE SET last_group = excluded.last_group, last_at = now()";
// As in statements.cpp: each is looked up in the index, however few there were when the plan was
// made.
constexpr const char* make_topics_sql =
    "INSERT INTO topics(name, head) SELECT u.name, 0 FROM unnest($1::text[]) AS u(name)"
    " WHERE (SELECT t.id FROM topics AS t WHERE t.name = u.name) IS NULL"
    " ON CONFLICT (name) DO NOTHING";
constexpr const char* lock_topics_sql =
    "SELECT t.name, t.id, t.head"
    " FROM (SELECT * FROM unnest($1::text[]) AS u(name) ORDER BY u.name COLLATE \"C\") AS u,"
    " LATERAL (SELECT * FROM topics AS t WHERE t.name = u.name FOR UPDATE) AS t";
constexpr const char* write_heads_sql =
    "UPDATE topics AS t SET head = u.head FROM"
    " (SELECT u.head, o.ctid AS place FROM unnest($1::bigint[], $2::bigint[]) AS u(id, head),"
    "  LATERAL (SELECT o.ctid FROM topics AS o WHERE o.id = u.id OFFSET 0) AS o) AS u"
    " WHERE t.ctid = u.place";
constexpr const char* append_sql =
    "INSERT INTO log(topic, number, event, data, at) SELECT * FROM"
    " unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])";
constexpr const char* void_sql =
    "UPDATE log AS l SET event = NULL, data = NULL WHERE l.ctid = ANY (ARRAY(SELECT o.ctid"
    " FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS u(topic, number, event),"
    " LATERAL (SELECT o.ctid FROM log AS o WHERE o.topic = u.topic AND o.number = u.number"
    "  AND o.event = u.event OFFSET 0) AS o))";

query keyed(std::string sql, const table& of, const std::vector<const cells*>& keys) {
  query out{std::move(sql), {}};
  out.with.add_arrays(of.types(of.key()), keys);
  return out;
}

// A cell that the column cannot hold, NULLs aside.
bool is_misfit(const parley_cell& what, std::int32_t type, std::uint32_t topics) {
  if (what.kind == PARLEY_CELL_NEXT) return what.as.next.topic >= topics;
  if (what.kind == PARLEY_CELL_PIECES) {
    const parley_pieces& pieces = *what.as.pieces;
    return (type != PARLEY_COLUMN_TEXT && type != PARLEY_COLUMN_JSON) ||
           std::any_of(pieces.numbers, pieces.numbers + pieces.number_count,
                       [&](const parley_next& each) { return each.topic >= topics; });
  }
  return !fits(what, type);
}

bool are_words(const parley_cell& what) {
  if (what.kind == PARLEY_NULL) return true;
  if (what.kind != PARLEY_STRING) return false;
  const std::string_view words = view(what.as.text);
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    if (end - at > longest_word) return false;
    at = end + 1;
  }
  return true;
}

} // namespace

// What is wrong with a batch whatever is stored is found before anything is asked for.
void group::find_faults() {
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    const parley_driver_batch& batch = *batches_[i].batch;
    outcome& out = outcomes_[i];
    for (std::uint32_t o = 0; o < batch.op_count && !out.is_faulty; ++o) {
      const char* fault = fault_of(layout_, batch.ops[o], batch.topic_count);
      out.error = fault != nullptr ? fault : fault_in_cells(batch.ops[o], batch.topic_count);
      if (out.error.empty()) continue;
      out.is_faulty = true;
      out.status = PARLEY_E_INVALID;
      out.failed_op = o;
    }
  }
}

std::string group::fault_in_cells(const parley_driver_op& op, std::uint32_t topics) const {
  if (!names_a_row(op.kind)) {
    const parley_cell* first = op.cells + (op.kind == PARLEY_OP_APPEND ? 0 : 1);
    const bool fit = std::none_of(first, op.cells + op.cell_count, [&](const parley_cell& each) {
      return is_misfit(each, PARLEY_COLUMN_TEXT, topics);
    });
    return fit ? "" : "a cell of an event is no text";
  }
  const shape& by = layout_.shapes[op.collection];
  const table& of = layout_.tables[by.table];
  const parley_cell* key = op.kind == PARLEY_OP_PUT ? op.cells : op.key;
  for (std::uint32_t i = 0; i < by.key_count; ++i) {
    if (key[i].kind == PARLEY_NULL) return "the key's column " + of.columns[i].name + " is NULL";
    if (is_misfit(key[i], of.columns[i].type, topics)) {
      return "the column " + of.columns[i].name + " has another type";
    }
  }
  for (std::uint32_t i = 0; i < op.cell_count; ++i) {
    const column& at = of.columns[column_of(op, i)];
    if (at.holds_words) {
      if (!are_words(op.cells[i])) return "words are texts, each of at most 2000 bytes";
      continue;
    }
    const bool is_text = at.type == PARLEY_COLUMN_TEXT || at.type == PARLEY_COLUMN_JSON;
    if (is_misfit(op.cells[i], at.type, topics) || (op.kind == PARLEY_OP_INCREMENT && is_text)) {
      return "the column " + at.name + " has another type";
    }
  }
  return {};
}

void group::find_topics() {
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    if (outcomes_[i].is_faulty) continue;
    const parley_driver_batch& batch = *batches_[i].batch;
    std::vector<bool> only_voids(batch.topic_count, false);
    for (std::uint32_t o = 0; o < batch.op_count; ++o) {
      if (batch.ops[o].kind == PARLEY_OP_VOID) only_voids[batch.ops[o].topic] = true;
    }
    for (std::uint32_t o = 0; o < batch.op_count; ++o) {
      const std::int32_t kind = batch.ops[o].kind;
      if (kind == PARLEY_OP_APPEND || kind == PARLEY_OP_SKIP)
        only_voids[batch.ops[o].topic] = false;
    }
    for (std::uint32_t t = 0; t < batch.topic_count; ++t) {
      topic& of = topics_[std::string(view(batch.topics[t]))];
      of.is_numbered = of.is_numbered || !only_voids[t];
    }
  }
}

void group::find_rows() {
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    if (outcomes_[i].is_faulty) continue;
    const parley_driver_batch& batch = *batches_[i].batch;
    for (std::uint32_t o = 0; o < batch.op_count; ++o) {
      const parley_driver_op& op = batch.ops[o];
      if (!names_a_row(op.kind)) continue;
      if (op.kind == PARLEY_OP_PUT) want_owners(op);
      const parley_cell* key = op.kind == PARLEY_OP_PUT ? op.cells : op.key;
      if (holds_number(key, layout_.shapes[op.collection].key_count)) continue;
      row& which = rows_of(op).at(key_of(op));
      which.is_written = which.is_written || !is_condition(op.kind);
    }
    find_guards(batch);
  }
}

void group::want_owners(const parley_driver_op& op) {
  const shape& by = layout_.shapes[op.collection];
  const table& of = layout_.tables[by.table];
  if (of.uniques.empty()) return;
  for (std::size_t u = 0; u < of.uniques.size(); ++u) {
    cells values;
    for (const std::uint32_t column : of.uniques[u].columns) {
      const auto at = std::find(by.columns.begin(), by.columns.end(), column);
      if (at == by.columns.end()) break;
      parley_cell what = op.cells[at - by.columns.begin()];
      if (holds_number(&what, 1)) break;
      if (what.kind == PARLEY_NULL) what = of.columns[column].fallback.cell();
      if (what.kind == PARLEY_NULL) break;
      values.push_back(resolved(what, of.columns[column].type));
    }
    if (values.size() == of.uniques[u].columns.size()) rows_of(op).owner_of(u, values);
  }
}

// A row that a batch requires to be absent, and does not write, has to stay so until the commit.
void group::find_guards(const parley_driver_batch& batch) {
  std::map<std::uint32_t, std::map<std::string, cells>> absent;
  for (std::uint32_t o = 0; o < batch.op_count; ++o) {
    const parley_driver_op& op = batch.ops[o];
    if (op.kind != PARLEY_OP_REQUIRE_ABSENT) continue;
    const shape& by = layout_.shapes[op.collection];
    if (holds_number(op.key, by.key_count)) continue;
    const cells key = key_of(op);
    absent[by.table].emplace(encoded(key), key);
  }
  for (std::uint32_t o = 0; o < batch.op_count && !absent.empty(); ++o) {
    const parley_driver_op& op = batch.ops[o];
    if (op.kind != PARLEY_OP_PUT) continue;
    const shape& by = layout_.shapes[op.collection];
    const auto found = absent.find(by.table);
    if (found == absent.end() || holds_number(op.cells, by.key_count)) continue;
    found->second.erase(encoded(key_of(op)));
  }
  for (auto& [at, keys] : absent) guards_[at].merge(keys);
}

std::vector<query> group::begin(const commit_mark& mark) {
  std::vector<query> out;
  out.push_back({"BEGIN ISOLATION LEVEL READ COMMITTED", {}});
  out.push_back({mark_sql, parameters().add(mark.node).add(mark.number)});
  std::vector<parley_cell> all, numbered;
  for (const auto& [name, each] : topics_) {
    all.push_back(cell(std::string_view(name)));
    if (each.is_numbered) numbered.push_back(all.back());
  }
  const auto borrowed = [](const cells& from) {
    std::vector<const parley_cell*> to;
    for (const parley_cell& each : from) to.push_back(&each);
    return to;
  };
  if (!numbered.empty()) {
    out.push_back(
        {make_topics_sql, parameters().add_array(PARLEY_COLUMN_TEXT, borrowed(numbered))});
  }
  if (!all.empty()) {
    heads_at_ = out.size();
    out.push_back({lock_topics_sql, parameters().add_array(PARLEY_COLUMN_TEXT, borrowed(all))});
  }
  for (const auto& [at, keys] : guards_) {
    if (keys.empty()) continue;
    const table& of = layout_.tables[at];
    std::vector<const cells*> these;
    for (const auto& [text, key] : keys) these.push_back(&key);
    out.push_back(keyed(guard_sql(of), of, these));
    out.push_back(keyed(unguard_sql(of), of, these));
  }
  reads_at_ = out.size();
  add_reads(out);
  return out;
}

void group::take_begin(results from) {
  if (heads_at_ != 0) {
    const result& heads = from[heads_at_];
    for (int i = 0; i < heads.rows(); ++i) {
      topic& of = topics_[heads.text(i, 0)];
      of.id = heads.integer(i, 1);
      of.stored = heads.integer(i, 2);
    }
  }
  take_reads(std::move(from), reads_at_);
}

void group::add_reads(std::vector<query>& to) {
  asked_.clear();
  for (auto& [at, each] : tables_) {
    add_rows(to, each, row_lock::shared);
    add_rows(to, each, row_lock::exclusive);
    for (std::size_t u = 0; u < each.of().uniques.size(); ++u) add_owners(to, each, u);
  }
}

void group::add_rows(std::vector<query>& to, rows_of_table& of, row_lock how) {
  std::vector<const cells*> keys;
  for (auto& [text, each] : of.all()) {
    if (each.is_read || each.is_written != (how == row_lock::exclusive)) continue;
    each.is_read = true;
    keys.push_back(&each.key);
  }
  if (keys.empty()) return;
  to.push_back(keyed(load_sql(of.of(), how), of.of(), keys));
  asked_.push_back({&of, -1});
}

void group::add_owners(std::vector<query>& to, rows_of_table& of, std::size_t unique) {
  std::vector<const cells*> values;
  for (auto& [text, each] : of.owners()[unique]) {
    if (std::exchange(each.is_read, true)) continue;
    values.push_back(&each.values);
  }
  if (values.empty()) return;
  const index& by = of.of().uniques[unique];
  query one{owners_sql(of.of(), by), {}};
  one.with.add_arrays(of.of().types(by.columns), values);
  to.push_back(std::move(one));
  asked_.push_back({&of, static_cast<int>(unique)});
}

void group::take_reads(results from, std::size_t first) {
  const results& all = kept_.emplace_back(std::move(from));
  for (std::size_t i = 0; i < asked_.size(); ++i) take_read(asked_[i], all[first + i]);
}

void group::take_read(const reading& what, const result& from) {
  const table& of = what.of->of();
  const auto taken = [&](int at, int first, std::size_t count) {
    cells out;
    for (std::size_t c = 0; c < count; ++c) {
      out.push_back(decoded(from.get(), at, first + static_cast<int>(c), texts_));
    }
    return out;
  };
  for (int i = 0; i < from.rows(); ++i) {
    if (what.unique < 0) {
      what.of->read(taken(i, 0, of.columns.size()));
      continue;
    }
    const auto unique = static_cast<std::size_t>(what.unique);
    const std::size_t count = of.uniques[unique].columns.size();
    what.of->read_owner(unique, taken(i, 0, count),
                        taken(i, static_cast<int>(count), of.key_count));
  }
}

std::vector<query> group::end() {
  std::vector<query> out;
  for (auto& [at, each] : tables_) add_table_writes(out, each);
  add_topic_writes(out);
  out.push_back({"COMMIT", {}});
  return out;
}

void group::add_topic_writes(std::vector<query>& to) const {
  const auto written = [&](const char* sql, const std::vector<std::int32_t>& types,
                           const std::vector<cells>& rows) {
    if (rows.empty()) return;
    std::vector<const cells*> these;
    for (const cells& each : rows) these.push_back(&each);
    query one{sql, {}};
    one.with.add_arrays(types, these);
    to.push_back(std::move(one));
  };
  constexpr std::int32_t integer = PARLEY_COLUMN_INTEGER, text = PARLEY_COLUMN_TEXT;
  std::vector<cells> heads, events, voids;
  for (const auto& [name, each] : topics_) {
    if (each.head != each.stored) heads.push_back({cell(each.id), cell(each.head)});
  }
  for (const event& each : events_) {
    events.push_back({cell(each.of->id), cell(each.number), each.name, each.data, each.at});
  }
  for (const void_event& each : voids_) {
    voids.push_back({cell(each.of->id), each.number, each.name});
  }
  written(write_heads_sql, {integer, integer}, heads);
  written(append_sql, {integer, integer, text, text, text}, events);
  written(void_sql, {integer, integer, text}, voids);
}

void group::add_table_writes(std::vector<query>& to, rows_of_table& in) const {
  const table& of = in.of();
  std::map<std::string_view, const row*> changed; // in one order, whichever node writes
  for (const auto& [text, each] : in.all()) {
    if (each.is_changed) changed.emplace(text, &each);
  }
  std::vector<const cells*> removed, updated, inserted;
  for (const auto& [text, each] : changed) {
    const bool is_stored = !each->stored.empty() && !each->was_erased;
    // Also where none was seen: it may have come since.
    if (each->was_erased) removed.push_back(&each->key);
    if (each->is_there()) (is_stored ? updated : inserted).push_back(&each->now);
  }
  if (!removed.empty()) to.push_back(keyed(remove_sql(of), of, removed));
  for (std::size_t u = 0; u < of.uniques.size(); ++u) {
    std::vector<const cells*> released;
    for (const auto& [values, each] : in.owners()[u]) {
      if (each.stored.empty() || each.now.empty() || each.stored == each.now) continue;
      const row& before = in.all().at(each.stored);
      if (!before.was_erased) released.push_back(&before.key);
    }
    std::string sql = released.empty() ? "" : release_sql(of, of.uniques[u]);
    if (!sql.empty()) to.push_back(keyed(std::move(sql), of, released));
  }
  const auto write = [&](std::string sql, const std::vector<const cells*>& rows) {
    query one{std::move(sql), {}};
    one.with.add_arrays(of.types(of.all()), rows);
    to.push_back(std::move(one));
  };
  if (!updated.empty() && of.columns.size() > of.key_count) write(update_sql(of), updated);
  if (!inserted.empty()) write(insert_sql(of), inserted);
}

} // namespace parley::storage_postgres
