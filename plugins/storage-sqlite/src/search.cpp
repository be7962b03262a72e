#include "search.hpp"

#include <sqlite3.h>

#include <vector>

namespace parley::storage_sqlite {
namespace {

std::string words_table(const collection& of) {
  return quoted(of.name + ":search");
}

std::string index_table(const collection& of) {
  return quoted(of.name + ":words");
}

std::string words_column(const collection& of, std::size_t place) {
  return quoted(of.columns[of.searched[place]].name + ":words");
}

std::string words_columns(const collection& of, const std::string& before = {}) {
  std::string out;
  for (std::size_t i = 0; i < of.searched.size(); ++i) {
    out += (i == 0 ? "" : ", ") + before + words_column(of, i);
  }
  return out;
}

std::string same_key(const collection& of, const std::string& a, const std::string& b) {
  std::string out;
  for (std::uint32_t i = 0; i < of.key_count; ++i) {
    const std::string name = quoted(of.columns[i].name);
    out += (i == 0 ? "" : " AND ") + a + name + " = " + b + name;
  }
  return out;
}

std::string create_words_table(const collection& of) {
  std::string sql = "CREATE TABLE " + words_table(of) + "(\"parley:id\" INTEGER PRIMARY KEY";
  for (std::uint32_t i = 0; i < of.key_count; ++i) {
    sql += ", " + quoted(of.columns[i].name) + " ANY NOT NULL";
  }
  for (std::size_t i = 0; i < of.searched.size(); ++i) sql += ", " + words_column(of, i) + " TEXT";
  return sql + ", UNIQUE(" + key_list(of) + ")) STRICT";
}

// The words hold nothing but letters and digits, so the simplest of the tokenizers takes them as
// they are: all that is not ASCII is part of a word to it.
std::string create_index(const collection& of) {
  return "CREATE VIRTUAL TABLE " + index_table(of) + " USING fts5(" + words_columns(of) +
         ", content=" + words_table(of) + ", content_rowid='parley:id', tokenize='ascii')";
}

std::string forget_words(const collection& of) {
  return "INSERT INTO " + index_table(of) + "(" + index_table(of) + ", rowid, " +
         words_columns(of) + ") VALUES('delete', old.\"parley:id\", " + words_columns(of, "old.") +
         "); ";
}

std::string take_words(const collection& of) {
  return "INSERT INTO " + index_table(of) + "(rowid, " + words_columns(of) +
         ") VALUES(new.\"parley:id\", " + words_columns(of, "new.") + "); ";
}

std::string create_triggers(const collection& of) {
  const std::string words = words_table(of);
  const auto trigger = [&](const char* name, const std::string& when, const std::string& work) {
    return "CREATE TRIGGER " + quoted(of.name + ":search:" + name) + " AFTER " + when + " BEGIN " +
           work + "END;";
  };
  return trigger("insert", "INSERT ON " + words, take_words(of)) +
         trigger("update", "UPDATE ON " + words, forget_words(of) + take_words(of)) +
         trigger("delete", "DELETE ON " + words, forget_words(of)) +
         trigger("row", "DELETE ON " + quoted(of.name),
                 "DELETE FROM " + words + " WHERE " + same_key(of, "", "old.") + "; ");
}

// As it was made; empty: it is not there.
std::string stored_sql(database& file, const std::string& name, std::string& why) {
  statement read;
  if (file.prepare("SELECT sql FROM sqlite_schema WHERE name = ?", read) != SQLITE_OK) {
    why = file.error();
    return {};
  }
  read.bind_borrowed(1, name);
  return read.step() == SQLITE_ROW ? std::string(read.text(0)) : std::string();
}

} // namespace

std::string drop_search(database& file, const collection& of) {
  // Triggers of the words go with their table; the one of the rows does not.
  const std::string sql = "DROP TRIGGER IF EXISTS " + quoted(of.name + ":search:row") +
                          "; DROP TABLE IF EXISTS " + index_table(of) + "; DROP TABLE IF EXISTS " +
                          words_table(of);
  return file.execute(sql) == SQLITE_OK ? std::string() : file.error();
}

std::string prepare_search(database& file, const collection& wanted) {
  std::string why;
  const std::string table = create_words_table(wanted);
  const std::string stored = stored_sql(file, wanted.name + ":search", why);
  if (!why.empty() || stored == table) return why;
  why = drop_search(file, wanted);
  if (!why.empty()) return why;
  for (const std::string& sql : {table, create_index(wanted), create_triggers(wanted)}) {
    if (file.execute(sql) != SQLITE_OK) return file.error();
  }
  return {};
}

std::string rebuild_search_sql(const collection& of) {
  return "INSERT INTO " + index_table(of) + "(" + index_table(of) + ") VALUES('rebuild')";
}

std::string words_sql(const collection& of, const parley_driver_op& op) {
  std::string names, places, set;
  for (std::uint32_t i = 0; i < op.cell_count; ++i) {
    const std::string name = words_column(of, op.columns[i]);
    names += name + ", ";
    places += "?, ";
    set += (i == 0 ? "" : ", ") + name + " = excluded." + name;
  }
  std::string key, given;
  for (std::uint32_t i = 0; i < of.key_count; ++i) {
    key += (i == 0 ? "?" : ", ?");
    given += (i == 0 ? "" : " AND ") + quoted(of.columns[i].name) + " = ?";
  }
  return "INSERT INTO " + words_table(of) + "(" + names + key_list(of) + ") SELECT " + places +
         key + " WHERE EXISTS (SELECT 1 FROM " + quoted(of.name) + " WHERE " + given +
         ") ON CONFLICT(" + key_list(of) + ") DO UPDATE SET " + set;
}

std::string search_sql(const collection& of, order by) {
  std::string columns;
  for (const column& each : of.columns) {
    columns += (columns.empty() ? "m." : ", m.") + quoted(each.name);
  }
  // In the order of FTS5: a row is looked at when it is its turn.
  return "SELECT " + columns + " FROM " + index_table(of) + " AS f CROSS JOIN " + words_table(of) +
         " AS s ON s.\"parley:id\" = f.rowid CROSS JOIN " + quoted(of.name) + " AS m ON " +
         same_key(of, "m.", "s.") + " WHERE f." + index_table(of) + " MATCH ?" +
         (by == order::best ? " AND f.rank MATCH ? ORDER BY f.rank" : " ORDER BY f.rowid DESC") +
         " LIMIT ?";
}

std::string rank_of(const collection& of, const parley_driver_search& what) {
  std::vector<bool> counts(of.searched.size());
  for (std::uint32_t i = 0; i < what.term_count; ++i) {
    if (what.terms[i].kind == PARLEY_TERM_ANY) continue;
    for (std::uint32_t c = 0; c < what.terms[i].column_count; ++c) {
      counts[what.terms[i].columns[c]] = true;
    }
  }
  std::string out = "bm25(";
  for (std::size_t i = 0; i < counts.size(); ++i) {
    out += (i == 0 ? "" : ", ");
    out += counts[i] ? "1.0" : "0.0";
  }
  return out + ")";
}

std::string count_sql(const collection& of) {
  return "SELECT count(*) FROM (SELECT 1 FROM " + index_table(of) + " WHERE " + index_table(of) +
         " MATCH ? LIMIT ?)";
}

std::string match_of(const collection& of, const parley_search_term& term) {
  std::string out = "{";
  for (std::uint32_t c = 0; c < term.column_count; ++c) {
    out += (c == 0 ? "" : " ") + words_column(of, term.columns[c]);
  }
  out += "} : (\"";
  for (const char each : view(term.words)) {
    if (term.kind == PARLEY_TERM_ANY && each == ' ')
      out += "\" OR \"";
    else
      out += each == '"' ? ' ' : each;
  }
  return out + (term.kind == PARLEY_TERM_PREFIX ? "\" *)" : "\")");
}

std::string match_of(const collection& of, const parley_driver_search& what) {
  std::string out;
  for (std::uint32_t i = 0; i < what.term_count; ++i) {
    out += (i == 0 ? "" : " AND ") + match_of(of, what.terms[i]);
  }
  return out;
}

} // namespace parley::storage_sqlite
