#pragma once

// Hook points and those who step in: filter before the commit, join in it, observe after it.

#include "dispatch/batches.hpp"
#include "dispatch/hook_order.hpp"
#include "schema.hpp"

#include <algorithm>
#include <map>

namespace parley::dispatch {

class hooks {
 public:
  // `deadline_ms`: the most that any hook gets.
  hooks(calls& all, std::uint32_t deadline_ms) : calls_(all), deadline_ms_(deadline_ms) {}

  // The plugin's own points, and every step into a point that it declares. Points exist (checked at
  // load), but for those of an optional plugin that is not there.
  void attach(instance& plugin);
  void detach(const instance& plugin);
  bool is_attached(std::string_view plugin) const {
    return std::any_of(attached_.begin(), attached_.end(),
                       [&](const instance* one) { return one->name == plugin; });
  }
  // For a plugin that should be there and is not: until it comes, its filters and required joins
  // cannot agree.
  void stand_in(const manifest::manifest& absent);
  // A new version takes the place of the old one, in runs that are under way too.
  void replace(instance& old, instance& next);

  // Ends with the payload as the filters left it (in the arena of `in`), or with the refusal.
  using filtered = std::function<void(const boost::json::value*, std::optional<error>)>;
  using told = std::function<void(std::optional<error>)>;
  bool has(std::string_view name, const instance& owner) const;
  manifest::hook_kind kind_of(std::string_view name) const;
  void filter(call& in, std::string_view name, const boost::json::value& payload, filtered done);
  void join(call& in, std::string_view name, const boost::json::value& payload, parley_batch batch,
            told done);
  void observe(const call& cause, std::string_view name, const boost::json::value& payload,
               told done);

 private:
  // Shared by all versions of a point, so that every run sees who has left or was replaced.
  struct participant {
    std::string name;
    instance* plugin = nullptr; // nullptr: has left, or has not come
    manifest::hook declared;
    bool steps_in = true; // its new version may not any more
  };
  struct point {
    instance* owner = nullptr;
    manifest::hook_point declared;
    std::shared_ptr<const schema::validator> data;
    std::vector<std::shared_ptr<participant>> participants; // in order
  };

  // One run of a filter or a join, from participant to participant.
  struct filter_run {
    parley_call in = 0;
    std::shared_ptr<point> at;
    const boost::json::value* payload = nullptr;
    filtered done;
    std::size_t next = 0;
  };
  struct join_run {
    parley_call in = 0;
    std::shared_ptr<point> at;
    const boost::json::value* payload = nullptr;
    parley_batch batch = 0;
    told done;
    std::size_t next = 0;
    batches::mark before = {}; // where the participant that is entered began to write
  };

  void filter_next(const std::shared_ptr<filter_run>& run);
  void filter_answered(const std::shared_ptr<filter_run>& run, call& c, const ending& how);
  void join_next(const std::shared_ptr<join_run>& run);
  void join_answered(const std::shared_ptr<join_run>& run, call& c, const ending& how);
  void add_points(instance& owner);
  // Out of every point, those of whom leaves(point's name, participant) is true.
  template <typename Leaves>
  void take_out(const Leaves& leaves);
  void step_in(const std::string& name, instance* plugin, const manifest::hook& declared);
  void end_stand_in(const std::string& name);
  void sort(point& p) const;
  std::uint32_t deadline_of(const point& p) const {
    return std::min(p.declared.deadline_ms, deadline_ms_);
  }
  void log_failure(const point& p, std::string_view plugin, const error& why) const;

  calls& calls_;
  std::uint32_t deadline_ms_;
  std::map<std::string, std::shared_ptr<point>, std::less<>> points_;
  std::vector<instance*> attached_;
  std::map<std::string, std::vector<manifest::hook>> absent_; // by plugin
};

} // namespace parley::dispatch
