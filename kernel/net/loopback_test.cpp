#include "net/loopback_test.hpp"

#include "net/json_input.hpp"

#include <boost/json.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <future>

namespace parley::net::testing {

namespace json = boost::json;

void fake_entry::authenticate(dispatch::connection_id who, std::string scheme,
                              std::string credential, std::string) {
  if (scheme == "Bearer" && credential.starts_with("good")) {
    auto session = std::make_shared<dispatch::session>();
    session->principal = credential == "good-other" ? "account-2" : "account-1";
    session->kind = 1;
    session->id = credential == "good-later" ? "session-2" : "session-1";
    if (credential == "good-short") session->expires_ms = 1'767'225'600'000 + 61'000;
    return clients->authenticated(who, session, std::nullopt);
  }
  clients->authenticated(who, nullptr, dispatch::error{"unauthenticated", "The token is forged."});
}

void fake_entry::request(dispatch::client_request what) {
  if (what.target->declared.name == "test.wait") {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(what));
    changed_.notify_all();
    return;
  }
  if (what.target->declared.name == "test.fail") {
    return clients->answer(what.connection, what.exchange,
                           {{}, dispatch::error{"too_many_things", "Too many things."}});
  }
  json::object result;
  result["params"] = what.params;
  result["who"] = what.who->principal;
  result["digest"] = what.params_digest;
  clients->answer(what.connection, what.exchange, {json::serialize(result), std::nullopt});
}

void fake_entry::resume(dispatch::resume_request what) {
  json::object topics;
  for (const auto& [topic, seq] : what.from) topics[topic] = seq;
  json::object frame{{"resumed", {{"topics", topics}}}};
  if (what.only) frame["only"] = true;
  clients->send(what.connection, std::make_shared<const std::string>(json::serialize(frame)));
}

void fake_entry::cancel(dispatch::connection_id who, std::uint64_t exchange) {
  clients->answer(who, exchange, {{}, dispatch::error{"cancelled", "It was taken back."}});
}

void fake_entry::unfollow(dispatch::connection_id, std::vector<std::string> topics) {
  for (const std::string& topic : topics) say("unfollow " + topic);
}

void fake_entry::acknowledged(dispatch::connection_id, dispatch::cursors have) {
  for (const auto& [topic, seq] : have) say("acknowledged " + topic + " " + std::to_string(seq));
}

void fake_entry::background(dispatch::connection_id, bool is) {
  say(is ? "background" : "foreground");
}

void fake_entry::say(std::string what) {
  const std::lock_guard lock(mutex_);
  said_.push_back(std::move(what));
  changed_.notify_all();
}

std::string fake_entry::wait_said() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !said_.empty(); });
  std::string first = std::move(said_.front());
  said_.erase(said_.begin());
  return first;
}

void fake_entry::connected(dispatch::connection_id who, dispatch::session_ptr session,
                           std::string) {
  const std::lock_guard lock(mutex_);
  connected_.push_back(who);
  sessions_.push_back(session->id);
  changed_.notify_all();
}

void fake_entry::disconnected(dispatch::connection_id) {
  const std::lock_guard lock(mutex_);
  ++disconnected_;
  changed_.notify_all();
}

dispatch::connection_id fake_entry::wait_connected(std::size_t which) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return connected_.size() > which; });
  return connected_[which];
}

std::string fake_entry::session_of(std::size_t which) {
  const std::lock_guard lock(mutex_);
  return sessions_.at(which);
}

void fake_entry::wait_disconnected(std::size_t how_many) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return disconnected_ >= how_many; });
}

dispatch::client_request fake_entry::wait_request() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !waiting_.empty(); });
  dispatch::client_request first = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  return first;
}

client::client(std::uint16_t port, int receive_buffer) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const timeval patience{20, 0}; // only so that a broken server fails the test
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
}

client::~client() {
  if (socket_ >= 0) ::close(socket_);
}

void client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return; // the server has closed: what it said is still to be read
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void client::end_sending() {
  ::shutdown(socket_, SHUT_WR);
}

bool client::fill() {
  std::array<char, 65'536> part;
  const ssize_t size = ::recv(socket_, part.data(), part.size(), 0);
  if (size <= 0) return false;
  input_.append(part.data(), static_cast<std::size_t>(size));
  return true;
}

bool client::ended() {
  while (fill()) {
  }
  return errno != EAGAIN;
}

http_reply client::reply(bool has_body) {
  http_reply made;
  std::size_t end = 0;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return made;
  }
  std::string head = input_.substr(0, end + 2);
  input_.erase(0, end + 4);
  made.status = std::stoi(head.substr(9, 3));
  std::size_t at = head.find("\r\n") + 2;
  while (at < head.size()) {
    const std::size_t line = head.find("\r\n", at), colon = head.find(": ", at);
    std::string name = head.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    made.headers[name] = head.substr(colon + 2, line - colon - 2);
    at = line + 2;
  }
  if (!has_body || !made.headers.contains("content-length")) return made;
  const std::size_t size = std::stoul(made.headers["content-length"]);
  while (input_.size() < size) {
    if (!fill()) return made;
  }
  made.body = input_.substr(0, size);
  input_.erase(0, size);
  return made;
}

http_reply client::get(const std::string& target, const std::string& headers) {
  send("GET " + target + " HTTP/1.1\r\nHost: here\r\n" + headers + "\r\n");
  return reply();
}

http_reply client::open_socket(const std::string& headers) {
  send(
      "GET /v1/socket HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: keep-alive, "
      "Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: other, parley.v1\r\n" +
      headers + "\r\n");
  http_reply got = reply(false);
  EXPECT_EQ(got.status, 101);
  EXPECT_EQ(got.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(got.headers["sec-websocket-protocol"], "parley.v1");
  return got;
}

void client::say_frame(unsigned first, std::string_view content) {
  send(masked_frame(first, content));
}

void client::say(std::string_view text) {
  say_frame(0x81, text);
}

client::raw_frame client::hear_frame() {
  const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(input_[i]); };
  const auto wait_for = [this](std::size_t bytes) {
    while (input_.size() < bytes)
      if (!fill()) return false;
    return true;
  };
  if (!wait_for(2)) return {};
  const unsigned form = byte(1) & 0x7fU;
  const std::size_t more = form < 126 ? 0 : form == 126 ? 2 : 8;
  if (!wait_for(2 + more)) return {};
  std::size_t size = more == 0 ? form : 0;
  for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte(2 + i);
  if (!wait_for(2 + more + size)) return {};
  raw_frame out{byte(0), (byte(1) & 0x80U) != 0,
                more == 0 || size >= (more == 2 ? std::size_t{126} : std::size_t{65'536}),
                input_.substr(2 + more, size)};
  input_.erase(0, 2 + more + size);
  return out;
}

socket_event client::hear() {
  const raw_frame got = hear_frame();
  if (got.first == 0) return {"", 1};
  if (got.first == 0x81) return {got.content, 0};
  if (got.first == 0x8a) return {"pong " + got.content, 0};
  EXPECT_EQ(got.first, 0x88U);
  const auto high = static_cast<unsigned char>(got.content.at(0));
  const auto low = static_cast<unsigned char>(got.content.at(1));
  return {got.content.substr(2), static_cast<std::uint16_t>(high << 8 | low)};
}

std::string client::log_in() {
  say(R"({"authenticate":{"scheme":"Bearer","credential":"good"}})");
  return hear().text;
}

std::shared_ptr<const dispatch::registry> test_registry() {
  manifest::manifest made;
  made.name = "test";
  const auto add = [&made](const char* name, const char* verb, const char* path,
                           const char* params) {
    manifest::method one;
    one.name = name;
    one.http = manifest::http_route{verb, path};
    one.params = json::parse(params).as_object();
    made.methods.push_back(std::move(one));
  };
  add("test.echo", "POST", "/v1/places/{place}/echo",
      R"({"type":"object","required":["place","text"],"properties":{"place":{"type":"string"},
          "text":{"type":"string","maxLength":20000},"count":{"type":"integer","default":3},
          "loud":{"type":"boolean"}}})");
  made.methods.back().idempotent = "text";
  add("test.get", "GET", "/v1/places/{place}",
      R"({"type":"object","required":["place"],"properties":{"place":{"type":"string"}}})");
  add("test.post", "POST", "/v1/post", R"({"type":"object"})");
  add("test.wait", "GET", "/v1/wait", R"({"type":"object"})");
  add("test.fail", "GET", "/v1/fail", R"({"type":"object"})");
  add("test.inner", "GET", "/v1/inner", R"({"type":"object"})");
  made.methods.back().seen_by = manifest::visibility::plugin;
  auto offer = std::make_shared<dispatch::offer>(made);
  const auto made_file = [](dispatch::file what) {
    return std::make_shared<const dispatch::file>(std::move(what));
  };
  offer->files["/"] =
      made_file({"<p>page</p>", "text/html; charset=utf-8", "\"1\"", "default-src 'self'", false});
  offer->files["/help/"] = offer->files["/"];
  offer->files["/app.js"] =
      made_file({std::string(3'000'000, 'j'), "text/javascript", "\"2\"", "", true});
  return std::make_shared<dispatch::registry>(
      1, std::vector<std::shared_ptr<const dispatch::offer>>{std::move(offer)});
}

fixture::fixture(std::function<void(options&)> adjust, unsigned shards) {
  options how;
  how.listen = {{"127.0.0.1", 0, "", ""}};
  how.shards = shards;
  how.sweep = std::chrono::milliseconds(2);
  if (adjust) adjust(how);
  const auto probes = [](std::string_view path) {
    return probe_answer{path == "/readyz" ? 503U : 200U, "text/plain",
                        "probe of " + std::string(path)};
  };
  // One document is there, the other cannot be made.
  const auto documents = [](std::string_view path, const auto& then) {
    const dispatch::file made{"{}", "application/json", "\"3\"", {}, false};
    then(path == "/v1/openapi.json" ? std::make_shared<const dispatch::file>(made) : nullptr);
  };
  server =
      std::make_unique<net::server>(how, clock, random, logic.loop(), &entry, probes, documents);
  entry.clients = server.get();
  server->set_registry(test_registry());
  std::vector<std::string> problems;
  EXPECT_TRUE(server->listen(problems)) << (problems.empty() ? "" : problems.front());
  logic.start();
}

fixture::~fixture() {
  logic.stop();
  server->stop();
}

client fixture::connect_authenticated() {
  client made = connect();
  made.open_socket();
  EXPECT_NE(made.log_in().find("hello"), std::string::npos);
  return made;
}

void fixture::on_logic(std::function<void()> what) {
  std::promise<void> done;
  logic.loop().post([&] {
    what();
    done.set_value();
  });
  done.get_future().wait();
}

dispatch::payload text_of(const std::string& text) {
  return std::make_shared<const std::string>(text);
}

std::string numbered(int number) {
  return "{\"seq\":" + std::to_string(number) + "}";
}

void expect_close(client& one, std::uint16_t code) {
  socket_event event;
  do {
    event = one.hear();
  } while (event.code == 0);
  EXPECT_EQ(event.code, code) << event.text;
  one.end_sending();
  EXPECT_EQ(one.hear().code, 1); // the connection ends, and not by a reset of ours
}

std::string masked_frame(unsigned first, std::string_view content, int form) {
  const std::string_view mask = "\x37\xfa\x21\x3d"; // as in RFC 6455, 5.7
  std::string out(1, static_cast<char>(first));
  const std::size_t size = content.size();
  const int bytes = form >= 0 ? form : size < 126 ? 0 : size < 65'536 ? 2 : 8;
  out += static_cast<char>(0x80U | (bytes == 0 ? size : bytes == 2 ? 126U : 127U));
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i) & 0xffU);
  out += mask;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(content[i] ^ mask[i % 4]);
  return out;
}

} // namespace parley::net::testing
