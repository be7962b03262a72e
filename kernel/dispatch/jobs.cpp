#include "dispatch/jobs.hpp"

#include "cron.hpp"
#include "observe/log.hpp"

#include <algorithm>

namespace parley::dispatch {

namespace json = boost::json;

namespace {

using observe::level;

constexpr std::uint32_t most_rows = 1000;

std::string cron_id(const std::string& name) {
  return name + "@cron";
}

} // namespace

jobs::jobs(calls& all, storage::engine& store, observe::metrics& measured, settings with)
    : calls_(all), store_(store), metrics_(measured), settings_(with), node_(all.new_id()) {}

jobs::~jobs() {
  *alive_ = false;
  if (timer_) calls_.logic().cancel(timer_);
  if (renewal_) calls_.logic().cancel(renewal_);
}

void jobs::begin() {
  began_ = true;
  for (auto& [name, each] : kinds_) keep_cron(each);
}

void jobs::provide(instance& plugin) {
  for (const manifest::job& declared : plugin.declared.jobs) {
    const std::string name = plugin.name + "." + declared.name;
    kind& k = kinds_[name];
    k.name = name;
    k.by = &plugin;
    k.declared = declared;
    const observe::labels with{{"job", name}};
    k.queued = &metrics_.add_counter("parley_jobs_queued_total", "Jobs queued on this node.", with);
    k.done = &metrics_.add_counter("parley_jobs_done_total", "Jobs that ended well.", with);
    k.failed = &metrics_.add_counter("parley_jobs_failed_total", "Attempts that failed.", with);
    k.dead =
        &metrics_.add_counter("parley_jobs_dead_total", "Jobs that became dead letters.", with);
    k.runs = &metrics_.add_gauge("parley_jobs_running", "Jobs that this node runs.", with);
    if (began_) keep_cron(k);
  }
}

void jobs::withdraw(const instance& plugin) {
  for (auto& [name, k] : kinds_)
    if (k.by == &plugin) k.by = nullptr;
}

// ---- finding

void jobs::queued(const std::string& name, std::int64_t due_ms) {
  const auto found = kinds_.find(name);
  if (found == kinds_.end()) return;
  kind& k = found->second;
  k.queued->add();
  if (due_ms <= calls_.now_ms()) return look(k);
  if (due_ms < k.next_ms) plan(k, due_ms);
}

void jobs::woken(const std::string& name) {
  if (const auto found = kinds_.find(name); found != kinds_.end()) look(found->second);
}

bool jobs::is_full(const kind& at) const {
  return at.running >= at.declared.concurrency || running_.size() >= settings_.running;
}

void jobs::look(kind& at) {
  if (!began_ || !at.by) return;
  if (at.reading) {
    at.again = true;
    return;
  }
  if (is_full(at)) {
    at.starved = true;
    return;
  }
  if (at.by->breaker.is_open()) {
    const std::int64_t rests_ms = calls_.unavailable(*at.by).retry_after_ms;
    if (rests_ms > 1) return plan(at, calls_.now_ms() + rests_ms);
  }
  at.reading = true;
  const auto memory = std::make_shared<json::monotonic_resource>();
  // One more than may run: the first that is not due says when to look again.
  const std::uint32_t limit = std::min(at.declared.concurrency + 1, most_rows);
  store_.range(jobs_name, jobs_in_state(false, at.name, limit), memory.get(),
               later([this, memory, &at](const storage::failure& why,
                                         const std::vector<json::object>& records,
                                         bool) { found(at, why, records); }));
}

void jobs::found(kind& at, const storage::failure& why, const std::vector<json::object>& records) {
  at.reading = at.starved = false;
  const std::int64_t now = calls_.now_ms();
  std::int64_t next = now + settings_.poll_ms;
  if (why.code != storage::status::ok)
    observe::write(level::error, "jobs cannot be read", {{"job", at.name}, {"why", why.message}});
  for (const json::object& record : records) {
    job_record job = job_record::from_json(record);
    if (job.due_ms > now) {
      next = std::min(next, job.due_ms);
      break;
    }
    if (running_.contains(job.id)) continue; // here, and the clock was set forward
    if (!job.cron.empty() && at.declared.cron.empty()) {
      drop(job); // its version did not queue it at times any more
      continue;
    }
    if (is_full(at)) {
      at.starved = true;
      break;
    }
    claim(at, std::move(job));
  }
  plan(at, next);
  if (std::exchange(at.again, false)) look(at);
}

void jobs::drop(const job_record& job) {
  auto writes = store_.begin();
  require_unchanged(*writes, job);
  writes->erase(jobs_name, {job.id});
  store_.commit(std::move(writes), [](const storage::commit_result&) {});
}

void jobs::plan(kind& at, std::int64_t when_ms) {
  at.next_ms = when_ms;
  arm();
}

void jobs::arm() {
  std::int64_t next = INT64_MAX;
  for (const auto& [name, k] : kinds_)
    if (k.by) next = std::min(next, k.next_ms);
  if (next == INT64_MAX || (timer_ && timer_ms_ <= next)) return;
  if (timer_) calls_.logic().cancel(timer_);
  // Not longer than it is polled: the wall clock may be set.
  const std::int64_t wait = std::clamp<std::int64_t>(next - calls_.now_ms(), 0, settings_.poll_ms);
  timer_ms_ = calls_.now_ms() + wait;
  timer_ = calls_.logic().after(std::chrono::milliseconds(wait), [this] { on_time(); });
}

void jobs::on_time() {
  timer_ = 0;
  const std::int64_t now = calls_.now_ms();
  for (auto& [name, k] : kinds_) {
    k.next_ms = std::min(k.next_ms, now + settings_.poll_ms);
    if (k.next_ms > now) continue;
    k.next_ms = now + settings_.poll_ms;
    look(k);
  }
  arm();
}

// ---- at times

std::int64_t jobs::next_time(const kind& of) const {
  std::string why; // the manifest was read without any
  const auto read = manifest::cron::parse(of.declared.cron, &why);
  return read ? read->next(calls_.now_ms()) : INT64_MAX;
}

// What is queued by itself has one record, which comes to the next time when it has run: times that
// were missed are one.
void jobs::keep_cron(kind& of) {
  if (of.declared.cron.empty()) return look(of);
  const auto memory = std::make_shared<json::monotonic_resource>();
  const auto kept = later([this, &of](const storage::commit_result&) { look(of); });
  const auto read = [this, memory, &of, kept](const storage::failure& why,
                                              const std::optional<json::object>& there) {
    if (why.code != storage::status::ok) return look(of);
    job_record job = there ? job_record::from_json(*there) : job_record{};
    if (there && (job.cron == of.declared.cron || !job.node.empty())) return look(of);
    auto writes = store_.begin();
    if (there) require_unchanged(*writes, job);
    job.cron = of.declared.cron;
    job.due_ms = next_time(of);
    if (there) {
      write(*writes, job);
    } else {
      job.id = cron_id(of.name);
      job.name = of.name;
      job.params = json::object();
      job.mark = calls_.new_id();
      job.queued_at = env::rfc3339(calls_.now_ms());
      writes->require(jobs_name, {job.id}, false, {}, storage::condition_reason::batch);
      writes->put(jobs_name, job.to_json());
    }
    store_.commit(std::move(writes), kept);
  };
  store_.get(jobs_name, {cron_id(of.name)}, memory.get(), later(read));
}

// ---- dead letters

void jobs::tidy() {
  const auto memory = std::make_shared<json::monotonic_resource>();
  const auto read = [this, memory](const storage::failure& why,
                                   const std::vector<json::object>& records, bool more) {
    if (why.code != storage::status::ok || records.empty()) return;
    auto erasing = store_.begin();
    for (const json::object& each : records) erasing->erase(jobs_name, {each.at("id")});
    const auto erased = [this, more](const storage::commit_result& done) {
      if (more && done.why.code == storage::status::ok) tidy();
    };
    store_.commit(std::move(erasing), later(erased));
  };
  store_.range(jobs_name, jobs_dead_before(calls_.now_ms() - settings_.keep_dead_ms, most_rows),
               memory.get(), later(read));
}

} // namespace parley::dispatch
