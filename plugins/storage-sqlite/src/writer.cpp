#include "writer.hpp"

#include "integrity.hpp"
#include "replies.hpp"
#include "scrub.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace parley::storage_sqlite {
namespace {

// Pages of 4 KiB in the write-ahead log: from the first on, the checkpointer works beside us; at
// the second it has not kept up, and the log can only start anew while nobody writes.
constexpr int pages_to_wake = 1000;
constexpr int pages_to_stop = 16'000;
// More in one transaction gains nothing, and the first of them waits for the last.
constexpr std::size_t largest_group = 1024;
// Between two steps in which pages are given back, so that others find the writer free.
constexpr std::chrono::milliseconds between_steps{20};

} // namespace

writer::writer(settings with, readers& reading, dumper& dumping)
    : settings_(std::move(with)), readers_(reading), dumper_(dumping), thread_([this] { run(); }) {}

writer::~writer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  asked_for_.notify_one();
  thread_.join();
}

void writer::ask(write_request what) {
  bool first = false;
  {
    const std::scoped_lock lock(mutex_);
    first = asked_.empty();
    asked_.push_back(what);
  }
  if (first) asked_for_.notify_one();
}

void writer::run() {
  std::vector<write_request> requests;
  std::unique_lock lock(mutex_);
  while (true) {
    const auto is_wanted = [this] {
      return stopping_ || !asked_.empty() || migration_.has_value();
    };
    if (!may_give_back_) {
      asked_for_.wait(lock, is_wanted);
    } else if (!asked_for_.wait_until(lock, next_back_, is_wanted)) {
      lock.unlock();
      give_back();
      lock.lock();
      continue;
    }
    if (asked_.empty() && stopping_) break;
    if (settings_.commit_delay_us != 0 && !stopping_ && !asked_.empty()) {
      asked_for_.wait_for(lock, std::chrono::microseconds(settings_.commit_delay_us),
                          [this] { return stopping_ || asked_.size() >= largest_group; });
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(asked_.size(), largest_group));
    requests.assign(asked_.begin(), asked_.begin() + count);
    asked_.erase(asked_.begin(), asked_.begin() + count);
    lock.unlock();
    work(requests);
    lock.lock();
  }
  lock.unlock();
  shut();
}

void writer::work(std::vector<write_request>& requests) {
  for (const write_request& each : requests) {
    // Everything else ends the group, so that the order stays as it was given.
    if (!std::holds_alternative<commit_request>(each)) commit();
    std::visit([this](const auto& what) { one(what); }, each);
  }
  commit();
  if (!scrubs_.empty()) scrub();
  if (migration_.has_value()) migrate(); // one step, so that the next commits wait for no more
  checkpoint_if_due();
  if (is_open_ && !std::exchange(may_give_back_, true))
    next_back_ = std::chrono::steady_clock::now() + between_steps;
}

// Some pages, while nobody waits.
void writer::give_back() {
  may_give_back_ = free_space_->give_back();
  next_back_ = std::chrono::steady_clock::now() + between_steps;
  checkpoint_if_due();
  // The file ends earlier once the log has been moved into it.
  if (may_give_back_) gave_back_ = true;
  if (!may_give_back_ && std::exchange(gave_back_, false)) checkpointer_.wake();
}

void writer::commit() {
  if (waiting_.empty()) return;
  if (group_.has_value()) {
    group_->commit(waiting_);
  } else {
    parley_driver_commit_result result{};
    result.size = sizeof result;
    result.status = PARLEY_E_UNAVAILABLE;
    result.error = borrow("the store is not open");
    for (const commit_request& each : waiting_) each.done(each.user, &result);
  }
  waiting_.clear();
}

void writer::one(const commit_request& what) {
  waiting_.push_back(what);
}

void writer::one(const open_request& what) {
  if (is_open_ || migration_.has_value()) {
    return reply(what.done, what.user, PARLEY_E_UNAVAILABLE, "the store is already open");
  }
  const std::string problem = open();
  if (problem.empty()) return one({what.collections, what.count, nullptr, what.done, what.user});
  shut();
  reply(what.done, what.user, PARLEY_E_UNAVAILABLE, problem);
}

void writer::one(const widen_request& what) {
  if (migration_.has_value() || !file_) {
    return reply(
        what.done, what.user, PARLEY_E_UNAVAILABLE,
        file_ ? "the store is still widened for another request" : "the store is not open");
  }
  migration_.emplace(file_, what, layout_);
  std::string problem = migration_->begin();
  if (problem.empty()) problem = use(migration_->after());
  if (!problem.empty() || migration_->is_complete()) end_migration(problem);
}

// From the first step on, so that no shape writes a NULL behind it.
std::string writer::use(std::shared_ptr<const layout> known) {
  group_.emplace(file_, *known);
  layout_ = std::move(known);
  return group_->prepare();
}

void writer::migrate() {
  const std::string problem = migration_->step();
  if (!problem.empty() || migration_->is_complete()) end_migration(problem);
}

void writer::end_migration(const std::string& problem) {
  const migration ended = std::move(*migration_);
  migration_.reset();
  if (problem.empty()) {
    readers_.open(layout_);
    dumper_.open();
    is_open_ = true;
  } else if (is_open_) {
    use(ended.before());
  } else {
    shut();
  }
  ended.end(problem.empty() ? PARLEY_OK : PARLEY_E_UNAVAILABLE, problem);
}

void writer::one(const trim_request& what) {
  if (!group_.has_value()) {
    return reply(what.done, what.user, PARLEY_E_UNAVAILABLE, "the store is not open");
  }
  const bool is_done = group_->trim(what.before, what.limit) == SQLITE_DONE;
  const bool more = is_done && static_cast<std::uint32_t>(file_.changes()) == what.limit;
  reply(what.done, what.user, is_done ? PARLEY_OK : PARLEY_E_UNAVAILABLE,
        is_done ? "" : file_.error(), more);
}

void writer::one(const scrub_request& what) {
  scrubs_.push_back(what);
}

void writer::scrub() {
  std::string why = "the store is not open";
  if (is_open_) why = storage_sqlite::scrub(file_, *layout_);
  for (const scrub_request& each : std::exchange(scrubs_, {}))
    reply(each.done, each.user, why.empty() ? PARLEY_OK : PARLEY_E_UNAVAILABLE, why);
}

void writer::one(const close_request& what) {
  shut();
  reply(what.done, what.user, PARLEY_OK, {});
}

std::string writer::open() {
  std::string problem = lock_file();
  if (!problem.empty()) return problem;
  const bool was_left = was_left_open(settings_.path);
  if (file_.open(settings_.path, true, settings_.cache_mib) != SQLITE_OK) {
    return "cannot open " + settings_.path + ": " + file_.error();
  }
  if (was_left) problem = look_for_damage(file_, settings_);
  if (!problem.empty()) return problem;
  free_space_.emplace(file_, settings_);
  problem = free_space_->prepare();
  if (!problem.empty()) return problem;
  layout_ = std::make_shared<const layout>();
  sqlite3_wal_hook(
      file_.handle(),
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &log_pages_);
  checkpointer_.start(settings_);
  return {};
}

// Heads are kept in memory: a second server on the same file would give the same numbers again.
std::string writer::lock_file() {
  const std::string path = settings_.path + ".lock";
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) return "cannot open " + path + ": " + std::strerror(errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  return settings_.path + " is in use by another process";
}

void writer::shut() {
  if (migration_.has_value()) {
    const migration ended = std::move(*migration_);
    migration_.reset();
    ended.end(PARLEY_E_UNAVAILABLE,
              "the store was closed before the migration ended; it goes on "
              "when it is opened next");
  }
  if (std::exchange(is_open_, false)) {
    dumper_.close();
    readers_.close();
  }
  checkpointer_.stop();
  group_.reset();
  free_space_.reset();
  may_give_back_ = gave_back_ = false;
  file_.close(); // the last connection: moves the whole log into the file
  log_pages_ = pages_at_wake_ = 0;
  layout_.reset();
  if (lock_ >= 0) ::close(std::exchange(lock_, -1));
}

void writer::checkpoint_if_due() {
  if (log_pages_ < pages_at_wake_) pages_at_wake_ = 0; // the log began anew
  if (log_pages_ >= pages_to_stop) {
    sqlite3_wal_checkpoint_v2(file_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  } else if (log_pages_ - pages_at_wake_ >= pages_to_wake) {
    pages_at_wake_ = log_pages_;
    checkpointer_.wake();
  }
}

} // namespace parley::storage_sqlite
