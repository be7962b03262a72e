#include "net/socket_session.hpp"

#include "env/env.hpp"
#include "net/connection.hpp"
#include "net/json_input.hpp"
#include "net/rest.hpp"
#include "net/shard.hpp"

#include <algorithm>

namespace parley::net {

namespace json = boost::json;

namespace {

constexpr std::size_t id_bytes = 64;
constexpr std::int64_t ns_in_ms = 1'000'000;
constexpr std::int64_t greatest_integer = std::int64_t{1} << 53;

bool is_exact(const json::value& number) {
  const std::int64_t* const whole = number.if_int64();
  return whole != nullptr && *whole >= -greatest_integer && *whole <= greatest_integer;
}

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

// The id as JSON, or empty where it is none.
std::string read_id(const json::object& frame) {
  const json::value* id = frame.if_contains("id");
  if (id == nullptr) return {};
  if (const auto* text = id->if_string()) {
    std::string quoted;
    if (text->size() <= id_bytes) append_quoted(quoted, view(*text));
    return quoted;
  }
  if (is_exact(*id)) return json::serialize(*id);
  return {};
}

const payload& heartbeat_frame() {
  static const payload frame = make_text(R"({"heartbeat":{}})");
  return frame;
}

bool only_has(const json::object& frame, std::initializer_list<std::string_view> known) {
  return std::all_of(frame.begin(), frame.end(), [&](const auto& member) {
    return std::find(known.begin(), known.end(),
                     std::string_view(member.key().data(), member.key().size())) != known.end();
  });
}

} // namespace

socket_session::socket_session(connection& on, bool deflates)
    : on_(on),
      home_(on.home()),
      decoder_(home_.around().limits.frame_bytes, deflates ? &home_.inflates() : nullptr),
      heard_ns_(home_.now_ns()) {
  count(home_.around().counters.sockets);
  // Between three quarters and all of the interval, so that clients do not beat in step.
  const auto most = static_cast<std::uint64_t>(home_.around().heartbeat_ms);
  heartbeat_ms_ = static_cast<std::int32_t>(most - home_.random_below(most / 4 + 1));
}

socket_session::~socket_session() {
  uncount(home_.around().counters.sockets);
  if (!announced_) return;
  home_.to_logic([entry = home_.around().entry, id = on_.id()] { entry->disconnected(id); });
}

void socket_session::receive(std::span<char> bytes) {
  if (waiting_for_session()) {
    held_input_.append(bytes.data(), bytes.size());
    return;
  }
  decode(bytes);
}

void socket_session::decode(std::span<char> bytes) {
  while (!on_.finishing() && !on_.dead()) {
    if (waiting_for_session()) { // the rest waits for `hello`
      held_input_.append(bytes.data(), bytes.size());
      return;
    }
    const frame_event event = decoder_.next(bytes);
    switch (event.what) {
      case frame_event::kind::need_more:
        return;
      case frame_event::kind::text:
        count(home_.around().counters.frames_in);
        text(event.content);
        break;
      case frame_event::kind::ping:
        send(make_frame(opcode::pong, event.content));
        break;
      case frame_event::kind::pong:
        break;
      case frame_event::kind::close:
        return close(event.code == close_code::no_status ? close_code::normal : event.code, {});
      case frame_event::kind::fault:
        return close(event.code, event.code == close_code::too_big ? "The frame is over its limit."
                                 : event.code == close_code::unsupported
                                     ? "Only text frames are spoken here."
                                 : event.code == close_code::not_utf8 ? "The text is not UTF-8."
                                                                      : "This is no valid frame.");
    }
  }
}

void socket_session::end_of_input() {
  on_.abort();
}

void socket_session::text(std::string_view content) {
  // One arena a frame, which goes with the parameters to the logic.
  json::storage_ptr arena = json::make_shared_resource<json::monotonic_resource>(
      std::max<std::size_t>(512, content.size() * 2));
  json::value parsed(arena);
  std::string problem;
  if (!parse_strict(content, arena, parsed, problem)) return refuse_frame({"bad_json", problem});
  json::object* const frame = parsed.if_object();
  if (frame == nullptr) return refuse_frame({"bad_frame", "A frame is a JSON object."});
  if (const json::value* what = frame->if_contains("authenticate"); what && frame->size() == 1) {
    return authenticate(*what);
  }
  if (!session_) {
    reply_error(read_id(*frame), {"unauthenticated", "The first frame must be `authenticate`."});
    return close(close_code::authentication_failed, "The first frame must be `authenticate`.");
  }
  if (frame->contains("method")) return request(*frame, arena);
  if (const json::value* what = frame->if_contains("resume"); what && frame->size() == 1) {
    return resume(*what);
  }
  if (frame->contains("heartbeat") && frame->size() == 1) return heartbeat();
  const std::string id = read_id(*frame);
  const dispatch::error unknown{"bad_frame",
                                "This is none of authenticate, resume, heartbeat or a call."};
  if (id.empty()) return refuse_frame(unknown);
  reply_error(id, unknown);
}

void socket_session::authenticate(const json::value& what) {
  const auto* fields = what.if_object();
  const auto* scheme = fields != nullptr ? fields->if_contains("scheme") : nullptr;
  const auto* credential = fields != nullptr ? fields->if_contains("credential") : nullptr;
  if (scheme == nullptr || credential == nullptr || !scheme->is_string() ||
      !credential->is_string() || fields->size() != 2) {
    return refuse_frame({"bad_frame", "`authenticate` takes `scheme` and `credential`, as text."});
  }
  if (authenticating_) {
    return refuse_frame({"bad_frame", "The `authenticate` before is not answered yet."});
  }
  authenticating_ = true;
  home_.to_logic([entry = home_.around().entry, id = on_.id(),
                  scheme = std::string(view(scheme->get_string())),
                  credential = std::string(view(credential->get_string())),
                  remote = on_.remote()] { entry->authenticate(id, scheme, credential, remote); });
}

void socket_session::authenticated(dispatch::session_ptr who,
                                   std::optional<dispatch::error> why_not) {
  if (!authenticating_ || on_.finishing()) return;
  authenticating_ = false;
  if (!who || why_not) {
    const dispatch::error refused{"unauthenticated", "The token is not valid."};
    const dispatch::error& why = why_not ? *why_not : refused;
    reply_error({}, why);
    return close(why.temporary ? close_code::draining : close_code::authentication_failed,
                 why.message);
  }
  if (session_ && session_->principal != who->principal) {
    return close(close_code::authentication_failed, "A connection stays with one account.");
  }
  const bool another = !session_ || session_->id != who->id;
  if (!session_) heard_ns_ = home_.now_ns();
  session_ = std::move(who);
  if (another) { // also later: the end of this session is to end the connection
    announced_ = true;
    home_.to_logic([entry = home_.around().entry, id = on_.id(), who_now = session_,
                    remote = on_.remote()] { entry->connected(id, who_now, remote); });
  }
  say_hello();
  std::string rest = std::move(held_input_);
  held_input_ = {};
  if (!rest.empty()) decode(rest);
  on_.continue_reading();
}

void socket_session::say_hello() {
  const limits& by = home_.around().limits;
  std::string hello = "{\"hello\":{\"account\":";
  append_quoted(hello, session_->principal);
  hello += ",\"session\":";
  append_quoted(hello, session_->id);
  hello += ",\"heartbeat_ms\":" + std::to_string(heartbeat_ms_) + ",\"time\":\"" +
           env::rfc3339(home_.around().clock->unix_ms()) +
           "\",\"limits\":{\"frame_bytes\":" + std::to_string(by.frame_bytes) +
           ",\"outstanding\":" + std::to_string(by.outstanding) + "},\"features\":[";
  if (home_.registry()) {
    for (const std::string& each : home_.registry()->plugins()) {
      if (hello.back() != '[') hello += ',';
      append_quoted(hello, each);
    }
  }
  hello += "]}}";
  send(make_text(hello));
  if (leaving_) drain(0);
}

void socket_session::heartbeat() {
  heard_ns_ = home_.now_ns();
  send(heartbeat_frame());
}

void socket_session::resume(const json::value& what) {
  const auto* fields = what.if_object();
  const auto* cursors = fields != nullptr ? fields->if_contains("cursors") : nullptr;
  const dispatch::error bad{"bad_frame", "`resume` takes `cursors`: topics with their last `seq`."};
  if (fields == nullptr || fields->size() > 1 || (cursors != nullptr && !cursors->is_object()) ||
      (cursors == nullptr && !fields->empty())) {
    return refuse_frame(bad);
  }
  std::vector<std::pair<std::string, std::int64_t>> from;
  if (cursors != nullptr) {
    for (const auto& [name, seq] : cursors->get_object()) {
      if (!is_exact(seq) || seq.get_int64() < 0) return refuse_frame(bad);
      from.emplace_back(std::string(name.data(), name.size()), seq.get_int64());
    }
  }
  home_.to_logic([entry = home_.around().entry, id = on_.id(), exchange = ++last_exchange_,
                  who = session_,
                  from = std::move(from)] { entry->resume(id, exchange, who, from); });
}

void socket_session::request(json::object& frame, const json::storage_ptr& storage) {
  std::string id = read_id(frame);
  const json::value* const name = frame.if_contains("method");
  json::value* const given = frame.if_contains("params");
  if (id.empty() || !name->is_string() || !only_has(frame, {"id", "method", "params"})) {
    const dispatch::error bad{"bad_frame", "A call is `id` (text or integer), `method`, `params`."};
    return id.empty() ? refuse_frame(bad) : reply_error(id, bad);
  }
  const bool repeated = std::any_of(outstanding_.begin(), outstanding_.end(),
                                    [&id](const call& one) { return one.id == id; });
  if (repeated) {
    return reply_error(id, {"bad_frame", "A call with this `id` is not answered yet."});
  }
  if (outstanding_.size() >= home_.around().limits.outstanding) {
    return reply_error(id, {"too_many_requests", "Too many calls are unanswered.", {}, 100, true});
  }
  if (leaving_) {
    return reply_error(id, {"unavailable", "The server is going away.", {}, 1'000, true});
  }
  const dispatch::method* const target =
      home_.registry() ? home_.registry()->find(view(name->get_string())) : nullptr;
  if (target == nullptr || !may_see(*target, *session_)) {
    return reply_error(id, {"unknown_method", "No plugin that is loaded has this method."});
  }
  json::value params = given != nullptr ? std::move(*given) : json::value(json::object(storage));
  if (!params.is_object()) {
    return reply_error(id, {"invalid_params", "`params` must be an object."});
  }
  submit(*target, std::move(params), std::move(id));
}

void socket_session::submit(const dispatch::method& target, json::value params, std::string id) {
  std::string digest;
  if (!target.declared.idempotent.empty()) digest = digest_of(params);
  if (auto failure = check_parameters(target, params)) return reply_error(id, *failure);
  count(home_.around().counters.calls);
  // Constructed in one piece: assigned to, the parameters would be copied out of their arena.
  const std::uint64_t exchange = ++last_exchange_;
  auto what = std::make_shared<dispatch::client_request>(dispatch::client_request{
      on_.id(), exchange, home_.registry(), &target, std::move(params), std::move(digest), session_,
      home_.request_id(on_.id(), exchange), on_.remote()});
  outstanding_.push_back({last_exchange_, std::move(id)});
  home_.to_logic([entry = home_.around().entry, what] { entry->request(std::move(*what)); });
}

void socket_session::answered(std::uint64_t exchange, dispatch::outcome what) {
  const auto found = std::find_if(outstanding_.begin(), outstanding_.end(),
                                  [exchange](const call& one) { return one.exchange == exchange; });
  if (found == outstanding_.end()) { // a resume has no id
    if (what.failure && session_) reply_error({}, *what.failure);
    return;
  }
  const std::string id = std::move(found->id);
  outstanding_.erase(found);
  if (what.failure) {
    reply_error(id, *what.failure);
  } else {
    std::string reply = "{\"id\":";
    reply.reserve(id.size() + what.result.size() + 24);
    reply += id;
    reply += ",\"result\":";
    reply += what.result.empty() ? "null" : what.result;
    reply += '}';
    send(make_text(reply));
  }
  leave_when_done();
}

void socket_session::reply_error(const std::string& id, const dispatch::error& why) {
  std::string reply = "{";
  if (!id.empty()) reply += "\"id\":" + id + ",";
  reply += "\"error\":" + net::to_json(why) + "}";
  send(make_text(reply));
}

void socket_session::refuse_frame(const dispatch::error& why) {
  reply_error({}, why);
  close(close_code::not_this_protocol, why.message);
}

void socket_session::send(payload frame) {
  home_.deliver(on_, frame, false);
}

void socket_session::close(std::uint16_t code, std::string_view reason) {
  if (on_.finishing()) return;
  on_.queue(make_close(code, reason)); // nothing is queued behind it
  on_.finish();
}

void socket_session::drain(std::int64_t reconnect_after_ms) {
  leaving_ = true;
  if (waiting_for_session()) return; // said with `hello`
  send(make_text("{\"draining\":{\"reconnect_after_ms\":" + std::to_string(reconnect_after_ms) +
                 "}}"));
  leave_when_done();
}

void socket_session::leave_when_done() {
  if (leaving_ && outstanding_.empty()) close(close_code::draining, "The server is going away.");
}

void socket_session::tick(std::int64_t now_ns) {
  const auto& around = home_.around();
  const std::int64_t silent_ms = (now_ns - heard_ns_) / ns_in_ms;
  if (!session_) {
    if (silent_ms < around.limits.handshake_seconds * 1'000LL) return;
    count(home_.around().counters.timed_out);
    return close(close_code::not_authenticated, "`authenticate` did not come in time.");
  }
  if (silent_ms > 2LL * heartbeat_ms_ + 1'000) {
    count(home_.around().counters.timed_out);
    return close(close_code::heartbeats_missing, "Two heartbeats are missing.");
  }
  if (session_->expires_ms != 0 && around.clock->unix_ms() >= session_->expires_ms) {
    return close(close_code::session_ended, "The session has expired.");
  }
  if (outstanding_.empty()) outstanding_.shrink_to_fit();
}

} // namespace parley::net
