#include "writer.hpp"

#include "replies.hpp"

#include "parley/log.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace parley::storage_postgres {
namespace {

// More in one transaction gains nothing, and the first of them waits for the last.
constexpr std::size_t largest_group = 512;
constexpr std::uint32_t most_operations = 20'000; // unless one batch has more
// Of a batch alone that meets others: then a unique index is in the way that nobody here knows.
constexpr int most_collisions = 8;

constexpr const char* find_out_sql = "SELECT last_group FROM nodes WHERE id = $1 FOR UPDATE";
constexpr const char* trim_sql =
    "DELETE FROM log WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM log WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED))";

// What only one batch can be at fault for.
bool is_of_the_data(std::string_view code) {
  const std::string_view kind = code.substr(0, 2);
  return kind == "22" || kind == "23" || kind == "54";
}

} // namespace

writer::writer(asio::io_context& io, const settings& with, readers& reading, readers& searching,
               replicas& elsewhere)
    : io_(io),
      settings_(with),
      readers_(reading),
      searchers_(searching),
      replicas_(elsewhere),
      news_(io),
      link_(io),
      changing_(io) {
  asio::co_spawn(io, run(), or_terminate);
}

void writer::ask(write_request what) {
  asked_.push_back(std::move(what));
  news_.cancel();
}

asio::awaitable<void> writer::run() {
  while (true) {
    if (!asked_.empty()) {
      co_await next();
      continue;
    }
    news_.expires_at(clock::time_point::max());
    co_await news_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<void> writer::next() {
  if (std::holds_alternative<commit_request>(asked_.front())) {
    std::vector<commit_request> batches = take_commits();
    co_await commit(std::move(batches));
    co_return;
  }
  write_request what = std::move(asked_.front());
  asked_.pop_front();
  if (const auto* opened = std::get_if<open_request>(&what)) co_await one(*opened);
  if (const auto* wider = std::get_if<widen_request>(&what)) co_await one(*wider);
  if (const auto* trimmed = std::get_if<trim_request>(&what)) co_await one(*trimmed);
  if (const auto* closed = std::get_if<close_request>(&what)) co_await one(*closed);
}

// Everything else ends the group, so that the order stays as it was given.
std::vector<commit_request> writer::take_commits() {
  std::vector<commit_request> out;
  std::uint64_t operations = 0;
  while (!asked_.empty() && out.size() < largest_group) {
    const auto* next = std::get_if<commit_request>(&asked_.front());
    if (next == nullptr) break;
    operations += next->batch->op_count;
    if (!out.empty() && operations > most_operations) break;
    out.push_back(*next);
    asked_.pop_front();
  }
  return out;
}

asio::awaitable<void> writer::commit(std::vector<commit_request> batches) {
  if (layout_ == nullptr) {
    for (const commit_request& each : batches) {
      answer(each, PARLEY_E_UNAVAILABLE, 0, "the store is not open");
    }
    co_return;
  }
  const std::span<const commit_request> all(batches);
  if (co_await commit_together(all, false)) co_return;
  for (std::size_t i = 0; i < all.size(); ++i) co_await commit_together(all.subspan(i, 1), true);
}

asio::awaitable<bool> writer::commit_together(std::span<const commit_request> batches,
                                              bool is_alone) {
  const clock::time_point until = clock::now() + settings_.wait;
  const std::shared_ptr<const layout> known = layout_;
  backoff between;
  for (int collisions = 0;;) {
    std::string why = co_await connected(until);
    fate what = fate::failed;
    if (why.empty()) {
      group one(*known, batches, is_alone);
      what = co_await attempt(one);
      if (what == fate::committed) {
        one.answer_all();
        co_return true;
      }
      why = why_;
    }
    if (what == fate::again_alone && !is_alone) co_return false;
    const bool is_over = clock::now() >= until || ++collisions > most_collisions * 100;
    if (what == fate::again_alone && (code_ != "23505" || ++collisions > most_collisions)) {
      const bool is_conflict = code_ == "23505";
      answer(batches.front(), is_conflict ? PARLEY_E_CONFLICT : PARLEY_E_INVALID, 0, why);
      co_return true;
    }
    if (what == fate::failed || (is_over && what != fate::lost)) {
      for (const commit_request& each : batches) answer(each, PARLEY_E_UNAVAILABLE, 0, why);
      co_return true;
    }
    if (what != fate::lost) co_await pause(io_, between.next());
  }
}

// Once; and where the answer to the commit was lost, finds out what became of it.
asio::awaitable<writer::fate> writer::attempt(group& what) {
  ++mark_.number;
  const fate seen = co_await try_once(what);
  if (seen != fate::in_doubt) co_return seen;
  settings_.say(PARLEY_WARN, "the connection to PostgreSQL broke during a commit: " + why_ +
                                 "; finding out what became of it");
  const std::optional<bool> is_committed = co_await find_out();
  if (is_committed.has_value()) co_return *is_committed ? fate::committed : fate::lost;
  why_ = "it is not known whether this was committed: " + why_;
  co_return fate::failed;
}

asio::awaitable<writer::fate> writer::try_once(group& what) {
  results seen = co_await run_queries(what.begin(mark_));
  if (const fate so_far = fate_of(seen); so_far != fate::committed) co_return so_far;
  what.take_begin(std::move(seen));
  while (true) {
    const std::vector<query> more = what.apply();
    if (more.empty()) break;
    seen = co_await run_queries(more);
    if (const fate so_far = fate_of(seen); so_far != fate::committed) co_return so_far;
    what.take_rows(std::move(seen));
  }
  seen = co_await run_queries(what.end());
  const fate so_far = fate_of(seen);
  co_return so_far == fate::lost ? fate::in_doubt : so_far;
}

// In a transaction: rolls it back where one fails.
asio::awaitable<results> writer::run_queries(const std::vector<query>& queries) {
  results out = co_await link_.run(queries, sync::at_end, settings_.answer);
  if (!link_.is_open()) {
    why_ = link_.why_closed();
  } else if (const result* failed = first_failure(out); failed != nullptr) {
    why_ = failed->error();
    code_ = failed->code();
    co_await link_.run_one({"ROLLBACK", {}}, settings_.answer);
  }
  co_return out;
}

writer::fate writer::fate_of(const results& seen) {
  const result* failed = first_failure(seen);
  if (failed == nullptr) return fate::committed;
  if (failed->code().empty() || !link_.is_open()) return fate::lost;
  if (is_worth_another_try(code_)) return fate::again;
  if (is_of_the_data(code_)) return fate::again_alone;
  if (code_ == "25006") { // another server has taken over, and this one only reads
    link_.close();
    return fate::lost;
  }
  return fate::failed;
}

// The row of this node was written in the transaction in doubt before its commit was sent, so who
// gets to lock it knows that it has ended, and reads how.
asio::awaitable<std::optional<bool>> writer::find_out() {
  clock::time_point give_up = clock::time_point::max();
  while (true) {
    if (is_closing()) give_up = std::min(give_up, clock::now() + settings_.wait);
    const std::string why = co_await connected(std::min(give_up, clock::now() + settings_.wait));
    if (why.empty()) {
      const result seen = co_await link_.run_one(
          {find_out_sql, parameters().add(std::string_view(mark_.node))}, settings_.answer);
      if (seen.ok()) co_return seen.rows() == 1 && seen.integer(0, 0) == mark_.number;
    }
    if (clock::now() >= give_up) co_return std::nullopt;
  }
}

asio::awaitable<std::string> writer::connected(clock::time_point until) {
  while (!link_.is_open()) {
    const std::string problem = co_await connect_once();
    if (problem.empty()) {
      between_.reset();
      if (std::exchange(is_down_, false)) settings_.say(PARLEY_INFO, "PostgreSQL is there again");
      break;
    }
    const std::string why = "PostgreSQL cannot be reached: " + problem;
    if (!std::exchange(is_down_, true)) settings_.say(PARLEY_ERROR, why + "; trying again");
    answer_overdue(why);
    if (clock::now() >= until) co_return why;
    const auto left = first_deadline(until) - clock::now();
    co_await pause(io_, std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(left),
                                   std::chrono::milliseconds(1), between_.next()));
  }
  co_return std::string();
}

asio::awaitable<std::string> writer::connect_once() {
  co_return co_await open_session(link_, settings_, purpose::write,
                                  std::min(connect_within, settings_.wait));
}

// Those behind what is under way, who have waited for too long.
void writer::answer_overdue(const std::string& why) {
  const clock::time_point latest = clock::now() - settings_.wait;
  while (!asked_.empty()) {
    if (const auto* batch = std::get_if<commit_request>(&asked_.front())) {
      if (batch->since > latest) return;
      answer(*batch, PARLEY_E_UNAVAILABLE, 0, why);
    } else if (const auto* trim = std::get_if<trim_request>(&asked_.front())) {
      if (trim->since > latest) return;
      reply(trim->done, trim->user, PARLEY_E_UNAVAILABLE, why);
    } else {
      return;
    }
    asked_.pop_front();
  }
}

clock::time_point writer::first_deadline(clock::time_point until) const {
  if (asked_.empty()) return until;
  return std::min(until, std::visit([](const auto& what) { return what.since; }, asked_.front()) +
                             settings_.wait);
}

bool writer::is_closing() const {
  return std::any_of(asked_.begin(), asked_.end(), [](const write_request& each) {
    return std::holds_alternative<close_request>(each);
  });
}

asio::awaitable<void> writer::one(trim_request what) {
  std::string why = "the store is not open";
  parley_status status = PARLEY_E_UNAVAILABLE;
  bool more = false;
  if (layout_ != nullptr) why = co_await connected(what.since + settings_.wait);
  if (why.empty()) {
    const result seen = co_await link_.run_one(
        {trim_sql, parameters().add(what.before).add(std::int64_t{what.limit})}, settings_.answer);
    status = seen.ok() ? PARLEY_OK : PARLEY_E_UNAVAILABLE;
    more = seen.ok() && seen.changed() == std::to_string(what.limit);
    if (!seen.ok()) why = link_.is_open() ? seen.error() : link_.why_closed();
  }
  reply(what.done, what.user, status, why, more);
}

} // namespace parley::storage_postgres
