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

constexpr std::int64_t ns_in_ms = 1'000'000;
constexpr std::string_view long_beginning = R"({"resume":)"; // of what may be longer than others

const payload& heartbeat_reply() {
  static const payload frame = make_text(R"({"heartbeat":{}})");
  return frame;
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
  } else {
    decode(bytes);
  }
  if (!on_.hold(decoder_.held() + held_input_.size()))
    close(close_code::too_slow, "Too much has come of what has not ended.");
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
        if (event.code == close_code::too_big) return refuse_length();
        return close(event.code, event.code == close_code::unsupported
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
  const bool is_long = content.size() > home_.around().limits.frame_bytes;
  if (is_long && !content.starts_with(long_beginning)) return refuse_length(); // was compressed
  // One arena a frame, which goes with the parameters to the logic.
  json::storage_ptr arena = json::make_shared_resource<json::monotonic_resource>(
      std::max<std::size_t>(512, content.size() * 2));
  json::value parsed(arena);
  std::string problem;
  if (!parse_strict(content, arena, parsed, problem)) return refuse_frame({"bad_json", problem});
  client_frame frame = read_frame(parsed);
  if (is_long && !std::holds_alternative<resume_frame>(frame)) return refuse_length();
  if (auto* what = std::get_if<authenticate_frame>(&frame)) return authenticate(std::move(*what));
  const auto* bad = std::get_if<wrong_frame>(&frame);
  if (bad != nullptr && bad->id.empty()) return refuse_frame(bad->why);
  if (!session_) {
    const auto* call = std::get_if<call_frame>(&frame);
    const dispatch::error first{"unauthenticated", "The first frame must be `authenticate`."};
    reply_error(call != nullptr ? call->id : bad != nullptr ? bad->id : "", first);
    return close(close_code::authentication_failed, first.message);
  }
  if (bad != nullptr) return reply_error(bad->id, bad->why);
  if (auto* what = std::get_if<call_frame>(&frame)) return request(std::move(*what), arena);
  if (auto* what = std::get_if<batch_frame>(&frame)) {
    for (call_frame& each : what->calls) request(std::move(each), arena);
  } else if (auto* taken_back = std::get_if<cancel_frame>(&frame)) {
    cancel(*taken_back);
  } else if (auto* from = std::get_if<resume_frame>(&frame)) {
    resume(std::move(*from));
  } else if (auto* no_more = std::get_if<unfollow_frame>(&frame)) {
    unfollow(std::move(*no_more));
  } else if (auto* beat = std::get_if<heartbeat_frame>(&frame)) {
    heartbeat(std::move(*beat));
  } else if (auto* seen = std::get_if<background_frame>(&frame)) {
    background(*seen);
  }
}

void socket_session::authenticate(authenticate_frame what) {
  if (authenticating_) {
    return refuse_frame({"bad_frame", "The `authenticate` before is not answered yet."});
  }
  authenticating_ = true;
  home_.to_logic(
      [entry = home_.around().entry, id = on_.id(), what = std::move(what), remote = on_.remote()] {
        entry->authenticate(id, what.scheme, what.credential, remote);
      });
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
  if (!session_) {
    heard_ns_ = home_.now_ns();
    const limits& by = home_.around().limits;
    decoder_.take_up_to(by.resume_bytes, long_beginning);
  }
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
           ",\"resume_bytes\":" + std::to_string(std::max(by.frame_bytes, by.resume_bytes)) +
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

void socket_session::heartbeat(heartbeat_frame what) {
  heard_ns_ = home_.now_ns();
  send(heartbeat_reply());
  // Nobody has what was not sent.
  std::erase_if(what.have, [this](auto& each) {
    each.second = std::min(each.second, home_.topics().sent_to(on_, each.first));
    return each.second == 0;
  });
  if (what.have.empty()) return;
  home_.to_logic([entry = home_.around().entry, id = on_.id(), have = std::move(what.have)] {
    entry->acknowledged(id, have);
  });
}

void socket_session::background(background_frame what) {
  on_.set_in_background(what.on);
  home_.to_logic(
      [entry = home_.around().entry, id = on_.id(), on = what.on] { entry->background(id, on); });
}

void socket_session::resume(resume_frame what) {
  dispatch::resume_request request{on_.id(), ++last_exchange_, session_, std::move(what.from),
                                   what.only};
  home_.to_logic([entry = home_.around().entry, request = std::move(request)]() mutable {
    entry->resume(std::move(request));
  });
}

void socket_session::unfollow(unfollow_frame what) {
  home_.to_logic([entry = home_.around().entry, id = on_.id(), topics = std::move(what.topics)] {
    entry->unfollow(id, topics);
  });
}

void socket_session::cancel(const cancel_frame& what) {
  const auto found = std::find_if(outstanding_.begin(), outstanding_.end(),
                                  [&what](const call& one) { return one.id == what.id; });
  if (found == outstanding_.end() || std::exchange(found->cancelled, true)) return;
  home_.to_logic([entry = home_.around().entry, id = on_.id(), exchange = found->exchange] {
    entry->cancel(id, exchange);
  });
}

void socket_session::request(call_frame what, const json::storage_ptr& storage) {
  if (what.problem) return reply_error(what.id, *what.problem);
  const bool repeated = std::any_of(outstanding_.begin(), outstanding_.end(),
                                    [&what](const call& one) { return one.id == what.id; });
  if (repeated) {
    return reply_error(what.id, {"bad_frame", "A call with this `id` is not answered yet."});
  }
  if (outstanding_.size() >= home_.around().limits.outstanding) {
    return reply_error(what.id,
                       {"too_many_requests", "Too many calls are unanswered.", {}, 100, true});
  }
  if (leaving_) {
    return reply_error(what.id, {"unavailable", "The server is going away.", {}, 1'000, true});
  }
  const dispatch::method* const target =
      home_.registry() ? home_.registry()->find(what.method) : nullptr;
  if (target == nullptr || !may_see(*target, *session_)) {
    return reply_error(what.id, {"unknown_method", "No plugin that is loaded has this method."});
  }
  json::value params =
      what.params != nullptr ? std::move(*what.params) : json::value(json::object(storage));
  if (!params.is_object()) {
    return reply_error(what.id, {"invalid_params", "`params` must be an object."});
  }
  submit(*target, std::move(params), std::move(what));
}

void socket_session::submit(const dispatch::method& target, json::value params, call_frame what) {
  std::string digest;
  if (!target.declared.idempotent.empty()) digest = digest_of(params);
  if (auto failure = check_parameters(target, params)) return reply_error(what.id, *failure);
  count(home_.around().counters.calls);
  // Constructed in one piece: assigned to, the parameters would be copied out of their arena.
  const std::uint64_t exchange = ++last_exchange_;
  auto request = std::make_shared<dispatch::client_request>(dispatch::client_request{
      on_.id(), exchange, home_.registry(), &target, std::move(params), std::move(digest), session_,
      home_.request_id(on_.id(), exchange), on_.remote(), what.deadline_ms});
  outstanding_.push_back({exchange, std::move(what.id)});
  home_.to_logic([entry = home_.around().entry, request] { entry->request(std::move(*request)); });
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

void socket_session::refuse_length() {
  close(close_code::too_big, "The frame is over its limit.");
}

void socket_session::refuse_frame(const dispatch::error& why) {
  reply_error({}, why);
  close(close_code::not_this_protocol, why.message);
}

void socket_session::send(payload frame) {
  home_.deliver(on_, frame);
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
