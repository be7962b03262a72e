#pragma once

// One connection to PostgreSQL: libpq in pipeline mode, waited for by Asio. Belongs to the thread
// of its io_context. Errors are values: a query that failed has a result that says so.

#include "values.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley::storage_postgres {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

struct query {
  std::string sql;
  parameters with;
};

class result {
 public:
  bool ok() const;
  // An earlier query of the same pipeline failed, so this one was not run.
  bool is_skipped() const;
  // Five letters, as PostgreSQL's documentation lists them; empty where the connection broke.
  std::string_view code() const;
  std::string error() const;
  int rows() const { return PQntuples(of_.get()); }
  std::string_view changed() const { return PQcmdTuples(of_.get()); } // rows, in decimal
  const PGresult* get() const { return of_.get(); }
  bool is_null(int row, int column) const { return PQgetisnull(of_.get(), row, column) != 0; }
  std::int64_t integer(int row, int column) const;
  std::string text(int row, int column) const;

 private:
  friend class connection;
  struct clear {
    void operator()(PGresult* what) const { PQclear(what); }
  };
  std::unique_ptr<PGresult, clear> of_;
};
using results = std::vector<result>;

// The one that sinks the rest; nullptr: all went well.
const result* first_failure(const results& of);

enum class sync { at_end, after_each };

class connection {
 public:
  explicit connection(asio::io_context& io) : io_(io), alarm_(io) {}
  ~connection() { close(); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  // What is wrong, or nothing.
  asio::awaitable<std::string> open(const std::string& url, std::chrono::milliseconds within);
  void close();
  bool is_open() const { return link_ != nullptr; }
  // Host, port and database, while it is open.
  std::string place() const;

  // One result a query, in order. With sync::at_end a failure sinks the queries after it. Where no
  // answer comes in time, or the link breaks, the connection is closed. One call at a time.
  asio::awaitable<results> run(const std::vector<query>& queries, sync how,
                               std::chrono::milliseconds within);
  asio::awaitable<result> run_one(query what, std::chrono::milliseconds within);
  const std::string& why_closed() const { return why_closed_; }

 private:
  enum class step { preparation, execution, sync };
  struct expected {
    step what = step::sync;
    std::size_t query = 0;
  };
  struct statement {
    std::string name;
    bool is_prepared = false;
  };
  struct finish {
    void operator()(PGconn* link) const { PQfinish(link); }
  };

  bool send(const std::vector<query>& queries, sync how);
  bool send_one(const query& what, std::size_t at);
  bool take(const std::vector<query>& queries, results& out);
  bool take_one(const std::vector<query>& queries, results& out);
  // False where the time is over first.
  asio::awaitable<bool> ready(bool to_read, bool to_write, clock::time_point until);
  void watch_socket();
  void release_socket();
  void give_up(std::string why);
  std::string fault() const;

  asio::io_context& io_;
  asio::steady_timer alarm_;
  std::unique_ptr<PGconn, finish> link_;
  std::optional<asio::posix::stream_descriptor> socket_;
  std::unordered_map<std::string, statement> statements_; // by their text
  std::deque<expected> expected_;
  std::string why_closed_ = "it was not opened";
};

} // namespace parley::storage_postgres
