#pragma once

// One client's socket on its shard: reading on readiness into the shard's buffer, and a queue of
// shared frames that is written at the end of the turn.

#include "net/protocol.hpp"
#include "net/topics.hpp"
#include "net/transport.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>
#include <vector>

namespace parley::net {

class shard;

// Bound to its loop by type: half the size of a socket with an executor of any kind.
using tcp_socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// Lent by the shard while there is something to send; an idle connection has none.
struct queued_frame {
  payload bytes;
  payload latest; // of an event that another with the same makes stale; mostly null
};
struct outbound {
  std::vector<queued_frame> frames;
  std::size_t head = 0;   // the first one that is not sent
  std::size_t offset = 0; // sent bytes of it
  std::size_t bytes = 0;  // of all, sent ones not counted
};

class connection {
 public:
  connection(shard& home, dispatch::connection_id id, tcp_socket socket, std::string remote,
             bool over_limit);
  ~connection();
  connection(const connection&) = delete;

  void start(const tls_context* tls);
  void become(std::unique_ptr<protocol> next); // also from inside the old one
  void queue(payload bytes, payload latest = nullptr);
  // Whether such an event waited for a slow reader; then it does not any more.
  bool drop_stale(const std::string& latest);
  void deflate_up_to(std::uint32_t bytes) { deflated_most_ = bytes; } // agreed with the client
  void flush();
  void finish();           // after what is queued: end sending, read to the end, close
  void drop_unsent();      // all but what has begun to go out
  void abort();            // now
  void continue_reading(); // after wants_input() was false
  // So many bytes lie here of something that has not ended. False where all connections together
  // hold too much, and this one has just added to it.
  bool hold(std::size_t bytes);
  void tick(std::int64_t now_ns);

  shard& home() { return home_; }
  dispatch::connection_id id() const { return id_; }
  const std::string& remote() const { return remote_; }
  bool over_limit() const { return over_limit_; }
  bool in_background() const { return in_background_; }
  void set_in_background(bool is) { in_background_ = is; }
  bool takes_deflated(std::size_t bytes) const { return bytes <= deflated_most_; }
  std::size_t queued_bytes() const { return queue_ ? queue_->bytes : 0; }
  bool finishing() const { return finishing_; }
  bool dead() const { return dead_; }
  protocol* speaks() { return protocol_.get(); }

  follows following; // its topics; kept by the shard's topic table

 private:
  void wait_readable();
  void wait_writable();
  void readable();
  void handshake();
  void input(std::span<char> bytes);
  void input_ended();
  bool write_some();
  void sent(std::size_t bytes);
  std::size_t first_unsent(std::size_t& covered) const;
  void end_sending();
  void extend_closing();

  shard& home_;
  dispatch::connection_id id_;
  tcp_socket socket_;
  transport transport_;
  std::unique_ptr<protocol> protocol_;
  std::unique_ptr<protocol> replaced_; // may still be on the stack
  std::unique_ptr<outbound> queue_;
  std::string remote_;
  std::int64_t deadline_ns_ = 0;    // of the TLS handshake, then of closing
  std::size_t held_ = 0;            // of the bytes that are counted for all connections
  std::uint32_t deflated_most_ = 0; // longer texts are sent as they are
  bool over_limit_;
  bool in_background_ = false; // nobody looks: no ephemeral events
  bool handshaking_ = false;
  bool reading_ = false;
  bool writing_ = false; // waits for the socket to take more
  bool dirty_ = false;
  bool finishing_ = false;
  bool send_ended_ = false;
  bool input_ended_ = false;
  bool dead_ = false;
};

} // namespace parley::net
