#include "plugin/lifecycle.hpp"

#include "dispatch/dispatcher.hpp"
#include "env/env.hpp"
#include "observe/log.hpp"
#include "storage/declare.hpp"

#include <algorithm>

namespace parley::plugin {

namespace {

using observe::level;

constexpr std::chrono::milliseconds look_again{10};

} // namespace

lifecycle::lifecycle(services& shared, loader& load, deadlines bounds, node_part node)
    : shared_(shared), loader_(load), deadlines_(bounds), node_(std::move(node)) {}

const loaded_plugin* lifecycle::find(std::string_view name) const {
  for (const auto& p : plugins_)
    if (p->name == name) return p.get();
  return nullptr;
}

std::unique_ptr<loaded_plugin>* lifecycle::place_of(std::string_view name) {
  for (auto& p : plugins_)
    if (p->name == name) return &p;
  return nullptr;
}

std::vector<std::shared_ptr<const dispatch::offer>> lifecycle::offers() const {
  std::vector<std::shared_ptr<const dispatch::offer>> all;
  for (const auto& p : plugins_) all.push_back(p->offer);
  return all;
}

std::vector<const loaded_plugin*> lifecycle::draining() const {
  std::vector<const loaded_plugin*> all;
  for (const auto& p : draining_) all.push_back(p.get());
  return all;
}

// ---- starting

void lifecycle::start(std::vector<candidate> all,
                      std::function<void(std::string plugin, std::string why)> ended) {
  to_start_.assign(std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
  started_ = std::move(ended);
  start_next();
}

void lifecycle::start_next() {
  if (stopped_) return;
  if (to_start_.empty()) return std::exchange(started_, nullptr)({}, {});
  const std::string name = to_start_.front().name;
  const auto failed = [this, name](const std::string& why) {
    std::exchange(started_, nullptr)(name, why);
  };
  std::string why;
  auto loaded = loader_.load(std::move(to_start_.front()), &why);
  to_start_.pop_front();
  if (!loaded) return failed(why);
  plugins_.push_back(std::move(loaded));
  loaded_plugin& p = *plugins_.back();
  node_.prepare(p, [this, &p, failed](const std::string& problem) {
    if (stopped_) return; // `p` may have ended
    if (!problem.empty()) return failed(problem);
    shared_.dispatch->add(p);
    node_.changed(); // what has started so far may be called
    loader_.start(p, deadlines_.start_ms, [this, failed](const std::string& refused) {
      if (stopped_) return;
      if (!refused.empty()) return failed(refused);
      start_next();
    });
  });
}

// ---- upgrading

void lifecycle::upgrade(candidate next, done ended) {
  if (stopped_) return ended("the server ends");
  jobs_.push_back(std::make_shared<job>(job{std::move(next), std::move(ended), nullptr}));
  if (jobs_.size() == 1) begin(jobs_.front());
}

// By value: `over` takes the job out of the queue.
void lifecycle::begin(job_ptr j) {
  std::string why;
  j->next = loader_.load(j->what, &why);
  if (!j->next) return over(j, why);
  migrate(j);
}

// While the old version serves: its records stay as they are to it.
void lifecycle::migrate(const job_ptr& j) {
  shared_.store->widen(storage::declared(j->next->declared), {},
                       [this, j](const storage::failure& why) {
                         if (stopped_ || why.code != storage::status::ok)
                           return give_up(j, why.message);
                         start_version(j);
                       });
}

void lifecycle::start_version(const job_ptr& j) {
  node_.prepare(*j->next, [this, j](const std::string& problem) {
    if (stopped_ || !problem.empty()) return give_up(j, problem);
    loader_.start(*j->next, deadlines_.start_ms, [this, j](const std::string& refused) {
      if (stopped_ || !refused.empty()) return give_up(j, refused);
      take_over(j);
    });
  });
}

// The one turn in which clients, hooks and other plugins change over.
void lifecycle::take_over(const job_ptr& j) {
  loaded_plugin& next = *j->next;
  if (auto* place = place_of(next.name)) {
    shared_.dispatch->replace(**place, next);
    std::swap(*place, j->next);
    loader_.cancel_timers(*j->next); // the new version has set its own
    drain(std::move(j->next));
  } else {
    shared_.dispatch->add(next);
    plugins_.push_back(std::move(j->next));
  }
  node_.changed();
  observe::write(level::info, "a plugin was upgraded",
                 {{"plugin", next.name}, {"version", next.declared.version}});
  over(j, {});
}

void lifecycle::give_up(const job_ptr& j, const std::string& why) {
  loader_.retire(std::move(j->next), deadlines_.stop_ms,
                 [this, j, why] { over(j, stopped_ ? "the server ends" : why); });
}

void lifecycle::over(const job_ptr& j, const std::string& why) {
  if (!why.empty())
    observe::write(level::error, "a plugin was not upgraded",
                   {{"plugin", j->what.name}, {"version", j->what.declared.version}, {"why", why}});
  j->ended(why); // whoever wants the next upgrade from within waits behind this one
  jobs_.pop_front();
  if (stopped_) return stop_last();
  if (!jobs_.empty()) begin(jobs_.front());
}

// ---- the old version

void lifecycle::drain(std::unique_ptr<loaded_plugin> old) {
  draining_.push_back(std::move(old));
  look_at_drain(std::prev(draining_.end()),
                shared_.clock->steady_ns() + std::int64_t{deadlines_.drain_ms} * 1'000'000);
}

void lifecycle::look_at_drain(std::list<std::unique_ptr<loaded_plugin>>::iterator old,
                              std::int64_t until_ns) {
  const bool late = stopped_ || shared_.clock->steady_ns() >= until_ns;
  if (!late && !loader::is_idle(**old)) {
    shared_.logic->after(look_again, [this, old, until_ns] { look_at_drain(old, until_ns); });
    return;
  }
  if (!loader::is_idle(**old))
    observe::write(level::warn, "what an old version has begun is cancelled",
                   {{"plugin", (*old)->name}, {"version", (*old)->declared.version}});
  loader_.stop(**old, deadlines_.stop_ms, [this, old](const std::string& problem) {
    if (!problem.empty()) observe::write(level::warn, problem, {{"plugin", (*old)->name}});
    loader_.retire(std::move(*old), deadlines_.stop_ms, [this, old] {
      draining_.erase(old);
      if (stopped_) stop_last();
    });
  });
}

// ---- stopping

void lifecycle::stop(std::function<void()> ended) {
  stopped_ = std::move(ended);
  if (jobs_.empty()) stop_last();
}

// Comes back when a job, an old version or the last plugin has ended.
void lifecycle::stop_last() {
  if (!jobs_.empty() || !draining_.empty()) {
    // Only the first job is under way.
    while (jobs_.size() > 1) {
      const done ended = std::move(jobs_.back()->ended);
      jobs_.pop_back();
      ended("the server ends");
    }
    return;
  }
  if (plugins_.empty()) {
    if (const auto ended = std::exchange(stopped_, [] {})) ended();
    return;
  }
  loaded_plugin& last = *plugins_.back();
  shared_.dispatch->remove(last);
  loader_.stop(last, deadlines_.stop_ms, [this, &last](const std::string& problem) {
    if (!problem.empty()) observe::write(level::warn, problem, {{"plugin", last.name}});
    auto leaving = std::move(plugins_.back());
    plugins_.pop_back();
    loader_.retire(std::move(leaving), deadlines_.stop_ms, [this] { stop_last(); });
  });
}

} // namespace parley::plugin
