#include "dumper.hpp"

#include "replies.hpp"
#include "session.hpp"
#include "statements.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace parley::storage_postgres {
namespace {

constexpr std::size_t piece_bytes = 256 << 10;
constexpr std::size_t first_rows = 50, most_rows = 2000;
// Counting a large table, and whoever takes the pieces, may take this long.
constexpr std::chrono::hours answer_within{6};

struct stored_table {
  std::string table, name;          // long names are shortened, and the comment has all of it
  std::vector<std::string> columns; // the key, then the others by name
  std::uint32_t key_count = 0;
};

// Names of collections hold a dot, those of the driver's own tables none.
constexpr const char* tables_sql =
    "SELECT relname::text, name FROM (SELECT c.relname, coalesce("
    "  substring(obj_description(c.oid, 'pg_class') FROM '^The collection ([^,]+),'),"
    "  c.relname::text) COLLATE \"C\" AS name"
    " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    " AND c.relname LIKE '%.%') AS t"
    " ORDER BY name <> $2, name";
constexpr const char* columns_sql =
    "SELECT a.attname::text, coalesce(array_position(x.indkey::int2[], a.attnum) + 1, 0)::bigint"
    " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " AND a.attname NOT LIKE '%:%'" // words
    " LEFT JOIN pg_index AS x ON x.indrelid = c.oid AND x.indisprimary"
    " WHERE n.nspname = $1 AND c.relname = $2 ORDER BY array_position(x.indkey::int2[], a.attnum),"
    " a.attname::text COLLATE \"C\"";
constexpr const char* log_sql =
    "SELECT l.number, l.event, l.data, l.at, t.name, t.head FROM topics AS t"
    " LEFT JOIN log AS l ON l.topic = t.id ORDER BY t.name, l.number";

std::string rows_sql(const stored_table& of) {
  std::string columns, key;
  for (std::size_t i = 0; i < of.columns.size(); ++i) {
    columns += (i == 0 ? "" : ", ") + quoted(of.columns[i]);
    if (i < of.key_count) key += (i == 0 ? "" : ", ") + quoted(of.columns[i]);
  }
  return "SELECT " + columns + " FROM " + quoted(of.table) + " ORDER BY " + key;
}

} // namespace

class dumper::run {
 public:
  run(dumper& in, const dump_request& what) : in_(in), what_(what) {}

  void all() {
    if (in_.is_stopped_) {
      return reply(what_.done, what_.user, PARLEY_E_UNAVAILABLE, "the store is not open");
    }
    asio::io_context io{1};
    link_.emplace(io);
    asio::co_spawn(io, everything(), or_terminate);
    io.run();
    link_.reset();
    const bool is_stopped = is_over_ && in_.is_stopped_;
    if (problem_.empty() && is_stopped) problem_ = "the store was closed meanwhile";
    const parley_status otherwise = is_over_ ? PARLEY_E_CANCELLED : PARLEY_OK;
    reply(what_.done, what_.user, problem_.empty() ? otherwise : PARLEY_E_UNAVAILABLE, problem_);
  }

 private:
  asio::awaitable<void> everything() {
    problem_ =
        co_await open_session(*link_, in_.settings_, purpose::change_tables, in_.settings_.wait);
    if (!problem_.empty()) {
      problem_ = "PostgreSQL cannot be reached: " + problem_;
      co_return;
    }
    co_await ask({"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {}});
    if (goes_on()) co_await find_tables();
    if (goes_on()) co_await count();
    for (const stored_table& each : tables_) {
      if (goes_on()) co_await dump_rows(each);
    }
    if (goes_on()) co_await dump_logs();
    if (link_->is_open()) co_await link_->run_one({"ROLLBACK", {}}, in_.settings_.answer);
  }

  bool goes_on() const { return problem_.empty() && !is_over_; }

  asio::awaitable<result> ask(query what) {
    result seen = co_await link_->run_one(std::move(what), answer_within);
    if (!seen.ok()) problem_ = link_->is_open() ? seen.error() : link_->why_closed();
    co_return seen;
  }

  asio::awaitable<void> find_tables() {
    const std::string& schema = in_.settings_.schema;
    const result names = co_await ask(
        {tables_sql, parameters().add(std::string_view(schema)).add(view(what_.how.first))});
    for (int i = 0; i < names.rows() && goes_on(); ++i) {
      stored_table& made = tables_.emplace_back();
      made.table = names.text(i, 0);
      made.name = names.text(i, 1);
      const result columns = co_await ask(
          {columns_sql,
           parameters().add(std::string_view(schema)).add(std::string_view(made.table))});
      for (int c = 0; c < columns.rows(); ++c) {
        made.columns.push_back(columns.text(c, 0));
        if (columns.integer(c, 1) != 0) ++made.key_count;
      }
    }
  }

  asio::awaitable<void> count() {
    std::string sql = "SELECT ((SELECT count(*) FROM log)";
    for (const stored_table& each : tables_) {
      sql += " + (SELECT count(*) FROM " + quoted(each.table) + ")";
    }
    const result all = co_await ask({sql + ")::bigint", {}});
    if (goes_on()) piece_.total = static_cast<std::uint64_t>(all.integer(0, 0));
  }

  // Hands over the rows of a query, some at a time: as many as make about a piece.
  template <typename Take>
  asio::awaitable<void> each_page(std::string sql, Take take) {
    co_await ask({"DECLARE dump NO SCROLL CURSOR FOR " + std::move(sql), {}});
    std::size_t wanted = first_rows;
    while (goes_on()) {
      const result page = co_await ask({"FETCH " + std::to_string(wanted) + " FROM dump", {}});
      if (!goes_on() || page.rows() == 0) break;
      texts_.clear();
      std::size_t bytes = 1;
      for (int r = 0; r < page.rows(); ++r) {
        for (int c = 0; c < PQnfields(page.get()); ++c) {
          bytes += static_cast<std::size_t>(PQgetlength(page.get(), r, c));
        }
      }
      take(page);
      const std::size_t fits = piece_bytes * wanted / bytes;
      // A few sizes, as each is a statement of its own.
      wanted = fits >= most_rows ? most_rows : (fits >= 500 ? 500 : (fits >= 50 ? 50 : 1));
    }
    if (goes_on()) co_await ask({"CLOSE dump", {}});
  }

  asio::awaitable<void> dump_rows(const stored_table& of) {
    std::vector<parley_str> columns;
    for (const std::string& each : of.columns) columns.push_back(borrow(each));
    begin(PARLEY_PIECE_ROWS, of.name);
    piece_.columns = columns.data();
    piece_.column_count = static_cast<std::uint32_t>(columns.size());
    piece_.key_count = of.key_count;
    bool is_given = false;
    co_await each_page(rows_sql(of), [&](const result& page) {
      for (int r = 0; r < page.rows(); ++r) add_row(page, r);
      is_given = true;
      give();
    });
    if (goes_on() && !is_given) give();
  }

  asio::awaitable<void> dump_logs() {
    std::string name;
    bool is_begun = false;
    co_await each_page(log_sql, [&](const result& page) {
      for (int r = 0; r < page.rows() && goes_on(); ++r) {
        std::string next = page.text(r, 4);
        if (!is_begun || next != name) {
          if (is_begun) give();
          if (!goes_on()) return;
          is_begun = true;
          name = std::move(next);
          begin(PARLEY_PIECE_LOG, name);
          piece_.head = page.integer(r, 5);
          piece_.columns = nullptr;
          piece_.column_count = 4;
          piece_.key_count = 0;
        }
        if (!page.is_null(r, 0)) add_row(page, r); // null: a topic whose events are all gone
      }
      if (goes_on() && piece_.row_count > 0) {
        give(); // what the cells point to goes with the page
        is_begun = false;
      }
    });
    if (goes_on() && is_begun) give();
  }

  void begin(std::int32_t kind, const std::string& name) {
    piece_.size = sizeof piece_;
    piece_.kind = kind;
    piece_.name = borrow(name);
    piece_.head = 0;
  }

  void add_row(const result& from, int row) {
    for (std::uint32_t c = 0; c < piece_.column_count; ++c) {
      cells_.push_back(decoded(from.get(), row, static_cast<int>(c), texts_));
    }
    ++piece_.row_count;
  }

  void give() {
    piece_.cells = cells_.data();
    piece_.done += piece_.row_count;
    is_over_ = in_.is_stopped_ || what_.how.take(what_.user, &piece_) != 0;
    cells_.clear();
    piece_.row_count = 0;
  }

  dumper& in_;
  const dump_request what_;
  std::optional<connection> link_;
  std::vector<stored_table> tables_;
  cells cells_;
  arena texts_;
  parley_driver_piece piece_{};
  bool is_over_ = false; // `take` had enough, or the store is closed
  std::string problem_;
};

dumper::~dumper() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void dumper::ask(const dump_request& what) {
  const std::scoped_lock lock(mutex_);
  if (thread_.joinable()) thread_.join(); // it has called `done`
  thread_ = std::thread([this, what] { run(*this, what).all(); });
}

} // namespace parley::storage_postgres
