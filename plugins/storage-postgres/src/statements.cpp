#include "statements.hpp"

#include <algorithm>
#include <cstdio>

namespace parley::storage_postgres {
namespace {

constexpr std::size_t longest_name = 63;

template <typename List, typename Each>
std::string joined(const List& list, const char* between, Each each) {
  std::string out;
  std::size_t at = 0;
  for (const auto& one : list) {
    if (at != 0) out += between;
    out += each(one, at++);
  }
  return out;
}

std::string name_of(const table& of, std::uint32_t column) {
  return quoted(of.columns[column].name);
}

// unnest($1::text[], $2::bigint[]) AS u(c0, c1)
std::string given(const table& of, const std::vector<std::uint32_t>& columns) {
  const auto type = [&](std::uint32_t each, std::size_t at) {
    return "$" + std::to_string(at + 1) + "::" + sql_type(of.columns[each].type) + "[]";
  };
  const auto name = [](std::uint32_t, std::size_t at) { return "c" + std::to_string(at); };
  return "unnest(" + joined(columns, ", ", type) + ") AS u(" + joined(columns, ", ", name) + ")";
}

std::string equal_to_given(const table& of, const std::vector<std::uint32_t>& columns) {
  return joined(columns, " AND ", [&](std::uint32_t each, std::size_t at) {
    return "t." + name_of(of, each) + " = u.c" + std::to_string(at);
  });
}

std::string columns_of_t(const table& of, const std::vector<std::uint32_t>& columns) {
  return joined(columns, ", ",
                [&](std::uint32_t each, std::size_t) { return "t." + name_of(of, each); });
}

std::string column_names(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i == 0 ? "c" : ", c") + std::to_string(i);
  return out;
}

// A row that has a key: o.ctid. LATERAL and OFFSET, so that each is looked up in the index,
// whatever the planner believes of the sizes: a plan made for a small table may meet a large one.
std::string places(const table& of) {
  const std::string equal = joined(of.key(), " AND ", [&](std::uint32_t each, std::size_t at) {
    return "o." + name_of(of, each) + " = u.c" + std::to_string(at);
  });
  return "LATERAL (SELECT o.ctid FROM " + table_name(of) + " AS o WHERE " + equal +
         " OFFSET 0) AS o";
}

// u: what is given, the key first, with the row that has the key as t. In another partition a row
// has the same ctid: the key's first column says in which one to look, and OFFSET, which keeps both
// in one place, that it is looked for in no other.
std::string rows_of(const table& of, const std::vector<std::uint32_t>& columns) {
  const std::string found =
      "(SELECT u.*, o.ctid AS place FROM " + given(of, columns) + ", " + places(of);
  if (of.partitions == 0) return found + ") AS u WHERE t.ctid = u.place";
  return found + " OFFSET 0) AS u WHERE t.ctid = u.place AND t." + name_of(of, 0) + " = u.c0";
}

std::uint32_t hash(std::string_view text) { // FNV-1a
  std::uint32_t out = 2166136261;
  for (const char each : text) out = (out ^ static_cast<unsigned char>(each)) * 16777619;
  return out;
}

bool places_hold(const shape& of, const parley_driver_op& op) {
  return std::all_of(op.columns, op.columns + op.cell_count,
                     [&](std::uint32_t each) { return each < of.searched.size(); });
}

bool columns_hold(const shape& of, const parley_driver_op& op) {
  return std::all_of(op.columns, op.columns + op.cell_count,
                     [&](std::uint32_t each) { return each < of.columns.size(); });
}

} // namespace

std::string quoted(std::string_view identifier) {
  std::string out = "\"";
  for (const char each : identifier) out += each == '"' ? "\"\"" : std::string(1, each);
  return out + "\"";
}

std::string short_name(const std::string& full) {
  if (full.size() <= longest_name) return full;
  char end[10];
  std::snprintf(end, sizeof end, ":%08x", hash(full));
  return full.substr(0, longest_name - 9) + end;
}

std::string table_name(const table& of) {
  return quoted(short_name(of.name));
}

std::string column_list(const table& of, const std::vector<std::uint32_t>& columns) {
  return joined(columns, ", ", [&](std::uint32_t each, std::size_t) { return name_of(of, each); });
}

std::string load_sql(const table& of, row_lock how) {
  return "SELECT " + columns_of_t(of, of.all()) + " FROM (SELECT * FROM " + given(of, of.key()) +
         " ORDER BY " + column_names(of.key_count) + ") AS u, LATERAL (SELECT * FROM " +
         table_name(of) + " AS t WHERE " + equal_to_given(of, of.key()) +
         (how == row_lock::shared ? " FOR SHARE" : " FOR UPDATE") + ") AS t";
}

std::string insert_sql(const table& of) {
  return "INSERT INTO " + table_name(of) + "(" + column_list(of, of.all()) + ") SELECT * FROM " +
         given(of, of.all());
}

std::string update_sql(const table& of) {
  const std::vector<std::uint32_t> all = of.all();
  const std::vector<std::uint32_t> rest(all.begin() + of.key_count, all.end());
  return "UPDATE " + table_name(of) + " AS t SET " +
         joined(rest, ", ",
                [&](std::uint32_t each, std::size_t at) {
                  return name_of(of, each) + " = u.c" + std::to_string(at + of.key_count);
                }) +
         " FROM " + rows_of(of, all);
}

std::string remove_sql(const table& of) {
  return "DELETE FROM " + table_name(of) + " AS t USING " + rows_of(of, of.key());
}

std::string owners_sql(const table& of, const index& by) {
  return "SELECT " + columns_of_t(of, by.columns) + ", " + columns_of_t(of, of.key()) + " FROM " +
         given(of, by.columns) + ", LATERAL (SELECT * FROM " + table_name(of) + " AS t WHERE " +
         equal_to_given(of, by.columns) + " OFFSET 0) AS t";
}

std::string release_sql(const table& of, const index& from) {
  const auto change = std::find_if(from.columns.begin(), from.columns.end(),
                                   [&](std::uint32_t each) { return each >= of.key_count; });
  if (change == from.columns.end()) return {}; // the key alone: its row keeps it
  return "UPDATE " + table_name(of) + " AS t SET " + name_of(of, *change) + " = NULL FROM " +
         rows_of(of, of.key());
}

std::string guard_sql(const table& of) {
  const std::string values = joined(of.columns, ", ", [&](const column&, std::size_t at) {
    return at < of.key_count ? "u.c" + std::to_string(at) : std::string("NULL");
  });
  return "INSERT INTO " + table_name(of) + "(" + column_list(of, of.all()) + ") SELECT " + values +
         " FROM " + given(of, of.key()) + " ON CONFLICT DO NOTHING";
}

std::string unguard_sql(const table& of) {
  return remove_sql(of) + " AND t.xmin = pg_current_xact_id()::xid";
}

std::vector<std::uint32_t> order_of(const shape& of, std::int32_t index) {
  std::vector<std::uint32_t> out;
  if (index >= 0) out = of.indexes[static_cast<std::size_t>(index)].columns;
  for (std::uint32_t i = 0; i < of.key_count; ++i) {
    if (std::find(out.begin(), out.end(), i) == out.end()) out.push_back(i);
  }
  return out;
}

std::string ordered(const table& of, std::uint32_t column, bool downwards) {
  const std::string name = name_of(of, column);
  if (column < of.key_count) return downwards ? name + " DESC" : name;
  return name + (downwards ? " DESC NULLS LAST" : " NULLS FIRST");
}

std::string read_sql(const layout& known, const parley_driver_read& read) {
  const shape& by = known.shapes[read.collection];
  const table& of = known.tables[by.table];
  const std::vector<std::uint32_t> order = order_of(by, read.index);
  std::string sql = "SELECT " + column_list(of, by.columns) + " FROM " + table_name(of);
  const char* joint = " WHERE ";
  int parameter = 1;
  const auto also = [&](const std::string& condition) {
    sql += joint + condition;
    joint = " AND ";
  };
  const auto next = [&] { return " $" + std::to_string(parameter++); };
  for (std::uint32_t i = 0; i < read.prefix_count; ++i) {
    const bool is_null = read.prefix[i].kind == PARLEY_NULL;
    also(name_of(of, order[i]) + (is_null ? " IS NULL" : " =" + next()));
  }
  if (read.lower != nullptr) {
    also(name_of(of, order[read.prefix_count]) + (read.lower_exclusive != 0 ? " >" : " >=") +
         next());
  }
  if (read.upper != nullptr) {
    also(name_of(of, order[read.prefix_count]) + (read.upper_exclusive != 0 ? " <" : " <=") +
         next());
  }
  // The prefix too: after IS NULL the planner would not see that the index has the order.
  return sql + " ORDER BY " +
         joined(order, ", ",
                [&](std::uint32_t each, std::size_t) {
                  return ordered(of, each, read.reverse != 0);
                }) +
         " LIMIT" + next();
}

// LATERAL and OFFSET, so that the rows that lead there are read first, whatever the planner
// believes.
std::string through_sql(const layout& known, const parley_driver_through& what) {
  const shape &via = known.shapes[what.by->collection], &by = known.shapes[what.collection];
  const table &from = known.tables[via.table], &of = known.tables[by.table];
  const std::vector<std::uint32_t> order = order_of(via, what.by->index);
  const std::string ordered_by = "t." + name_of(of, by.columns[what.order]);
  const std::string key = "t." + name_of(of, 0);
  int parameter = 1;
  const auto next = [&] { return "$" + std::to_string(parameter++); };
  std::string sql = "SELECT " + columns_of_t(of, by.columns) + " FROM " + table_name(from) +
                    " AS v, LATERAL (SELECT * FROM " + table_name(of) + " AS t WHERE " + key +
                    " = v." + name_of(from, via.columns[what.by_column]) +
                    " OFFSET 0) AS t WHERE " + ordered_by + " IS NOT NULL";
  for (std::uint32_t i = 0; i < what.by->prefix_count; ++i) {
    const bool is_null = what.by->prefix[i].kind == PARLEY_NULL;
    sql += " AND v." + name_of(from, order[i]) + (is_null ? " IS NULL" : " = " + next());
  }
  const bool downwards = what.reverse != 0;
  if (what.beyond != nullptr) {
    sql += " AND (" + ordered_by + ", " + key + ")" + (downwards ? " < (" : " > (");
    sql += next() + ", ";
    sql += next() + ")";
  }
  const char* direction = downwards ? " DESC" : "";
  return sql + " ORDER BY " + ordered_by + direction + ", " + key + direction + " LIMIT " + next();
}

const char* fault_of(const layout& known, const parley_driver_op& op, std::uint32_t topics) {
  if (op.kind < PARLEY_OP_PUT || op.kind > PARLEY_OP_SKIP) return "unknown operation";
  if (op.kind == PARLEY_OP_APPEND || op.kind == PARLEY_OP_VOID || op.kind == PARLEY_OP_SKIP) {
    if (op.topic >= topics) return "unknown topic";
    if (op.kind == PARLEY_OP_SKIP) {
      return op.cell_count == 1 && op.cells[0].kind == PARLEY_INTEGER
                 ? nullptr
                 : "numbers are skipped up to one";
    }
    if (op.kind == PARLEY_OP_APPEND) {
      return op.cell_count == 3 ? nullptr : "an event has three cells";
    }
    return op.cell_count == 2 && op.cells[0].kind == PARLEY_INTEGER
               ? nullptr
               : "a void has a number and a name";
  }
  if (op.collection >= known.shapes.size()) return "unknown collection";
  const shape& of = known.shapes[op.collection];
  switch (op.kind) {
    case PARLEY_OP_PUT:
      return op.cell_count == of.columns.size() ? nullptr : "a row has a cell for every column";
    case PARLEY_OP_INCREMENT:
      if (op.cell_count != 1 || op.cells[0].kind != PARLEY_INTEGER) {
        return "an increment has one cell, an integer";
      }
      return columns_hold(of, op) ? nullptr : "unknown column";
    case PARLEY_OP_PATCH:
      if (op.cell_count == 0) return "a patch sets at least one column";
      return columns_hold(of, op) ? nullptr : "unknown column";
    case PARLEY_OP_REQUIRE_EQUAL:
      return columns_hold(of, op) ? nullptr : "unknown column";
    case PARLEY_OP_WORDS:
      return op.cell_count != 0 && places_hold(of, op) ? nullptr : "unknown words";
    default:
      return nullptr;
  }
}

const char* fault_of(const layout& known, const parley_driver_read& read) {
  if (read.collection >= known.shapes.size()) return "unknown collection";
  const shape& of = known.shapes[read.collection];
  if (read.index >= static_cast<std::int32_t>(of.indexes.size())) return "unknown index";
  const std::size_t columns = read.index < 0
                                  ? of.key_count
                                  : of.indexes[static_cast<std::size_t>(read.index)].columns.size();
  const bool is_bounded = read.lower != nullptr || read.upper != nullptr;
  if (read.prefix_count + (is_bounded ? 1u : 0u) > columns) return "the prefix is too long";
  const table& in = known.tables[of.table];
  const std::vector<std::uint32_t> order = order_of(of, read.index);
  const auto fits_at = [&](const parley_cell& what, std::uint32_t at) {
    return fits(what, in.columns[order[at]].type);
  };
  for (std::uint32_t i = 0; i < read.prefix_count; ++i) {
    if (!fits_at(read.prefix[i], i)) return "a cell of the prefix has another type than its column";
  }
  for (const parley_cell* each : {read.lower, read.upper}) {
    if (each != nullptr && !fits_at(*each, read.prefix_count)) {
      return "a bound has another type than its column";
    }
  }
  return nullptr;
}

const char* fault_of(const layout& known, const parley_driver_through& what) {
  if (what.collection >= known.shapes.size()) return "unknown collection";
  if (const char* fault = fault_of(known, *what.by)) return fault;
  const shape& of = known.shapes[what.collection];
  if (of.key_count != 1) return "a key of more than one column is not led to";
  if (what.by->lower != nullptr || what.by->upper != nullptr) return "only a prefix leads on";
  if (what.order >= of.columns.size() ||
      what.by_column >= known.shapes[what.by->collection].columns.size()) {
    return "unknown column";
  }
  const table& in = known.tables[of.table];
  if (what.beyond == nullptr) return nullptr;
  return fits(what.beyond[0], in.columns[of.columns[what.order]].type) &&
                 fits(what.beyond[1], in.columns[0].type)
             ? nullptr
             : "what is beyond has another type than its column";
}

} // namespace parley::storage_postgres
