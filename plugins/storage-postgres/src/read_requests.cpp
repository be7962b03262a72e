#include "read_requests.hpp"

#include "replies.hpp"
#include "search.hpp"
#include "statements.hpp"

#include <algorithm>

namespace parley::storage_postgres {
namespace {

constexpr const char* log_sql =
    "SELECT number, event, data, at FROM log WHERE topic = (SELECT id FROM topics WHERE name = $1)"
    " AND number > $2 ORDER BY number LIMIT $3";
constexpr const char* logs_sql =
    "SELECT t.name, l.number, l.event, l.data, l.at FROM log AS l JOIN topics AS t ON t.id = "
    "l.topic"
    " WHERE (l.topic, l.number) > (coalesce((SELECT id FROM topics WHERE name = $1), 0), $2)"
    " ORDER BY l.topic, l.number LIMIT $3";
constexpr const char* heads_sql =
    "SELECT coalesce(t.head, 0) FROM unnest($1::text[]) WITH ORDINALITY AS u(name, place)"
    " LEFT JOIN LATERAL (SELECT t.head FROM topics AS t WHERE t.name = u.name OFFSET 0) AS t"
    " ON true ORDER BY u.place";

std::uint32_t limit_of(const read_request& of) {
  if (const auto* read = std::get_if<const parley_driver_read*>(&of.what)) return (*read)->limit;
  if (const auto* log = std::get_if<const parley_driver_log_read*>(&of.what)) return (*log)->limit;
  if (const auto* search = std::get_if<const parley_driver_search*>(&of.what)) {
    return (*search)->limit;
  }
  if (const auto* through = std::get_if<const parley_driver_through*>(&of.what)) {
    return (*through)->limit;
  }
  if (const auto* logs = std::get_if<logs_query>(&of.what)) return logs->from->limit;
  return std::get<head_query>(of.what).count;
}

void add_prefix(const layout& known, const parley_driver_read& read, parameters& to) {
  const shape& by = known.shapes[read.collection];
  const std::vector<std::uint32_t> order = order_of(by, read.index);
  for (std::uint32_t i = 0; i < read.prefix_count; ++i) {
    if (read.prefix[i].kind != PARLEY_NULL) {
      to.add(known.tables[by.table].columns[order[i]].type, read.prefix[i]);
    }
  }
}

query through_query(const layout& known, const parley_driver_through& what) {
  const shape& by = known.shapes[what.collection];
  const table& of = known.tables[by.table];
  query out{through_sql(known, what), {}};
  add_prefix(known, *what.by, out.with);
  if (what.beyond != nullptr) {
    out.with.add(of.columns[by.columns[what.order]].type, what.beyond[0]);
    out.with.add(of.columns[0].type, what.beyond[1]);
  }
  out.with.add(std::int64_t{what.limit} + 1);
  return out;
}

query rows_query(const layout& known, const parley_driver_read& read) {
  const shape& by = known.shapes[read.collection];
  const table& of = known.tables[by.table];
  const std::vector<std::uint32_t> order = order_of(by, read.index);
  query out{read_sql(known, read), {}};
  add_prefix(known, read, out.with);
  for (const parley_cell* each : {read.lower, read.upper}) {
    if (each != nullptr) out.with.add(of.columns[order[read.prefix_count]].type, *each);
  }
  out.with.add(std::int64_t{read.limit} + 1);
  return out;
}

} // namespace

query query_of(const layout& known, std::uint32_t ranked, const read_request& from,
               const char*& fault) {
  if (const auto* read = std::get_if<const parley_driver_read*>(&from.what)) {
    fault = fault_of(known, **read);
    return fault == nullptr ? rows_query(known, **read) : query{};
  }
  const auto log_query = [](const char* sql, const parley_driver_log_read& of) {
    return query{sql,
                 parameters().add(view(of.topic)).add(of.after).add(std::int64_t{of.limit} + 1)};
  };
  if (const auto* log = std::get_if<const parley_driver_log_read*>(&from.what))
    return log_query(log_sql, **log);
  if (const auto* logs = std::get_if<logs_query>(&from.what))
    return log_query(logs_sql, *logs->from);
  if (const auto* search = std::get_if<const parley_driver_search*>(&from.what)) {
    fault = fault_of(known, **search);
    return fault == nullptr ? search_query(known, **search, ranked) : query{};
  }
  if (const auto* through = std::get_if<const parley_driver_through*>(&from.what)) {
    fault = fault_of(known, **through);
    return fault == nullptr ? through_query(known, **through) : query{};
  }
  const head_query& heads = std::get<head_query>(from.what);
  std::vector<parley_cell> names;
  for (std::uint32_t i = 0; i < heads.count; ++i) names.push_back(cell(view(heads.topics[i])));
  std::vector<const parley_cell*> borrowed;
  for (const parley_cell& each : names) borrowed.push_back(&each);
  return {heads_sql, parameters().add_array(PARLEY_COLUMN_TEXT, borrowed)};
}

void reply_rows(const read_request& to, const result& from) {
  const auto limit = static_cast<int>(std::min<std::uint32_t>(limit_of(to), INT32_MAX));
  const int count = std::min(from.rows(), limit), columns = PQnfields(from.get());
  arena kept;
  cells all;
  all.reserve(static_cast<std::size_t>(count) * static_cast<std::size_t>(columns));
  for (int r = 0; r < count; ++r) {
    for (int c = 0; c < columns; ++c) all.push_back(decoded(from.get(), r, c, kept));
  }
  parley_driver_rows rows{};
  rows.size = sizeof rows;
  rows.status = PARLEY_OK;
  rows.cells = all.data();
  rows.row_count = static_cast<std::uint32_t>(count);
  rows.column_count = static_cast<std::uint32_t>(columns);
  rows.more = from.rows() > limit ? 1 : 0;
  to.done(to.user, &rows);
}

void reply_failure(const read_request& to, const result& from) {
  // A text that PostgreSQL does not take is in no row either.
  const bool is_data = from.code().substr(0, 2) == "22";
  reply(to.done, to.user, is_data ? PARLEY_E_INVALID : PARLEY_E_UNAVAILABLE, from.error());
}

} // namespace parley::storage_postgres
