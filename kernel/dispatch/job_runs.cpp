// One run of a job: taken, entered, and written down how it ended.

#include "dispatch/jobs.hpp"
#include "observe/log.hpp"

#include <algorithm>

namespace parley::dispatch {

namespace json = boost::json;

namespace {

using observe::level;

constexpr std::size_t longest_error = 1000;

std::string cut(std::string text) {
  if (text.size() <= longest_error) return text;
  std::size_t end = longest_error;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

// For the operator, who may know more than a caller.
std::string sentence_of(const ending& how) {
  if (!how.fault.empty()) return cut(how.fault);
  return how.failure ? cut(how.failure->code + ": " + how.failure->message) : "it failed";
}

} // namespace

std::int64_t retry_delay_ms(const manifest::job& of, std::int64_t attempt, env::random& random) {
  std::int64_t whole = of.first_ms;
  for (std::int64_t i = 1; i < attempt && whole < of.most_ms; ++i) whole *= 2;
  whole = std::min<std::int64_t>(whole, of.most_ms);
  std::uint64_t bits = 0;
  random.fill(std::as_writable_bytes(std::span(&bits, 1)));
  const std::int64_t half = whole / 2;
  return whole - half + static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(half + 1));
}

// All of a job but what it was queued with, and a new mark.
void jobs::write(storage::batch& into, job_record& job) const {
  job.mark = calls_.new_id();
  into.patch(jobs_name, {job.id}, job.progress_json());
}

void jobs::claim(kind& of, job_record job) {
  auto r = std::make_shared<run>(run{&of, std::move(job), 0, false});
  running_.emplace(r->job.id, r);
  of.runs->set(static_cast<std::int64_t>(++of.running));
  // Who took it last has died, or could not say how it ended.
  if (r->job.attempts >= of.declared.attempts)
    return settle(r, verdict::failed,
                  r->job.error.empty() ? "its node ended while it ran" : r->job.error);
  auto writes = store_.begin();
  require_unchanged(*writes, r->job);
  if (!r->job.node.empty())
    observe::write(level::warn, "a job is taken over",
                   {{"job", of.name}, {"id", r->job.id}, {"from", r->job.node}});
  ++r->job.attempts;
  r->job.node = node_;
  r->job.due_ms = calls_.now_ms() + settings_.lease_ms;
  write(*writes, r->job);
  store_.commit(std::move(writes),
                later([this, r](const storage::commit_result& result) { claimed(r, result); }));
}

void jobs::claimed(const run_ptr& r, const storage::commit_result& result) {
  if (result.why.code == storage::status::ok) return enter(r);
  kind& of = *r->of;
  forget(r);
  if (result.why.code == storage::status::conflict) return look(of); // another node was quicker
  observe::write(level::error, "a job cannot be taken",
                 {{"job", of.name}, {"why", result.why.message}});
}

void jobs::enter(const run_ptr& r) {
  kind& of = *r->of;
  instance* plugin = of.by;
  if (!plugin) return settle(r, verdict::put_back);
  const auto params = plugin->job_params.find(of.declared.name);
  schema::breach first;
  if (!params->second.accepts(r->job.params, first))
    return settle(r, verdict::failed,
                  cut("its parameters are not what version " + plugin->declared.version +
                      " takes: " + first.pointer + ": " + first.what));
  if (!calls_.admits(*plugin))
    return settle(r, verdict::put_back, {}, calls_.unavailable(*plugin).retry_after_ms);
  if (!renewal_)
    renewal_ = calls_.logic().after(std::chrono::milliseconds(settings_.lease_ms / 3),
                                    [this] { renew(); });
  const auto ended = [this, alive = alive_, r](call& c, const ending& how) {
    if (*alive) over(r, c, how);
  };
  call& c = calls_.begin(*plugin, plugin->self, nullptr,
                         std::min(of.declared.deadline_ms, settings_.deadline_ms), ended);
  c.origin = plugin->name;
  c.job = job_run{r->job.id, static_cast<std::uint32_t>(r->job.attempts), of.declared.attempts};
  r->call = c.handle;
  json::value input = r->job.params;
  params->second.add_defaults(input);
  calls_.enter(c, plugin->jobs.find(of.declared.name)->second,
               *value_arena::find(c.arena->keep(std::move(input))));
  if (on_run && r->call) on_run();
}

void jobs::over(const run_ptr& r, const call& c, const ending& how) {
  r->call = 0;
  if (r->lost) return forget(r);
  if (how.status == PARLEY_OK) return settle(r, verdict::done);
  // By the host: its version has drained for too long, or goes.
  if (how.status == PARLEY_E_CANCELLED && !c.ended_by_plugin) return settle(r, verdict::put_back);
  settle(r, verdict::failed, sentence_of(how), how.failure ? how.failure->retry_after_ms : 0);
}

// A job that is queued by itself goes on to its next time. False: this is none.
bool jobs::next_turn(const kind& of, job_record& job) const {
  if (job.cron.empty() || of.declared.cron.empty()) return false;
  job.cron = of.declared.cron;
  job.attempts = 0;
  job.due_ms = next_time(of);
  return true;
}

// After the last attempt it is a dead letter; where it goes on to its next time, it leaves one.
void jobs::fail(const kind& of, storage::batch& into, job_record& job, const std::string& error,
                std::int64_t at_least_ms) {
  job.error = error;
  const bool dies = job.attempts >= of.declared.attempts;
  job_record letter = job;
  letter.dead = true;
  letter.due_ms = calls_.now_ms();
  const std::int64_t wait_ms = retry_delay_ms(of.declared, job.attempts, calls_.randomness());
  if (!dies) {
    job.due_ms = calls_.now_ms() + std::max(wait_ms, at_least_ms);
  } else if (next_turn(of, job)) {
    letter.id = calls_.new_id();
    letter.cron.clear();
    into.put(jobs_name, letter.to_json());
  } else {
    job = letter;
  }
  of.failed->add();
  if (dies) of.dead->add();
  observe::write(dies ? level::error : level::warn,
                 dies ? "a job is a dead letter" : "a job failed",
                 {{"job", of.name},
                  {"id", letter.id},
                  {"attempt", letter.attempts},
                  {"why", error},
                  {"again_at", dies ? "" : env::rfc3339(job.due_ms)}});
}

void jobs::settle(const run_ptr& r, verdict how, const std::string& error,
                  std::int64_t at_least_ms) {
  const kind& of = *r->of;
  auto writes = store_.begin();
  require_unchanged(*writes, r->job);
  job_record next = r->job;
  next.node.clear();
  bool stays = true;
  switch (how) {
    case verdict::done:
      of.done->add();
      stays = next_turn(of, next);
      break;
    case verdict::put_back: // which was no attempt
      --next.attempts;
      next.due_ms = calls_.now_ms() + at_least_ms;
      break;
    case verdict::failed:
      fail(of, *writes, next, error, at_least_ms);
      break;
  }
  if (stays)
    write(*writes, next);
  else
    writes->erase(jobs_name, {next.id});
  const std::int64_t due_ms = stays && !next.dead ? next.due_ms : INT64_MAX;
  store_.commit(std::move(writes), later([this, r, due_ms](const storage::commit_result& result) {
                  settled(r, due_ms, result);
                }));
}

void jobs::settled(const run_ptr& r, std::int64_t due_ms, const storage::commit_result& result) {
  kind& of = *r->of;
  if (result.why.code == storage::status::conflict)
    observe::write(level::info, "a job was taken over or replaced while it ran",
                   {{"job", of.name}, {"id", r->job.id}});
  else if (result.why.code != storage::status::ok)
    observe::write(level::error, "the end of a job was not written down: it will run again",
                   {{"job", of.name}, {"id", r->job.id}, {"why", result.why.message}});
  if (due_ms < of.next_ms) plan(of, due_ms);
  forget(r);
}

void jobs::forget(const run_ptr& r) {
  kind& of = *r->of;
  running_.erase(r->job.id);
  of.runs->set(static_cast<std::int64_t>(--of.running));
  for (auto& [name, k] : kinds_)
    if (k.starved && !is_full(k)) look(k);
}

void jobs::renew() {
  renewal_ = 0;
  if (running_.empty()) return;
  renewal_ =
      calls_.logic().after(std::chrono::milliseconds(settings_.lease_ms / 3), [this] { renew(); });
  for (const auto& [id, r] : running_) {
    if (!r->call) continue;
    auto writes = store_.begin();
    require_unchanged(*writes, r->job);
    writes->patch(jobs_name, {id}, {{"due_ms", calls_.now_ms() + settings_.lease_ms}});
    const auto renewed = [this, r](const storage::commit_result& result) {
      if (result.why.code != storage::status::conflict || !r->call) return;
      observe::write(level::warn, "a job was taken over or replaced, and is cancelled here",
                     {{"job", r->of->name}, {"id", r->job.id}});
      r->lost = true;
      calls_.abort(r->call, PARLEY_E_CANCELLED);
    };
    store_.commit(std::move(writes), later(renewed));
  }
}

} // namespace parley::dispatch
