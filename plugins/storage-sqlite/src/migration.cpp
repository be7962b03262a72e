#include "migration.hpp"

#include "replies.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace parley::storage_sqlite {
namespace {

// Some milliseconds: what a commit may have to wait for.
constexpr std::uint64_t rows_a_step = 1000;

std::string places(std::uint32_t count) {
  std::string out = "(";
  for (std::uint32_t i = 0; i < count; ++i) out += i == 0 ? "?" : ", ?";
  return out + ")";
}

} // namespace

std::string migration::begin() {
  std::string problem;
  added_ = copied(what_.collections, what_.count, problem);
  if (problem.empty()) problem = prepare_tables(file_, *before_, added_);
  if (!problem.empty()) return problem;
  after_ = std::make_shared<const layout>(joined(*before_, added_));
  find_next();
  return {};
}

void migration::find_next() {
  while (at_ < added_.size() && added_[at_].fill.empty()) ++at_;
}

void migration::end(parley_status status, const std::string& why) const {
  reply(what_.done, what_.user, status, why);
}

void migration::tell() const {
  if (what_.progress != nullptr) {
    what_.progress(what_.user, static_cast<std::uint32_t>(at_), done_, total_);
  }
}

std::string migration::step() {
  const collection& of = added_[at_];
  if (!std::exchange(is_counted_, true)) {
    std::string problem = count_rows(of);
    if (problem.empty()) tell();
    return problem;
  }
  std::string problem = fill(of);
  if (!problem.empty()) return "collection " + of.name + ": " + problem;
  tell();
  if (!seen_.empty()) return {};
  ++at_;
  is_counted_ = false;
  find_next();
  return {};
}

std::string migration::count_rows(const collection& of) {
  statement count;
  if (file_.prepare("SELECT count(*) FROM " + quoted(of.name), count) != SQLITE_OK ||
      count.step() != SQLITE_ROW) {
    return file_.error();
  }
  total_ = static_cast<std::uint64_t>(count.integer(0));
  done_ = 0;
  seen_.clear();
  return {};
}

std::string migration::fill(const collection& of) {
  std::vector<key_value> last;
  std::string problem = find_last(of, last);
  if (problem.empty()) problem = update(of, last);
  if (!problem.empty()) return problem;
  // What others insert meanwhile has its default; the count is of those that were there.
  done_ = last.empty() ? total_ : std::min(done_ + rows_a_step, total_);
  seen_ = std::move(last);
  return {};
}

// The key of the last row of this step; empty: the table ends before.
std::string migration::find_last(const collection& of, std::vector<key_value>& last) {
  const std::string keys = key_list(of);
  std::string sql = "SELECT " + keys + " FROM " + quoted(of.name);
  if (!seen_.empty()) sql += " WHERE (" + keys + ") > " + places(of.key_count);
  sql += " ORDER BY " + keys + " LIMIT 1 OFFSET " + std::to_string(rows_a_step - 1);
  statement find;
  if (file_.prepare(sql, find) != SQLITE_OK) return file_.error();
  for (std::size_t i = 0; i < seen_.size(); ++i) find.bind(static_cast<int>(i) + 1, seen_[i].cell);
  const int code = find.step();
  if (code == SQLITE_DONE) return {};
  if (code != SQLITE_ROW) return file_.error();
  last.resize(of.key_count);
  for (std::uint32_t i = 0; i < of.key_count; ++i) {
    key_value& to = last[i];
    to.cell = find.cell(static_cast<int>(i));
    if (to.cell.kind != PARLEY_STRING) continue;
    to.text = view(to.cell.as.text);
    to.cell.as.text = borrow(to.text);
  }
  return {};
}

std::string migration::update(const collection& of, const std::vector<key_value>& last) {
  const std::string keys = key_list(of);
  std::string set, missing;
  for (const std::uint32_t each : of.fill) {
    const std::string name = quoted(of.columns[each].name);
    set += (set.empty() ? "" : ", ") + name + " = coalesce(" + name + ", " +
           of.columns[each].fallback + ")";
    missing += (missing.empty() ? "" : " OR ") + name + " IS NULL";
  }
  std::string sql = "UPDATE " + quoted(of.name) + " SET " + set + " WHERE (" + missing + ")";
  if (!seen_.empty()) sql += " AND (" + keys + ") > " + places(of.key_count);
  if (!last.empty()) sql += " AND (" + keys + ") <= " + places(of.key_count);
  statement write;
  if (file_.prepare(sql, write) != SQLITE_OK) return file_.error();
  int at = 1;
  for (const key_value& each : seen_) write.bind(at++, each.cell);
  for (const key_value& each : last) write.bind(at++, each.cell);
  return write.run() == SQLITE_DONE ? std::string{} : file_.error();
}

} // namespace parley::storage_sqlite
