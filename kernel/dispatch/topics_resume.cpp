// Following: all that a principal may read or what it chooses, from cursors, without a break.

#include "dispatch/topics.hpp"
#include "observe/log.hpp"
#include "parley/call.h"

#include <algorithm>

namespace parley::dispatch {

namespace json = boost::json;

namespace {

constexpr std::uint32_t page = 32;
// Of one connection: so many pages of long texts fit into its queue.
constexpr std::size_t replays_at_once = 4;
constexpr std::uint32_t places_timeout_ms = 10'000;
constexpr std::uint16_t resume_at_once = 4002;

std::string own_topic(const session& of) {
  return "account:" + of.principal;
}

} // namespace

void topics::resume(resume_request what) {
  const auto found = connections_.find(what.connection);
  if (found == connections_.end()) return;
  connection& c = found->second;
  if (std::any_of(c.resumes.begin(), c.resumes.end(),
                  [](const auto& each) { return !each->is_quiet; })) {
    error why = error_of(PARLEY_E_LIMIT);
    why.message = "A resume is on its way; wait for `resumed`.";
    return clients_->answer(what.connection, what.exchange, {{}, std::move(why)});
  }
  c.chooses = what.only;
  auto r = std::make_shared<resuming>();
  r->who = what.connection;
  r->session = std::move(what.who);
  r->only = what.only;
  for (auto& [topic, seq] : what.from) r->cursors[std::move(topic)] = seq;
  c.resumes.insert(r);
  r->follows.push_back({own_topic(*r->session), 1, std::nullopt});
  ask_all_places(r);
}

void topics::unfollow(connection_id who, const std::vector<std::string>& topics) {
  const auto found = connections_.find(who);
  if (found == connections_.end()) return;
  const std::string own = own_topic(*found->second.session);
  for (const std::string& topic : topics)
    if (topic != own) end_access(found->second, who, topic);
}

void topics::ask_all_places(const std::shared_ptr<resuming>& r) {
  r->waiting = scopes_.size();
  if (r->waiting == 0) return places_known(r);
  for (const auto& [scope, owner] : scopes_) ask_places(r, scope, *owner);
}

void topics::ask_places(const std::shared_ptr<resuming>& r, const std::string& scope,
                        instance& owner) {
  if (!calls_.admits(owner)) {
    r->unknown = true;
    if (--r->waiting == 0) places_known(r);
    return;
  }
  const auto answered = [this, r, scope](call& question, const ending& how) {
    const json::array* places = how.result ? how.result->if_array() : nullptr;
    question.garbage = !how.failure && !places;
    if (!places) {
      observe::write(observe::level::error, "the places of a principal are not known",
                     {{"scope", scope}, {"why", how.failure ? how.failure->message : "no list"}});
      r->unknown = true; // a topic that `resumed` leaves out is void to the client
    } else {
      for (const json::value& place : *places) {
        const json::object* p = place.if_object();
        const json::value* id = p ? p->if_contains("place") : nullptr;
        const json::value* from = p ? p->if_contains("from") : nullptr;
        if (!id || !id->is_string()) continue;
        r->follows.push_back({scope + ":" + std::string(id->get_string()),
                              from && from->is_int64() ? from->get_int64() : 1, std::nullopt});
      }
    }
    if (--r->waiting == 0) places_known(r);
  };
  const auto handler = owner.places.find(scope);
  call& c = calls_.begin(owner, r->session, nullptr, places_timeout_ms, answered);
  const json::value input(json::object({{"principal", r->session->principal}}), c.arena->storage());
  calls_.enter(c, handler->second, *value_arena::find(c.arena->keep(input)));
}

// From here on events are held back in the shard, so that none falls between log and live.
void topics::places_known(const std::shared_ptr<resuming>& r) {
  if (gone(*r)) return;
  if (r->unknown) return give_up(*r, "what it follows cannot be read; reconnect");
  if (r->confirms) return confirmed(*r);
  if (r->is_quiet) keep_what_is_new(*r);
  if (r->only) keep_what_was_chosen(*r);
  std::erase_if(r->follows, [&](const followed& f) { return r->revoked.contains(f.topic); });
  const auto listed = [&](const std::string& topic) {
    return std::any_of(r->follows.begin(), r->follows.end(),
                       [&](const followed& f) { return f.topic == topic; });
  };
  for (const auto& [topic, number] : r->granted)
    if (!listed(topic)) r->follows.push_back({topic, number, std::nullopt});
  r->placed = true;
  if (r->follows.empty()) return done(r);
  std::vector<std::string> names;
  for (followed& f : r->follows) {
    if (const auto cursor = r->cursors.find(f.topic); cursor != r->cursors.end())
      f.cursor = std::max(cursor->second, f.from - 1);
    const auto granted = r->granted.find(f.topic);
    if (!f.cursor && granted != r->granted.end()) f.cursor = granted->second - 1;
    r->followed.insert(f.topic);
    follow(r->who, f.topic, f.cursor.value_or(0), true);
    f.head = known_head(f);
    if (f.head < 0) names.push_back(f.topic);
  }
  if (names.empty()) return confirm(r);
  if (!missed_.is_on()) // where other nodes write as well, the cache would hold what is not true
    for (const std::string& topic : names) heads_.ask(topic);
  std::vector<std::string> asked = names;
  store_.heads(std::move(asked), [this, r, names](const storage::failure& why,
                                                  const std::vector<std::int64_t>& heads) {
    const bool is_read = why.code == storage::status::ok;
    for (std::size_t i = 0; is_read && i < names.size(); ++i) heads_.answer(names[i], heads[i]);
    if (gone(*r)) return;
    if (!is_read) return give_up(*r, "storage cannot be read; reconnect");
    auto head = heads.begin();
    for (followed& f : r->follows)
      if (f.head < 0) f.head = *head++;
    confirm(r);
  });
}

// -1: the store has to be asked. So it is where a client has more than is known here.
std::int64_t topics::known_head(const followed& of) {
  const std::int64_t head =
      missed_.is_on() ? missed_.head_of(of.topic) : heads_.find(of.topic).value_or(-1);
  return head >= of.cursor.value_or(0) ? head : -1;
}

// A place may have been lost on another node since: then its head is of no use, and nothing that
// comes later would say so.
void topics::confirm(const std::shared_ptr<resuming>& r) {
  if (!missed_.is_on()) return heads_known(r);
  auto again = std::make_shared<resuming>();
  again->who = r->who;
  again->session = r->session;
  again->confirms = r;
  again->follows.push_back({own_topic(*r->session), 1, std::nullopt, 0});
  ask_all_places(again);
}

void topics::confirmed(const resuming& by) {
  const std::shared_ptr<resuming>& r = by.confirms;
  std::map<std::string_view, std::int64_t> now;
  for (const followed& f : by.follows) now[f.topic] = f.from;
  for (followed& f : r->follows) {
    const auto still = now.find(f.topic);
    if (still != now.end()) {
      f.from = std::max(f.from, still->second); // it may have gone and come again
      if (f.cursor) f.cursor = std::max(*f.cursor, f.from - 1);
      now.erase(still);
    } else if (!r->granted.contains(f.topic)) {
      end_access(connections_[r->who], r->who, f.topic);
    }
  }
  heads_known(r);
  // What it came into meanwhile.
  if (!now.empty() && !r->only && !r->is_quiet) look_again(r->session->principal);
}

void topics::give_up(const resuming& r, std::string_view why) {
  clients_->close(r.who, resume_at_once, why);
}

void topics::heads_known(const std::shared_ptr<resuming>& r) {
  r->waiting = r->follows.size();
  for (std::size_t i = 0; i < r->follows.size(); ++i) {
    followed& f = r->follows[i];
    if (r->revoked.contains(f.topic)) {
      caught_up(r, i);
      continue;
    }
    missed_.live_after(f.topic, f.head);
    if (f.cursor && *f.cursor < f.head && f.head - *f.cursor <= replay_limit_) {
      r->behind.push_back(i);
      continue;
    }
    if (f.cursor && *f.cursor < f.head) gap(*r, f, f.head - replay_limit_ + 1);
    caught_up(r, i);
  }
  for (std::size_t i = 0; i < replays_at_once; ++i) replay_next(r);
}

void topics::replay_next(const std::shared_ptr<resuming>& r) {
  if (r->behind.empty()) return;
  const std::size_t index = r->behind.front();
  r->behind.pop_front();
  replay(r, index, *r->follows[index].cursor);
}

void topics::replay(const std::shared_ptr<resuming>& r, std::size_t index, std::int64_t after) {
  store_.read_log(r->follows[index].topic, after, page,
                  [this, r, index, after](const storage::failure& why,
                                          std::vector<storage::log_entry> entries, bool more) {
                    followed& f = r->follows[index];
                    if (gone(*r)) return;
                    if (r->revoked.contains(f.topic)) {
                      replay_next(r);
                      return caught_up(r, index);
                    }
                    const bool broken = why.code != storage::status::ok ||
                                        (!entries.empty() && entries.front().number != after + 1) ||
                                        (entries.empty() && after < f.head);
                    if (broken) { // older than what the log keeps
                      gap(*r, f, entries.empty() ? f.head + 1 : entries.front().number);
                      replay_next(r);
                      return caught_up(r, index);
                    }
                    std::vector<std::pair<std::int64_t, payload>> events;
                    events.reserve(entries.size());
                    for (const storage::log_entry& e : entries) {
                      events.emplace_back(e.number,
                                          event_text(f.topic, e.number, e.event, e.data, e.at));
                      if (revoked_by(f.topic, e) != r->session->principal) continue;
                      clients_->replay(r->who, f.topic, std::move(events), false);
                      return lost(r, index);
                    }
                    const std::int64_t last = entries.empty() ? after : entries.back().number;
                    f.head = std::max(f.head, last);
                    clients_->replay(r->who, f.topic, std::move(events), !more);
                    clients_->when_read(r->who, [this, r, index, last, more] {
                      if (gone(*r)) return;
                      if (more) return replay(r, index, last);
                      replay_next(r);
                    });
                    if (!more) one_less(r);
                  });
}

// Its place was taken from it on another node, after it was asked for; unless it has one again.
void topics::lost(const std::shared_ptr<resuming>& r, std::size_t index) {
  end_access(connections_[r->who], r->who, r->follows[index].topic);
  look_again(r->session->principal);
  replay_next(r);
  one_less(r);
}

// Live delivery begins above the head that `resumed` will name.
void topics::caught_up(const std::shared_ptr<resuming>& r, std::size_t index) {
  const followed& f = r->follows[index];
  if (!r->revoked.contains(f.topic)) {
    follow(r->who, f.topic, f.head, true);
    clients_->replay(r->who, f.topic, {}, true);
  }
  one_less(r);
}

void topics::one_less(const std::shared_ptr<resuming>& r) {
  if (--r->waiting == 0) done(r);
}

void topics::gap(const resuming& r, const followed& f, std::int64_t oldest) {
  const json::object frame{
      {"gap", {{"topic", f.topic}, {"oldest", std::max(oldest, f.from)}, {"head", f.head}}}};
  clients_->send(r.who, std::make_shared<std::string>(json::serialize(frame)));
}

void topics::done(const std::shared_ptr<resuming>& r) {
  const auto found = connections_.find(r->who);
  if (found == connections_.end()) return;
  found->second.resumes.erase(r);
  if (r->is_quiet) return;
  json::object heads;
  for (const followed& f : r->follows)
    if (!r->revoked.contains(f.topic)) heads[f.topic] = f.head;
  for (const auto& [topic, number] : r->granted) heads.emplace(topic, number);
  const json::object frame{{"resumed", {{"topics", std::move(heads)}}}};
  clients_->send(r->who, std::make_shared<std::string>(json::serialize(frame)));
}

// Other nodes on the same store have changed where one may read.
void topics::look_again(std::string_view principal) {
  for (const connection_id who : connections_of(principal)) {
    connection& c = connections_[who];
    auto r = std::make_shared<resuming>();
    r->who = who;
    r->session = c.session;
    r->is_quiet = true;
    c.resumes.insert(r);
    ask_all_places(r);
  }
}

void topics::keep_what_was_chosen(resuming& r) {
  const std::string own = own_topic(*r.session);
  std::erase_if(r.follows,
                [&](const followed& f) { return f.topic != own && !r.cursors.contains(f.topic); });
}

// Follows no more what is not listed, and of what is, only what is new: from its beginning on.
void topics::keep_what_is_new(resuming& r) {
  const std::set<std::string, std::less<>> before = connections_[r.who].follows;
  std::set<std::string, std::less<>> listed{own_topic(*r.session)};
  for (const followed& f : r.follows) listed.insert(f.topic);
  for (const auto& [topic, number] : r.granted) listed.insert(topic);
  for (const std::string& topic : before) {
    // Otherwise it is read up to that event, which is in the log by now.
    if (!listed.contains(topic) && !ends_by_an_event(topic)) stop_following(r.who, topic);
  }
  std::erase_if(r.follows, [&](const followed& f) { return before.contains(f.topic); });
  std::erase_if(r.granted, [&](const auto& each) { return before.contains(each.first); });
  if (connections_[r.who].chooses) r.follows.clear();
  for (const followed& f : r.follows) r.cursors[f.topic] = f.from - 1;
}

} // namespace parley::dispatch
