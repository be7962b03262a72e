#include "testing/devices.hpp"

#include "dispatch/methods.hpp"
#include "testing/json.hpp"

#include <algorithm>

namespace parley::test {

namespace json = boost::json;

namespace {

std::string sentence(const dispatch::error& why) {
  return why.code + ": " + why.message + (why.field.empty() ? "" : " (" + why.field + ")");
}

std::string text(const json::object& of, const char* name) {
  const json::value* found = of.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

} // namespace

device& devices::add(std::string name) {
  all_.push_back(std::make_unique<device>());
  all_.back()->in = in_;
  all_.back()->name = std::move(name);
  return *all_.back();
}

device* devices::find(dispatch::connection_id of) {
  for (const auto& each : all_)
    if (of != 0 && each->connection == of) return each.get();
  return nullptr;
}

void devices::breach(const device& of, const std::string& what) {
  breaches_.push_back(of.name + ": " + what);
  said_.add("!! " + of.name + ": " + what);
}

// ---- from clients

void devices::connect(device& who) {
  who.connection = ++connections_;
  who.close_code = 0;
  who.refused.reset();
  submit(
      [this, to = who.connection, scheme = who.scheme.empty() ? "Bearer" : who.scheme,
       credential = who.credential] { entry_->authenticate(to, scheme, credential, "127.0.0.1"); },
      who);
}

void devices::connect_as_nobody(device& who) {
  who.connection = ++connections_;
  who.live = true;
}

void devices::disconnect(device& who) {
  if (who.connection == 0) return;
  said_.add(who.name + " is disconnected");
  lose(who);
}

void devices::lose(device& who) {
  const dispatch::connection_id was = std::exchange(who.connection, 0);
  for (auto& [topic, followers] : topics_) followers.erase(was);
  who.live = false;
  who.on_the_line.clear();
  who.to_send.clear();
  for (const auto& [exchange, each] : std::exchange(who.unanswered, {}))
    end(*each, {{}, dispatch::error{"connection_lost", "The connection broke.", {}, 0, true}});
  if (who.session && entry_) entry_->disconnected(was);
  who.session = nullptr;
}

// In their order for each client, in any order among them.
void devices::submit(std::function<void()> request, device& of) {
  of.to_send.push_back(std::move(request));
  on_.loop.post([this] {
    std::vector<device*> able;
    for (const auto& each : all_)
      if (!each->to_send.empty()) able.push_back(each.get());
    if (able.empty()) return; // it was lost with its connection
    device& next = *able[on_.pick(able.size())];
    const auto work = std::move(next.to_send.front());
    next.to_send.pop_front();
    work();
  });
}

std::shared_ptr<answer> devices::call(device& who, std::string_view method, const value& params,
                                      const place& where) {
  auto out = std::make_shared<test::answer>();
  out->in = in_;
  out->who = who.name;
  out->method = method;
  out->where = where;
  said_.add(who.name + " → " + out->method + " " +
            (params.is_null()              ? std::string("{}")
             : to_json(params).is_string() ? params.text()
                                           : params.json()));
  if (who.connection == 0) {
    end(*out, {{}, dispatch::error{"connection_lost", "There is no connection.", {}, 0, true}});
    return out;
  }
  auto request = request_of(who, method, params, *out);
  if (!request) return out;
  who.unanswered[request->exchange] = out;
  auto shared = std::make_shared<dispatch::client_request>(*std::move(request));
  submit([this, shared] { entry_->request(std::move(*shared)); }, who);
  return out;
}

std::optional<dispatch::client_request> devices::request_of(device& who, std::string_view method,
                                                            const value& params, test::answer& to) {
  dispatch::client_request out;
  out.connection = who.connection;
  out.exchange = ++exchanges_;
  out.target = registry_ ? registry_->find(method) : nullptr;
  if (!out.target || out.target->declared.seen_by == manifest::visibility::plugin) {
    const std::string why = out.target ? "Only plugins may call this method."
                                       : "No plugin that is loaded has this method.";
    end(to, {{}, dispatch::error{"unknown_method", why, {}, 0, false}});
    return std::nullopt;
  }
  boost::system::error_code wrong;
  json::value given = to_json(params);
  if (given.is_null()) given = json::object{};
  if (given.is_string()) given = json::parse(std::string(given.get_string()), wrong);
  if (wrong || !given.is_object()) {
    end(to, {{}, dispatch::error{"invalid_params", "`params` must be an object.", {}, 0, false}});
    return std::nullopt;
  }
  // Without the generation by which it was checked, so that it is checked on the other side.
  out.params = std::move(given);
  out.params_digest = dispatch::digest_of(out.params);
  out.who = who.session;
  out.request_id = who.name + "-" + std::to_string(out.exchange);
  out.remote = "127.0.0.1";
  return out;
}

// ---- to clients

void devices::answer(dispatch::connection_id to, std::uint64_t exchange, dispatch::outcome what) {
  device* who = find(to);
  if (!who) return;
  const auto found = who->unanswered.find(exchange);
  if (found == who->unanswered.end()) {
    if (what.failure) said_.add(who->name + " ← " + sentence(*what.failure));
    return;
  }
  const std::shared_ptr<test::answer> ended = std::move(found->second);
  who->unanswered.erase(found);
  end(*ended, std::move(what));
}

void devices::end(test::answer& what, dispatch::outcome how) {
  what.ended = true;
  what.looked_at = !how.failure;
  if (how.failure)
    said_.add(what.who + " ← " + what.method + " fails: " + sentence(*how.failure));
  else
    said_.add(what.who + " ← " + how.result);
  if (!how.failure) what.result = from_json(json::parse(how.result.empty() ? "null" : how.result));
  what.error = std::move(how.failure);
}

void devices::authenticated(dispatch::connection_id to, dispatch::session_ptr who,
                            std::optional<dispatch::error> why_not) {
  device* by = find(to);
  if (!by) return;
  if (!who || why_not) {
    by->refused = why_not.value_or(
        dispatch::error{"unauthenticated", "The token is not valid.", {}, 0, false});
    said_.add(by->name + " is not let in: " + sentence(*by->refused));
    by->close_code = 4101;
    return lose(*by);
  }
  if (!by->more_roles.empty()) {
    auto more = std::make_shared<dispatch::session>(*who);
    more->roles.insert(more->roles.end(), by->more_roles.begin(), by->more_roles.end());
    who = std::move(more);
  }
  by->session = who;
  by->account = who->principal;
  entry_->connected(to, who, "127.0.0.1");
  std::vector<std::pair<std::string, std::int64_t>> cursors(by->cursors.begin(), by->cursors.end());
  entry_->resume({to, ++exchanges_, who, std::move(cursors), false});
}

void devices::publish(std::string_view topic, std::int64_t number, dispatch::payload event,
                      std::string_view /* nobody here is slow */) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  for (auto& [who, by] : found->second) {
    device* to = find(who);
    if (!to) continue;
    if (by.held)
      by.kept.emplace_back(number, event);
    else
      give(*to, by, number, event);
  }
}

void devices::give(device& to, follower& by, std::int64_t number, const dispatch::payload& event) {
  if (number != 0) {
    if (number <= by.after) return;
    by.after = number;
  }
  deliver(to, event);
}

void devices::send(dispatch::connection_id to, dispatch::payload text) {
  if (device* who = find(to)) deliver(*who, text);
}

void devices::deliver(device& to, const dispatch::payload& text) {
  if (to.line.count() == 0 && to.on_the_line.empty()) return take(to, *text);
  to.on_the_line.push_back(text);
  on_.loop.after(to.line, [this, on = to.connection] {
    device* who = find(on);
    if (!who || who->on_the_line.empty()) return;
    const dispatch::payload next = std::move(who->on_the_line.front());
    who->on_the_line.pop_front();
    take(*who, *next);
  });
}

void devices::follow(dispatch::connection_id who, std::string_view topic, std::int64_t after,
                     bool hold) {
  if (!find(who)) return;
  follower& by = topics_[std::string(topic)][who];
  by.after = after;
  if (!hold) by.kept.clear();
  by.held = hold;
}

void devices::replay(dispatch::connection_id who, std::string_view topic,
                     std::vector<std::pair<std::int64_t, dispatch::payload>> events, bool last) {
  device* to = find(who);
  const auto found = topics_.find(topic);
  if (!to || found == topics_.end() || !found->second.contains(who)) return;
  follower& by = found->second[who];
  for (const auto& [number, event] : events) give(*to, by, number, event);
  if (!last || !std::exchange(by.held, false)) return;
  for (const auto& [number, event] : std::exchange(by.kept, {})) give(*to, by, number, event);
}

void devices::unfollow(dispatch::connection_id who, std::string_view topic) {
  const auto found = topics_.find(topic);
  if (found != topics_.end()) found->second.erase(who);
  if (device* of = find(who)) of->cursors.erase(std::string(topic)); // it may come back later on
}

void devices::when_read(dispatch::connection_id who, std::function<void()> then) {
  if (find(who) != nullptr) then();
}

void devices::close(dispatch::connection_id who, std::uint16_t code, std::string_view reason) {
  device* to = find(who);
  if (!to) return;
  said_.add(to->name + " is closed: " + std::to_string(code) + " " + std::string(reason));
  to->close_code = code;
  // As from the network: not from inside the call.
  on_.loop.post([this, who] {
    if (device* gone = find(who)) lose(*gone);
  });
}

// ---- what clients make of it

void devices::take(device& by, const std::string& text) {
  const json::value parsed = json::parse(text);
  const json::object& frame = parsed.as_object();
  if (frame.contains("event")) return take_event(by, frame);
  if (const json::value* resumed = frame.if_contains("resumed")) {
    std::map<std::string, std::int64_t, std::less<>> heads;
    for (const auto& member : resumed->at("topics").as_object()) {
      const auto known = by.cursors.find(std::string_view(member.key()));
      heads[std::string(member.key())] =
          std::max(member.value().as_int64(), known == by.cursors.end() ? 0 : known->second);
    }
    by.cursors = std::move(heads);
    by.live = true;
  } else if (const json::value* gap = frame.if_contains("gap")) {
    const std::string topic = test::text(gap->as_object(), "topic");
    by.cursors[topic] = gap->at("head").as_int64();
    said_.add(by.name + " ⇠ gap " + json::serialize(*gap));
    by.inbox.push_back({{"gap", topic, 0, from_json(*gap), {}}, false});
  }
}

void devices::take_event(device& by, const json::object& frame) {
  received next;
  next.what.name = text(frame, "event");
  next.what.topic = text(frame, "topic");
  next.what.at = text(frame, "at");
  if (const json::value* data = frame.if_contains("data")) next.what.data = from_json(*data);
  if (const json::value* seq = frame.if_contains("seq")) next.what.seq = seq->as_int64();
  const std::int64_t seq = next.what.seq;
  said_.add(by.name + " ⇠ " + next.what.topic + (seq > 0 ? " #" + std::to_string(seq) : "") + " " +
            next.what.name + " " + next.what.data.json());
  if (seq > 0) {
    const auto known = by.cursors.find(next.what.topic);
    if (known != by.cursors.end() && seq != known->second + 1 && !(gaps_ && seq > known->second))
      breach(by, "after #" + std::to_string(known->second) + " of " + next.what.topic + " came #" +
                     std::to_string(seq));
    by.cursors[next.what.topic] = seq;
  }
  by.inbox.push_back(std::move(next));
}

} // namespace parley::test
