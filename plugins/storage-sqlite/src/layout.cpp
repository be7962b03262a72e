#include "layout.hpp"

#include "search.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <map>

namespace parley::storage_sqlite {
namespace {

// Names of the driver's own tables hold a colon, which no collection's does.
constexpr const char* own_tables = R"(
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

// Decimal digits that give the same number again, never in the shape of an integer.
std::string real(double number) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", number);
  std::string out = text;
  return out.find_first_of(".en") == std::string::npos ? out + ".0" : out;
}

std::string literal(const parley_cell& cell, std::string& why) {
  switch (cell.kind) {
    case PARLEY_INTEGER:
      return std::to_string(cell.as.integer);
    case PARLEY_NUMBER:
      return real(cell.as.number);
    case PARLEY_STRING: {
      std::string out = "'";
      for (const char each : view(cell.as.text)) {
        if (each == '\0') why = "a default cannot hold a zero byte";
        out += each == '\'' ? "''" : std::string(1, each);
      }
      return out + "'";
    }
    default:
      return {};
  }
}

std::string column_sql(const column& what) {
  std::string sql = quoted(what.name) + " " + type_name(what.type);
  return what.fallback.empty() ? sql : sql + " DEFAULT " + what.fallback;
}

std::string create_table(const collection& what) {
  std::string sql = "CREATE TABLE " + quoted(what.name) + "(";
  for (std::uint32_t i = 0; i < what.columns.size(); ++i) {
    sql += column_sql(what.columns[i]);
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
  preparation(database& file, const layout& known) : file_(file), known_(known) {}

  std::string all(layout& added) {
    if (file_.execute(own_tables) != SQLITE_OK) return file_.error();
    for (collection& each : added) {
      std::string problem = one(each);
      if (!problem.empty()) return "collection " + each.name + ": " + problem;
    }
    return {};
  }

 private:
  std::string one(collection& wanted) {
    std::map<std::string, stored_column> stored;
    std::string problem = read_columns(wanted, stored);
    if (!problem.empty()) return problem;
    if (stored.empty()) {
      wanted.fill.clear();
      if (file_.execute(create_table(wanted)) != SQLITE_OK) return file_.error();
    } else {
      problem = widen(wanted, stored);
    }
    if (problem.empty()) problem = match_indexes(wanted);
    return problem.empty() ? match_search(wanted) : problem;
  }

  std::string match_search(const collection& wanted) {
    if (!wanted.searched.empty()) return prepare_search(file_, wanted);
    return is_read(wanted) ? std::string() : drop_search(file_, wanted);
  }

  // By an earlier shape, in this run.
  bool is_read(const collection& wanted) const {
    return std::any_of(known_.begin(), known_.end(),
                       [&](const collection& each) { return each.name == wanted.name; });
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

  std::string widen(collection& wanted, const std::map<std::string, stored_column>& stored) {
    for (std::uint32_t i = 0; i < wanted.columns.size(); ++i) {
      const column& each = wanted.columns[i];
      const std::int64_t place = i < wanted.key_count ? i + 1 : 0;
      const auto found = stored.find(each.name);
      if (found == stored.end()) {
        if (place != 0) return "the key cannot gain the field " + each.name;
        const std::string sql =
            "ALTER TABLE " + quoted(wanted.name) + " ADD COLUMN " + column_sql(each);
        if (file_.execute(sql) != SQLITE_OK) return file_.error();
        std::erase(wanted.fill, i);
        continue;
      }
      if (found->second.key_place != place) {
        return "the file holds another key; the field " + each.name + " has another place in it";
      }
      if (found->second.type != type_name(each.type)) {
        return "the field " + each.name + " is stored as " + found->second.type +
               " and cannot become " + type_name(each.type);
      }
    }
    return {};
  }

  // An index that is no more declared goes at start, when no earlier shape reads by it.
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
        if (found->second != sql) {
          return "the index " + each.name +
                 " is stored with other fields; give the new one another name";
        }
        stored.erase(found);
        continue;
      }
      const int code = file_.execute(sql);
      if (code == SQLITE_CONSTRAINT_UNIQUE) {
        return "the index " + each.name + " cannot be unique, as stored rows are equal in it";
      }
      if (code != SQLITE_OK) return file_.error();
    }
    if (is_read(wanted)) return {};
    for (const auto& [name, sql] : stored) {
      if (file_.execute("DROP INDEX " + quoted(name)) != SQLITE_OK) return file_.error();
    }
    return {};
  }

  database& file_;
  const layout& known_;
};

} // namespace

std::string key_list(const collection& of) {
  std::string out;
  for (std::uint32_t i = 0; i < of.key_count; ++i) {
    out += (i == 0 ? "" : ", ") + quoted(of.columns[i].name);
  }
  return out;
}

layout copied(const parley_collection* collections, std::uint32_t count, std::string& why) {
  layout out(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const parley_collection& from = collections[i];
    collection& to = out[i];
    to.name = view(from.name);
    to.key_count = from.key_count;
    for (std::uint32_t c = 0; c < from.column_count; ++c) {
      column& each = to.columns.emplace_back();
      each.name = view(from.columns[c].name);
      each.type = from.columns[c].type;
      std::string fault;
      if (from.defaults != nullptr) each.fallback = literal(from.defaults[c], fault);
      if (!fault.empty()) why = "collection " + to.name + ", field " + each.name + ": " + fault;
    }
    for (std::uint32_t x = 0; x < from.index_count; ++x) {
      const parley_index& each = from.indexes[x];
      to.indexes.push_back({std::string(view(each.name)),
                            {each.columns, each.columns + each.column_count},
                            each.unique != 0});
    }
    if (from.fill != nullptr) to.fill.assign(from.fill, from.fill + from.fill_count);
    if (from.searched != nullptr) {
      to.searched.assign(from.searched, from.searched + from.searched_count);
    }
  }
  return out;
}

layout joined(const layout& known, const layout& added) {
  layout out = known;
  for (collection& earlier : out) {
    for (const collection& newest : added) {
      if (newest.name != earlier.name) continue;
      for (column& each : earlier.columns) {
        for (const column& now : newest.columns) {
          if (now.name == each.name) each.fallback = now.fallback;
        }
      }
    }
  }
  out.insert(out.end(), added.begin(), added.end());
  return out;
}

std::string prepare_tables(database& file, const layout& known, layout& added) {
  if (file.execute("BEGIN IMMEDIATE") != SQLITE_OK) return file.error();
  std::string problem = preparation(file, known).all(added);
  if (problem.empty() && file.execute("COMMIT") != SQLITE_OK) problem = file.error();
  if (file.in_transaction()) file.execute("ROLLBACK");
  return problem;
}

} // namespace parley::storage_sqlite
