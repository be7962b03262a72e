#pragma once

// What a client sends in parley.v1 (docs/protocol.md), read from JSON and not yet judged by who
// sent it.

#include "dispatch/gateway.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace parley::net {

struct authenticate_frame {
  std::string scheme, credential;
};

struct call_frame {
  std::string id; // as JSON
  std::string_view method;
  boost::json::value* params = nullptr; // nullptr: none were given
  std::uint32_t deadline_ms = 0;        // 0: the method's
  std::optional<dispatch::error> problem;
};

struct batch_frame {
  std::vector<call_frame> calls;
};

struct cancel_frame {
  std::string id; // as JSON
};

struct resume_frame {
  dispatch::cursors from;
  bool only = false; // those topics, and the account's
};

struct unfollow_frame {
  std::vector<std::string> topics;
};

struct heartbeat_frame {
  dispatch::cursors have;
};

struct background_frame {
  bool on = false;
};

// Not of this protocol: with an id it is the answer to that call, without one the connection ends.
struct wrong_frame {
  std::string id;
  dispatch::error why;
};

using client_frame =
    std::variant<authenticate_frame, call_frame, batch_frame, cancel_frame, resume_frame,
                 unfollow_frame, heartbeat_frame, background_frame, wrong_frame>;

inline constexpr std::size_t most_in_batch = 64;

// Refers to `parsed`, whose parameters may then be moved out of it.
client_frame read_frame(boost::json::value& parsed);

} // namespace parley::net
