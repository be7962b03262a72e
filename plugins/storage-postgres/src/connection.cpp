#include "connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace parley::storage_postgres {
namespace {

constexpr int oldest_server = 130000;

// libpq ends its messages with a line break, and some have several lines.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char each : text) {
    if (each != '\n') {
      out += each;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

} // namespace

bool result::ok() const {
  const ExecStatusType status = PQresultStatus(of_.get());
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

bool result::is_skipped() const {
  return PQresultStatus(of_.get()) == PGRES_PIPELINE_ABORTED;
}

std::string_view result::code() const {
  const char* code = PQresultErrorField(of_.get(), PG_DIAG_SQLSTATE);
  return code != nullptr ? code : "";
}

std::string result::error() const {
  const char* text = PQresultErrorField(of_.get(), PG_DIAG_MESSAGE_PRIMARY);
  return one_line(text != nullptr ? text : PQresultErrorMessage(of_.get()));
}

std::int64_t result::integer(int row, int column) const {
  arena none;
  return decoded(of_.get(), row, column, none).as.integer;
}

std::string result::text(int row, int column) const {
  arena kept;
  const parley_cell what = decoded(of_.get(), row, column, kept);
  return what.kind == PARLEY_STRING ? std::string(view(what.as.text)) : std::string();
}

const result* first_failure(const results& of) {
  for (const result& each : of) {
    if (!each.ok() && !each.is_skipped()) return &each;
  }
  return nullptr;
}

// libpq's own complaint shows the address, and with it the password.
static bool is_readable(const std::string& url) {
  PQconninfoOption* const read = PQconninfoParse(url.c_str(), nullptr);
  PQconninfoFree(read);
  return read != nullptr;
}

asio::awaitable<std::string> connection::open(const std::string& url,
                                              std::chrono::milliseconds within) {
  const clock::time_point until = clock::now() + within;
  close();
  if (!is_readable(url))
    co_return "its address is none that libpq reads: a URL, or keys and values";
  const char* const keys[] = {"dbname", "fallback_application_name", "client_encoding", nullptr};
  const char* const values[] = {url.c_str(), "parley", "UTF8", nullptr};
  link_.reset(PQconnectStartParams(keys, values, 1));
  if (link_ == nullptr) co_return "no memory for a connection";
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  if (PQstatus(link_.get()) == CONNECTION_BAD) next = PGRES_POLLING_FAILED;
  while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
    watch_socket(); // it may be another one after each step
    const bool came =
        co_await ready(next == PGRES_POLLING_READING, next == PGRES_POLLING_WRITING, until);
    release_socket();
    if (!came) {
      give_up("no answer in " + std::to_string(within.count()) + " ms");
      co_return why_closed_;
    }
    next = PQconnectPoll(link_.get());
  }
  std::string problem;
  if (next != PGRES_POLLING_OK) {
    problem = fault();
  } else if (PQserverVersion(link_.get()) < oldest_server) {
    problem = "the server is older than PostgreSQL 13";
  } else if (const char* encoding = PQparameterStatus(link_.get(), "server_encoding");
             encoding == nullptr || std::string_view(encoding) != "UTF8") {
    problem = "the database's encoding is not UTF8: create it with `createdb -E UTF8 -T template0`";
  } else if (PQsetnonblocking(link_.get(), 1) != 0 || PQenterPipelineMode(link_.get()) != 1) {
    problem = fault();
  }
  if (!problem.empty()) {
    give_up(problem);
    co_return problem;
  }
  PQsetNoticeReceiver(
      link_.get(), [](void*, const PGresult*) {}, nullptr);
  watch_socket();
  co_return std::string();
}

std::string connection::place() const {
  return std::string(PQhost(link_.get())) + ":" + PQport(link_.get()) + "/" + PQdb(link_.get());
}

void connection::close() {
  give_up("it was closed");
}

void connection::give_up(std::string why) {
  release_socket();
  link_.reset();
  statements_.clear();
  expected_.clear();
  why_closed_ = std::move(why);
}

std::string connection::fault() const {
  return one_line(PQerrorMessage(link_.get()));
}

void connection::watch_socket() {
  socket_.emplace(io_, PQsocket(link_.get()));
}

// libpq closes it itself.
void connection::release_socket() {
  if (socket_.has_value()) socket_->release();
  socket_.reset();
}

asio::awaitable<bool> connection::ready(bool to_read, bool to_write, clock::time_point until) {
  using namespace asio::experimental::awaitable_operators;
  using asio::posix::descriptor_base;
  constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
  alarm_.expires_at(until);
  if (to_read && to_write) {
    const auto first = co_await (socket_->async_wait(descriptor_base::wait_read, quietly) ||
                                 socket_->async_wait(descriptor_base::wait_write, quietly) ||
                                 alarm_.async_wait(quietly));
    co_return first.index() != 2;
  }
  const auto what = to_read ? descriptor_base::wait_read : descriptor_base::wait_write;
  const auto first = co_await (socket_->async_wait(what, quietly) || alarm_.async_wait(quietly));
  co_return first.index() != 1;
}

asio::awaitable<results> connection::run(const std::vector<query>& queries, sync how,
                                         std::chrono::milliseconds within) {
  results out(queries.size());
  if (link_ == nullptr || queries.empty()) co_return out;
  const clock::time_point until = clock::now() + within;
  if (!send(queries, how)) {
    give_up(fault());
    co_return out;
  }
  while (true) {
    const int left = PQflush(link_.get());
    if (left < 0 || !take(queries, out)) {
      give_up(fault());
      co_return out;
    }
    if (expected_.empty()) co_return out;
    if (!co_await ready(true, left == 1, until)) {
      give_up("no answer in " + std::to_string(within.count()) + " ms");
      co_return out;
    }
    if (PQconsumeInput(link_.get()) != 1) {
      // What came before the end may say why it ended.
      while (take_one(queries, out)) {
      }
      const result* last = first_failure(out);
      give_up(last != nullptr && !last->error().empty() ? last->error() : fault());
      co_return out;
    }
  }
}

asio::awaitable<result> connection::run_one(query what, std::chrono::milliseconds within) {
  std::vector<query> one;
  one.push_back(std::move(what));
  results out = co_await run(one, sync::at_end, within);
  co_return std::move(out.front());
}

bool connection::send(const std::vector<query>& queries, sync how) {
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (!send_one(queries[i], i)) return false;
    if (how == sync::at_end && i + 1 != queries.size()) continue;
    if (PQpipelineSync(link_.get()) != 1) return false;
    expected_.push_back({step::sync, i});
  }
  return true;
}

bool connection::send_one(const query& what, std::size_t at) {
  statement& of = statements_[what.sql];
  if (of.name.empty()) of.name = "s" + std::to_string(statements_.size());
  if (!std::exchange(of.is_prepared, true)) {
    if (PQsendPrepare(link_.get(), of.name.c_str(), what.sql.c_str(), what.with.count(),
                      what.with.types()) != 1) {
      return false;
    }
    expected_.push_back({step::preparation, at});
  }
  if (PQsendQueryPrepared(link_.get(), of.name.c_str(), what.with.count(),
                          what.with.values().data(), what.with.lengths(), what.with.formats(),
                          1) != 1) {
    return false;
  }
  expected_.push_back({step::execution, at});
  return true;
}

// All that has come. False where that is not what was expected.
bool connection::take(const std::vector<query>& queries, results& out) {
  while (!expected_.empty() && PQisBusy(link_.get()) == 0) {
    if (!take_one(queries, out)) return false;
  }
  return true;
}

bool connection::take_one(const std::vector<query>& queries, results& out) {
  if (expected_.empty()) return false;
  PGresult* came = PQgetResult(link_.get());
  if (came == nullptr) return PQstatus(link_.get()) == CONNECTION_OK; // the end of a query
  result one;
  one.of_.reset(came);
  const expected of = expected_.front();
  expected_.pop_front();
  if (of.what == step::sync) return PQresultStatus(came) == PGRES_PIPELINE_SYNC;
  if (PQresultStatus(came) == PGRES_PIPELINE_SYNC) return false;
  if (of.what == step::preparation) {
    if (one.ok()) return true;
    statements_[queries[of.query].sql].is_prepared = false;
    out[of.query] = std::move(one);
    return true;
  }
  // The reason why it could not be prepared says more than that it was skipped.
  result& to = out[of.query];
  if (to.get() == nullptr || to.is_skipped()) to = std::move(one);
  return true;
}

} // namespace parley::storage_postgres
