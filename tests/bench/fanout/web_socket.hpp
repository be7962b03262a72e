#pragma once

// As little of a WebSocket client as a load generator needs: no TLS, no compression, no fragments.
// Non-blocking; whoever owns it calls read_ready() when there is something to read.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace parley::bench {

// A connected, blocking TCP socket to 127.0.0.1, or an exception.
int connect_to(std::uint16_t port);

class web_socket {
 public:
  using on_text = std::function<void(std::string_view)>;

  // Connects and upgrades; blocks until the server has agreed. `protocol` may be empty.
  web_socket(std::uint16_t port, const std::string& path, const std::string& protocol);
  ~web_socket();
  web_socket(const web_socket&) = delete;
  web_socket& operator=(const web_socket&) = delete;

  int descriptor() const { return fd_; }
  void queue(std::string_view text); // goes out with flush()
  void flush();
  // Reads what is there and hands every whole text frame to `handler`.
  void read_ready(const on_text& handler);

 private:
  void upgrade(const std::string& path, const std::string& protocol);
  void take_frames(const on_text& handler);

  int fd_ = -1;
  std::string in_;
  std::string out_;
};

} // namespace parley::bench
