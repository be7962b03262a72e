#include "layout.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <map>

namespace parley::storage_sqlite {
namespace {

// Names of the driver's own tables hold a colon, which no collection's does.
constexpr const char* own_tables = R"(
CREATE TABLE IF NOT EXISTS "parley:collections"(
  name TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS "parley:topics"(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, head INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS "parley:log"(
  topic INTEGER NOT NULL, number INTEGER NOT NULL, event TEXT, data TEXT, at TEXT,
  PRIMARY KEY(topic, number)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS "parley:log:at" ON "parley:log"(at);
)";

const char* type_name(std::int32_t type) {
  switch (type) {
    case PARLEY_COLUMN_INTEGER:
      return "INTEGER";
    case PARLEY_COLUMN_NUMBER:
      return "REAL";
    default:
      return "TEXT";
  }
}

std::string key_list(const collection& of) {
  std::string out;
  for (std::uint32_t i = 0; i < of.key_count; ++i) {
    out += (i == 0 ? "" : ", ") + quoted(of.columns[i].name);
  }
  return out;
}

std::string create_table(const collection& what) {
  std::string sql = "CREATE TABLE " + quoted(what.name) + "(";
  for (std::uint32_t i = 0; i < what.columns.size(); ++i) {
    sql += quoted(what.columns[i].name) + " " + type_name(what.columns[i].type);
    sql += i < what.key_count ? " NOT NULL, " : ", ";
  }
  // Without a row id the rows lie in the order of the key: a range is one walk.
  return sql + "PRIMARY KEY(" + key_list(what) + ")) STRICT, WITHOUT ROWID";
}

std::string create_index(const collection& of, const index& what) {
  std::string sql = what.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  sql += quoted(of.name + ":" + what.name) + " ON " + quoted(of.name) + "(";
  for (std::size_t i = 0; i < what.columns.size(); ++i) {
    sql += (i == 0 ? "" : ", ") + quoted(of.columns[what.columns[i]].name);
  }
  return sql + ")";
}

struct stored_column {
  std::string type;
  std::int64_t key_place = 0; // from 1; 0: not in the key
};

class preparation {
 public:
  explicit preparation(database& file) : file_(file) {}

  std::string all(const layout& wanted) {
    if (file_.execute(own_tables) != SQLITE_OK) return file_.error();
    for (const collection& each : wanted) {
      std::string problem = one(each);
      if (!problem.empty()) return "collection " + each.name + ": " + problem;
    }
    return {};
  }

 private:
  std::string one(const collection& wanted) {
    std::int64_t version = 0;
    std::map<std::string, stored_column> stored;
    std::string problem = read_version(wanted, version);
    if (problem.empty()) problem = read_columns(wanted, stored);
    if (!problem.empty()) return problem;
    if (version > wanted.version) {
      return "the file holds version " + std::to_string(version) + ", the plugin knows version " +
             std::to_string(wanted.version) + "; use a plugin of that version or a newer one";
    }
    if (stored.empty()) {
      if (file_.execute(create_table(wanted)) != SQLITE_OK) return file_.error();
    } else {
      problem = widen(wanted, stored);
      if (!problem.empty()) return problem;
    }
    problem = match_indexes(wanted);
    return problem.empty() ? write_version(wanted) : problem;
  }

  std::string read_version(const collection& of, std::int64_t& out) {
    statement read;
    if (file_.prepare("SELECT version FROM \"parley:collections\" WHERE name = ?", read) !=
        SQLITE_OK) {
      return file_.error();
    }
    read.bind_borrowed(1, of.name);
    if (read.step() == SQLITE_ROW) out = read.integer(0);
    return {};
  }

  std::string write_version(const collection& of) {
    statement write;
    if (file_.prepare("INSERT INTO \"parley:collections\"(name, version) VALUES(?, ?)"
                      " ON CONFLICT(name) DO UPDATE SET version = excluded.version",
                      write) != SQLITE_OK) {
      return file_.error();
    }
    write.bind_borrowed(1, of.name);
    write.bind(2, std::int64_t{of.version});
    return write.run() == SQLITE_DONE ? std::string{} : file_.error();
  }

  std::string read_columns(const collection& of, std::map<std::string, stored_column>& out) {
    statement read;
    if (file_.prepare("SELECT name, type, pk FROM pragma_table_info(?)", read) != SQLITE_OK) {
      return file_.error();
    }
    read.bind_borrowed(1, of.name);
    while (read.step() == SQLITE_ROW) {
      out[std::string(read.text(0))] = {std::string(read.text(1)), read.integer(2)};
    }
    return {};
  }

  std::string widen(const collection& wanted, std::map<std::string, stored_column>& stored) {
    for (std::uint32_t i = 0; i < wanted.columns.size(); ++i) {
      const column& each = wanted.columns[i];
      const std::int64_t place = i < wanted.key_count ? i + 1 : 0;
      const auto found = stored.find(each.name);
      if (found == stored.end()) {
        if (place != 0) return "the key cannot gain the field " + each.name;
        const std::string sql = "ALTER TABLE " + quoted(wanted.name) + " ADD COLUMN " +
                                quoted(each.name) + " " + type_name(each.type);
        if (file_.execute(sql) != SQLITE_OK) return file_.error();
        continue;
      }
      if (found->second.key_place != place) {
        return "the file holds another key; the field " + each.name + " has another place in it";
      }
      if (found->second.type != type_name(each.type)) {
        return "the field " + each.name + " is stored as " + found->second.type +
               " and cannot become " + type_name(each.type);
      }
      stored.erase(found);
    }
    if (stored.empty()) return {};
    return "the file holds the field " + stored.begin()->first +
           ", which the plugin no longer declares; keep it as an optional one";
  }

  // An index that is declared otherwise, or no more, is no loss: drop it and make what is declared.
  std::string match_indexes(const collection& wanted) {
    std::map<std::string, std::string> stored;
    statement read;
    if (file_.prepare("SELECT name, sql FROM sqlite_schema"
                      " WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
                      read) != SQLITE_OK) {
      return file_.error();
    }
    read.bind_borrowed(1, wanted.name);
    while (read.step() == SQLITE_ROW) {
      stored[std::string(read.text(0))] = std::string(read.text(1));
    }
    read.reset();
    for (const index& each : wanted.indexes) {
      const std::string sql = create_index(wanted, each);
      const auto found = stored.find(wanted.name + ":" + each.name);
      if (found != stored.end()) {
        if (found->second == sql) {
          stored.erase(found);
          continue;
        }
        if (file_.execute("DROP INDEX " + quoted(found->first)) != SQLITE_OK) return file_.error();
        stored.erase(found);
      }
      const int code = file_.execute(sql);
      if (code == SQLITE_CONSTRAINT_UNIQUE) {
        return "the index " + each.name + " cannot be unique, as stored rows are equal in it";
      }
      if (code != SQLITE_OK) return file_.error();
    }
    for (const auto& [name, sql] : stored) {
      if (file_.execute("DROP INDEX " + quoted(name)) != SQLITE_OK) return file_.error();
    }
    return {};
  }

  database& file_;
};

} // namespace

layout copied(const parley_collection* collections, std::uint32_t count) {
  layout out(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const parley_collection& from = collections[i];
    collection& to = out[i];
    to.name = view(from.name);
    to.version = from.version;
    to.key_count = from.key_count;
    for (std::uint32_t c = 0; c < from.column_count; ++c) {
      to.columns.push_back({std::string(view(from.columns[c].name)), from.columns[c].type});
    }
    for (std::uint32_t x = 0; x < from.index_count; ++x) {
      const parley_index& each = from.indexes[x];
      to.indexes.push_back({std::string(view(each.name)),
                            {each.columns, each.columns + each.column_count},
                            each.unique != 0});
    }
  }
  return out;
}

std::string prepare_tables(database& file, const layout& wanted) {
  if (file.execute("BEGIN IMMEDIATE") != SQLITE_OK) return file.error();
  std::string problem = preparation(file).all(wanted);
  if (problem.empty() && file.execute("COMMIT") != SQLITE_OK) problem = file.error();
  if (file.in_transaction()) file.execute("ROLLBACK");
  return problem;
}

} // namespace parley::storage_sqlite
