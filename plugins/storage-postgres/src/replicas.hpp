#pragma once

// Standbys that answer reads which may lag. None is behind by more than settings.replica_lag: what
// the primary's log had come to is looked at a few times in that time, and an answer counts if the
// standby had replayed as much. Everything else, and whatever fails, the primary answers. Belongs
// to the thread of its io_context.

#include "readers.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace parley::storage_postgres {

class replicas {
 public:
  // `reading` and `searching` are the primary's.
  replicas(asio::io_context& io, const settings& with, readers& reading, readers& searching);

  // Again for another layout: what is asked from then on is answered by it.
  void open(std::shared_ptr<const layout> known);
  // When nothing is under way any more; what waits has gone to the primary.
  asio::awaitable<void> close();
  // To one that can answer, or to the primary.
  void ask(read_request what);

 private:
  struct one {
    one(asio::io_context& io, std::size_t at, purpose use)
        : number(at), as(use), link(io), news(io) {}
    const std::size_t number; // in settings.replicas
    const purpose as;
    connection link;
    asio::steady_timer news; // cancelled when there is something to do
    backoff between;
    std::deque<read_request> asked;
    clock::time_point behind_until; // it lagged, and is not asked until then
    bool is_busy = false;
  };
  // Up to there the primary had written its log at that time.
  struct mark {
    clock::time_point at;
    std::int64_t position = 0;
  };

  asio::awaitable<void> serve(one& by);
  asio::awaitable<void> connect(one& by);
  // Goes on after its name; empty: it is one.
  asio::awaitable<std::string> why_no_standby(one& by);
  asio::awaitable<void> answer(one& by);
  // Whether what a standby told of its replay is recent enough; else it is left alone for a while.
  bool is_recent(one& by, const result& replayed, std::int64_t needed) const;
  void hand_over(std::deque<read_request> requests);
  asio::awaitable<void> watch_primary();
  asio::awaitable<void> look();
  // The position that a standby needs to have now; nothing where that is not known.
  std::optional<std::int64_t> needed();
  asio::awaitable<void> wait(asio::steady_timer& for_news) const;

  asio::io_context& io_;
  const settings& settings_;
  readers &readers_, &searchers_;
  std::shared_ptr<const layout> layout_; // null: not open
  std::vector<std::unique_ptr<one>> all_;
  std::deque<bool> are_away_; // by their numbers
  connection primary_;
  asio::steady_timer opened_; // cancelled then
  std::deque<mark> marks_;    // the oldest first
  bool is_looking_ = false;
};

} // namespace parley::storage_postgres
