#pragma once

// A server on loopback with a logic that the test controls, and a client that is nothing but a
// blocking socket.

#include "env/real.hpp"
#include "env/thread.hpp"
#include "env/virtual.hpp"
#include "net/frame.hpp"
#include "net/server.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace parley::net::testing {

// Remembers what it was asked, and answers at once but for method test.wait.
class fake_entry final : public dispatch::entry {
 public:
  dispatch::clients* clients = nullptr;

  void authenticate(dispatch::connection_id who, std::string scheme, std::string credential,
                    std::string remote) override;
  void request(dispatch::client_request what) override;
  void cancel(dispatch::connection_id who, std::uint64_t exchange) override;
  void resume(dispatch::resume_request what) override;
  void unfollow(dispatch::connection_id who, std::vector<std::string> topics) override;
  void acknowledged(dispatch::connection_id who, dispatch::cursors have) override;
  void background(dispatch::connection_id who, bool is) override;
  void connected(dispatch::connection_id who, dispatch::session_ptr session, std::string) override;
  void disconnected(dispatch::connection_id who) override;

  // From the test's thread: waits until the logic has seen it.
  dispatch::connection_id wait_connected(std::size_t which = 0);
  std::string session_of(std::size_t which); // of what connected
  void wait_disconnected(std::size_t how_many = 1);
  dispatch::client_request wait_request();
  // What came besides calls and resumes, one a line: `acknowledged t 5`, `unfollow t`, …
  std::string wait_said();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<dispatch::connection_id> connected_;
  std::vector<std::string> sessions_;
  std::size_t disconnected_ = 0;
  std::vector<dispatch::client_request> waiting_;
  std::vector<std::string> said_;
  void say(std::string what);
};

struct http_reply {
  int status = 0;
  std::map<std::string, std::string> headers; // lower case
  std::string body;
};

struct socket_event {
  std::string text;       // of a text frame
  std::uint16_t code = 0; // of a close frame; 1 at the end of the connection
};

class client {
 public:
  explicit client(std::uint16_t port, int receive_buffer = 0);
  ~client();
  client(client&& from) noexcept
      : socket_(std::exchange(from.socket_, -1)), input_(std::move(from.input_)) {}
  client& operator=(client&& from) noexcept {
    std::swap(socket_, from.socket_);
    std::swap(input_, from.input_);
    return *this;
  }
  client(const client&) = delete;

  void send(std::string_view bytes);
  void end_sending();
  http_reply reply(bool has_body = true);
  bool ended(); // reads to the end
  http_reply get(const std::string& target, const std::string& headers = {});

  http_reply open_socket(const std::string& headers = {}); // expects 101
  void say(std::string_view text);
  void say_frame(unsigned first, std::string_view content);
  struct raw_frame {
    unsigned first = 0; // its first byte; 0 at the end of the connection
    bool is_masked = false;
    bool is_shortest = true; // the form of its length
    std::string content;
  };
  raw_frame hear_frame();
  socket_event hear();  // text, pong and close alone
  std::string log_in(); // authenticates and gives `hello`

 private:
  bool fill();
  int socket_ = -1;
  std::string input_;
};

// A running server. Time stands still but for `clock`.
struct fixture {
  explicit fixture(std::function<void(options&)> adjust = {}, unsigned shards = 1);
  ~fixture();
  client connect(int receive_buffer = 0) { return client(server->ports().at(0), receive_buffer); }
  client connect_authenticated();
  void on_logic(std::function<void()> what); // and waits for it
  void advance(std::chrono::milliseconds by) { clock.advance(by); }

  env::virtual_clock clock;
  env::seeded_random random{1};
  env::loop_thread logic{"logic"};
  fake_entry entry;
  std::unique_ptr<net::server> server;
};

std::shared_ptr<const dispatch::registry> test_registry();

dispatch::payload text_of(const std::string& text);
std::string numbered(int number); // an event's text
// The next close frame has this code, and then the connection ends, not by a reset of ours.
void expect_close(client& one, std::uint16_t code);
// As a client sends it. `form`: 0, 2 or 8 bytes of length; -1: the shortest.
std::string masked_frame(unsigned first, std::string_view content, int form = -1);

} // namespace parley::net::testing
