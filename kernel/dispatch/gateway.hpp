#pragma once

// Between the I/O shards and the logic thread. net/ implements `clients` and calls `entry`;
// dispatch/ implements `entry` and calls `clients`. Every function of both is called on the logic
// loop; net/ moves what it is given to the right shard.

#include <boost/json.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::dispatch {

class registry;
struct method;

using connection_id =
    std::uint64_t; // unique while the process lives; the upper 16 bits are the shard

// Who is on the other side of a connection or an HTTP request. Immutable and shared.
struct session {
  std::string principal; // account id; empty: anonymous
  int kind = 0;          // PARLEY_ANONYMOUS, PARLEY_USER, …
  std::string id;        // session id; empty: none
  std::vector<std::string> roles;
  std::int64_t expires_ms = 0; // of the access token; 0: does not expire
};
using session_ptr = std::shared_ptr<const session>;

// docs/protocol.md, "Errors".
struct error {
  std::string code = {};
  std::string message = {};
  std::string field = {};
  std::int64_t retry_after_ms = 0;
  bool temporary = false;
};

// Either the result as JSON text, or an error.
struct outcome {
  std::string result;
  std::optional<error> failure;
  // For a plugin that called: the result as it is, in place of its text, until the function that
  // takes the outcome returns. nullptr: it has a text.
  const boost::json::value* value = nullptr;
};

// One method call of a client, already parsed and checked against the method's schema.
struct client_request {
  connection_id connection = 0;
  std::uint64_t exchange = 0; // net's own number for the reply
  std::shared_ptr<const registry> from;
  const method* target = nullptr;
  boost::json::value params; // an object, in its own arena
  std::string params_digest; // of the parameters as they came, for idempotency
  session_ptr who;
  std::string request_id;
  std::string remote;
  std::uint32_t deadline_ms = 0; // what the client gives it at most; 0: what the method has
};

// Topics, with the last number of each that a client has.
using cursors = std::vector<std::pair<std::string, std::int64_t>>;

// The frame `resume`: follow what the principal may read, replay from the cursors.
struct resume_request {
  connection_id connection = 0;
  std::uint64_t exchange = 0;
  session_ptr who;
  cursors from;
  bool only = false; // the topics of `from` and the account's, no others, also later
};

using payload = std::shared_ptr<const std::string>; // one JSON text, shared by all its readers

class clients {
 public:
  virtual ~clients() = default;

  // Ends a request. Unknown connections and exchanges are ignored.
  virtual void answer(connection_id to, std::uint64_t exchange, outcome what) = 0;
  // Ends `entry::authenticate`: a session, or why not (the connection is then closed).
  virtual void authenticated(connection_id to, session_ptr who, std::optional<error> why_not) = 0;

  // To everyone who follows the topic, framed once. `number` is 0 for ephemeral events; one of
  // those takes the place of another with the same `latest` that a slow reader has not got yet.
  virtual void publish(std::string_view topic, std::int64_t number, payload event,
                       std::string_view latest = {}) = 0;
  // One text to one connection (hello, resumed, gap).
  virtual void send(connection_id to, payload text) = 0;

  // From now on the connection gets what is published to `topic` with a number above `after`
  // (ephemeral events always). `hold`: keep back what is published until the replay is complete;
  // to hold again only moves `after`.
  virtual void follow(connection_id who, std::string_view topic, std::int64_t after, bool hold) = 0;
  // Replays events (ascending numbers) ahead of what is held back. `last`: the replay is complete,
  // what is held with a number above the last one replayed is sent, and live delivery begins.
  virtual void replay(connection_id who, std::string_view topic,
                      std::vector<std::pair<std::int64_t, payload>> events, bool last) = 0;
  virtual void unfollow(connection_id who, std::string_view topic) = 0;
  // `then` is called once the reader has taken most of what was sent to it; never where it has
  // gone.
  virtual void when_read(connection_id who, std::function<void()> then) = 0;

  // Closes with a code of docs/protocol.md, after what is queued.
  virtual void close(connection_id who, std::uint16_t code, std::string_view reason) = 0;
};

class entry {
 public:
  virtual ~entry() = default;

  // A credential from the first frame or an Authorization header. Ends with clients::authenticated.
  virtual void authenticate(connection_id who, std::string scheme, std::string credential,
                            std::string remote) = 0;
  virtual void request(client_request what) = 0;
  // Ends what `request` began, if it has not ended: it is answered in any case.
  virtual void cancel(connection_id who, std::uint64_t exchange) = 0;
  virtual void resume(resume_request what) = 0;
  virtual void unfollow(connection_id who, std::vector<std::string> topics) = 0;
  // The client has all events up to these numbers, which were sent to it.
  virtual void acknowledged(connection_id who, cursors have) = 0;
  // Whether its user does not look at it.
  virtual void background(connection_id who, bool is) = 0;
  // A WebSocket was authenticated / has gone. It may be `connected` again, by another session of
  // the same principal; `disconnected` comes once.
  virtual void connected(connection_id who, session_ptr session, std::string remote) = 0;
  virtual void disconnected(connection_id who) = 0;
};

} // namespace parley::dispatch
