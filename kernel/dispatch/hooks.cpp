#include "dispatch/hooks.hpp"

#include "observe/log.hpp"

#include <algorithm>

namespace parley::dispatch {

namespace json = boost::json;

namespace {

error unavailable_because(const std::string& plugin) {
  error why = error_of(PARLEY_E_UNAVAILABLE);
  why.message = "The plugin " + plugin + " has to agree, and cannot answer now; try again later.";
  return why;
}

// A denial is the plugin's own word; anything else is a fault of it.
bool is_denial(const ending& how) {
  return how.status == PARLEY_E_REFUSED;
}

} // namespace

// Those who were there before the owner step in now.
void hooks::add_points(instance& owner) {
  for (const manifest::hook_point& declared : owner.declared.hook_points) {
    auto p = std::make_shared<point>();
    p->owner = &owner;
    p->declared = declared;
    std::vector<schema::breach> faults; // the manifest was read without any
    p->data =
        std::make_shared<schema::validator>(schema::validator::compile(declared.data, faults));
    points_[declared.name] = std::move(p);
    for (instance* other : attached_)
      for (const manifest::hook& h : other->declared.hooks)
        if (h.name == declared.name) step_in(other->name, other, h);
    for (const auto& [name, theirs] : absent_)
      for (const manifest::hook& h : theirs)
        if (h.name == declared.name) step_in(name, nullptr, h);
  }
}

void hooks::attach(instance& plugin) {
  end_stand_in(plugin.name);
  add_points(plugin);
  for (const manifest::hook& h : plugin.declared.hooks) step_in(plugin.name, &plugin, h);
  attached_.push_back(&plugin);
}

void hooks::stand_in(const manifest::manifest& absent) {
  absent_[absent.name] = absent.hooks;
  for (const manifest::hook& h : absent.hooks) step_in(absent.name, nullptr, h);
}

void hooks::end_stand_in(const std::string& name) {
  if (absent_.erase(name) == 0) return;
  take_out([&](std::string_view, const participant& w) { return w.name == name && !w.plugin; });
}

// Points are replaced, never changed: a run keeps the one that it began with, and skips nobody.
template <typename Leaves>
void hooks::take_out(const Leaves& leaves) {
  for (auto& [name, p] : points_) {
    auto narrower = std::make_shared<point>(*p);
    std::erase_if(narrower->participants, [&, &at = name](const std::shared_ptr<participant>& w) {
      return leaves(at, *w);
    });
    p = std::move(narrower);
  }
}

void hooks::step_in(const std::string& name, instance* plugin, const manifest::hook& declared) {
  const auto found = points_.find(declared.name);
  if (found == points_.end()) return;
  auto wider = std::make_shared<point>(*found->second);
  wider->participants.push_back(std::make_shared<participant>(participant{name, plugin, declared}));
  sort(*wider);
  found->second = std::move(wider);
}

void hooks::detach(const instance& plugin) {
  std::erase(attached_, &plugin);
  std::erase_if(points_, [&](const auto& entry) { return entry.second->owner == &plugin; });
  take_out([&](std::string_view, participant& w) {
    if (w.plugin != &plugin) return false;
    w.plugin = nullptr;
    return true;
  });
}

void hooks::replace(instance& old, instance& next) {
  std::erase(attached_, &old);
  take_out([&](std::string_view at, participant& w) {
    if (w.plugin != &old) return false;
    w.plugin = &next;
    w.steps_in = next.hooks.contains(at);
    return true;
  });
  std::erase_if(points_, [&](const auto& entry) { return entry.second->owner == &old; });
  attach(next);
}

void hooks::sort(point& p) const {
  std::vector<hook_participant> all;
  for (const auto& w : p.participants)
    all.push_back({w->name, w->declared.before, w->declared.after});
  const hook_order found = order_hooks(all);
  if (!found.cycle.empty()) return; // refused at load
  std::vector<std::shared_ptr<participant>> sorted;
  for (const std::size_t i : found.order) sorted.push_back(p.participants[i]);
  p.participants = std::move(sorted);
}

// Also of a version that drains: its points are the next one's now.
bool hooks::has(std::string_view name, const instance& owner) const {
  const auto found = points_.find(name);
  return found != points_.end() && found->second->owner->name == owner.name;
}

manifest::hook_kind hooks::kind_of(std::string_view name) const {
  return points_.find(name)->second->declared.kind;
}

void hooks::log_failure(const point& p, std::string_view plugin, const error& why) const {
  observe::write(observe::level::error, "a hook failed",
                 {{"plugin", std::string(plugin)},
                  {"hook", p.declared.name},
                  {"code", why.code},
                  {"why", why.message},
                  {"then", p.declared.pass_on_failure ? "pass" : "deny"}});
}

void hooks::filter(call& in, std::string_view name, const json::value& payload, filtered done) {
  filter_next(std::make_shared<filter_run>(
      filter_run{in.handle, points_.find(name)->second, &payload, std::move(done)}));
}

void hooks::filter_next(const std::shared_ptr<filter_run>& run) {
  call* parent = calls::find(run->in);
  if (!parent) return; // ended meanwhile; nobody waits
  const point& p = *run->at;
  while (run->next < p.participants.size()) {
    const participant& who = *p.participants[run->next++];
    if (!who.steps_in) continue;
    if (!who.plugin || !calls_.admits(*who.plugin)) {
      if (p.declared.pass_on_failure) continue;
      return run->done(nullptr, unavailable_because(who.name));
    }
    const auto handler = who.plugin->hooks.find(p.declared.name);
    call& c =
        calls_.begin(*who.plugin, parent->who, parent, deadline_of(p),
                     [this, run](call& of, const ending& how) { filter_answered(run, of, how); });
    return calls_.enter(c, handler->second, *run->payload);
  }
  run->done(run->payload, std::nullopt);
}

void hooks::filter_answered(const std::shared_ptr<filter_run>& run, call& c, const ending& how) {
  call* above = calls::find(run->in);
  if (!above) return;
  if (is_denial(how)) return run->done(nullptr, how.failure);
  const point& p = *run->at;
  std::optional<error> fault = how.failure;
  if (!fault && how.result && !how.result->is_null()) {
    schema::breach first;
    if (p.data->accepts(*how.result, first))
      run->payload = value_arena::find(above->arena->keep(*how.result));
    else
      fault = error{
          "internal", "its payload is wrong at " + first.pointer + ": " + first.what, {}, 0, false};
    c.garbage = fault.has_value();
  }
  if (fault) {
    log_failure(p, c.plugin->name, *fault);
    if (!p.declared.pass_on_failure) return run->done(nullptr, unavailable_because(c.plugin->name));
  }
  filter_next(run);
}

void hooks::join(call& in, std::string_view name, const json::value& payload, parley_batch batch,
                 told done) {
  join_next(std::make_shared<join_run>(
      join_run{in.handle, points_.find(name)->second, &payload, batch, std::move(done)}));
}

void hooks::join_next(const std::shared_ptr<join_run>& run) {
  call* parent = calls::find(run->in);
  if (!parent) return;
  const point& p = *run->at;
  while (run->next < p.participants.size()) {
    const participant& who = *p.participants[run->next++];
    if (!who.steps_in) continue;
    if (!who.plugin || !calls_.admits(*who.plugin)) {
      if (!who.declared.required) continue;
      return run->done(unavailable_because(who.name));
    }
    run->before = batches::mark_of(run->batch);
    const auto handler = who.plugin->hooks.find(p.declared.name);
    call& c =
        calls_.begin(*who.plugin, parent->who, parent, deadline_of(p),
                     [this, run](call& of, const ending& how) { join_answered(run, of, how); });
    c.joined = batches::lend(run->batch, *who.plugin, c);
    return calls_.enter(c, handler->second, *run->payload);
  }
  run->done(std::nullopt);
}

void hooks::join_answered(const std::shared_ptr<join_run>& run, call& c, const ending& how) {
  if (!calls::find(run->in)) return;
  if (is_denial(how)) return run->done(how.failure);
  const bool required = run->at->participants[run->next - 1]->declared.required;
  std::optional<error> fault = how.failure;
  if (const std::string broken = batches::broken_since(run->batch, run->before);
      !fault && !broken.empty()) {
    fault = error{"internal", "it wrote what the store refuses: " + broken, {}, 0, false};
    c.garbage = true;
  }
  if (fault) {
    log_failure(*run->at, c.plugin->name, *fault);
    if (required) return run->done(unavailable_because(c.plugin->name));
    batches::back_to(run->batch, run->before); // all that it writes, or nothing
  }
  join_next(run);
}

// Observers live on after the cause has been answered, so each has a copy of the payload.
void hooks::observe(const call& cause, std::string_view name, const json::value& payload,
                    told done) {
  const std::shared_ptr<point> p = points_.find(name)->second;
  auto waiting = std::make_shared<std::size_t>(1);
  const auto one_less = [waiting, done] {
    if (--*waiting == 0 && done) done(std::nullopt);
  };
  for (const std::shared_ptr<participant>& each : p->participants) {
    const participant& who = *each;
    if (!who.plugin || !who.steps_in || who.plugin->name == cause.origin)
      continue; // nobody hears their own echo
    if (!calls_.admits(*who.plugin)) continue;
    ++*waiting;
    const auto told = [this, p, one_less](call& c, const ending& how) {
      if (how.failure) log_failure(*p, c.plugin->name, *how.failure);
      one_less();
    };
    const auto handler = who.plugin->hooks.find(p->declared.name);
    call& c = calls_.begin_after(*who.plugin, cause, deadline_of(*p), told);
    calls_.enter(c, handler->second, *value_arena::find(c.arena->keep(payload)));
  }
  one_less();
}

} // namespace parley::dispatch
