#pragma once

// What speaks on a connection: HTTP first, and after an upgrade parley.v1. Always on its shard.

#include "dispatch/gateway.hpp"
#include "net/frame.hpp"

#include <span>

namespace parley::net {

class protocol {
 public:
  virtual ~protocol() = default;

  virtual void receive(std::span<char> bytes) = 0; // may be changed in place
  virtual bool wants_input() const = 0;
  virtual void end_of_input() = 0; // the client will send nothing more
  virtual void sent_all() {}       // the queue has drained
  virtual void tick(std::int64_t now_ns) = 0;

  virtual void answered(std::uint64_t exchange, dispatch::outcome what) = 0;
  virtual void authenticated(dispatch::session_ptr who, std::optional<dispatch::error> why_not) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  virtual void drain(std::int64_t reconnect_after_ms) = 0; // ends when nothing is outstanding
  // Whether the client may be sent events: an authenticated WebSocket that is not closing.
  virtual bool listening() const { return false; }
};

} // namespace parley::net
