#include "net/http_session.hpp"

#include "env/utf8.hpp"
#include "error_codes.hpp"
#include "net/connection.hpp"
#include "net/http_route.hpp"
#include "net/json_input.hpp"
#include "net/shard.hpp"
#include "net/upgrade.hpp"
#include "observe/log.hpp"

namespace parley::net {

namespace {

constexpr std::string_view uncached =
    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
constexpr std::size_t queue_pause = 65'536; // pipelined requests wait while this much is unsent

} // namespace

http_session::http_session(connection& on) : on_(on) {
  set_deadline(on_.home().around().limits.header_seconds);
}

http_session::~http_session() = default;

void http_session::set_deadline(std::uint32_t seconds) {
  deadline_ns_ = on_.home().now_ns() + seconds * 1'000'000'000LL;
}

void http_session::receive(std::span<char> bytes) {
  input_.append(bytes.data(), bytes.size());
  pump();
}

bool http_session::wants_input() const {
  return !upgraded_ && waits_ != waits::logic && on_.queued_bytes() < queue_pause;
}

void http_session::end_of_input() {
  input_ended_ = true;
  if (waits_ != waits::logic) on_.finish();
}

void http_session::sent_all() {
  pump();
}

// Takes requests as long as they can be answered at once.
void http_session::pump() {
  if (pumping_ || upgraded_) return;
  pumping_ = true;
  while (waits_ != waits::logic && !on_.finishing() && on_.queued_bytes() < queue_pause &&
         !input_.empty() && read_one()) {
  }
  pumping_ = false;
  count_held();
  if (upgraded_) return on_.continue_reading();
  if (input_ended_ && waits_ != waits::logic) return on_.finish();
  on_.continue_reading();
}

void http_session::count_held() {
  if (upgraded_) return;
  const std::size_t held =
      input_.size() + (reader_ ? reader_->body_bytes() : 0) + request_.body.size();
  // What has come to its end goes its way: soon it is gone.
  if (on_.hold(held) || waits_ == waits::logic || !reader_) return;
  fail_and_close({"unavailable", "Too much is being received at once.", {}, 1'000, true});
}

// False where more bytes are needed.
bool http_session::read_one() {
  const limits& by = on_.home().around().limits;
  if (!reader_) {
    reader_ = std::make_unique<http_reader>(by);
    continued_ = false;
    waits_ = waits::header;
    set_deadline(by.header_seconds);
  }
  std::size_t used = 0;
  const http_reader::state state = reader_->feed(input_, used);
  input_.erase(0, used);
  switch (state) {
    case http_reader::state::complete:
      request_ = reader_->take();
      reader_.reset();
      if (input_.empty()) input_ = {};
      handle();
      return true;
    case http_reader::state::malformed:
      fail_and_close({"bad_frame", "This is not an HTTP/1.1 request."});
      return false;
    case http_reader::state::header_too_large:
      fail_and_close({"too_large", "The header is over its limit of " +
                                       std::to_string(by.header_bytes) + " bytes."});
      return false;
    case http_reader::state::body_too_large:
      fail_and_close({"too_large", "The body is over its limit of " +
                                       std::to_string(by.body_bytes) + " bytes."});
      return false;
    case http_reader::state::need_more:
      break;
  }
  // What the parser leaves lying is one unfinished header or chunk header.
  if (input_.size() > by.header_bytes) {
    fail_and_close({"too_large", "The header is over its limit of " +
                                     std::to_string(by.header_bytes) + " bytes."});
    return false;
  }
  if (waits_ == waits::header && reader_->header_done()) {
    waits_ = waits::body;
    set_deadline(by.body_seconds);
  }
  if (waits_ == waits::body && !continued_ && reader_->expects_continue()) {
    continued_ = true;
    on_.queue(std::make_shared<const std::string>("HTTP/1.1 100 Continue\r\n\r\n"));
  }
  return false;
}

void http_session::tick(std::int64_t now_ns) {
  // A reply is going out, however slowly; `100 Continue` is none.
  if (waits_ != waits::body && on_.queued_bytes() != unsent_) {
    unsent_ = on_.queued_bytes();
    set_deadline(on_.home().around().limits.idle_seconds);
  }
  if (waits_ == waits::logic || now_ns < deadline_ns_) return;
  count(on_.home().around().counters.timed_out);
  if (unsent_ > 0) return on_.abort();
  if (waits_ == waits::first_byte) return on_.finish(); // idle: nothing to say
  fail_and_close({"request_timeout", "The request did not arrive in time.", {}, 0, true});
}

void http_session::handle() {
  count(on_.home().around().counters.http_requests);
  registry_ = on_.home().registry();
  waits_ = waits::logic;
  last_ = !request_.keep_alive || on_.home().draining();
  if (on_.over_limit() && request_.find("upgrade") == nullptr) {
    last_ = true;
    return fail(
        {"too_many_requests", "Too many connections come from this address.", {}, 60'000, true});
  }
  const auto to = read_target(request_.target);
  if (!to) return fail({"not_found", "This is no valid path."});
  if (to->fault) return fail(*to->fault);
  if (handle_preflight()) return;
  if (handle_upgrade(*to) || handle_probe(*to) || handle_document(*to)) return;
  if (!registry_) {
    return fail({"unavailable", "The server is starting.", {}, 1'000, true});
  }
  auto match = registry_->route(request_.verb, to->segments);
  if (match.outcome == dispatch::route_match::kind::found) {
    return handle_method(*to, std::move(match));
  }
  if (handle_file(*to)) return;
  if (match.outcome == dispatch::route_match::kind::other_verb) {
    return fail({"method_not_allowed", "This route takes " + match.allow + " only."},
                "Allow: " + match.allow + "\r\n");
  }
  fail({to->path.starts_with("/v1/") ? "unknown_method" : "not_found", "There is nothing here."});
}

// True where it was the socket's address.
bool http_session::handle_upgrade(const request_target& to) {
  if (to.path != "/v1/socket") return false;
  std::string headers;
  if (auto why_not = judge_upgrade(request_, headers)) {
    fail(*why_not, std::move(headers));
    return true;
  }
  if (on_.home().draining()) {
    fail({"unavailable", "The server is going away.", {}, 1'000, true});
    return true;
  }
  std::optional<deflate_agreement> deflate;
  if (on_.home().around().limits.deflate_above_bytes > 0) deflate = agree_on_deflate(request_);
  on_.queue(std::make_shared<const std::string>(
      upgrade_reply(*request_.find("sec-websocket-key"), deflate)));
  if (deflate) on_.deflate_up_to(deflate->largest_text);
  upgraded_ = true;
  std::string rest = std::move(input_);
  auto next = make_socket_session(on_, deflate.has_value());
  protocol& socket = *next;
  on_.become(std::move(next)); // keeps this object until the caller has returned
  if (on_.over_limit()) {
    socket.close(close_code::too_many_connections, "Too many connections come from this address.");
  } else if (!rest.empty()) {
    socket.receive(rest);
  }
  return true;
}

void http_session::handle_method(const request_target& to, dispatch::route_match match) {
  params_ =
      boost::json::value(boost::json::make_shared_resource<boost::json::monotonic_resource>());
  if (match.target->raw != nullptr) return handle_route(to, match);
  if (match.target->declared.seen_by == manifest::visibility::plugin) {
    return fail({"unknown_method", "There is nothing here."});
  }
  if (auto failure =
          collect_parameters(*match.target, match.parameters, to.query, request_, params_)) {
    return fail(*failure);
  }
  digest_ = match.target->declared.idempotent.empty() ? std::string() : digest_of(params_);
  target_ = match.target;
  const std::string* authorization = request_.find("authorization");
  if (authorization == nullptr) return call(anonymous());
  const std::size_t space = authorization->find(' ');
  if (space == std::string::npos || space == 0 || !env::is_utf8(*authorization)) {
    return fail({"unauthenticated", "Write `Authorization: Bearer <access token>`."},
                "WWW-Authenticate: Bearer\r\n");
  }
  authenticating_ = true;
  shard& home = on_.home();
  home.to_logic([entry = home.around().entry, id = on_.id(),
                 scheme = authorization->substr(0, space),
                 credential = authorization->substr(space + 1),
                 remote = on_.remote()] { entry->authenticate(id, scheme, credential, remote); });
}

void http_session::authenticated(dispatch::session_ptr who,
                                 std::optional<dispatch::error> why_not) {
  if (!authenticating_) return;
  authenticating_ = false;
  if (who && !why_not) return call(std::move(who));
  const dispatch::error refused{"unauthenticated", "The token is not valid."};
  fail(why_not ? *why_not : refused, "WWW-Authenticate: Bearer\r\n");
  pump();
}

// Validated only here: who may not see a method learns nothing of its parameters.
void http_session::call(dispatch::session_ptr who) {
  if (!may_see(*target_, *who)) {
    fail({"unknown_method", "There is nothing here."});
    return pump();
  }
  if (auto failure = check_parameters(*target_, params_)) {
    fail(*failure);
    return pump();
  }
  submit(std::move(who));
}

void http_session::submit(dispatch::session_ptr who) {
  shard& home = on_.home();
  count(home.around().counters.calls);
  auto request = std::make_shared<dispatch::client_request>();
  request->connection = on_.id();
  request->exchange = ++exchange_;
  request->from = registry_;
  request->target = target_;
  request->params = std::move(params_);
  request->params_digest = std::move(digest_);
  request->who = std::move(who);
  request->request_id = home.request_id(on_.id(), exchange_);
  request->remote = on_.remote();
  home.to_logic([entry = home.around().entry, request] { entry->request(std::move(*request)); });
}

void http_session::answered(std::uint64_t exchange, dispatch::outcome what) {
  if (waits_ != waits::logic || exchange != exchange_) return;
  if (what.failure) {
    fail(*what.failure);
  } else if (target_ != nullptr && target_->raw != nullptr) {
    answer_route(what);
  } else {
    respond_result(what.result.empty() ? "null" : std::move(what.result));
  }
  pump();
}

void http_session::handle_route(const request_target& to, const dispatch::route_match& match) {
  target_ = match.target;
  if (request_.body.size() > target_->raw->body_bytes) {
    return fail({"too_large", "The body is over the limit of this route: " +
                                  std::to_string(target_->raw->body_bytes) + " bytes."});
  }
  params_ = route_input(request_, to, match.parameters, on_.remote());
  submit(anonymous());
}

// What the plugin gave is checked: nothing of it may break the frame of the reply.
void http_session::answer_route(const dispatch::outcome& what) {
  auto made = route_reply(what.result);
  if (!made) {
    observe::write(observe::level::error, "a route answers wrongly",
                   {{"plugin", target_->plugin},
                    {"route", target_->raw->name},
                    {"instead",
                     "finish with {status: 200 to 599, headers?: {name: text}, body?, "
                     "base64?}"}});
    return fail({"internal", "Something went wrong in the server; its log has the details."});
  }
  reply out;
  out.status = made->status;
  out.content_type = made->content_type;
  out.headers = std::move(made->headers);
  out.size = made->body.size();
  if (request_.verb != "HEAD")
    out.body = std::make_shared<const std::string>(std::move(made->body));
  respond(std::move(out));
}

void http_session::respond(reply what) {
  std::string head = "HTTP/1.1 " + std::to_string(what.status) + " ";
  head += documents::reason_of(what.status);
  head += "\r\n";
  if (what.status != 304 && what.status != 204) {
    head += "Content-Type: ";
    head += what.content_type;
    head += "\r\nContent-Length: " + std::to_string(what.size) + "\r\n";
  }
  head += what.headers;
  head += cors_headers();
  if (last_) {
    head += "Connection: close\r\n";
  } else if (!request_.is_http_1_1) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  on_.queue(std::make_shared<const std::string>(std::move(head)));
  if (what.body && what.size > 0) on_.queue(std::move(what.body));
  request_ = {};
  registry_.reset();
  target_ = nullptr;
  params_ = nullptr;
  waits_ = waits::first_byte;
  set_deadline(on_.home().around().limits.idle_seconds);
  if (last_) on_.finish();
}

void http_session::respond_text(reply what, std::string text) {
  what.size = text.size();
  if (request_.verb != "HEAD") what.body = std::make_shared<const std::string>(std::move(text));
  respond(std::move(what));
}

// What a client has already is not sent again: a page of history, a profile.
void http_session::respond_result(std::string text) {
  reply what;
  if (request_.verb != "GET") {
    what.headers = uncached;
    return respond_text(std::move(what), std::move(text));
  }
  const std::string etag = '"' + hash_of(text) + '"';
  what.headers = "ETag: " + etag +
                 "\r\nCache-Control: private, no-cache\r\nVary: Authorization\r\n"
                 "X-Content-Type-Options: nosniff\r\n";
  if (!has_already(etag)) return respond_text(std::move(what), std::move(text));
  what.status = 304;
  respond(std::move(what));
}

bool http_session::has_already(const std::string& etag) const {
  return request_.has_token("if-none-match", etag) || request_.has_token("if-none-match", "*") ||
         request_.has_token("if-none-match", "W/" + etag);
}

void http_session::fail(const dispatch::error& why, std::string headers) {
  if (why.retry_after_ms > 0) {
    headers += "Retry-After: " + std::to_string((why.retry_after_ms + 999) / 1'000) + "\r\n";
  }
  reply what;
  what.status = documents::status_of(why.code);
  if (what.status == 401 && headers.find("WWW-Authenticate") == std::string::npos)
    headers += "WWW-Authenticate: Bearer\r\n"; // RFC 9110, 15.5.2
  what.content_type = "application/problem+json";
  what.headers = std::move(headers) + std::string(uncached);
  respond_text(std::move(what), to_problem(why, what.status));
}

// For requests that were not read to their end: what follows cannot be understood.
void http_session::fail_and_close(const dispatch::error& why) {
  last_ = true;
  reader_.reset();
  input_ = {};
  on_.hold(0);
  fail(why);
}

void http_session::close(std::uint16_t, std::string_view) {
  on_.finish();
}

void http_session::drain(std::int64_t) {
  last_ = true;
  if (waits_ != waits::logic) on_.finish();
}

} // namespace parley::net
