#include "readers.hpp"

#include "replies.hpp"
#include "search.hpp"
#include "statements.hpp"

#include "parley/log.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::storage_postgres {
namespace {

// The first of them waits for the last.
constexpr std::size_t largest_share = 64;
constexpr std::chrono::milliseconds connect_within{5000};

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
  if (const auto* logs = std::get_if<logs_query>(&of.what)) return logs->from->limit;
  return std::get<head_query>(of.what).count;
}

query rows_query(const layout& known, const parley_driver_read& read) {
  const shape& by = known.shapes[read.collection];
  const table& of = known.tables[by.table];
  const std::vector<std::uint32_t> order = order_of(by, read.index);
  query out{read_sql(known, read), {}};
  for (std::uint32_t i = 0; i < read.prefix_count; ++i) {
    if (read.prefix[i].kind != PARLEY_NULL) {
      out.with.add(of.columns[order[i]].type, read.prefix[i]);
    }
  }
  for (const parley_cell* each : {read.lower, read.upper}) {
    if (each != nullptr) out.with.add(of.columns[order[read.prefix_count]].type, *each);
  }
  out.with.add(std::int64_t{read.limit} + 1);
  return out;
}

} // namespace

readers::readers(asio::io_context& io, const settings& with, purpose what,
                 std::uint32_t connections)
    : io_(io), settings_(with), purpose_(what) {
  for (std::uint32_t i = 0; i < connections; ++i) {
    one& each = *all_.emplace_back(std::make_unique<one>(io));
    asio::co_spawn(io, serve(each), or_terminate);
  }
}

void readers::open(std::shared_ptr<const layout> known) {
  layout_ = std::move(known);
}

void readers::ask(read_request what) {
  if (layout_ == nullptr) {
    return reply(what.done, what.user, PARLEY_E_UNAVAILABLE, "the store is not open");
  }
  asked_.push_back(std::move(what));
  for (const auto& each : all_) {
    if (each->is_busy) continue;
    each->is_busy = true;
    each->news.cancel();
    return;
  }
}

asio::awaitable<void> readers::close() {
  while (!asked_.empty() ||
         std::any_of(all_.begin(), all_.end(), [](const auto& each) { return each->is_busy; })) {
    co_await pause(io_, std::chrono::milliseconds(1));
  }
  layout_ = nullptr;
  for (const auto& each : all_) each->link.close();
}

asio::awaitable<void> readers::serve(one& by) {
  while (true) {
    if (asked_.empty()) {
      by.is_busy = false;
      by.news.expires_at(clock::time_point::max());
      co_await by.news.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    by.is_busy = true;
    if (by.link.is_open()) {
      co_await answer(by, take());
    } else {
      co_await connect(by);
    }
  }
}

// Connects, or answers those who have waited for too long.
asio::awaitable<void> readers::connect(one& by) {
  const std::string problem =
      co_await open_session(by.link, settings_, purpose_, std::min(connect_within, settings_.wait));
  if (problem.empty()) {
    by.between.reset();
    co_return;
  }
  give_back({}, problem);
  co_await pause(io_, by.between.next());
}

// A fair share of what waits, so that other connections find work as well.
std::vector<read_request> readers::take() {
  const std::size_t share = std::clamp<std::size_t>(asked_.size() / all_.size(), 1, largest_share);
  const auto count = static_cast<std::ptrdiff_t>(std::min(share, asked_.size()));
  std::vector<read_request> out(asked_.begin(), asked_.begin() + count);
  asked_.erase(asked_.begin(), asked_.begin() + count);
  return out;
}

// They are asked again on another connection, as long as somebody waits for them.
void readers::give_back(std::vector<read_request> requests, const std::string& why) {
  asked_.insert(asked_.begin(), requests.begin(), requests.end());
  const clock::time_point now = clock::now();
  while (!asked_.empty() && now - asked_.front().since >= settings_.wait) {
    const read_request late = asked_.front();
    asked_.pop_front();
    reply(late.done, late.user, PARLEY_E_UNAVAILABLE, "PostgreSQL cannot be reached: " + why);
  }
}

asio::awaitable<void> readers::answer(one& by, std::vector<read_request> requests) {
  std::vector<query> queries;
  std::vector<read_request> sent;
  const std::shared_ptr<const layout> known = layout_;
  for (const read_request& each : requests) {
    const char* fault = nullptr;
    query made = query_of(each, fault);
    if (fault != nullptr) {
      reply(each.done, each.user, PARLEY_E_INVALID, fault);
    } else {
      queries.push_back(std::move(made));
      sent.push_back(each);
    }
  }
  const results seen = co_await by.link.run(queries, sync::after_each, settings_.answer);
  std::vector<read_request> again;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    if (seen[i].ok()) {
      reply_rows(sent[i], seen[i]);
    } else if (!by.link.is_open()) {
      again.push_back(sent[i]);
    } else {
      // A text that PostgreSQL does not take is in no row either.
      const bool is_data = seen[i].code().substr(0, 2) == "22";
      reply(sent[i].done, sent[i].user, is_data ? PARLEY_E_INVALID : PARLEY_E_UNAVAILABLE,
            seen[i].error());
    }
  }
  if (!again.empty()) give_back(std::move(again), by.link.why_closed());
}

query readers::query_of(const read_request& from, const char*& fault) const {
  if (const auto* read = std::get_if<const parley_driver_read*>(&from.what)) {
    fault = fault_of(*layout_, **read);
    return fault == nullptr ? rows_query(*layout_, **read) : query{};
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
    fault = fault_of(*layout_, **search);
    return fault == nullptr ? search_query(*layout_, **search, settings_.ranked) : query{};
  }
  const head_query& heads = std::get<head_query>(from.what);
  std::vector<parley_cell> names;
  for (std::uint32_t i = 0; i < heads.count; ++i) names.push_back(cell(view(heads.topics[i])));
  std::vector<const parley_cell*> borrowed;
  for (const parley_cell& each : names) borrowed.push_back(&each);
  return {heads_sql, parameters().add_array(PARLEY_COLUMN_TEXT, borrowed)};
}

void readers::reply_rows(const read_request& to, const result& from) {
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

} // namespace parley::storage_postgres
