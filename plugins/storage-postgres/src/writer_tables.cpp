// How the writer opens, widens and closes the store.

#include "replies.hpp"
#include "writer.hpp"

#include "parley/log.h"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <utility>

namespace parley::storage_postgres {

asio::awaitable<void> writer::one(open_request what) {
  if (layout_ != nullptr) {
    reply(what.done, what.user, PARLEY_E_UNAVAILABLE, "the store is already open");
    co_return;
  }
  const std::string problem = co_await open();
  if (!problem.empty()) {
    co_await shut();
    reply(what.done, what.user, PARLEY_E_UNAVAILABLE, problem);
    co_return;
  }
  layout_ = std::make_shared<const layout>();
  co_await widen({what.collections, what.count, nullptr, what.done, what.user, what.since}, true);
}

asio::awaitable<std::string> writer::open() {
  const std::string problem = co_await connected(clock::now() + settings_.wait);
  if (!problem.empty()) co_return problem;
  const result made =
      co_await link_.run_one({"SELECT gen_random_uuid()::text", {}}, settings_.answer);
  if (!made.ok()) co_return link_.is_open() ? made.error() : link_.why_closed();
  mark_ = {made.text(0, 0), 0};
  co_return std::string();
}

asio::awaitable<void> writer::one(widen_request what) {
  if (layout_ == nullptr || is_widening_) {
    reply(
        what.done, what.user, PARLEY_E_UNAVAILABLE,
        is_widening_ ? "the store is still widened for another request" : "the store is not open");
    co_return;
  }
  co_await widen(what, false);
}

// The tables now, so that what comes after is written by the new shapes; then the rows, beside
// commits.
asio::awaitable<void> writer::widen(widen_request what, bool is_first) {
  is_widening_ = true;
  std::string problem;
  layout wider = widened(*layout_, what.collections, what.count, problem);
  if (problem.empty() && !changing_.is_open()) {
    problem = co_await open_session(changing_, settings_, purpose::change_tables, connect_within);
  }
  if (problem.empty()) {
    problem = co_await change_tables(io_, changing_, settings_, layout_->shapes.size(), wider);
  }
  if (problem.empty() && is_first) problem = co_await wait_for_the_dead();
  if (!problem.empty()) {
    end_widening(what, problem);
    if (is_first) co_await shut();
    co_return;
  }
  layout_before_ = std::exchange(layout_, std::make_shared<const layout>(std::move(wider)));
  asio::co_spawn(io_, fill(what, layout_before_, layout_), or_terminate);
}

// A server that died a moment ago may have sent a COMMIT that PostgreSQL is still busy with. Until
// that ends it holds the server's row. Whoever is told a topic's head from here on is told of all
// events that are there: those that came after it would be announced by nobody.
asio::awaitable<std::string> writer::wait_for_the_dead() {
  const std::vector<query> both{
      {"INSERT INTO nodes(id, last_group) VALUES($1, 0)",
       parameters().add(std::string_view(mark_.node))},
      {"SELECT count(*) FROM (SELECT 1 FROM nodes ORDER BY id FOR UPDATE) AS n", {}}};
  const results seen = co_await link_.run(both, sync::after_each, settings_.answer);
  const result* failed = first_failure(seen);
  if (failed == nullptr) co_return std::string();
  co_return link_.is_open() ? failed->error() : link_.why_closed();
}

asio::awaitable<void> writer::fill(widen_request what, std::shared_ptr<const layout> before,
                                   std::shared_ptr<const layout> after) {
  const std::size_t known = before->shapes.size();
  const auto goes_on = [this] { return !is_shutting_; };
  std::string problem;
  for (std::size_t i = known; i < after->shapes.size() && problem.empty(); ++i) {
    const shape& by = after->shapes[i];
    if (by.fill.empty()) continue;
    const table& of = after->tables[by.table];
    const auto tell = [&](std::uint64_t done, std::uint64_t total) {
      if (what.progress == nullptr) return;
      what.progress(what.user, static_cast<std::uint32_t>(i - known), done, total);
    };
    problem = co_await fill_rows(io_, changing_, settings_, of, by, goes_on, tell);
    if (!problem.empty()) problem = "collection " + of.name + ": " + problem;
  }
  end_widening(what, problem);
}

void writer::end_widening(const widen_request& what, const std::string& problem) {
  is_widening_ = false;
  if (problem.empty()) {
    is_open_ = true;
    readers_.open(layout_);
    searchers_.open(layout_);
    replicas_.open(layout_);
  } else if (layout_before_ != nullptr) {
    layout_ = layout_before_;
  }
  layout_before_ = nullptr;
  if (!is_open_ && !problem.empty()) layout_ = nullptr;
  reply(what.done, what.user, problem.empty() ? PARLEY_OK : PARLEY_E_UNAVAILABLE, problem);
}

asio::awaitable<void> writer::one(close_request what) {
  co_await shut();
  reply(what.done, what.user, PARLEY_OK, {});
}

asio::awaitable<void> writer::shut() {
  is_shutting_ = true;
  while (is_widening_) co_await pause(io_, std::chrono::milliseconds(1));
  is_shutting_ = false;
  if (std::exchange(is_open_, false)) {
    co_await replicas_.close();
    co_await readers_.close();
    co_await searchers_.close();
  }
  if (link_.is_open() && !mark_.node.empty()) {
    co_await link_.run_one(
        {"DELETE FROM nodes WHERE id = $1", parameters().add(std::string_view(mark_.node))},
        settings_.answer);
  }
  link_.close();
  changing_.close();
  layout_ = nullptr;
}

} // namespace parley::storage_postgres
