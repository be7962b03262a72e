#include "dumper.hpp"

#include "replies.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace parley::storage_sqlite {
namespace {

constexpr std::size_t piece_bytes = 256 << 10;

struct stored_table {
  std::string name;
  std::vector<std::string> columns; // the key, then the others by name
  std::uint32_t key_count = 0;
};

// Names of the driver's own tables hold a colon, which no collection's does.
constexpr const char* tables_sql =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%:%'"
    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name <> ?, name";
constexpr const char* columns_sql =
    "SELECT name, pk FROM pragma_table_info(?) ORDER BY pk = 0, pk, name";
constexpr const char* log_sql =
    "SELECT l.number, l.event, l.data, l.at, t.name, t.head FROM \"parley:topics\" AS t"
    " LEFT JOIN \"parley:log\" AS l ON l.topic = t.id ORDER BY t.name, l.number";

std::string rows_sql(const stored_table& of) {
  std::string columns, key;
  for (std::size_t i = 0; i < of.columns.size(); ++i) {
    columns += (i == 0 ? "" : ", ") + quoted(of.columns[i]);
    if (i < of.key_count) key += (i == 0 ? "" : ", ") + quoted(of.columns[i]);
  }
  return "SELECT " + columns + " FROM " + quoted(of.name) + " ORDER BY " + key;
}

} // namespace

struct dumper::run {
  dumper& in;
  const dump_request& what;
  database file{};
  std::vector<stored_table> tables{};
  std::vector<parley_cell> cells{};
  std::string texts{};
  parley_driver_piece piece{};
  bool is_over = false; // `take` had enough, or the store is closed
  std::string problem{};

  bool ok(int code, int wanted) {
    if (code != wanted && problem.empty()) problem = file.error();
    return code == wanted;
  }
  bool prepare(const std::string& sql, statement& out) {
    return ok(file.prepare(sql, out), SQLITE_OK);
  }

  void all() {
    if (!ok(file.open(in.settings_.path, false, in.settings_.cache_mib), SQLITE_OK) ||
        !ok(file.execute("BEGIN"), SQLITE_OK) || !find_tables() || !count()) {
      return;
    }
    for (const stored_table& each : tables) {
      if (!dump_rows(each)) return;
    }
    dump_logs();
  }

  bool find_tables() {
    statement names, columns;
    if (!prepare(tables_sql, names) || !prepare(columns_sql, columns)) return false;
    names.bind_borrowed(1, view(what.how.first));
    int code = names.step();
    for (; code == SQLITE_ROW; code = names.step()) {
      stored_table& made = tables.emplace_back();
      made.name = names.text(0);
      columns.bind_borrowed(1, made.name);
      while (columns.step() == SQLITE_ROW) {
        made.columns.emplace_back(columns.text(0));
        if (columns.integer(1) != 0) ++made.key_count;
      }
      columns.reset();
    }
    return ok(code, SQLITE_DONE);
  }

  bool count() {
    std::string sql = "SELECT (SELECT count(*) FROM \"parley:log\")";
    for (const stored_table& each : tables) {
      sql += " + (SELECT count(*) FROM " + quoted(each.name) + ")";
    }
    statement all;
    if (!prepare(sql, all) || !ok(all.step(), SQLITE_ROW)) return false;
    piece.total = static_cast<std::uint64_t>(all.integer(0));
    return true;
  }

  bool dump_rows(const stored_table& of) {
    statement from;
    if (!prepare(rows_sql(of), from)) return false;
    std::vector<parley_str> columns;
    for (const std::string& each : of.columns) columns.push_back(borrow(each));
    begin(PARLEY_PIECE_ROWS, of.name);
    piece.columns = columns.data();
    piece.column_count = static_cast<std::uint32_t>(columns.size());
    piece.key_count = of.key_count;
    bool is_given = false;
    int code = from.step();
    for (; code == SQLITE_ROW; code = from.step()) {
      add_row(from);
      is_given = texts.size() >= piece_bytes || cells.size() * sizeof cells[0] >= piece_bytes;
      if (is_given && !give()) return false;
    }
    return ok(code, SQLITE_DONE) && (is_given || give());
  }

  bool dump_logs() {
    statement from;
    if (!prepare(log_sql, from)) return false;
    std::string name;
    bool is_begun = false;
    int code = from.step();
    for (; code == SQLITE_ROW; code = from.step()) {
      if (!is_begun || from.text(4) != name) {
        if (is_begun && !give()) return false;
        is_begun = true;
        name = from.text(4);
        begin(PARLEY_PIECE_LOG, name);
        piece.head = from.integer(5);
        piece.columns = nullptr;
        piece.column_count = 4;
        piece.key_count = 0;
      }
      if (from.is_null(0)) continue; // a topic whose events are all gone
      add_row(from);
      if (texts.size() >= piece_bytes && !give()) return false;
    }
    return ok(code, SQLITE_DONE) && (!is_begun || give());
  }

  void begin(std::int32_t kind, const std::string& name) {
    piece.size = sizeof piece;
    piece.kind = kind;
    piece.name = borrow(name);
    piece.head = 0;
  }

  void add_row(const statement& from) {
    for (std::uint32_t i = 0; i < piece.column_count; ++i) {
      cells.push_back(from.cell(static_cast<int>(i)));
      if (cells.back().kind == PARLEY_STRING) texts += view(cells.back().as.text);
    }
    ++piece.row_count;
  }

  // Texts follow one another; where, is known once the buffer has stopped growing.
  bool give() {
    const char* next = texts.data();
    for (parley_cell& each : cells) {
      if (each.kind != PARLEY_STRING) continue;
      each.as.text.ptr = next;
      next += each.as.text.len;
    }
    piece.cells = cells.data();
    piece.done += piece.row_count;
    is_over = in.is_closing() || what.how.take(what.user, &piece) != 0;
    cells.clear();
    texts.clear();
    piece.row_count = 0;
    return !is_over;
  }
};

void dumper::open() {
  const std::scoped_lock lock(mutex_);
  state_ = state::open;
}

void dumper::close() {
  std::thread last;
  {
    const std::scoped_lock lock(mutex_);
    state_ = state::closing;
    last.swap(thread_);
  }
  if (last.joinable()) last.join();
  const std::scoped_lock lock(mutex_);
  state_ = state::closed;
}

bool dumper::is_closing() {
  const std::scoped_lock lock(mutex_);
  return state_ != state::open;
}

void dumper::ask(const dump_request& what) {
  const std::scoped_lock lock(mutex_);
  if (thread_.joinable()) thread_.join(); // it has called `done`
  thread_ = std::thread([this, what] { work(what); });
}

void dumper::work(const dump_request& what) {
  if (is_closing()) {
    return reply(what.done, what.user, PARLEY_E_UNAVAILABLE, "the store is not open");
  }
  run one{*this, what};
  one.all();
  one.file.close();
  if (!one.problem.empty()) {
    return reply(what.done, what.user, PARLEY_E_UNAVAILABLE, one.problem);
  }
  const bool is_closed = one.is_over && is_closing();
  reply(what.done, what.user,
        is_closed ? PARLEY_E_UNAVAILABLE : (one.is_over ? PARLEY_E_CANCELLED : PARLEY_OK),
        is_closed ? "the store was closed meanwhile" : "");
}

} // namespace parley::storage_sqlite
