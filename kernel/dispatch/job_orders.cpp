#include "dispatch/job_orders.hpp"

#include <memory>

namespace parley::dispatch {

namespace json = boost::json;

namespace {
constexpr std::uint32_t page = 100;

std::string why_of(const storage::failure& failed) {
  return failed.code == storage::status::ok ? "" : "the store cannot serve: " + failed.message;
}
} // namespace

json::object shown(const job_record& job, std::int64_t now_ms) {
  const bool runs = !job.node.empty() && job.due_ms > now_ms;
  return {{"id", job.id},
          {"job", job.name},
          {"state", job.dead ? "dead"
                    : runs   ? "running"
                             : "queued"},
          {"attempts", job.attempts},
          {"due_at", env::rfc3339(job.due_ms)},
          {"queued_at", job.queued_at},
          {"error", job.error}};
}

void job_orders::list(bool dead, const std::string& name, std::uint32_t limit, listed then) {
  const auto memory = std::make_shared<json::monotonic_resource>();
  store_.range(
      jobs_name, jobs_in_state(dead, name, limit), memory.get(),
      [memory, then = std::move(then)](const storage::failure& failed,
                                       const std::vector<json::object>& records, bool more) {
        std::vector<job_record> found;
        for (const json::object& each : records) found.push_back(job_record::from_json(each));
        then(why_of(failed), std::move(found), more);
      });
}

void job_orders::with(const std::string& id, change what, done then) {
  const auto memory = std::make_shared<json::monotonic_resource>();
  const auto read = [this, memory, id, what = std::move(what), then = std::move(then)](
                        const storage::failure& failed, const std::optional<json::object>& there) {
    if (failed.code != storage::status::ok) return then(why_of(failed), 0);
    if (!there) return then("there is no job " + id, 0);
    job_record job = job_record::from_json(*there);
    auto writes = store_.begin();
    require_unchanged(*writes, job);
    if (const std::string why = what(*writes, job); !why.empty()) return then(why, 0);
    store_.commit(std::move(writes),
                  [this, name = job.name, then](const storage::commit_result& result) {
                    if (result.why.code == storage::status::conflict)
                      return then("the job changed meanwhile; look again", 0);
                    if (result.why.code != storage::status::ok) return then(why_of(result.why), 0);
                    jobs_.woken(name);
                    then({}, 1);
                  });
  };
  store_.get(jobs_name, {id}, memory.get(), read);
}

std::string job_orders::put_back(storage::batch& into, job_record job) {
  if (!job.dead) return "the job " + job.id + " is no dead letter; it is queued already";
  job.dead = false;
  job.attempts = 0;
  job.due_ms = calls_.now_ms();
  job.mark = calls_.new_id();
  into.patch(jobs_name, {job.id}, job.progress_json());
  return {};
}

void job_orders::requeue(const std::string& id, done then) {
  with(
      id, [this](storage::batch& into, job_record job) { return put_back(into, std::move(job)); },
      std::move(then));
}

void job_orders::requeue_all(const std::string& name, done then) {
  requeue_page(name, 0, std::move(then));
}

// Those that were put back are dead no more: the next page begins with the others.
void job_orders::requeue_page(const std::string& name, std::size_t so_far, done then) {
  list(true, name, page,
       [this, name, so_far, then = std::move(then)](
           const std::string& why, const std::vector<job_record>& found, bool more) {
         if (!why.empty() || found.empty()) return then(why, so_far);
         auto writes = store_.begin();
         for (const job_record& each : found) {
           require_unchanged(*writes, each);
           put_back(*writes, each);
         }
         const std::size_t now = so_far + found.size();
         store_.commit(std::move(writes),
                       [this, name, so_far, now, more, then](const storage::commit_result& result) {
                         if (result.why.code == storage::status::conflict)
                           return then("a job changed meanwhile; look again", so_far);
                         if (result.why.code != storage::status::ok)
                           return then(why_of(result.why), so_far);
                         jobs_.woken(name);
                         if (more) return requeue_page(name, now, then);
                         then({}, now);
                       });
       });
}

void job_orders::drop(const std::string& id, done then) {
  with(
      id,
      [](storage::batch& into, const job_record& job) -> std::string {
        if (!job.cron.empty()) return "the job " + job.id + " is queued by its manifest";
        into.erase(jobs_name, {job.id});
        return {};
      },
      std::move(then));
}

} // namespace parley::dispatch
