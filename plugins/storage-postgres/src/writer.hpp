#pragma once

// The one connection that writes. What waits when it comes round is committed together. Belongs to
// the thread of its io_context.

#include "group.hpp"
#include "replicas.hpp"
#include "schema.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace parley::storage_postgres {

struct open_request {
  const parley_collection* collections = nullptr;
  std::uint32_t count = 0;
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
  clock::time_point since;
};

struct widen_request {
  const parley_collection* collections = nullptr;
  std::uint32_t count = 0;
  parley_driver_progress progress = nullptr; // nullptr: nobody asks
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
  clock::time_point since;
};

struct trim_request {
  std::string_view before;
  std::uint32_t limit = 0;
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
  clock::time_point since;
};

struct close_request {
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
  clock::time_point since;
};

using write_request =
    std::variant<open_request, commit_request, widen_request, trim_request, close_request>;

class writer {
 public:
  writer(asio::io_context& io, const settings& with, readers& reading, readers& searching,
         replicas& elsewhere);

  void ask(write_request what);

 private:
  // What became of a group.
  enum class fate {
    committed,
    again,       // it met others
    again_alone, // something in it is refused by the database: batch by batch
    lost,        // the connection broke, and nothing is committed
    in_doubt,    // it broke while the commit was under way
    failed
  };

  asio::awaitable<void> run();
  asio::awaitable<void> next();
  std::vector<commit_request> take_commits();
  asio::awaitable<void> commit(std::vector<commit_request> batches);
  // False: batch by batch, please.
  asio::awaitable<bool> commit_together(std::span<const commit_request> batches, bool is_alone);
  asio::awaitable<fate> attempt(group& what);
  asio::awaitable<fate> try_once(group& what);
  asio::awaitable<results> run_queries(const std::vector<query>& queries);
  fate fate_of(const results& seen);
  // Whether the group under way was committed; nothing where that cannot be found out.
  asio::awaitable<std::optional<bool>> find_out();

  asio::awaitable<void> one(open_request what);
  asio::awaitable<void> one(widen_request what);
  asio::awaitable<void> one(trim_request what);
  asio::awaitable<void> one(close_request what);
  asio::awaitable<std::string> open();
  asio::awaitable<void> widen(widen_request what, bool is_first);
  asio::awaitable<std::string> wait_for_the_dead();
  asio::awaitable<void> fill(widen_request what, std::shared_ptr<const layout> before,
                             std::shared_ptr<const layout> after);
  void end_widening(const widen_request& what, const std::string& problem);
  asio::awaitable<void> shut();

  // Tries until then; nothing where it is connected.
  asio::awaitable<std::string> connected(clock::time_point until);
  asio::awaitable<std::string> connect_once();
  void answer_overdue(const std::string& why);
  clock::time_point first_deadline(clock::time_point until) const;
  bool is_closing() const;

  asio::io_context& io_;
  const settings& settings_;
  readers &readers_, &searchers_;
  replicas& replicas_;
  std::deque<write_request> asked_;
  asio::steady_timer news_; // cancelled when there is something to do

  connection link_, changing_; // commits; changes of tables
  backoff between_;
  std::string why_; // of the last that failed
  std::string code_;
  commit_mark mark_;
  std::shared_ptr<const layout> layout_;        // null: not open
  std::shared_ptr<const layout> layout_before_; // while it is widened
  bool is_open_ = false, is_down_ = false, is_widening_ = false, is_shutting_ = false;
};

} // namespace parley::storage_postgres
