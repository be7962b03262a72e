#pragma once

// Takes what an operator orders about a person, and runs it as a job. Everything on the logic loop.

#include "dispatch/dispatcher.hpp"
#include "person/run.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parley::person {

class service {
 public:
  // The manifests of the plugins that run now, the driver's and the kernel's own among them.
  using manifests = std::function<std::vector<const manifest::manifest*>()>;

  // All outlive it.
  service(const surroundings& with, dispatch::jobs& jobs, observe::metrics& measured,
          manifests running);
  ~service(); // a run that is under way goes on elsewhere, or at the next start
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  // Answers are JSON: what is said below, or {"error": "a sentence"}.
  using told = std::function<void(boost::json::object)>;

  // Begins, or joins the same that is under way; then as `state`. An erasure takes the place of an
  // export, and tells what an earlier one did as well; an export of who is being erased is refused.
  void ask(verb what, const std::string& account, told answer);
  // {account, verb, state: running | waiting | stopped | done, step, why, begun_at, ended_at,
  // parts, report}. Waiting: for the next attempt. Stopped: it is a dead letter. Why: what ended
  // the last attempt.
  void state(const std::string& account, told answer);
  // {text}: one of the pieces of an export that is done.
  void part(const std::string& account, std::int64_t number, told answer);
  // The export was taken: its pieces go. {taken: true}
  void taken(const std::string& account, told answer);

 private:
  static void enter(void* self, parley_call call, parley_value input);
  void start(const std::string& account, parley_call call);
  void begin(verb what, const std::string& account, const std::optional<request>& before,
             told answer);
  void put_job(storage::batch& into, const std::string& account) const;
  void see_to_job(const request& of, told answer);
  void find(const std::string& account,
            std::function<void(const storage::failure&, std::optional<request>)> then);
  void erase_parts(const std::string& account, told answer);
  template <typename Then>
  auto later(Then then) {
    return [alive = alive_, then = std::move(then)](auto&&... what) {
      if (*alive) then(std::forward<decltype(what)>(what)...);
    };
  }

  const surroundings with_;
  dispatch::jobs& jobs_;
  const manifests running_;
  dispatch::instance self_; // what the job is entered by
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace parley::person
