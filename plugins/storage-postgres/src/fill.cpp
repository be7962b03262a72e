// Rows that lack a default, in steps of some milliseconds: commits go on in between.

#include "schema.hpp"
#include "statements.hpp"

#include <algorithm>

namespace parley::storage_postgres {
namespace {

constexpr std::uint64_t rows_a_step = 1000;

class filling {
 public:
  filling(connection& link, const settings& with, const table& of, const shape& by)
      : link_(link), with_(with), of_(of), by_(by), keys_(column_list(of, of.key())) {}

  asio::awaitable<std::string> count() {
    const result seen =
        co_await link_.run_one({"SELECT count(*) FROM " + table_name(of_), {}}, with_.answer);
    if (seen.ok()) total_ = static_cast<std::uint64_t>(seen.integer(0, 0));
    co_return problem_of(seen);
  }

  // Looks at the next rows.
  asio::awaitable<std::string> step() {
    if (last_.empty()) {
      const result found = co_await link_.run_one(find_last(), with_.answer);
      if (!found.ok()) co_return problem_of(found);
      for (std::uint32_t i = 0; found.rows() > 0 && i < of_.key_count; ++i) {
        last_.push_back(decoded(found.get(), 0, static_cast<int>(i), texts_));
        if (last_.back().kind != PARLEY_STRING) continue;
        last_.back() = cell(std::string_view(texts_.emplace_back(view(last_.back().as.text))));
      }
    }
    const result written = co_await link_.run_one(update(), with_.answer);
    if (!written.ok()) co_return problem_of(written);
    // What others insert meanwhile has its default; the count is of those that were there.
    is_done_ = last_.empty();
    done_ = is_done_ ? total_ : std::min(done_ + rows_a_step, total_);
    seen_ = std::move(last_);
    last_.clear();
    co_return std::string();
  }

  bool is_done() const { return is_done_; }
  std::uint64_t done() const { return done_; }
  std::uint64_t total() const { return total_; }
  const std::string& code() const { return code_; }

 private:
  std::string problem_of(const result& of) {
    code_ = of.code();
    if (!link_.is_open()) return link_.why_closed();
    return of.ok() ? std::string() : of.error();
  }

  // `(a, b) > ($1, $2)`, and the parameters of it.
  std::string beyond(const char* how, const cells& key, parameters& with) const {
    std::string places;
    for (std::uint32_t i = 0; i < of_.key_count; ++i) {
      with.add(of_.columns[i].type, key[i]);
      places += (i == 0 ? "$" : ", $") + std::to_string(with.count());
    }
    return "(" + keys_ + ") " + how + " (" + places + ")";
  }

  query find_last() const {
    query out{"SELECT " + keys_ + " FROM " + table_name(of_), {}};
    if (!seen_.empty()) out.sql += " WHERE " + beyond(">", seen_, out.with);
    out.sql += " ORDER BY " + keys_ + " LIMIT 1 OFFSET " + std::to_string(rows_a_step - 1);
    return out;
  }

  query update() const {
    query out;
    std::string set, missing;
    for (const std::uint32_t at : by_.fill) {
      const std::string name = quoted(of_.columns[at].name);
      out.with.add(of_.columns[at].type, of_.columns[at].fallback.cell());
      set += (set.empty() ? "" : ", ") + name + " = coalesce(" + name + ", $" +
             std::to_string(out.with.count()) + ")";
      missing += (missing.empty() ? "" : " OR ") + name + " IS NULL";
    }
    out.sql = "UPDATE " + table_name(of_) + " SET " + set + " WHERE (" + missing + ")";
    if (!seen_.empty()) out.sql += " AND " + beyond(">", seen_, out.with);
    if (!last_.empty()) out.sql += " AND " + beyond("<=", last_, out.with);
    return out;
  }

  connection& link_;
  const settings& with_;
  const table& of_;
  const shape& by_;
  const std::string keys_;
  cells seen_, last_; // keys: up to which all is done, and of the step at hand
  arena texts_;
  bool is_done_ = false;
  std::uint64_t done_ = 0, total_ = 0;
  std::string code_;
};

} // namespace

asio::awaitable<std::string> fill_rows(asio::io_context& io, connection& link, const settings& with,
                                       const table& of, const shape& by,
                                       std::function<bool()> goes_on, fill_progress tell) {
  filling what(link, with, of, by);
  std::string problem = co_await what.count();
  if (!problem.empty()) co_return problem;
  tell(what.done(), what.total());
  backoff between;
  while (!what.is_done()) {
    if (!goes_on()) {
      co_return "the store was closed before the migration ended; it goes on when it is opened "
                "next";
    }
    problem = co_await what.step();
    if (is_worth_another_try(what.code())) {
      co_await pause(io, between.next());
      continue;
    }
    if (!problem.empty()) co_return problem;
    between.reset();
    tell(what.done(), what.total());
  }
  co_return std::string();
}

} // namespace parley::storage_postgres
