#include "replicas.hpp"

#include "parley/log.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::storage_postgres {
namespace {

constexpr std::chrono::milliseconds spared{200}; // is one that was behind
constexpr int looks = 4;                         // at the primary in settings.replica_lag

// NULL: it is no standby, or none any more.
constexpr const char* replayed_sql =
    "SELECT CASE WHEN pg_is_in_recovery()"
    " THEN (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint END";
constexpr const char* written_sql = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint";

bool is_search(const read_request& what) {
  return std::holds_alternative<const parley_driver_search*>(what.what);
}

} // namespace

replicas::replicas(asio::io_context& io, const settings& with, readers& reading, readers& searching)
    : io_(io),
      settings_(with),
      readers_(reading),
      searchers_(searching),
      are_away_(with.replicas.size()),
      primary_(io),
      opened_(io) {
  for (std::size_t i = 0; i < settings_.replicas.size(); ++i) {
    for (const purpose use : {purpose::read, purpose::search}) {
      one& made = *all_.emplace_back(std::make_unique<one>(io, i, use));
      asio::co_spawn(io, serve(made), or_terminate);
    }
  }
  if (!all_.empty()) asio::co_spawn(io, watch_primary(), or_terminate);
}

void replicas::open(std::shared_ptr<const layout> known) {
  layout_ = std::move(known);
  opened_.cancel();
  for (const auto& each : all_) each->news.cancel();
}

asio::awaitable<void> replicas::close() {
  layout_ = nullptr;
  for (const auto& each : all_) hand_over(std::exchange(each->asked, {}));
  while (is_looking_ ||
         std::any_of(all_.begin(), all_.end(), [](const auto& each) { return each->is_busy; })) {
    co_await pause(io_, std::chrono::milliseconds(1));
  }
  for (const auto& each : all_) each->link.close();
  primary_.close();
  marks_.clear();
}

void replicas::ask(read_request what) {
  const purpose use = is_search(what) ? purpose::search : purpose::read;
  const clock::time_point now = clock::now();
  one* best = nullptr; // the shortest queue
  for (const auto& each : all_) {
    if (each->as != use || !each->link.is_open() || each->behind_until > now) continue;
    if (best == nullptr || each->asked.size() < best->asked.size()) best = each.get();
  }
  if (best == nullptr || layout_ == nullptr) return hand_over({std::move(what)});
  best->asked.push_back(std::move(what));
  best->news.cancel();
}

void replicas::hand_over(std::deque<read_request> requests) {
  for (read_request& each : requests) {
    readers& to = is_search(each) ? searchers_ : readers_;
    to.ask(std::move(each));
  }
}

asio::awaitable<void> replicas::wait(asio::steady_timer& for_news) const {
  for_news.expires_at(clock::time_point::max());
  co_await for_news.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> replicas::serve(one& by) {
  while (true) {
    if (layout_ == nullptr || (by.link.is_open() && by.asked.empty())) {
      co_await wait(by.news);
      continue;
    }
    by.is_busy = true;
    const bool is_open = by.link.is_open();
    if (is_open)
      co_await answer(by);
    else
      co_await connect(by);
    by.is_busy = false;
    if (!by.link.is_open()) hand_over(std::exchange(by.asked, {})); // came meanwhile
    if (!is_open && !by.link.is_open()) co_await pause(io_, by.between.next());
  }
}

asio::awaitable<void> replicas::connect(one& by) {
  settings there = settings_;
  there.url = settings_.replicas[by.number];
  std::string problem =
      co_await open_session(by.link, there, by.as, std::min(connect_within, settings_.wait));
  if (!problem.empty()) problem = " cannot be reached: " + problem;
  if (problem.empty()) problem = co_await why_no_standby(by);
  if (problem.empty()) by.between.reset();
  bool& is_away = are_away_[by.number];
  if (is_away == !problem.empty()) co_return; // its other connection has said so
  is_away = !problem.empty();
  const std::string name = "the replica " + std::to_string(by.number + 1); // a URL holds a password
  if (is_away)
    settings_.say(PARLEY_WARN, name + problem + "; the primary answers in its place");
  else
    settings_.say(PARLEY_INFO, name + " is there again");
}

asio::awaitable<std::string> replicas::why_no_standby(one& by) {
  const std::string place = by.link.place();
  const result seen = co_await by.link.run_one({is_standby_sql, {}}, settings_.answer);
  if (seen.ok() && seen.integer(0, 0) != 0) co_return std::string();
  const std::string why = by.link.is_open() ? seen.error() : by.link.why_closed();
  by.link.close();
  if (!seen.ok()) co_return " cannot be reached: " + why;
  co_return ", " + place +
      ", is not a standby, as it takes writes; name standbys of the database"
      " in `replicas`";
}

// The state that it reads is no older than what it says of its replay, which is asked first.
asio::awaitable<void> replicas::answer(one& by) {
  const std::optional<std::int64_t> position = needed();
  std::deque<read_request> requests = std::exchange(by.asked, {});
  if (!position) {
    hand_over(std::move(requests));
    co_return;
  }
  const std::shared_ptr<const layout> known = layout_;
  std::vector<query> queries{{replayed_sql, {}}};
  std::deque<read_request> sent, others;
  for (read_request& each : requests) {
    const char* fault = nullptr;
    query made = query_of(*known, settings_.ranked, each, fault);
    if (fault != nullptr) {
      others.push_back(std::move(each)); // the primary says what is wrong
      continue;
    }
    queries.push_back(std::move(made));
    sent.push_back(std::move(each));
  }
  const results seen = co_await by.link.run(queries, sync::after_each, settings_.answer);
  // It was made a primary: connecting anew says so.
  const bool is_standby = !seen.front().ok() || !seen.front().is_null(0, 0);
  const bool counts = is_recent(by, seen.front(), *position);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    // Among others: it has not got a new column yet, or had to end a query to go on.
    if (counts && seen[i + 1].ok())
      reply_rows(sent[i], seen[i + 1]);
    else
      others.push_back(std::move(sent[i]));
  }
  hand_over(std::move(others));
  if (!is_standby) by.link.close();
}

bool replicas::is_recent(one& by, const result& replayed, std::int64_t needed) const {
  if (!replayed.ok()) return false;
  if (!replayed.is_null(0, 0) && replayed.integer(0, 0) >= needed) return true;
  by.behind_until = clock::now() + spared;
  return false;
}

std::optional<std::int64_t> replicas::needed() {
  const clock::time_point oldest = clock::now() - settings_.replica_lag;
  while (!marks_.empty() && marks_.front().at < oldest) marks_.pop_front();
  if (marks_.empty()) return std::nullopt;
  return marks_.front().position;
}

asio::awaitable<void> replicas::watch_primary() {
  while (true) {
    if (layout_ == nullptr) {
      co_await wait(opened_);
      continue;
    }
    is_looking_ = true;
    co_await look();
    is_looking_ = false;
    co_await pause(io_, settings_.replica_lag / looks);
  }
}

asio::awaitable<void> replicas::look() {
  if (!primary_.is_open()) {
    const std::string problem = co_await open_session(primary_, settings_, purpose::read,
                                                      std::min(connect_within, settings_.wait));
    if (!problem.empty()) co_return; // whoever writes says so
  }
  const clock::time_point now = clock::now();
  const result written = co_await primary_.run_one({written_sql, {}}, settings_.answer);
  if (written.ok()) marks_.push_back({now, written.integer(0, 0)});
}

} // namespace parley::storage_postgres
