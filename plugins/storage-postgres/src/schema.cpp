#include "schema.hpp"

#include "search.hpp"
#include "statements.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

namespace parley::storage_postgres {
namespace {

constexpr int attempts = 10;

const char* const own_tables[] = {
    R"(CREATE TABLE IF NOT EXISTS topics(
         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         name text COLLATE "C" NOT NULL UNIQUE,
         head bigint NOT NULL) WITH (fillfactor = 50))",
    R"(COMMENT ON TABLE topics IS 'Every topic, with the number of its last event')",
    R"(CREATE TABLE IF NOT EXISTS log(
         topic bigint NOT NULL, number bigint NOT NULL,
         event text COLLATE "C", data text COLLATE "C", at text COLLATE "C",
         PRIMARY KEY(topic, number)))",
    R"(CREATE INDEX IF NOT EXISTS "log:at" ON log(at))",
    R"(COMMENT ON TABLE log IS
         'Events of the last days (storage.log_retention_days), numbered in each topic without gaps')",
    R"(COMMENT ON COLUMN log.topic IS 'topics.id')",
    R"(COMMENT ON COLUMN log.event IS 'NULL: erased; its number stays')",
    R"(COMMENT ON COLUMN log.data IS 'JSON')",
    R"(CREATE TABLE IF NOT EXISTS nodes(
         id text PRIMARY KEY, last_group bigint NOT NULL,
         opened_at timestamptz NOT NULL DEFAULT now(), last_at timestamptz NOT NULL DEFAULT now())
         WITH (fillfactor = 20))",
    R"(COMMENT ON TABLE nodes IS
         'Servers that write here: by last_group each finds out what became of a commit whose answer was lost')",
};

std::string literal(const column& of) {
  const parley_cell what = of.fallback.cell();
  switch (what.kind) {
    case PARLEY_INTEGER:
      return std::to_string(what.as.integer) + "::" + sql_type(of.type);
    case PARLEY_NUMBER: {
      char text[40];
      std::snprintf(text, sizeof text, "'%.17g'::", what.as.number);
      return text + std::string(sql_type(of.type));
    }
    default: {
      // As in values.cpp; with every other byte as it is.
      std::string out = "'";
      for (const char each : of.fallback.text) {
        if (each == '\'')
          out += "''";
        else if (each == '\0')
          out += "\1\1";
        else if (each == '\1')
          out += "\1\2";
        else
          out += each;
      }
      return out + "'::text";
    }
  }
}

std::string quoted_text(std::string_view text) {
  std::string out = "'";
  for (const char each : text) out += each == '\'' ? "''" : std::string(1, each);
  return out + "'";
}

std::string column_sql(const column& of) {
  std::string out = quoted(of.name) + " " + sql_type(of.type);
  if (std::string_view(sql_type(of.type)) == "text") out += " COLLATE \"C\"";
  return of.fallback.is_there() ? out + " DEFAULT " + literal(of) : out;
}

std::string create_table(const table& of) {
  std::string sql = "CREATE TABLE " + table_name(of) + "(";
  for (std::size_t i = 0; i < of.columns.size(); ++i) {
    sql += column_sql(of.columns[i]) + (i < of.key_count ? " NOT NULL, " : ", ");
  }
  sql += "PRIMARY KEY(" + column_list(of, of.key()) + "))";
  return of.partitions == 0 ? sql : sql + " PARTITION BY HASH (" + column_list(of, {0}) + ")";
}

std::string create_partition(const table& of, std::uint32_t number) {
  return "CREATE TABLE " + quoted(short_name(of.name + ":" + std::to_string(number))) +
         " PARTITION OF " + table_name(of) + " FOR VALUES WITH (MODULUS " +
         std::to_string(of.partitions) + ", REMAINDER " + std::to_string(number) + ")";
}

// Empty: its name says enough.
std::string comment(const table& of, const column& on) {
  const char* text = on.holds_words                  ? "By these words the row is found"
                     : on.type == PARLEY_COLUMN_JSON ? "JSON"
                                                     : nullptr;
  if (text == nullptr) return {};
  return "COMMENT ON COLUMN " + table_name(of) + "." + quoted(on.name) + " IS " + quoted_text(text);
}

std::string index_name(const table& of, const index& what) {
  return short_name(of.name + ":" + what.name);
}

// A unique index has its columns alone; of another the rest of the key is part, which settles ties.
std::vector<std::uint32_t> columns_of(const table& of, const index& what) {
  std::vector<std::uint32_t> out = what.columns;
  for (std::uint32_t i = 0; i < of.key_count && !what.is_unique; ++i) {
    if (std::find(out.begin(), out.end(), i) == out.end()) out.push_back(i);
  }
  return out;
}

std::string create_index(const table& of, const index& what) {
  std::string sql = what.is_unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  sql += quoted(index_name(of, what)) + " ON " + table_name(of) + "(";
  const char* joint = "";
  for (const std::uint32_t each : columns_of(of, what)) {
    sql += joint + ordered(of, each, false);
    joint = ", ";
  }
  return sql + ")";
}

struct stored_column {
  std::string type;
  std::int64_t key_place = 0; // from 1; 0: not in the key
};

struct stored_index {
  bool is_unique = false;
  std::string columns; // with commas between
};

class change {
 public:
  change(connection& link, const settings& with, std::size_t known, layout& after)
      : link_(link), with_(with), known_(known), after_(after) {}

  asio::awaitable<std::string> run() {
    std::string problem = co_await all();
    if (!link_.is_open()) co_return problem;
    const result ended =
        co_await link_.run_one({problem.empty() ? "COMMIT" : "ROLLBACK", {}}, with_.answer);
    if (problem.empty() && !ended.ok()) {
      code_ = ended.code();
      problem = link_.is_open() ? ended.error() : link_.why_closed();
    }
    co_return problem;
  }
  const std::string& code() const { return code_; }

 private:
  asio::awaitable<std::string> all() {
    std::string problem = co_await execute("BEGIN");
    // Two nodes that start at once make the same tables.
    if (problem.empty()) {
      problem = co_await execute("SELECT pg_advisory_xact_lock(hashtext(" +
                                 quoted_text("parley:" + with_.schema) + "))");
    }
    if (problem.empty()) problem = co_await make_own();
    if (problem.empty()) problem = co_await see_others();
    for (std::size_t i = known_; i < after_.shapes.size() && problem.empty(); ++i) {
      shape& by = after_.shapes[i];
      table& of = after_.tables[by.table];
      drops_ = is_alone_ && is_first(i);
      problem = co_await one(of, by);
      if (!problem.empty()) problem = "collection " + of.name + ": " + problem;
    }
    co_return problem;
  }

  asio::awaitable<std::string> make_own() {
    const result there = co_await ask({"SELECT 1::bigint FROM pg_namespace WHERE nspname = $1",
                                       parameters().add(std::string_view(with_.schema))});
    std::string problem = why_;
    if (problem.empty() && there.rows() == 0) {
      problem = co_await execute("CREATE SCHEMA " + quoted(with_.schema));
    }
    for (const char* each : own_tables) {
      if (problem.empty()) problem = co_await execute(each);
    }
    co_return problem;
  }

  // Who opens the store next waits for the lock above, and has said that it is there before.
  asio::awaitable<std::string> see_others() {
    const result seen = co_await ask(
        {"SELECT count(*) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database"
         " WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objsubid = 2"
         " AND l.classid = (hashtext('parley')::bigint & 4294967295)::oid"
         " AND l.objid = (hashtext($1)::bigint & 4294967295)::oid",
         parameters().add(std::string_view(with_.schema))});
    is_alone_ = seen.ok() && seen.integer(0, 0) == 1;
    co_return why_;
  }

  // Of its table, so nothing here goes by what it does not declare.
  bool is_first(std::size_t at) const {
    const auto end = after_.shapes.begin() + static_cast<std::ptrdiff_t>(at);
    return std::none_of(after_.shapes.begin(), end,
                        [&](const shape& each) { return each.table == after_.shapes[at].table; });
  }

  asio::awaitable<std::string> one(table& of, shape& by) {
    std::map<std::string, stored_column> stored;
    std::string problem = co_await read_columns(of, stored);
    if (problem.empty()) problem = co_await choose_partitions(of, !stored.empty());
    if (!problem.empty()) co_return problem;
    if (stored.empty()) {
      by.fill.clear();
      problem = co_await make(of);
    } else {
      problem = co_await widen(of, by, stored);
    }
    if (problem.empty()) problem = co_await match_indexes(of, by);
    if (problem.empty() && drops_) problem = co_await drop_words(of, by, stored);
    co_return problem;
  }

  // Of a table that is there: as many as it has.
  asio::awaitable<std::string> choose_partitions(table& of, bool is_there) {
    const auto wanted = with_.partitions.find(of.name);
    of.partitions = wanted == with_.partitions.end() ? 0 : wanted->second;
    if (!is_there) co_return std::string();
    const result seen = co_await ask(
        {"SELECT count(*) FROM pg_inherits AS p JOIN pg_class AS c ON c.oid = p.inhparent"
         " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2"
         " AND c.relkind = 'p'",
         parameters().add(std::string_view(with_.schema)).add(short_name(of.name))});
    if (!seen.ok()) co_return why_;
    of.partitions = static_cast<std::uint32_t>(seen.integer(0, 0));
    if (wanted == with_.partitions.end() || wanted->second == of.partitions) {
      co_return std::string();
    }
    const std::string stored =
        of.partitions == 0 ? "in one table" : "in " + std::to_string(of.partitions) + " partitions";
    co_return "it is stored " + stored +
        ", and the configuration says partitions: " + std::to_string(wanted->second) +
        "; take that out, or move to another schema by parleyctl storage copy";
  }

  asio::awaitable<std::string> drop_words(const table& of, const shape& by,
                                          const std::map<std::string, stored_column>& stored) {
    for (const auto& [name, each] : stored) {
      // Others than of words have no colon in their names.
      if (name.find(':') == std::string::npos) continue;
      const bool is_searched =
          std::any_of(by.searched.begin(), by.searched.end(),
                      [&](std::uint32_t at) { return of.columns[at].name == name; });
      if (is_searched) continue;
      co_await execute("ALTER TABLE " + table_name(of) + " DROP COLUMN " + quoted(name));
      if (!why_.empty()) break;
    }
    co_return why_;
  }

  asio::awaitable<std::string> make(const table& of) {
    std::string problem = co_await execute(create_table(of));
    for (std::uint32_t i = 0; i < of.partitions && problem.empty(); ++i) {
      problem = co_await execute(create_partition(of, i));
    }
    if (problem.empty()) {
      const std::size_t dot = of.name.find('.');
      problem = co_await execute("COMMENT ON TABLE " + table_name(of) + " IS " +
                                 quoted_text("The collection " + of.name + ", as plugin.yaml of " +
                                             of.name.substr(0, dot) +
                                             " declares it. 01 01 in a text is a zero byte"));
    }
    for (const column& each : of.columns) {
      const std::string sql = comment(of, each);
      if (problem.empty() && !sql.empty()) problem = co_await execute(sql);
    }
    co_return problem;
  }

  asio::awaitable<std::string> read_columns(const table& of,
                                            std::map<std::string, stored_column>& out) {
    const result rows = co_await ask(
        {"SELECT a.attname::text, format_type(a.atttypid, NULL),"
         " coalesce(array_position(x.indkey::int2[], a.attnum) + 1, 0)::bigint"
         " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
         " JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
         " LEFT JOIN pg_index AS x ON x.indrelid = c.oid AND x.indisprimary"
         " WHERE n.nspname = $1 AND c.relname = $2",
         parameters().add(std::string_view(with_.schema)).add(short_name(of.name))});
    for (int i = 0; i < rows.rows(); ++i) {
      out[rows.text(i, 0)] = {rows.text(i, 1), rows.integer(i, 2)};
    }
    co_return why_;
  }

  asio::awaitable<std::string> widen(const table& of, shape& by,
                                     const std::map<std::string, stored_column>& stored) {
    std::vector<std::uint32_t> columns = by.columns;
    columns.insert(columns.end(), by.searched.begin(), by.searched.end());
    for (const std::uint32_t at : columns) {
      const column& each = of.columns[at];
      const std::int64_t place = at < of.key_count ? at + 1 : 0;
      const auto found = stored.find(each.name);
      std::string sql;
      if (found == stored.end()) {
        if (place != 0) co_return "the key cannot gain the field " + each.name;
        sql = "ALTER TABLE " + table_name(of) + " ADD COLUMN " + column_sql(each);
        std::erase(by.fill, at); // PostgreSQL reads the default in every row that was there
      } else if (found->second.key_place != place) {
        co_return "the table has another key; the field " + each.name + " has another place in it";
      } else if (found->second.type != sql_type(each.type)) {
        co_return "the field " + each.name + " is stored as " + found->second.type +
            " and cannot become " + sql_type(each.type);
      } else if (std::find(by.fill.begin(), by.fill.end(), at) != by.fill.end()) {
        sql = "ALTER TABLE " + table_name(of) + " ALTER COLUMN " + quoted(each.name) +
              " SET DEFAULT " + literal(each);
      }
      if (sql.empty()) continue;
      std::string problem = co_await execute(sql);
      const std::string remark = found == stored.end() ? comment(of, each) : std::string();
      if (problem.empty() && !remark.empty()) problem = co_await execute(remark);
      if (!problem.empty()) co_return problem;
    }
    co_return std::string();
  }

  asio::awaitable<std::string> match_indexes(const table& of, const shape& by) {
    std::map<std::string, stored_index> stored;
    std::string problem = co_await read_indexes(of, stored);
    for (const index& each : by.indexes) {
      if (!problem.empty()) break;
      std::string columns;
      for (const std::uint32_t c : columns_of(of, each)) {
        columns += (columns.empty() ? "" : ",") + of.columns[c].name;
      }
      const auto found = stored.find(index_name(of, each));
      if (found == stored.end()) {
        if (each.is_unique && of.partitions != 0 &&
            std::find(each.columns.begin(), each.columns.end(), 0u) == each.columns.end()) {
          problem = "it cannot be in partitions, as the unique index " + each.name +
                    " goes without the key's first field, " + of.columns[0].name;
          break;
        }
        problem = co_await execute(create_index(of, each));
        if (code_ == "23505") {
          problem = "the index " + each.name + " cannot be unique, as stored rows are equal in it";
        }
        continue;
      }
      if (found->second.columns != columns || found->second.is_unique != each.is_unique) {
        problem = "the index " + each.name +
                  " is stored with other fields; give the new one another name";
      }
      stored.erase(found);
    }
    if (problem.empty() && !by.searched.empty() && stored.erase(search_index_name(of, by)) == 0) {
      problem = co_await execute(create_search_index(of, by));
    }
    for (const auto& [name, each] : stored) {
      // Others than ours have no colon in their names.
      const bool is_ours = name.find(':') != std::string::npos;
      if (problem.empty() && drops_ && is_ours) {
        problem = co_await execute("DROP INDEX " + quoted(name));
      }
    }
    co_return problem;
  }

  asio::awaitable<std::string> read_indexes(const table& of,
                                            std::map<std::string, stored_index>& out) {
    const result rows =
        co_await ask({"SELECT i.relname::text, x.indisunique::int::bigint,"
                      " (SELECT string_agg(a.attname::text, ',' ORDER BY k.place)"
                      "  FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, place)"
                      "  JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.number)"
                      " FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid"
                      " JOIN pg_class AS c ON c.oid = x.indrelid JOIN pg_namespace AS n ON n.oid = "
                      "c.relnamespace"
                      " WHERE n.nspname = $1 AND c.relname = $2 AND NOT x.indisprimary",
                      parameters().add(std::string_view(with_.schema)).add(short_name(of.name))});
    for (int i = 0; i < rows.rows(); ++i) {
      out[rows.text(i, 0)] = {rows.integer(i, 1) != 0, rows.text(i, 2)};
    }
    co_return why_;
  }

  asio::awaitable<std::string> execute(std::string sql) {
    co_await ask({std::move(sql), {}});
    co_return why_;
  }

  asio::awaitable<result> ask(query what) {
    // An index over a large table takes its time.
    result out = co_await link_.run_one(std::move(what), longest_change);
    why_.clear();
    code_.clear();
    if (!link_.is_open())
      why_ = link_.why_closed();
    else if (!out.ok())
      why_ = out.error(), code_ = out.code();
    co_return out;
  }

  static constexpr std::chrono::hours longest_change{24};
  connection& link_;
  const settings& with_;
  const std::size_t known_;
  layout& after_;
  bool is_alone_ = false;
  bool drops_ = false;     // what the shape at hand does not declare
  std::string why_, code_; // of the last that was asked
};

} // namespace

asio::awaitable<std::string> change_tables(asio::io_context& io, connection& link,
                                           const settings& with, std::size_t known, layout& after) {
  backoff between;
  for (int attempt = 1;; ++attempt) {
    change one(link, with, known, after);
    std::string problem = co_await one.run();
    if (attempt == attempts || !is_worth_another_try(one.code())) co_return problem;
    co_await pause(io, between.next());
  }
}

} // namespace parley::storage_postgres
