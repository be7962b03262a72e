#pragma once

// parley.v1 (docs/protocol.md) on one WebSocket.

#include "dispatch/registry.hpp"
#include "net/client_frame.hpp"
#include "net/frame.hpp"
#include "net/protocol.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace parley::net {

class connection;
class shard;

class socket_session final : public protocol {
 public:
  socket_session(connection& on, bool deflates);
  ~socket_session() override;

  void receive(std::span<char> bytes) override;
  bool wants_input() const override { return !waiting_for_session(); }
  void end_of_input() override;
  void tick(std::int64_t now_ns) override;
  void answered(std::uint64_t exchange, dispatch::outcome what) override;
  void authenticated(dispatch::session_ptr who, std::optional<dispatch::error> why_not) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void drain(std::int64_t reconnect_after_ms) override;
  bool listening() const override { return session_ != nullptr; }

 private:
  struct call {
    std::uint64_t exchange;
    std::string id; // as JSON
    bool cancelled = false;
  };

  bool waiting_for_session() const { return authenticating_ && !session_; }
  void decode(std::span<char> bytes);
  void text(std::string_view content);
  void authenticate(authenticate_frame what);
  void request(call_frame what, const boost::json::storage_ptr& storage);
  void submit(const dispatch::method& target, boost::json::value params, call_frame what);
  void cancel(const cancel_frame& what);
  void resume(resume_frame what);
  void unfollow(unfollow_frame what);
  void heartbeat(heartbeat_frame what);
  void background(background_frame what);
  void reply_error(const std::string& id, const dispatch::error& why);
  void refuse_length();
  void refuse_frame(const dispatch::error& why); // tells, and closes with 4200
  void say_hello();
  void send(payload frame);
  void leave_when_done();

  connection& on_;
  shard& home_;
  frame_decoder decoder_;
  dispatch::session_ptr session_;
  std::vector<call> outstanding_;
  std::string held_input_; // what came behind `authenticate`
  std::uint64_t last_exchange_ = 0;
  std::int64_t heard_ns_ = 0; // the upgrade, then the last heartbeat
  std::int32_t heartbeat_ms_ = 0;
  bool authenticating_ = false;
  bool announced_ = false; // entry::connected was called
  bool leaving_ = false;   // draining: closes when nothing is outstanding
};

} // namespace parley::net
