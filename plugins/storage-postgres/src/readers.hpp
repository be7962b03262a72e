#pragma once

// Connections that read, or that search. Each takes a share of what waits, and asks for all of it
// in one pipeline. Belongs to the thread of its io_context.

#include "read_requests.hpp"
#include "session.hpp"

#include <deque>
#include <memory>
#include <vector>

namespace parley::storage_postgres {

class readers {
 public:
  readers(asio::io_context& io, const settings& with, purpose what, std::uint32_t connections);

  // Again for another layout: what is asked from then on is answered by it.
  void open(std::shared_ptr<const layout> known);
  // When all that was asked is answered and the connections are closed.
  asio::awaitable<void> close();
  void ask(read_request what);

 private:
  struct one {
    explicit one(asio::io_context& io) : link(io), news(io) {}
    connection link;
    asio::steady_timer news; // cancelled when there is something to do
    backoff between;
    bool is_busy = false;
  };

  asio::awaitable<void> serve(one& by);
  asio::awaitable<void> answer(one& by, std::vector<read_request> requests);
  asio::awaitable<void> connect(one& by);
  std::vector<read_request> take();
  void give_back(std::vector<read_request> requests, const std::string& why);

  asio::io_context& io_;
  const settings& settings_;
  const purpose purpose_;
  std::deque<read_request> asked_;
  std::shared_ptr<const layout> layout_; // null: not open
  std::vector<std::unique_ptr<one>> all_;
};

} // namespace parley::storage_postgres
