#include "dispatch/topics.hpp"

#include <algorithm>
#include <tuple>

namespace parley::dispatch {

namespace json = boost::json;

payload topics::event_text(std::string_view topic, std::int64_t number, std::string_view event,
                           std::string_view data, std::string_view at) {
  auto text = std::make_shared<std::string>();
  text->reserve(topic.size() + event.size() + data.size() + at.size() + 80);
  *text += "{\"topic\":";
  *text += json::serialize(json::string_view(topic));
  if (number > 0) *text += ",\"seq\":" + std::to_string(number);
  *text += ",\"event\":\"";
  *text += event.empty() ? "void" : event; // declared names need no escaping
  *text += '"';
  if (!event.empty()) {
    *text += ",\"data\":";
    *text += data;
  }
  *text += ",\"at\":\"";
  *text += at;
  *text += "\"}";
  return text;
}

std::string revoked_by(const manifest::event& declared, const json::value& data) {
  const json::object* const members = data.if_object();
  const json::value* const whose =
      members && !declared.revokes.empty() ? members->if_contains(declared.revokes) : nullptr;
  return whose && whose->is_string() ? std::string(whose->get_string()) : std::string();
}

topics::topics(calls& all, storage::engine& store, std::uint32_t replay_limit)
    : calls_(all),
      store_(store),
      replay_limit_(replay_limit),
      missed_(
          store,
          [this](const pending_event& what, std::int64_t number) { announce_now(what, number); },
          [this](const std::string& topic, const storage::log_entry& what) {
            announce_foreign(topic, what);
          }) {}

void topics::add_scope(const std::string& scope, instance& owner) {
  scopes_[scope] = &owner;
}

void topics::remove_scopes(const instance& owner) {
  std::erase_if(scopes_, [&](const auto& entry) { return entry.second == &owner; });
}

void topics::connected(connection_id who, session_ptr session, std::string remote) {
  connection& c = connections_[who];
  if (!c.session) c.since_ms = calls_.now_ms();
  c.remote = std::move(remote);
  if (c.session) by_principal_[c.session->principal].erase(who);
  by_principal_[session->principal].insert(who);
  c.session = std::move(session);
}

void topics::disconnected(connection_id who) {
  const auto found = connections_.find(who);
  if (found == connections_.end()) return;
  const auto principal = by_principal_.find(found->second.session->principal);
  principal->second.erase(who);
  if (principal->second.empty()) by_principal_.erase(principal);
  for (const std::string& topic : found->second.follows) missed_.unfollow(topic);
  connections_.erase(found);
}

bool topics::close(connection_id who, std::uint16_t code, std::string_view reason) {
  if (!connections_.contains(who)) return false;
  clients_->close(who, code, reason);
  return true;
}

std::vector<topics::seen> topics::find(std::string_view principal, std::string_view session) const {
  std::vector<seen> out;
  const auto look_at = [&](connection_id id, const connection& c) {
    if (session.empty() || c.session->id == session)
      out.push_back({id, c.session, c.remote, c.since_ms, c.in_background});
  };
  if (principal.empty())
    for (const auto& [id, c] : connections_) look_at(id, c);
  else
    for (const connection_id id : connections_of(principal)) look_at(id, connections_.at(id));
  std::sort(out.begin(), out.end(), [](const seen& a, const seen& b) {
    return std::tie(a.since_ms, a.id) < std::tie(b.since_ms, b.id);
  });
  return out;
}

const std::set<connection_id>& topics::connections_of(std::string_view principal) const {
  static const std::set<connection_id> nobody;
  const auto found = by_principal_.find(principal);
  return found == by_principal_.end() ? nobody : found->second;
}

void topics::close_session(std::string_view session, std::uint16_t code, std::string_view reason) {
  for (const auto& [id, c] : connections_)
    if (c.session->id == session) clients_->close(id, code, reason);
}

void topics::announce(const pending_event& event, std::int64_t number) {
  heads_.announced(event.topic, number);
  if (missed_.is_next(event, number)) announce_now(event, number);
}

void topics::announce_now(const pending_event& event, std::int64_t number) {
  if (event.access > 0) apply_access(event, number); // a grant shows its own event
  clients_->publish(
      event.topic, number,
      event_text(event.topic, number, event.name, json::serialize(event.data), event.at));
  if (event.access < 0) apply_access(event, number); // a revocation too, and nothing after it
}

void topics::apply_access(const pending_event& event, std::int64_t number) {
  for (const connection_id who : connections_of(event.principal)) {
    connection& c = connections_[who];
    if (event.access > 0) {
      if (c.chooses) continue; // told on its own topic, it may ask for this one
      bool replayed = false;   // the resume brings this event after those before it
      for (const auto& r : c.resumes) {
        replayed = replayed || !r->placed || r->followed.contains(event.topic);
        r->revoked.erase(event.topic);
        r->granted[event.topic] = number;
      }
      if (!replayed) {
        follow(who, event.topic, number - 1, false);
        missed_.live_after(event.topic, number);
      }
    } else {
      end_access(c, who, event.topic);
    }
  }
}

// Also to a resume that is on its way.
void topics::end_access(connection& c, connection_id who, const std::string& topic) {
  for (const auto& r : c.resumes) {
    r->revoked.insert(topic);
    r->followed.erase(topic);
    r->granted.erase(topic);
  }
  stop_following(who, topic);
}

void topics::follow(connection_id who, const std::string& topic, std::int64_t after, bool hold) {
  if (missed_.is_on() && connections_[who].follows.insert(topic).second) missed_.follow(topic);
  clients_->follow(who, topic, after, hold);
}

void topics::stop_following(connection_id who, const std::string& topic) {
  auto& follows = connections_[who].follows;
  if (const auto found = follows.find(topic); found != follows.end()) {
    follows.erase(found);
    missed_.unfollow(topic);
  }
  clients_->unfollow(who, topic);
}

void topics::publish(std::string_view topic, std::string_view event, const json::value& data,
                     std::string_view latest_by) {
  std::string latest;
  const json::object* const members = data.if_object();
  const json::value* const by =
      members && !latest_by.empty() ? members->if_contains(latest_by) : nullptr;
  if (by) latest = json::serialize(json::array{topic, event, *by});
  clients_->publish(
      topic, 0, event_text(topic, 0, event, json::serialize(data), env::rfc3339(calls_.now_ms())),
      latest);
}

void topics::set_in_background(connection_id who, bool is) {
  const auto found = connections_.find(who);
  if (found != connections_.end()) found->second.in_background = is;
}

session_ptr topics::session_of(connection_id who) const {
  const auto found = connections_.find(who);
  return found == connections_.end() ? nullptr : found->second.session;
}

bool topics::ends_by_an_event(const std::string& topic) const {
  const auto scope = scopes_.find(topic.substr(0, topic.find(':')));
  if (scope == scopes_.end()) return false;
  const auto& events = scope->second->declared.events;
  return std::any_of(events.begin(), events.end(),
                     [](const manifest::event& e) { return !e.revokes.empty(); });
}

// Who may not read what comes after this event, by its declaration; empty: nobody.
std::string topics::revoked_by(const std::string& topic, const storage::log_entry& what) const {
  const auto scope = scopes_.find(topic.substr(0, topic.find(':')));
  if (scope == scopes_.end() || what.event.empty()) return {};
  const auto& events = scope->second->declared.events;
  const auto declared = std::find_if(
      events.begin(), events.end(), [&](const manifest::event& e) { return e.name == what.event; });
  if (declared == events.end() || declared->revokes.empty()) return {};
  boost::system::error_code wrong;
  return dispatch::revoked_by(*declared, json::parse(what.data, wrong));
}

// By an event that says whose place it ends nobody gets what comes after it. Who else gains or
// loses a place the log does not say, but that account is told of it.
void topics::announce_foreign(const std::string& topic, const storage::log_entry& what) {
  clients_->publish(topic, what.number,
                    event_text(topic, what.number, what.event, what.data, what.at));
  if (const std::string gone = revoked_by(topic, what); !gone.empty()) {
    for (const connection_id who : connections_of(gone)) end_access(connections_[who], who, topic);
  }
  constexpr std::string_view account = "account:";
  if (topic.starts_with(account)) look_again(std::string_view(topic).substr(account.size()));
}

} // namespace parley::dispatch
