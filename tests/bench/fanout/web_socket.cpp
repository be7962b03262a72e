#include "web_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace parley::bench {
namespace {

constexpr std::array<unsigned char, 4> mask{0x5a, 0x13, 0xc7, 0x8e};

[[noreturn]] void give_up(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void append_masked(std::string& out, unsigned char opcode, std::string_view payload) {
  out.push_back(static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    out.push_back(static_cast<char>(0x80 | 126));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size()));
  }
  out.append(reinterpret_cast<const char*>(mask.data()), mask.size());
  for (std::size_t i = 0; i < payload.size(); ++i)
    out.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
}

} // namespace

int connect_to(std::uint16_t port) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up("socket");
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) {
    ::close(fd);
    give_up("connect");
  }
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

web_socket::web_socket(std::uint16_t port, const std::string& path, const std::string& protocol)
    : fd_(connect_to(port)) {
  upgrade(path, protocol);
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
}

web_socket::~web_socket() {
  if (fd_ >= 0) ::close(fd_);
}

void web_socket::upgrade(const std::string& path, const std::string& protocol) {
  std::string request = "GET " + path +
                        " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!protocol.empty()) request += "Sec-WebSocket-Protocol: " + protocol + "\r\n";
  request += "\r\n";
  if (::write(fd_, request.data(), request.size()) != static_cast<ssize_t>(request.size()))
    give_up("upgrade");
  std::size_t end = std::string::npos;
  while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
    char piece[2048];
    ssize_t got = ::read(fd_, piece, sizeof piece);
    if (got <= 0) throw std::runtime_error("closed during the upgrade: " + in_);
    in_.append(piece, static_cast<std::size_t>(got));
  }
  if (in_.compare(0, 12, "HTTP/1.1 101") != 0) throw std::runtime_error("not upgraded: " + in_);
  in_.erase(0, end + 4);
}

void web_socket::queue(std::string_view text) {
  append_masked(out_, 1, text);
}

void web_socket::flush() {
  while (!out_.empty()) {
    ssize_t sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      out_.erase(0, static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd waiting{fd_, POLLOUT, 0};
      ::poll(&waiting, 1, 1000);
    } else {
      give_up("send");
    }
  }
}

void web_socket::read_ready(const on_text& handler) {
  static std::array<char, 256 * 1024> piece;
  ssize_t got = ::read(fd_, piece.data(), piece.size());
  if (got == 0) throw std::runtime_error("the server closed a connection");
  if (got < 0) {
    if (errno == EAGAIN) return;
    give_up("read");
  }
  in_.append(piece.data(), static_cast<std::size_t>(got));
  take_frames(handler);
}

void web_socket::take_frames(const on_text& handler) {
  std::size_t at = 0;
  while (in_.size() - at >= 2) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(in_[at + i]); };
    std::size_t header = 2;
    std::uint64_t length = byte(1) & 0x7f;
    if (length == 126) {
      if (in_.size() - at < 4) break;
      length = std::uint64_t{byte(2)} << 8 | byte(3);
      header = 4;
    } else if (length == 127) {
      if (in_.size() - at < 10) break;
      length = 0;
      for (std::size_t i = 2; i < 10; ++i) length = length << 8 | byte(i);
      header = 10;
    }
    if (in_.size() - at < header + length) break;
    std::string_view payload(in_.data() + at + header, length);
    unsigned opcode = byte(0) & 0x0f;
    if (opcode == 8)
      throw std::runtime_error("closed by the server: " + std::string(payload.substr(2)));
    if (opcode == 9) append_masked(out_, 10, payload);
    if (opcode == 1) handler(payload);
    at += header + length;
  }
  in_.erase(0, at);
}

} // namespace parley::bench
