#include "target.hpp"

#include <boost/json.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace parley::bench {
namespace json = boost::json;
namespace {

// One request on a connection of its own; the body of the answer, or an exception.
std::string ask(std::uint16_t port, const std::string& verb, const std::string& path,
                const std::string& token, const std::string& body) {
  int fd = connect_to(port);
  std::string request = verb + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
  if (!token.empty()) request += "Authorization: Bearer " + token + "\r\n";
  if (!body.empty())
    request +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  request += "\r\n" + body;
  std::string answer;
  char piece[4096];
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
      static_cast<ssize_t>(request.size())) {
    for (ssize_t got; (got = ::read(fd, piece, sizeof piece)) > 0;)
      answer.append(piece, static_cast<std::size_t>(got));
  }
  ::close(fd);
  std::size_t end = answer.find("\r\n\r\n");
  if (answer.compare(0, 12, "HTTP/1.1 200") != 0 || end == std::string::npos)
    throw std::runtime_error(verb + " " + path + ": " + answer);
  return answer.substr(end + 4);
}

std::string configuration(const settings& with) {
  return "server: { name: bench, data: data }\n"
         "listen: [{ address: 127.0.0.1, port: " +
         std::to_string(with.port) +
         " }]\n"
         "limits: { connections_per_address: 100000 }\n"
         "rates: { read: { per_second: 0 }, write: { per_second: 0 } }\n"
         "log: { level: warn, format: json }\n"
         "plugin_path: ['" +
         with.plugins +
         "']\n"
         "plugins:\n"
         "  storage-sqlite: { config: { commit_delay_us: " +
         with.commit_delay_us +
         " } }\n"
         "  auth-password: { config: { argon2_memory_mib: 8, argon2_passes: 1 }, grants: "
         "[identity] }\n"
         "  messaging: {}\n";
}

// Waits for the frame that holds `word`.
void await_frame(web_socket& socket, std::string_view word) {
  bool seen = false;
  std::string last;
  while (!seen) {
    pollfd waiting{socket.descriptor(), POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) != 1)
      throw std::runtime_error("no " + std::string(word) + " within ten seconds; last: " + last);
    socket.read_ready([&](std::string_view frame) {
      last = frame;
      if (frame.find(word) != frame.npos) seen = true;
    });
  }
}

} // namespace

parley_target::parley_target(const settings& with) : port_(with.port) {
  start(with);
  register_members(with.members);
}

void parley_target::start(const settings& with) {
  std::string config = with.directory + "/parley.yaml";
  std::ofstream(config) << configuration(with);
  std::int64_t began = steady_ns();
  server_ = std::make_unique<process>(std::vector<std::string>{with.parleyd, config},
                                      with.directory + "/parleyd.log");
  timespec pause{0, 1'000'000};
  for (;;) {
    try {
      ask(port_, "GET", "/readyz", "", "");
      break;
    } catch (const std::exception&) {
      if (!server_->running()) {
        std::system(("cat " + with.directory + "/parleyd.log >&2").c_str());
        throw std::runtime_error("parleyd ended");
      }
      if (steady_ns() - began > 20'000'000'000) throw std::runtime_error("parleyd is not ready");
      ::nanosleep(&pause, nullptr);
    }
  }
  start_ms_ = static_cast<double>(steady_ns() - began) / 1e6;
  at_rest_kib_ = server_->resident_kib();
}

void parley_target::register_members(std::size_t count) {
  json::array others;
  for (std::size_t i = 0; i < count; ++i) {
    json::object who{{"name", "member" + std::to_string(i)}, {"password", "correct horse battery"}};
    auto made =
        json::parse(ask(port_, "POST", "/v1/auth/register", "", json::serialize(who))).as_object();
    tokens_.emplace_back(made.at("access_token").as_string());
    if (i > 0) others.emplace_back(made.at("account").as_string());
  }
  json::object group{{"name", "fanout"}, {"members", std::move(others)}};
  auto made =
      json::parse(ask(port_, "POST", "/v1/conversations", tokens_[0], json::serialize(group)));
  group_ = std::string(made.as_object().at("id").as_string());
}

std::unique_ptr<web_socket> parley_target::join(std::size_t i) {
  auto socket = std::make_unique<web_socket>(port_, "/v1/socket", "parley.v1");
  const std::string& token = tokens_[i % tokens_.size()];
  socket->queue(R"({"authenticate":{"scheme":"Bearer","credential":")" + token + R"("}})");
  socket->flush();
  await_frame(*socket, "\"hello\"");
  socket->queue(R"({"resume":{"cursors":{}}})");
  socket->flush();
  await_frame(*socket, "\"resumed\"");
  return socket;
}

std::string parley_target::call(std::uint64_t number, std::string_view text) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  auto ms = static_cast<unsigned long long>(now.tv_sec) * 1000 +
            static_cast<unsigned long long>(now.tv_nsec / 1'000'000);
  char id[40]; // a UUIDv7 whose random part counts
  std::snprintf(id, sizeof id, "%08llx-%04llx-7000-8000-%012llx", ms >> 16, ms & 0xffff,
                static_cast<unsigned long long>(number));
  std::string frame = "{\"id\":" + std::to_string(number) +
                      ",\"method\":\"messaging.send\",\"params\":{\"conversation\":\"" + group_ +
                      "\",\"id\":\"" + id + "\",\"text\":\"";
  frame += text;
  return frame + "\"}}";
}

std::optional<std::string_view> parley_target::delivered(std::string_view frame) const {
  if (frame.find("\"message.created\"") == frame.npos) return {};
  constexpr std::string_view key = "\"text\":\"";
  std::size_t at = frame.find(key);
  if (at == frame.npos) return {};
  return frame.substr(at + key.size());
}

bool parley_target::ends_call(std::string_view frame) const {
  if (delivered(frame)) return false;
  if (frame.find("\"error\":{") != frame.npos)
    throw std::runtime_error("refused: " + std::string(frame));
  return frame.find("\"result\":") != frame.npos;
}

} // namespace parley::bench
