#include "readers.hpp"

#include "replies.hpp"

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
    query made = query_of(*known, settings_.ranked, each, fault);
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
      reply_failure(sent[i], seen[i]);
    }
  }
  if (!again.empty()) give_back(std::move(again), by.link.why_closed());
}

} // namespace parley::storage_postgres
