#include "testing/kept_store.hpp"

#include "storage/requests.hpp"

#include <algorithm>
#include <vector>

namespace parley::test {

namespace {

constexpr std::chrono::seconds slow{1};
constexpr std::chrono::minutes stuck{5}; // longer than any deadline
constexpr std::string_view no_power = "the power went (a fault of the test)";

parley_str text(std::string_view from) {
  return {from.data(), from.size()};
}

} // namespace

// Exactly one of `rows_done` and `commit_done` is set.
struct kept_store::passage {
  enum class kind { read, commit, other, close } what = kind::read;
  bool writes() const { return what != kind::read; } // those go in their order
  bool unsure = false;                               // its answer gets lost
  std::function<void(const parley_storage_driver&, passage* as_user)> give; // to the driver
  parley_driver_rows_done rows_done = nullptr;
  parley_driver_committed commit_done = nullptr;
  parley_driver_progress progress = nullptr;
  void* user = nullptr;
  std::uint32_t opens = 0; // collections
  kept_store* in = nullptr;

  bool over = false; // guarded

  // What was lent to the driver, with this server's collections counted as the driver does.
  std::vector<parley_driver_op> ops;
  parley_driver_batch batch{};
  parley_driver_read read{};
  parley_driver_through through{};
  parley_driver_search search{};

  static void rows(void* self, const parley_driver_rows* result) {
    auto& p = *static_cast<passage*>(self);
    p.rows_done(p.user, result);
    p.end(result->status == PARLEY_OK);
  }
  static void committed(void* self, const parley_driver_commit_result* result) {
    auto& p = *static_cast<passage*>(self);
    if (p.unsure)
      p.refuse(PARLEY_E_UNAVAILABLE, "the answer was lost (a fault of the test)");
    else
      p.commit_done(p.user, result);
    p.end(true);
  }
  static void told(void* self, std::uint32_t collection, std::uint64_t done, std::uint64_t total) {
    auto& p = *static_cast<passage*>(self);
    if (p.progress) p.progress(p.user, collection, done, total);
  }
  void refuse(parley_status status, std::string_view why) {
    if (commit_done) {
      parley_driver_commit_result result{};
      result.size = sizeof result;
      result.status = status;
      result.error = text(why);
      // What a unique index would have found, not one of the conditions.
      for (std::uint32_t i = 0; i < batch.op_count; ++i)
        if (batch.ops[i].kind < PARLEY_OP_REQUIRE_ABSENT) result.failed_op = i;
      return commit_done(user, &result);
    }
    parley_driver_rows result{};
    result.size = sizeof result;
    result.status = status;
    result.error = text(why);
    rows_done(user, &result);
  }
  void end(bool counted) {
    const std::lock_guard lock(in->guard_);
    if (counted) in->given_ += opens;
    over = true;
    in->completed_.notify_all();
  }
};

kept_store::kept_store(schedule& on, fault_plan& faults)
    : on_(on), faults_(faults), driver_(on.random) {
  face_.size = sizeof face_;
  face_.self = this;
  fill_in_reads();
  fill_in_writes();
}

kept_store::passage_ptr kept_store::rows_to(parley_driver_rows_done done, void* user) {
  auto p = std::make_shared<passage>();
  p->rows_done = done;
  p->user = user;
  return p;
}

void kept_store::fill_in_reads() {
  face_.read = [](void* self, const parley_driver_read* read, parley_driver_rows_done done,
                  void* user) {
    auto p = rows_to(done, user);
    p->read = *read;
    p->read.collection += of(self).base_;
    p->give = [](const parley_storage_driver& d, passage* as) {
      d.read(d.self, &as->read, &passage::rows, as);
    };
    of(self).enqueue(std::move(p));
  };
  face_.read_log = [](void* self, const parley_driver_log_read* read, parley_driver_rows_done done,
                      void* user) {
    auto p = rows_to(done, user);
    p->give = [read](const parley_storage_driver& d, passage* as) {
      d.read_log(d.self, read, &passage::rows, as);
    };
    of(self).enqueue(std::move(p));
  };
  face_.heads = [](void* self, const parley_str* topics, std::uint32_t count,
                   parley_driver_rows_done done, void* user) {
    auto p = rows_to(done, user);
    p->give = [topics, count](const parley_storage_driver& d, passage* as) {
      d.heads(d.self, topics, count, &passage::rows, as);
    };
    of(self).enqueue(std::move(p));
  };
}

void kept_store::fill_in_logs() {
  face_.read_logs = [](void* self, const parley_driver_log_read* from, parley_driver_rows_done done,
                       void* user) {
    auto p = rows_to(done, user);
    p->give = [from](const parley_storage_driver& d, passage* as) {
      d.read_logs(d.self, from, &passage::rows, as);
    };
    of(self).enqueue(std::move(p));
  };
}

void kept_store::fill_in_scrub() {
  face_.scrub = [](void* self, parley_driver_rows_done done, void* user) {
    auto p = rows_to(done, user);
    p->what = passage::kind::other;
    p->give = [](const parley_storage_driver& d, passage* as) {
      d.scrub(d.self, &passage::rows, as);
    };
    of(self).enqueue(std::move(p));
  };
}

void kept_store::fill_in_search() {
  face_.search = [](void* self, const parley_driver_search* search, parley_driver_rows_done done,
                    void* user) {
    auto p = rows_to(done, user);
    p->search = *search;
    p->search.collection += of(self).base_;
    p->give = [](const parley_storage_driver& d, passage* as) {
      d.search(d.self, &as->search, &passage::rows, as);
    };
    of(self).enqueue(std::move(p));
  };
}

void kept_store::fill_in_through() {
  face_.read_through = [](void* self, const parley_driver_through* what,
                          parley_driver_rows_done done, void* user) {
    auto p = rows_to(done, user);
    p->through = *what;
    p->through.collection += of(self).base_;
    p->read = *what->by;
    p->read.collection += of(self).base_;
    p->give = [](const parley_storage_driver& d, passage* as) {
      as->through.by = &as->read;
      d.read_through(d.self, &as->through, &passage::rows, as);
    };
    of(self).enqueue(std::move(p));
  };
}

std::string kept_store::load(parley::plugin::candidate driver, const std::filesystem::path& code) {
  const std::string why = driver_.load(std::move(driver), code);
  if (!why.empty()) return why;
  const parley_storage_driver& given = driver_.face();
  if (storage::can_search(given)) fill_in_search();
  if (storage::has(given, given.read_through)) fill_in_through();
  if (storage::has(given, given.read_logs)) fill_in_logs();
  if (storage::has(given, given.scrub)) fill_in_scrub();
  return why;
}

void kept_store::fill_in_writes() {
  face_.open = [](void* self, const parley_collection* all, std::uint32_t count,
                  parley_driver_rows_done done, void* user) {
    kept_store& s = of(self);
    s.cut_ = false;
    auto p = rows_to(done, user);
    p->what = passage::kind::other;
    p->opens = count;
    p->give = [&s, all, count](const parley_storage_driver& d, passage* as) {
      s.base_ = s.given_;
      if (s.given_ == 0) return d.open(d.self, all, count, &passage::rows, as);
      d.widen(d.self, all, count, &passage::told, &passage::rows, as); // it is open already
    };
    s.enqueue(std::move(p));
  };
  face_.widen = [](void* self, const parley_collection* all, std::uint32_t count,
                   parley_driver_progress progress, parley_driver_rows_done done, void* user) {
    auto p = rows_to(done, user);
    p->what = passage::kind::other;
    p->progress = progress;
    p->opens = count;
    p->give = [all, count](const parley_storage_driver& d, passage* as) {
      d.widen(d.self, all, count, &passage::told, &passage::rows, as);
    };
    of(self).enqueue(std::move(p));
  };
  face_.commit = [](void* self, const parley_driver_batch* batch, parley_driver_committed done,
                    void* user) {
    auto p = std::make_shared<passage>();
    p->what = passage::kind::commit;
    p->commit_done = done;
    p->user = user;
    p->ops.assign(batch->ops, batch->ops + batch->op_count);
    for (parley_driver_op& op : p->ops) op.collection += of(self).base_;
    p->batch = *batch;
    p->batch.ops = p->ops.data();
    p->give = [](const parley_storage_driver& d, passage* as) {
      d.commit(d.self, &as->batch, &passage::committed, as);
    };
    of(self).enqueue(std::move(p));
  };
  face_.trim_log = [](void* self, parley_str before, std::uint32_t limit,
                      parley_driver_rows_done done, void* user) {
    auto p = rows_to(done, user);
    p->what = passage::kind::other;
    p->give = [before, limit](const parley_storage_driver& d, passage* as) {
      d.trim_log(d.self, before, limit, &passage::rows, as);
    };
    of(self).enqueue(std::move(p));
  };
  // A server closes its store; the store itself stays for the next.
  face_.close = [](void* self, parley_driver_rows_done done, void* user) {
    auto p = rows_to(done, user);
    p->what = passage::kind::close;
    p->give = [](const parley_storage_driver&, passage* as) {
      parley_driver_rows well{};
      well.size = sizeof well;
      passage::rows(as, &well);
    };
    of(self).enqueue(std::move(p));
  };
}

kept_store::~kept_store() {
  if (driver_ && given_ > 0) close_driver();
}

void kept_store::close_driver() {
  auto last = std::make_shared<passage>();
  last->in = this;
  last->rows_done = [](void*, const parley_driver_rows*) {};
  const parley_storage_driver& d = driver_.face();
  d.close(d.self, &passage::rows, last.get());
  wait_for(*last);
}

void kept_store::cut() {
  cut_ = true;
  write_held_ = false;
  queue_.splice(queue_.end(), held_);
  for (const passage_ptr& each : std::exchange(queue_, {}))
    if (each->what == passage::kind::close)
      queue_.push_back(each);
    else
      each->refuse(PARLEY_E_UNAVAILABLE, no_power);
}

void kept_store::enqueue(passage_ptr what) {
  what->in = this;
  queue_.push_back(std::move(what));
  arrange();
}

void kept_store::arrange() {
  if (arranged_ || queue_.empty()) return;
  arranged_ = true;
  on_.loop.post([this] {
    arranged_ = false;
    if (const passage_ptr next = take_next()) {
      begin(next);
      arrange();
    }
  });
}

// Any read, or the first of the writes.
kept_store::passage_ptr kept_store::take_next() {
  std::vector<std::list<passage_ptr>::iterator> able;
  bool write_seen = write_held_;
  for (auto at = queue_.begin(); at != queue_.end(); ++at) {
    if ((*at)->writes() && std::exchange(write_seen, true)) continue;
    able.push_back(at);
  }
  if (able.empty()) return nullptr;
  const auto which = able[on_.pick(able.size())];
  passage_ptr out = std::move(*which);
  queue_.erase(which);
  return out;
}

void kept_store::begin(const passage_ptr& what) {
  const bool commits = what->what == passage::kind::commit;
  const bool reads = what->what == passage::kind::read;
  if ((commits || reads) && !cut_ && on_operation) on_operation();
  if (cut_ && what->what != passage::kind::close)
    return what->refuse(PARLEY_E_UNAVAILABLE, no_power);
  if (refused(*what)) return;
  const bool is_slow =
      (commits && faults_.now("commit-slow")) || (reads && faults_.now("read-slow"));
  const bool is_stuck =
      (commits && faults_.now("commit-stuck")) || (reads && faults_.now("read-stuck"));
  if (is_slow || is_stuck)
    return hold(what, is_slow ? std::chrono::milliseconds(slow) : std::chrono::milliseconds(stuck));
  run(what);
}

bool kept_store::refused(passage& what) {
  const bool commits = what.what == passage::kind::commit;
  const bool reads = what.what == passage::kind::read;
  if ((commits && faults_.now("commit-unavailable")) ||
      (reads && faults_.now("read-unavailable"))) {
    what.refuse(PARLEY_E_UNAVAILABLE, "the store is not to be had (a fault of the test)");
    return true;
  }
  if (commits && faults_.now("commit-conflict")) {
    what.refuse(PARLEY_E_CONFLICT, {});
    return true;
  }
  if (commits && faults_.now("commit-unsure")) {
    what.unsure = true;
    if (on_lost_answer) on_lost_answer();
  }
  return false;
}

void kept_store::hold(const passage_ptr& what, std::chrono::milliseconds by) {
  held_.push_back(what);
  write_held_ = write_held_ || what->writes();
  on_.loop.after(by, [this, what] {
    if (std::erase(held_, what) == 0) return; // the power went
    if (what->writes()) write_held_ = false;
    run(what);
    arrange();
  });
}

void kept_store::let_go() {
  write_held_ = false;
  for (const passage_ptr& each : std::exchange(held_, {})) run(each);
  arrange();
}

void kept_store::run(const passage_ptr& what) {
  what->give(driver_.face(), what.get());
  wait_for(*what);
}

// The driver answers on a thread of its own, or on its loop.
void kept_store::wait_for(const passage& what) {
  constexpr std::chrono::milliseconds a_while{1};
  std::unique_lock lock(guard_);
  while (!what.over) {
    lock.unlock();
    const bool ran = driver_.work();
    lock.lock();
    if (!what.over && !ran) completed_.wait_for(lock, a_while);
  }
}

} // namespace parley::test
