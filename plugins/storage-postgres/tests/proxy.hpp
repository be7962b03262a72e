#pragma once

// Stands between a driver and PostgreSQL, and breaks one connection at a commit.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace parley::test::storage {

enum class loss {
  none,
  answer, // the commit reaches PostgreSQL, its answer nobody
  commit  // neither does
};

class proxy {
 public:
  explicit proxy(int server_port)
      : server_(server_port), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no port for the proxy");
    }
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~proxy() {
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    ::close(listener_);
    for (std::thread& each : passing_) each.join();
  }
  proxy(const proxy&) = delete;

  int port() const { return port_; }
  // The next commit that is sent.
  void lose(loss what) { lose_ = what; }
  int lost() const { return lost_; }

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    return out;
  }

  void accept_all() {
    while (true) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      passing_.emplace_back([this, client] { pass(client); });
    }
  }

  void pass(int client) {
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(server_);
    bool goes_on =
        ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    loss at_commit = loss::none;
    while (goes_on) {
      pollfd both[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (::poll(both, 2, -1) < 0) break;
      if (both[0].revents != 0) {
        const std::string bytes = read_from(client);
        // A statement is named when it is prepared: on each connection at its first commit.
        // With its end, as "READ COMMITTED" is another.
        if (bytes.find(std::string("COMMIT\0", 7)) != std::string::npos) {
          at_commit = lose_.exchange(loss::none);
        }
        goes_on = at_commit != loss::commit && write_to(server, bytes);
      }
      if (goes_on && both[1].revents != 0) {
        const std::string bytes = read_from(server);
        goes_on = at_commit != loss::answer && write_to(client, bytes);
      }
    }
    if (at_commit != loss::none) ++lost_;
    ::close(client);
    ::close(server);
  }

  static std::string read_from(int socket) {
    std::string bytes(1 << 20, '\0');
    const ssize_t count = ::recv(socket, bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  static bool write_to(int socket, const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t count = ::send(socket, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      if (count <= 0) return false;
      at += static_cast<std::size_t>(count);
    }
    return !bytes.empty();
  }

  const int server_;
  const int listener_;
  int port_ = 0;
  std::atomic<loss> lose_{loss::none};
  std::atomic<int> lost_{0};
  std::thread accepting_;
  std::vector<std::thread> passing_; // of accepting_, then of the destructor
};

} // namespace parley::test::storage
