#include "person/service.hpp"

#include "dispatch/job_records.hpp"
#include "parley/call.h"

#include <utility>

namespace parley::person {
namespace json = boost::json;
namespace {

constexpr std::string_view job_name = "kernel.person";

std::string job_id(const std::string& account) {
  return std::string(job_name) + "/" + account;
}

json::object fault(std::string sentence) {
  return {{"error", std::move(sentence)}};
}
json::object fault(const storage::failure& why) {
  return fault("the store cannot serve: " + why.message);
}

// As long as it takes: it goes on from where it was, so many attempts are no harm.
manifest::job declared() {
  manifest::job out;
  out.name = "person";
  out.doc = "Exports or erases a person.";
  out.params = json::parse(R"({"type": "object", "required": ["account"],
                               "properties": {"account": {"type": "string"}}})")
                   .as_object();
  out.concurrency = 2;
  out.attempts = 100;
  out.deadline_ms = 3'600'000;
  return out;
}

json::object shown(const request& of, const std::optional<dispatch::job_record>& job) {
  json::object out{{"account", of.account},   {"verb", name_of(of.what)}, {"begun_at", of.begun_at},
                   {"ended_at", of.ended_at}, {"parts", of.parts},        {"report", of.report}};
  const bool waits = job && job->node.empty() && !job->error.empty();
  out["state"] = of.is_done          ? "done"
                 : !job || job->dead ? "stopped"
                 : waits             ? "waiting"
                                     : "running";
  if (const json::value* step = of.place.if_contains("step")) out["step"] = *step;
  if (job && !of.is_done && !job->error.empty()) out["why"] = job->error;
  return out;
}

} // namespace

service::service(const surroundings& with, dispatch::jobs& jobs, observe::metrics& measured,
                 manifests running)
    : with_(with), jobs_(jobs), running_(std::move(running)) {
  self_.name = self_.declared.name = "kernel";
  self_.declared.jobs = {declared()};
  self_.self = std::make_shared<dispatch::session>(
      dispatch::session{"plugin:kernel", PARLEY_PLUGIN, "", {"plugin"}, 0});
  std::vector<schema::breach> none;
  self_.job_params.emplace("person",
                           schema::validator::compile(self_.declared.jobs.front().params, none));
  self_.jobs["person"] = {&service::enter, this,
                          &with.calls.all_stays().point(self_, "job person", measured)};
  jobs_.provide(self_);
}

service::~service() {
  *alive_ = false;
  jobs_.withdraw(self_);
  with_.calls.abort_all(self_);
}

void service::enter(void* self, parley_call call, parley_value input) {
  const json::value* params = dispatch::value_arena::find(input);
  static_cast<service*>(self)->start(std::string(params->at("account").as_string()), call);
}

void service::start(const std::string& account, parley_call call) {
  find(account, [this, account, call](const storage::failure& why, std::optional<request> found) {
    if (why.code != storage::status::ok) {
      dispatch::error out;
      out.code = "unavailable";
      out.message = why.message;
      return static_cast<void>(with_.calls.fail(call, out));
    }
    if (!found || found->is_done) return static_cast<void>(with_.calls.finish(call, nullptr));
    std::make_shared<run>(with_, declared_by(running_()), *std::move(found), call)->begin();
  });
}

void service::find(const std::string& account,
                   std::function<void(const storage::failure&, std::optional<request>)> then) {
  with_.store.get(requests_name, {account}, {},
                  later([then = std::move(then)](const storage::failure& why,
                                                 const std::optional<json::object>& found) {
                    if (!found) return then(why, std::nullopt);
                    then(why, request::from_json(*found));
                  }));
}

void service::ask(verb what, const std::string& account, told answer) {
  find(account, [this, what, account, answer](const storage::failure& why,
                                              const std::optional<request>& found) {
    if (why.code != storage::status::ok) return answer(fault(why));
    if (found && !found->is_done) {
      if (found->what == what) return see_to_job(*found, answer);
      // Nobody waits with an erasure for an export, which may be one that cannot end.
      if (what == verb::export_all)
        return answer(fault("an order to erase this person is under way since " + found->begun_at +
                            "; wait for its end: parleyctl person state " + account));
    }
    with_.accounts.people().get(
        account, later([this, what, account, found, answer](
                           const storage::failure& failed,
                           const std::optional<identity::account_record>& known) {
          if (failed.code != storage::status::ok) return answer(fault(failed));
          // Erased before: once more, for what other servers wrote meanwhile.
          const bool was_erased = found && found->what == verb::erase && what == verb::erase;
          if (!known && !was_erased) return answer(fault("there is no account " + account));
          if (known && !known->owner.empty() && what == verb::erase)
            return answer(fault("the account " + account + " is the bot of the plugin " +
                                known->owner + ", and no person's"));
          begin(what, account, found, answer);
        }));
  });
}

void service::put_job(storage::batch& into, const std::string& account) const {
  dispatch::job_record job;
  job.id = job_id(account);
  job.name = job_name;
  job.params = {{"account", account}};
  job.due_ms = with_.calls.now_ms();
  job.mark = with_.calls.new_id();
  job.queued_at = env::rfc3339(job.due_ms);
  into.put(dispatch::jobs_name, job.to_json());
}

void service::begin(verb what, const std::string& account, const std::optional<request>& before,
                    told answer) {
  request made;
  made.account = account;
  made.what = what;
  made.mark = with_.calls.new_id();
  made.begun_at = env::rfc3339(with_.calls.now_ms());
  // What the first erasure found is found no more; it is told all the same.
  if (what == verb::erase && before && before->what == verb::erase) {
    made.begun_at = before->begun_at;
    made.report = done_for_good(before->report);
  }
  made.expires_at = env::rfc3339(with_.calls.now_ms() + with_.keep_report_ms);
  auto writes = with_.store.begin();
  if (before)
    require_unchanged(*writes, *before);
  else
    writes->require(requests_name, {account}, false, {}, storage::condition_reason::batch);
  writes->put(requests_name, made.to_json());
  put_job(*writes, account);
  with_.store.commit(std::move(writes),
                     later([this, what, account, answer](const storage::commit_result& done) {
                       if (done.why.code == storage::status::conflict)
                         return ask(what, account, answer);
                       if (done.why.code != storage::status::ok) return answer(fault(done.why));
                       jobs_.queued(std::string(job_name), with_.calls.now_ms());
                       state(account, answer);
                     }));
}

// One that was given up is tried once more.
void service::see_to_job(const request& of, told answer) {
  with_.store.get(dispatch::jobs_name, {job_id(of.account)}, {},
                  later([this, account = of.account, answer](
                            const storage::failure& why, const std::optional<json::object>& found) {
                    if (why.code != storage::status::ok) return answer(fault(why));
                    if (found && !dispatch::job_record::from_json(*found).dead)
                      return state(account, answer);
                    auto writes = with_.store.begin();
                    if (found)
                      dispatch::require_unchanged(*writes, dispatch::job_record::from_json(*found));
                    else
                      writes->require(dispatch::jobs_name, {job_id(account)}, false, {},
                                      storage::condition_reason::batch);
                    put_job(*writes, account);
                    with_.store.commit(
                        std::move(writes),
                        later([this, account, answer](const storage::commit_result&) {
                          jobs_.queued(std::string(job_name), with_.calls.now_ms());
                          state(account, answer); // also where somebody else was quicker
                        }));
                  }));
}

void service::state(const std::string& account, told answer) {
  find(account,
       [this, account, answer](const storage::failure& why, const std::optional<request>& found) {
         if (why.code != storage::status::ok) return answer(fault(why));
         if (!found) return answer(fault("nothing was ordered for the account " + account));
         with_.store.get(dispatch::jobs_name, {job_id(account)}, {},
                         later([of = *found, answer](const storage::failure& failed,
                                                     const std::optional<json::object>& job) {
                           if (failed.code != storage::status::ok) return answer(fault(failed));
                           std::optional<dispatch::job_record> read;
                           if (job) read = dispatch::job_record::from_json(*job);
                           answer(shown(of, read));
                         }));
       });
}

void service::part(const std::string& account, std::int64_t number, told answer) {
  with_.store.get(parts_name, {account, number}, {},
                  later([account, number, answer](const storage::failure& why,
                                                  const std::optional<json::object>& found) {
                    if (why.code != storage::status::ok) return answer(fault(why));
                    for (const char* text : {"text", "sealed"})
                      if (found && found->contains(text))
                        return answer({{"text", found->at(text)}});
                    answer(fault("the export of " + account + " has no part " +
                                 std::to_string(number) + " any more; order it again"));
                  }));
}

void service::taken(const std::string& account, told answer) {
  find(account,
       [this, account, answer](const storage::failure& why, const std::optional<request>& found) {
         if (why.code != storage::status::ok) return answer(fault(why));
         if (!found || !found->is_done)
           return answer(fault("no export of " + account + " is done"));
         erase_parts(account, answer);
       });
}

void service::erase_parts(const std::string& account, told answer) {
  find_parts(with_.store, account,
             later([this, account, answer](const storage::failure& why,
                                           const std::vector<json::array>& keys, bool more) {
               if (why.code != storage::status::ok) return answer(fault(why));
               auto writes = with_.store.begin();
               for (const json::array& each : keys) writes->erase(parts_name, each);
               with_.store.commit(
                   std::move(writes),
                   later([this, account, answer, more](const storage::commit_result& done) {
                     if (done.why.code != storage::status::ok) return answer(fault(done.why));
                     if (more) return erase_parts(account, answer);
                     answer({{"taken", true}});
                   }));
             }));
}

} // namespace parley::person
