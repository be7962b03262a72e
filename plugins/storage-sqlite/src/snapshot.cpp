#include "snapshot.hpp"

#include "replies.hpp"
#include "search.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace parley::storage_sqlite {
namespace {

bool is_one_of_many(const parley_search_term& term) {
  constexpr std::ptrdiff_t many = 100;
  const std::string_view words = view(term.words);
  return term.kind == PARLEY_TERM_ANY && std::count(words.begin(), words.end(), ' ') >= many;
}

// Whether the row lies in one of the ranges of a search.
bool is_within(const parley_driver_search& what, const statement& row) {
  if (what.range_count == 0) return true;
  const std::string_view text = row.text(static_cast<int>(what.range_text));
  const parley_search_range* const end = what.ranges + what.range_count;
  const parley_search_range* const found = std::lower_bound(
      what.ranges, end, text,
      [](const parley_search_range& each, std::string_view of) { return view(each.text) < of; });
  return found != end && view(found->text) == text &&
         !row.is_null(static_cast<int>(what.range_from)) &&
         row.integer(static_cast<int>(what.range_from)) >= found->from;
}

} // namespace

snapshot::snapshot(const settings& with, std::shared_ptr<const layout> known, std::string& why)
    : layout_(std::move(known)), ranked_rows_(with.ranked_rows), statements_(file_, *layout_) {
  const std::pair<const char*, statement*> all[] = {
      {"BEGIN", &begin_},
      {"COMMIT", &end_},
      {"SELECT number, event, data, at FROM \"parley:log\" WHERE number > ?2 AND topic ="
       " (SELECT id FROM \"parley:topics\" WHERE name = ?1) ORDER BY number LIMIT ?3",
       &read_log_},
      {"SELECT t.name, l.number, l.event, l.data, l.at"
       " FROM \"parley:log\" AS l CROSS JOIN \"parley:topics\" AS t ON t.id = l.topic"
       " WHERE (l.topic, l.number) >"
       " (coalesce((SELECT id FROM \"parley:topics\" WHERE name = ?1), 0), ?2)"
       " ORDER BY l.topic, l.number LIMIT ?3",
       &read_logs_},
      {"SELECT head FROM \"parley:topics\" WHERE name = ?", &read_head_},
  };
  if (file_.open(with.path, false, with.cache_mib) != SQLITE_OK) why = file_.error();
  for (const auto& [sql, to] : all) {
    if (why.empty() && file_.prepare(sql, *to) != SQLITE_OK) why = file_.error();
  }
}

void snapshot::answer(const std::vector<read_request>& requests) {
  // One transaction for all: taking and giving back a snapshot costs more than a look-up.
  const bool together = requests.size() > 1 && begin_.run() == SQLITE_DONE;
  for (const read_request& each : requests) {
    cells_.clear();
    texts_.clear();
    rows_ = 0;
    more_ = false;
    const char* fault = nullptr;
    const int code = std::visit(
        [&](const auto& what) {
          if constexpr (std::is_pointer_v<std::decay_t<decltype(what)>>)
            return one(*what, fault);
          else
            return one(what, fault);
        },
        each.what);
    if (fault != nullptr) {
      reply(each.done, each.user, PARLEY_E_INVALID, fault);
    } else if (code != SQLITE_DONE) {
      reply(each.done, each.user, PARLEY_E_UNAVAILABLE, file_.error());
    } else {
      reply_rows(each);
    }
  }
  if (together && end_.run() != SQLITE_DONE) file_.execute("ROLLBACK");
}

int snapshot::one(const parley_driver_read& read, const char*& fault) {
  fault = fault_of(*layout_, read);
  if (fault != nullptr) return SQLITE_DONE;
  statement* from = statements_.read(read);
  if (from == nullptr) return SQLITE_ERROR;
  int at = 1;
  for (std::uint32_t i = 0; i < read.prefix_count; ++i) {
    if (read.prefix[i].kind != PARLEY_NULL) from->bind(at++, read.prefix[i]);
  }
  if (read.lower != nullptr) from->bind(at++, *read.lower);
  if (read.upper != nullptr) from->bind(at++, *read.upper);
  from->bind(at, std::int64_t{read.limit} + 1);
  const auto columns = static_cast<std::uint32_t>((*layout_)[read.collection].columns.size());
  return collect(*from, columns, read.limit);
}

int snapshot::one(const parley_driver_log_read& read, const char*&) {
  read_log_.bind_borrowed(1, view(read.topic));
  read_log_.bind(2, read.after);
  read_log_.bind(3, std::int64_t{read.limit} + 1);
  return collect(read_log_, 4, read.limit);
}

int snapshot::one(const logs_query& read, const char*&) {
  read_logs_.bind_borrowed(1, view(read.from->topic));
  read_logs_.bind(2, read.from->after);
  read_logs_.bind(3, std::int64_t{read.from->limit} + 1);
  return collect(read_logs_, 5, read.from->limit);
}

int snapshot::one(const head_query& read, const char*&) {
  columns_ = 1;
  for (std::uint32_t i = 0; i < read.count; ++i) {
    read_head_.bind_borrowed(1, view(read.topics[i]));
    const int code = read_head_.step();
    parley_cell head{};
    head.kind = PARLEY_INTEGER;
    head.as.integer = code == SQLITE_ROW ? read_head_.integer(0) : 0;
    read_head_.reset();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return code;
    cells_.push_back(head);
    ++rows_;
  }
  return SQLITE_DONE;
}

int snapshot::one(const parley_driver_through& what, const char*& fault) {
  fault = fault_of(*layout_, what);
  if (fault != nullptr) return SQLITE_DONE;
  statement* from = statements_.through(what);
  if (from == nullptr) return SQLITE_ERROR;
  int at = 1;
  for (std::uint32_t i = 0; i < what.by->prefix_count; ++i) {
    if (what.by->prefix[i].kind != PARLEY_NULL) from->bind(at++, what.by->prefix[i]);
  }
  for (int i = 0; what.beyond != nullptr && i < 2; ++i) from->bind(at++, what.beyond[i]);
  from->bind(at, std::int64_t{what.limit} + 1);
  const auto columns = static_cast<std::uint32_t>((*layout_)[what.collection].columns.size());
  return collect(*from, columns, what.limit);
}

int snapshot::one(const parley_driver_search& what, const char*& fault) {
  fault = fault_of(*layout_, what);
  if (fault != nullptr) return SQLITE_DONE;
  bool is_frequent = false;
  if (const int code = look_for_frequent(what, is_frequent); code != SQLITE_ROW) return code;
  statement* from = is_frequent ? statements_.newest(what) : statements_.best(what);
  if (from == nullptr) return SQLITE_ERROR;
  const collection& of = (*layout_)[what.collection];
  const std::string match = match_of(of, what), rank = rank_of(of, what);
  const std::int64_t wanted = std::int64_t{what.skip} + what.limit + 1;
  int at = 1;
  from->bind_borrowed(at++, match);
  if (!is_frequent) from->bind_borrowed(at++, rank);
  from->bind(at, what.range_count == 0 ? wanted : std::max(wanted, std::int64_t{ranked_rows_}));
  std::uint32_t left = what.skip;
  return collect(*from, static_cast<std::uint32_t>(of.columns.size()), what.limit,
                 [&] { return is_within(what, *from) && (left == 0 || left-- == 0); });
}

// To rank, FTS5 counts each term in every row that has it, so the time would grow with the store;
// and what is everywhere ranks nothing. It also looks for all words of which one is enough.
int snapshot::look_for_frequent(const parley_driver_search& what, bool& is_frequent) {
  statement* count = statements_.count(what);
  if (count == nullptr) return SQLITE_ERROR;
  int code = SQLITE_ROW;
  for (std::uint32_t i = 0; i < what.term_count && !is_frequent && code == SQLITE_ROW; ++i) {
    if (is_one_of_many(what.terms[i])) {
      is_frequent = true;
      break;
    }
    const std::string match = match_of((*layout_)[what.collection], what.terms[i]);
    count->bind_borrowed(1, match);
    count->bind(2, std::int64_t{ranked_rows_} + 1);
    code = count->step();
    is_frequent = code == SQLITE_ROW && count->integer(0) > ranked_rows_;
    count->reset();
  }
  return code;
}

template <typename Wanted>
int snapshot::collect(statement& from, std::uint32_t columns, std::uint32_t limit,
                      const Wanted& wanted) {
  columns_ = columns;
  int code = from.step();
  for (; code == SQLITE_ROW; code = from.step()) {
    if (!wanted()) continue;
    if (rows_ == limit) {
      more_ = true;
      code = SQLITE_DONE;
      break;
    }
    for (std::uint32_t i = 0; i < columns; ++i) {
      cells_.push_back(kept(from.cell(static_cast<int>(i))));
    }
    ++rows_;
  }
  from.reset();
  return code;
}

int snapshot::collect(statement& from, std::uint32_t columns, std::uint32_t limit) {
  return collect(from, columns, limit, [] { return true; });
}

// SQLite's text ends with the next step. The buffer may move while it grows, so only its length is
// kept here; reply_rows() knows that texts follow one another.
parley_cell snapshot::kept(parley_cell cell) {
  if (cell.kind == PARLEY_STRING) texts_ += view(cell.as.text);
  return cell;
}

void snapshot::reply_rows(const read_request& to) {
  const char* next = texts_.data();
  for (parley_cell& each : cells_) {
    if (each.kind != PARLEY_STRING) continue;
    each.as.text.ptr = next;
    next += each.as.text.len;
  }
  parley_driver_rows rows{};
  rows.size = sizeof rows;
  rows.status = PARLEY_OK;
  rows.cells = cells_.data();
  rows.row_count = rows_;
  rows.column_count = columns_;
  rows.more = more_ ? 1 : 0;
  to.done(to.user, &rows);
}

} // namespace parley::storage_sqlite
