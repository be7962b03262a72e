#include "statements.hpp"

#include "search.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace parley::storage_sqlite {
namespace {

// Appends names with something between and after each: list(…, ", ", "") gives a, b.
template <typename Each>
std::string list(std::uint32_t count, const char* between, Each each) {
  std::string out;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i != 0) out += between;
    out += each(i);
  }
  return out;
}

std::string name_of(const collection& of, std::uint32_t at) {
  return quoted(of.columns[at].name);
}

std::string key_equals(const collection& of) {
  return list(of.key_count, " AND ", [&](std::uint32_t i) { return name_of(of, i) + " = ?"; });
}

// A cell to be bound for a column: what is written as NULL becomes the default.
std::string given(const collection& of, std::uint32_t at) {
  const std::string& fallback = of.columns[at].fallback;
  return fallback.empty() ? "?" : "coalesce(?, " + fallback + ")";
}

// A column as it is read, also where a migration has not come to its row yet.
std::string held(const collection& of, std::uint32_t at, const char* otherwise) {
  const std::string& fallback = of.columns[at].fallback;
  if (fallback.empty() && otherwise[0] == '\0') return name_of(of, at);
  return "coalesce(" + name_of(of, at) + ", " + (fallback.empty() ? otherwise : fallback) + ")";
}

std::string put_sql(const collection& of) {
  const auto count = static_cast<std::uint32_t>(of.columns.size());
  std::string sql = "INSERT INTO " + quoted(of.name) + "(" +
                    list(count, ", ", [&](std::uint32_t i) { return name_of(of, i); }) +
                    ") VALUES(" + list(count, ", ", [&](std::uint32_t i) { return given(of, i); }) +
                    ") ON CONFLICT(" +
                    list(of.key_count, ", ", [&](std::uint32_t i) { return name_of(of, i); });
  if (count == of.key_count) return sql + ") DO NOTHING";
  return sql + ") DO UPDATE SET " + list(count - of.key_count, ", ", [&](std::uint32_t i) {
           const std::string name = name_of(of, i + of.key_count);
           return name + " = excluded." + name;
         });
}

std::string write_sql(const layout& known, const void* what) {
  const auto& op = *static_cast<const parley_driver_op*>(what);
  const collection& of = known[op.collection];
  const std::string table = quoted(of.name);
  switch (op.kind) {
    case PARLEY_OP_PUT:
      return put_sql(of);
    case PARLEY_OP_PATCH:
      return "UPDATE " + table + " SET " +
             list(op.cell_count, ", ",
                  [&](std::uint32_t i) {
                    return name_of(of, op.columns[i]) + " = " + given(of, op.columns[i]);
                  }) +
             " WHERE " + key_equals(of);
    case PARLEY_OP_INCREMENT:
      return "UPDATE " + table + " SET " + name_of(of, op.columns[0]) + " = " +
             held(of, op.columns[0], "0") + " + ? WHERE " + key_equals(of);
    case PARLEY_OP_WORDS:
      return words_sql(of, op);
    case PARLEY_OP_ERASE:
      return "DELETE FROM " + table + " WHERE " + key_equals(of);
    default: {
      std::string sql = "SELECT 1 FROM " + table + " WHERE " + key_equals(of);
      if (op.kind != PARLEY_OP_REQUIRE_EQUAL) return sql;
      for (std::uint32_t i = 0; i < op.cell_count; ++i) {
        sql += " AND " + held(of, op.columns[i], "") + " IS ?";
      }
      return sql;
    }
  }
}

// The columns of the key or of an index, and then the rest of the key, which settles ties.
std::vector<std::uint32_t> order_of(const collection& of, std::int32_t index) {
  std::vector<std::uint32_t> out;
  if (index >= 0) out = of.indexes[static_cast<std::size_t>(index)].columns;
  for (std::uint32_t i = 0; i < of.key_count; ++i) {
    if (std::find(out.begin(), out.end(), i) == out.end()) out.push_back(i);
  }
  return out;
}

std::string read_sql(const layout& known, const void* what) {
  const auto& read = *static_cast<const parley_driver_read*>(what);
  const collection& of = known[read.collection];
  const std::vector<std::uint32_t> order = order_of(of, read.index);
  const auto count = static_cast<std::uint32_t>(of.columns.size());
  std::string sql = "SELECT " + list(count, ", ", [&](std::uint32_t i) { return name_of(of, i); }) +
                    " FROM " + quoted(of.name);
  if (read.index >= 0) {
    sql += " INDEXED BY " + quoted(of.name + ":" + of.indexes[read.index].name);
  }
  const char* joint = " WHERE ";
  const auto also = [&](const std::string& condition) {
    sql += joint + condition;
    joint = " AND ";
  };
  for (std::uint32_t i = 0; i < read.prefix_count; ++i) {
    also(name_of(of, order[i]) + (read.prefix[i].kind == PARLEY_NULL ? " IS NULL" : " = ?"));
  }
  if (read.lower != nullptr) {
    also(name_of(of, order[read.prefix_count]) + (read.lower_exclusive != 0 ? " > ?" : " >= ?"));
  }
  if (read.upper != nullptr) {
    also(name_of(of, order[read.prefix_count]) + (read.upper_exclusive != 0 ? " < ?" : " <= ?"));
  }
  const auto rest = static_cast<std::uint32_t>(order.size()) - read.prefix_count;
  if (rest != 0) {
    sql += " ORDER BY " + list(rest, ", ", [&](std::uint32_t i) {
             return name_of(of, order[read.prefix_count + i]) + (read.reverse != 0 ? " DESC" : "");
           });
  }
  return sql + " LIMIT ?";
}

// From the rows that lead there to those that are given, never the other way round.
std::string through_sql(const layout& known, const void* what) {
  const auto& through = *static_cast<const parley_driver_through*>(what);
  const parley_driver_read& by = *through.by;
  const collection &via = known[by.collection], &of = known[through.collection];
  const std::vector<std::uint32_t> order = order_of(via, by.index);
  const auto given = [&](std::uint32_t column) { return "t." + name_of(of, column); };
  const auto count = static_cast<std::uint32_t>(of.columns.size());
  std::string sql =
      "SELECT " + list(count, ", ", given) + " FROM " + quoted(via.name) + " AS v" +
      (by.index >= 0 ? " INDEXED BY " + quoted(via.name + ":" + via.indexes[by.index].name) : "") +
      " CROSS JOIN " + quoted(of.name) + " AS t ON " + given(0) + " = v." +
      name_of(via, through.by_column) + " WHERE " + given(through.order) + " IS NOT NULL";
  for (std::uint32_t i = 0; i < by.prefix_count; ++i) {
    sql += " AND v." + name_of(via, order[i]) +
           (by.prefix[i].kind == PARLEY_NULL ? " IS NULL" : " = ?");
  }
  const bool downwards = through.reverse != 0;
  if (through.beyond != nullptr) {
    sql += " AND (" + given(through.order) + ", " + given(0) + ")" + (downwards ? " < " : " > ") +
           "(?, ?)";
  }
  const char* direction = downwards ? " DESC" : "";
  return sql + " ORDER BY " + given(through.order) + direction + ", " + given(0) + direction +
         " LIMIT ?";
}

void add(std::string& shape, std::uint32_t value) {
  shape.append(reinterpret_cast<const char*>(&value), sizeof value);
}

bool columns_hold(const collection& of, const parley_driver_op& op) {
  return std::all_of(op.columns, op.columns + op.cell_count,
                     [&](std::uint32_t each) { return each < of.columns.size(); });
}

bool are_searched(const collection& of, const std::uint32_t* places, std::uint32_t count) {
  return std::all_of(places, places + count,
                     [&](std::uint32_t each) { return each < of.searched.size(); });
}

} // namespace

const char* fault_of(const layout& known, const parley_driver_op& op, std::uint32_t topics) {
  if (op.kind < PARLEY_OP_PUT || op.kind > PARLEY_OP_SKIP) return "unknown operation";
  if (op.kind == PARLEY_OP_APPEND || op.kind == PARLEY_OP_VOID || op.kind == PARLEY_OP_SKIP) {
    if (op.topic >= topics) return "unknown topic";
    if (op.kind == PARLEY_OP_SKIP) {
      return op.cell_count == 1 && op.cells[0].kind == PARLEY_INTEGER
                 ? nullptr
                 : "numbers are skipped up to one";
    }
    if (op.kind == PARLEY_OP_VOID) {
      return op.cell_count == 2 && op.cells[0].kind == PARLEY_INTEGER
                 ? nullptr
                 : "a void has a number and a name";
    }
    return op.cell_count == 3 ? nullptr : "an event has three cells";
  }
  if (op.collection >= known.size()) return "unknown collection";
  const collection& of = known[op.collection];
  switch (op.kind) {
    case PARLEY_OP_PUT:
      return op.cell_count == of.columns.size() ? nullptr : "a row has a cell for every column";
    case PARLEY_OP_INCREMENT:
      if (op.cell_count != 1) return "an increment has one cell";
      return columns_hold(of, op) ? nullptr : "unknown column";
    case PARLEY_OP_PATCH:
      if (op.cell_count == 0) return "a patch sets at least one column";
      return columns_hold(of, op) ? nullptr : "unknown column";
    case PARLEY_OP_REQUIRE_EQUAL:
      return columns_hold(of, op) ? nullptr : "unknown column";
    case PARLEY_OP_WORDS:
      return op.cell_count != 0 && are_searched(of, op.columns, op.cell_count) ? nullptr
                                                                               : "unknown words";
    default:
      return nullptr;
  }
}

const char* fault_of(const layout& known, const parley_driver_read& read) {
  if (read.collection >= known.size()) return "unknown collection";
  const collection& of = known[read.collection];
  if (read.index >= static_cast<std::int32_t>(of.indexes.size())) return "unknown index";
  const std::size_t columns = read.index < 0
                                  ? of.key_count
                                  : of.indexes[static_cast<std::size_t>(read.index)].columns.size();
  const bool bounded = read.lower != nullptr || read.upper != nullptr;
  return read.prefix_count + (bounded ? 1u : 0u) <= columns ? nullptr : "the prefix is too long";
}

const char* fault_of(const layout& known, const parley_driver_search& what) {
  if (what.collection >= known.size()) return "unknown collection";
  if (what.term_count == 0) return "a search has at least one term";
  const collection& of = known[what.collection];
  for (std::uint32_t i = 0; i < what.term_count; ++i) {
    const parley_search_term& term = what.terms[i];
    if (term.column_count == 0 || !are_searched(of, term.columns, term.column_count)) {
      return "unknown words";
    }
  }
  if (what.range_count == 0) return nullptr;
  const std::size_t columns = of.columns.size();
  return what.range_text < columns && what.range_from < columns ? nullptr : "unknown column";
}

const char* fault_of(const layout& known, const parley_driver_through& what) {
  if (what.collection >= known.size()) return "unknown collection";
  if (const char* fault = fault_of(known, *what.by)) return fault;
  const collection& of = known[what.collection];
  if (of.key_count != 1) return "a key of more than one column is not led to";
  if (what.by->lower != nullptr || what.by->upper != nullptr) return "only a prefix leads on";
  return what.order < of.columns.size() &&
                 what.by_column < known[what.by->collection].columns.size()
             ? nullptr
             : "unknown column";
}

statement* statements::prepared(const std::string& shape,
                                std::string (*sql)(const layout&, const void*), const void* of) {
  statement& found = made_[shape];
  if (!found && file_.prepare(sql(layout_, of), found) != SQLITE_OK) return nullptr;
  return &found;
}

statement* statements::write(const parley_driver_op& op) {
  shape_.clear();
  add(shape_, op.collection);
  add(shape_, static_cast<std::uint32_t>(op.kind));
  if (op.kind == PARLEY_OP_PATCH || op.kind == PARLEY_OP_INCREMENT ||
      op.kind == PARLEY_OP_REQUIRE_EQUAL || op.kind == PARLEY_OP_WORDS) {
    for (std::uint32_t i = 0; i < op.cell_count; ++i) add(shape_, op.columns[i]);
  }
  return prepared(shape_, write_sql, &op);
}

statement* statements::read(const parley_driver_read& read) {
  shape_.clear();
  add(shape_, read.collection);
  add(shape_, static_cast<std::uint32_t>(read.index));
  add(shape_, (read.lower != nullptr ? 1u : 0u) | (read.upper != nullptr ? 2u : 0u) |
                  (read.lower_exclusive != 0 ? 4u : 0u) | (read.upper_exclusive != 0 ? 8u : 0u) |
                  (read.reverse != 0 ? 16u : 0u));
  for (std::uint32_t i = 0; i < read.prefix_count; ++i) {
    add(shape_, read.prefix[i].kind == PARLEY_NULL ? 1 : 0);
  }
  return prepared(shape_, read_sql, &read);
}

statement* statements::through(const parley_driver_through& what) {
  shape_ = "through";
  for (const std::uint32_t each :
       {what.collection, what.order, what.by->collection, what.by_column,
        static_cast<std::uint32_t>(what.by->index),
        (what.beyond != nullptr ? 1u : 0u) | (what.reverse != 0 ? 2u : 0u)}) {
    add(shape_, each);
  }
  for (std::uint32_t i = 0; i < what.by->prefix_count; ++i) {
    add(shape_, what.by->prefix[i].kind == PARLEY_NULL ? 1 : 0);
  }
  return prepared(shape_, through_sql, &what);
}

statement* statements::search(const char* shape, const parley_driver_search& what,
                              std::string (*sql)(const layout&, const void*)) {
  shape_.clear();
  add(shape_, what.collection);
  shape_ += shape;
  return prepared(shape_, sql, &what);
}

statement* statements::best(const parley_driver_search& what) {
  return search("best", what, [](const layout& known, const void* of) {
    return search_sql(known[static_cast<const parley_driver_search*>(of)->collection], order::best);
  });
}

statement* statements::newest(const parley_driver_search& what) {
  return search("newest", what, [](const layout& known, const void* of) {
    return search_sql(known[static_cast<const parley_driver_search*>(of)->collection],
                      order::newest);
  });
}

statement* statements::count(const parley_driver_search& what) {
  return search("count", what, [](const layout& known, const void* of) {
    return count_sql(known[static_cast<const parley_driver_search*>(of)->collection]);
  });
}

} // namespace parley::storage_sqlite
