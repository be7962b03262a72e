#pragma once

// HTTP/1.1 on one connection: one request at a time, in order. What is pipelined waits, and so does
// its sender.

#include "dispatch/registry.hpp"
#include "net/http_reader.hpp"
#include "net/probe.hpp"
#include "net/protocol.hpp"
#include "net/rest.hpp"

#include <functional>
#include <memory>
#include <string>

namespace parley::net {

class connection;

class http_session final : public protocol {
 public:
  explicit http_session(connection& on);
  ~http_session() override;

  void receive(std::span<char> bytes) override;
  bool wants_input() const override;
  void end_of_input() override;
  void sent_all() override;
  void tick(std::int64_t now_ns) override;
  void answered(std::uint64_t exchange, dispatch::outcome what) override;
  void authenticated(dispatch::session_ptr who, std::optional<dispatch::error> why_not) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void drain(std::int64_t reconnect_after_ms) override;
  void respond_text(std::uint64_t exchange, probe_answer answer);
  void respond_document(std::uint64_t exchange, std::shared_ptr<const dispatch::file> found);

 private:
  enum class waits { first_byte, header, body, logic };

  struct reply {
    unsigned status = 200;
    std::string_view content_type = "application/json";
    std::string headers;  // more of them, each with its line end
    payload body;         // nullptr: none
    std::size_t size = 0; // of the body, also where it is not sent (HEAD)
  };

  void pump();
  void count_held(); // against the limit for all connections
  bool read_one();
  void handle();
  bool handle_upgrade(const request_target& to);
  bool only_reads();
  std::function<void(std::function<void(http_session&)>)> back_here();
  bool handle_probe(const request_target& to);
  void handle_method(const request_target& to, dispatch::route_match match);
  void handle_route(const request_target& to, const dispatch::route_match& match);
  void answer_route(const dispatch::outcome& what);
  bool handle_document(const request_target& to);
  bool handle_file(const request_target& to);
  void respond_file(const dispatch::file& found, std::shared_ptr<const void> owner);
  void call(dispatch::session_ptr who);
  void submit(dispatch::session_ptr who);
  void respond(reply what);
  void respond_text(reply what, std::string text);
  void respond_result(std::string text);
  bool has_already(const std::string& etag) const;
  bool handle_preflight();
  std::string cors_headers() const;
  void fail(const dispatch::error& why, std::string headers = {});
  void fail_and_close(const dispatch::error& why);
  void set_deadline(std::uint32_t seconds);

  connection& on_;
  std::unique_ptr<http_reader> reader_; // while a request is being read
  std::string input_;                   // not parsed yet
  http_request request_;
  std::shared_ptr<const dispatch::registry> registry_; // the request's generation
  const dispatch::method* target_ = nullptr;           // while it is authenticated
  boost::json::value params_;
  std::string digest_;
  std::uint64_t exchange_ = 0;
  std::int64_t deadline_ns_ = 0;
  std::size_t unsent_ = 0; // at the last tick
  waits waits_ = waits::first_byte;
  bool authenticating_ = false;
  bool pumping_ = false;
  bool input_ended_ = false;
  bool last_ = false; // close after this reply
  bool continued_ = false;
  bool upgraded_ = false;
};

} // namespace parley::net
