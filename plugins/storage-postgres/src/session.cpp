#include "session.hpp"

#include "statements.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <random>

namespace parley::storage_postgres {
namespace {

bool writes(purpose what) {
  return what == purpose::write || what == purpose::change_tables;
}

std::vector<query> set_up(const settings& with, purpose what) {
  std::vector<query> out;
  const auto set = [&](const char* name, const std::string& value) {
    out.push_back(
        {"SELECT set_config($1, $2, false)", parameters().add(std::string_view(name)).add(value)});
  };
  set("search_path", quoted(with.schema));
  set("lock_timeout", std::to_string(with.wait.count()));
  if (what == purpose::change_tables) return out;
  if (what != purpose::write) set("default_transaction_read_only", "on");
  // Statements are made once, and all of them go by keys and indexes: a plan that was made while a
  // table was small must not read the whole of it when it is large.
  set("plan_cache_mode", "force_generic_plan");
  set("jit", "off");
  set("enable_seqscan", "off");
  if (what == purpose::search) {
    set("enable_indexscan", "off"); // what is left is the index of words
    set("statement_timeout", std::to_string(with.wait.count()));
    return out;
  }
  set("enable_hashjoin", "off");
  set("enable_mergejoin", "off");
  set("enable_bitmapscan", "off");
  if (what == purpose::read) {
    set("enable_sort", "off"); // in the order of an index, then, and no further than the limit
  } else {
    // What a node holds that vanished is free again by then.
    set("idle_in_transaction_session_timeout", std::to_string(with.wait.count()));
    set("synchronous_commit", "on");
    out.push_back({"SELECT pg_advisory_lock_shared(hashtext('parley'), hashtext($1))",
                   parameters().add(std::string_view(with.schema))});
  }
  return out;
}

} // namespace

asio::awaitable<std::string> open_session(connection& link, const settings& with, purpose what,
                                          std::chrono::milliseconds within) {
  std::string problem = co_await link.open(with.url, within);
  if (!problem.empty()) co_return problem;
  std::vector<query> all = set_up(with, what);
  if (writes(what)) all.push_back({is_standby_sql, {}});
  const results seen = co_await link.run(all, sync::at_end, within);
  if (link.is_open()) {
    const result* failed = first_failure(seen);
    if (failed != nullptr)
      problem = failed->error();
    else if (writes(what) && seen.back().integer(0, 0) != 0)
      problem = "the server at " + link.place() +
                " is a standby, which only reads; give the primary in `url`, or all hosts and "
                "target_session_attrs=read-write";
    else
      co_return std::string();
    link.close();
  } else {
    problem = link.why_closed();
  }
  co_return problem;
}

std::chrono::milliseconds backoff::next() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto span = static_cast<std::minstd_rand::result_type>(least_.count());
  const std::chrono::milliseconds out = least_ + std::chrono::milliseconds(random() % span);
  least_ = std::min(least_ * 2, longest);
  return out;
}

asio::awaitable<void> pause(asio::io_context& io, std::chrono::milliseconds time) {
  asio::steady_timer timer(io, time);
  co_await timer.async_wait(asio::use_awaitable);
}

bool is_worth_another_try(std::string_view code) {
  return code == "40001" || code == "40P01" || code == "55P03";
}

} // namespace parley::storage_postgres
