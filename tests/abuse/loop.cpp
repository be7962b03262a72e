#include "loop.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace parley::abuse {

namespace {

constexpr int events_a_turn = 256;
constexpr std::uint64_t other_id = 0;

void set(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

sockaddr_in address_of(std::uint8_t host, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(0x7f000000U | host);
  return out;
}

} // namespace

std::int64_t steady_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

link::~link() {
  if (fd_ >= 0) ::close(fd_);
}

void link::connect_to(std::uint16_t port) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
  set(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1); // ports are counted by address
  if (receive_buffer > 0) {
    set(fd_, SOL_SOCKET, SO_RCVBUF, receive_buffer);
    set(fd_, IPPROTO_TCP, TCP_MAXSEG,
        1'400); // loopback's 64 KiB would fill megabytes of the kernel
  }
  const sockaddr_in from = address_of(host_, 0), to = address_of(1, port);
  ::bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from);
  connecting_ = true;
  epoll_event event{EPOLLIN | EPOLLOUT | EPOLLRDHUP, {.u64 = id_}};
  ::epoll_ctl(loop_->epoll_, EPOLL_CTL_ADD, fd_, &event);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 &&
      errno != EINPROGRESS) {
    drop();
    ended();
  }
}

void link::watch() {
  epoll_event event{EPOLLRDHUP | (reads_ ? EPOLLIN : 0U) | (out_.empty() ? 0U : EPOLLOUT),
                    {.u64 = id_}};
  if (!reads_) event.events &= ~std::uint32_t{EPOLLRDHUP};
  ::epoll_ctl(loop_->epoll_, EPOLL_CTL_MOD, fd_, &event);
}

void link::read_nothing() {
  reads_ = false;
  if (fd_ >= 0) watch();
}

void link::send(std::string_view bytes) {
  if (fd_ < 0) return;
  const bool waits = !out_.empty() || connecting_;
  out_ += bytes;
  if (!waits) flush();
}

void link::flush() {
  const bool waited = !out_.empty();
  while (!out_.empty()) {
    const ssize_t sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      out_.erase(0, static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      return watch();
    } else {
      out_.clear(); // what the server said before it closed can still be read
    }
  }
  if (waited) watch();
}

void link::close(bool abruptly) {
  if (fd_ < 0) return;
  const linger now{1, 0};
  if (abruptly) ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  drop();
}

void link::drop() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  if (!std::exchange(is_dropped_, true)) loop_->dropped_.push_back(id_);
}

void link::wake_at(std::int64_t at) {
  loop_->alarms_.push({at, id_, {}});
}

void link::ready(std::uint32_t events) {
  if (connecting_ && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
    int failed = 0;
    socklen_t size = sizeof failed;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &failed, &size);
    if (failed != 0) {
      drop();
      return ended();
    }
    connecting_ = false;
    connected();
    if (fd_ < 0) return;
    flush();
    if (fd_ >= 0) watch();
    return;
  }
  if ((events & EPOLLOUT) != 0) flush();
  if (fd_ < 0) return;
  if (!reads_) {
    if ((events & (EPOLLERR | EPOLLHUP)) == 0) return;
    drop();
    return ended();
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) == 0) return;
  static std::array<char, 256 * 1024> piece;
  const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got > 0) return received({piece.data(), static_cast<std::size_t>(got)});
  drop();
  ended();
}

loop::loop(std::uint16_t port) : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll");
}

loop::~loop() {
  links_.clear();
  ::close(epoll_);
}

void loop::take(std::unique_ptr<link> one) {
  link& added = *one;
  added.loop_ = this;
  added.id_ = ++last_;
  links_.emplace(added.id_, std::move(one));
  added.connect_to(port_);
}

void loop::listen_to(int fd, std::function<void(std::string_view)> what) {
  other_ = fd;
  on_other_ = std::move(what);
  epoll_event event{EPOLLIN, {.u64 = other_id}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void loop::at(std::int64_t when, std::function<void()> what) {
  alarms_.push({when, 0, std::move(what)});
}

void loop::run() {
  while (!stopped_) turn();
}

void loop::ring() {
  const std::int64_t now = steady_ns();
  while (!alarms_.empty() && alarms_.top().at <= now) {
    const alarm next = alarms_.top();
    alarms_.pop();
    if (next.link == 0) {
      next.what();
    } else if (const auto found = links_.find(next.link);
               found != links_.end() && found->second->is_open()) {
      found->second->due();
    }
  }
}

void loop::turn() {
  ring();
  for (const std::uint64_t id : std::exchange(dropped_, {})) links_.erase(id);
  const std::int64_t wait = alarms_.empty()
                                ? 1'000 * ns_in_ms
                                : std::max<std::int64_t>(0, alarms_.top().at - steady_ns());
  const timespec most{wait / 1'000'000'000, wait % 1'000'000'000};
  std::array<epoll_event, events_a_turn> events;
  const int count = ::epoll_pwait2(epoll_, events.data(), events_a_turn, &most, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == other_id) {
      std::array<char, 4096> text;
      const ssize_t got = ::read(other_, text.data(), text.size());
      if (got <= 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, other_, nullptr);
      on_other_({text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))});
      continue;
    }
    const auto found = links_.find(event.data.u64);
    if (found != links_.end() && found->second->is_open()) found->second->ready(event.events);
  }
}

} // namespace parley::abuse
