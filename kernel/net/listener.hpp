#pragma once

// One listening address. It accepts on the first shard's loop and deals sockets out in turn: with
// SO_REUSEPORT a few connections would pile up on one shard, and those in the queue of a shard that
// hangs would be lost.

#include "net/tls.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string>

namespace parley::env {
class real_loop;
}

namespace parley::net {

struct listen_address {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  std::string certificate; // PEM files; both empty: plain
  std::string key;
};

struct accepted_socket {
  int socket = -1;
  int failure = 0; // errno, where there is no socket
  bool is_v6 = false;
  std::string remote;
  std::shared_ptr<const tls_context> tls;
};

class listener {
 public:
  using taker = std::function<void(accepted_socket)>;

  listener(env::real_loop& loop, taker take) : loop_(loop), acceptor_(context()), take_(take) {}

  // False with a sentence in `problem`. Before the loop runs, or on it.
  bool open(const listen_address& at, std::string& problem);
  void start();
  void stop();
  void use(std::shared_ptr<const tls_context> next); // for new connections; any thread
  std::uint16_t port() const { return port_; }

 private:
  boost::asio::io_context& context();
  void wait();
  void accept_ready();

  env::real_loop& loop_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>
      acceptor_;
  taker take_;
  std::shared_ptr<const tls_context> tls_;
  std::uint16_t port_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace parley::net
