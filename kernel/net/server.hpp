#pragma once

// The network side of parleyd: listeners, I/O shards, and everything that dispatch sends to
// clients.

#include "dispatch/gateway.hpp"
#include "dispatch/registry.hpp"
#include "env/env.hpp"
#include "net/counters.hpp"
#include "net/limits.hpp"
#include "net/listener.hpp"
#include "net/probe.hpp"

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace parley::net {

struct options {
  std::vector<listen_address> listen;
  // I/O threads. 0: the logic loop, which then must be an env::real_loop, does the I/O as well.
  unsigned shards = 1;
  struct limits limits;
  std::int64_t heartbeat_ms = 30'000; // at most; each client is told a time of its own
  std::set<std::string, std::less<>> cors_origins;
  std::chrono::milliseconds sweep{1'000};            // how often time limits are looked at
  std::chrono::milliseconds certificate_look{5'000}; // and whether certificates have changed
};

// Outlives what it is given by nothing: clock, random, logic and entry must live longer.
class server final : public dispatch::clients {
 public:
  server(options how, const env::clock& clock, env::random& random, env::loop& logic,
         dispatch::entry* entry, probe probes, document_source documents = {});
  ~server() override;

  // Everything below is called on the logic loop, or before it runs.
  void set_registry(std::shared_ptr<const dispatch::registry> current);
  // Where one is not to be had none is open, and `problems` says why.
  bool listen(std::vector<std::string>& problems);
  std::vector<std::uint16_t> ports() const;
  // Stops accepting, tells clients when to reconnect, answers what was accepted, closes. `done` is
  // called on the logic loop when all connections are gone, at the latest after `within`.
  void drain(std::chrono::milliseconds within, env::task done);
  // Ends at once: no connection and no thread is left. Not on a shard's own thread.
  void stop();

  const struct counters& counters() const;
  std::string metrics() const; // as Prometheus reads them

  void answer(dispatch::connection_id to, std::uint64_t exchange, dispatch::outcome what) override;
  void authenticated(dispatch::connection_id to, dispatch::session_ptr who,
                     std::optional<dispatch::error> why_not) override;
  void publish(std::string_view topic, std::int64_t number, dispatch::payload event,
               std::string_view latest = {}) override;
  void send(dispatch::connection_id to, dispatch::payload text) override;
  void follow(dispatch::connection_id who, std::string_view topic, std::int64_t after,
              bool hold) override;
  void replay(dispatch::connection_id who, std::string_view topic,
              std::vector<std::pair<std::int64_t, dispatch::payload>> events, bool last) override;
  void unfollow(dispatch::connection_id who, std::string_view topic) override;
  void when_read(dispatch::connection_id who, std::function<void()> then) override;
  void close(dispatch::connection_id who, std::uint16_t code, std::string_view reason) override;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// Over how long those are spread who come back after a drain.
std::int64_t reconnect_spread_ms(std::uint64_t sockets);

// As many descriptors as the system allows this process.
void raise_descriptor_limit();

} // namespace parley::net
