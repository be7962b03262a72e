#pragma once

// Thousands of TCP connections to one port of loopback in one thread, by epoll. Written against a
// server under measurement: it has to take little of the CPU, and to be wrong on purpose.

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace parley::abuse {

class loop;

// One connection. It may be deleted by its loop after `close` or `ended`, not within them.
class link {
 public:
  // 127.0.0.`host` is where it comes from.
  explicit link(std::uint8_t host = 1) : host_(host) {}
  virtual ~link();
  link(const link&) = delete;

  void send(std::string_view bytes);
  void close(bool abruptly = false); // abruptly: by a reset
  void wake_at(std::int64_t steady_ns);
  bool is_open() const { return fd_ >= 0; }
  loop& on() { return *loop_; }

  virtual void connected() {}
  virtual void received(std::string_view) {}
  virtual void ended() {} // the server closed it, or it was not to be had; not after `close`
  virtual void due() {}   // as asked for by `wake_at`

 protected:
  void read_nothing(); // from here on
  int receive_buffer = 0;

 private:
  friend class loop;
  void connect_to(std::uint16_t port);
  void ready(std::uint32_t events);
  void flush();
  void drop();
  void watch();

  loop* loop_ = nullptr;
  std::uint64_t id_ = 0;
  int fd_ = -1;
  std::uint8_t host_;
  bool connecting_ = false, reads_ = true, is_dropped_ = false;
  std::string out_;
};

class loop {
 public:
  explicit loop(std::uint16_t port);
  ~loop();
  loop(const loop&) = delete;

  template <class kind>
  kind& add(std::unique_ptr<kind> one) {
    kind& added = *one;
    take(std::move(one));
    return added;
  }
  // Whatever comes in on this descriptor, and its end (empty).
  void listen_to(int fd, std::function<void(std::string_view)> what);
  void at(std::int64_t steady_ns, std::function<void()> what);
  void run(); // until `stop`
  void stop() { stopped_ = true; }
  std::uint16_t port() const { return port_; }

 private:
  friend class link;
  struct alarm {
    std::int64_t at;
    std::uint64_t link; // 0: a function
    std::function<void()> what;
    bool operator<(const alarm& other) const { return at > other.at; }
  };

  void take(std::unique_ptr<link> one);
  void ring();
  void turn();

  std::uint16_t port_;
  int epoll_;
  int other_ = -1;
  std::function<void(std::string_view)> on_other_;
  std::unordered_map<std::uint64_t, std::unique_ptr<link>> links_;
  std::vector<std::uint64_t> dropped_;
  std::priority_queue<alarm> alarms_;
  std::uint64_t last_ = 0;
  bool stopped_ = false;
};

std::int64_t steady_ns();
constexpr std::int64_t ns_in_ms = 1'000'000;

} // namespace parley::abuse
