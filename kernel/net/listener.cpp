#include "net/listener.hpp"

#include "env/real_loop.hpp"

#include <boost/asio/ip/address.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace parley::net {

namespace {

constexpr int accepts_a_turn = 64;
constexpr std::chrono::milliseconds rest_after_failure{100};

std::string text_of(const sockaddr_storage& from) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      ::inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
  }
  return text.data();
}

} // namespace

boost::asio::io_context& listener::context() {
  return loop_.context();
}

bool listener::open(const listen_address& at, std::string& problem) {
  const std::string name = at.address + ":" + std::to_string(at.port);
  if (at.certificate.empty() != at.key.empty()) {
    problem = "TLS on " + name + " needs both a certificate and a key.";
    return false;
  }
  if (!at.certificate.empty()) {
    tls_ = tls_context::load(at.certificate, at.key, problem);
    if (!tls_) return false;
  }
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address(at.address, failed);
  if (failed) {
    problem = "`" + at.address + "` is no IP address; write one such as 127.0.0.1, 0.0.0.0 or ::.";
    return false;
  }
  const boost::asio::ip::tcp::endpoint where(address, at.port);
  acceptor_.open(where.protocol(), failed);
  if (!failed) acceptor_.set_option(boost::asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor_.bind(where, failed);
  if (!failed) acceptor_.listen(boost::asio::socket_base::max_listen_connections, failed);
  if (!failed) acceptor_.native_non_blocking(true, failed);
  if (!failed) port_ = acceptor_.local_endpoint(failed).port();
  if (failed) {
    problem = "Cannot listen on " + name + ": " + failed.message() + ".";
    return false;
  }
  return true;
}

void listener::start() {
  wait();
}

void listener::use(std::shared_ptr<const tls_context> next) {
  loop_.post([this, alive = alive_, next = std::move(next)] {
    if (*alive) tls_ = next;
  });
}

void listener::stop() {
  *alive_ = false;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

void listener::wait() {
  acceptor_.async_wait(decltype(acceptor_)::wait_read,
                       [this, alive = alive_](const boost::system::error_code& failed) {
                         if (*alive && !failed) accept_ready();
                       });
}

void listener::accept_ready() {
  for (int i = 0; i < accepts_a_turn; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int socket = ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&from),
                                 &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      take_({socket, 0, from.ss_family == AF_INET6, text_of(from), tls_});
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) continue;
    // Out of descriptors or memory: the listener stays readable, so waiting for it would spin.
    take_({-1, errno, false, {}, nullptr});
    loop_.after(rest_after_failure, [this, alive = alive_] {
      if (*alive) wait();
    });
    return;
  }
  wait();
}

} // namespace parley::net
