#pragma once

// One I/O thread's share of the server: its connections, its topics, one read buffer. Everything
// here runs on its loop.

#include "dispatch/gateway.hpp"
#include "dispatch/registry.hpp"
#include "env/real_loop.hpp"
#include "net/address_table.hpp"
#include "net/connection.hpp"
#include "net/counters.hpp"
#include "net/limits.hpp"
#include "net/permessage_deflate.hpp"
#include "net/probe.hpp"
#include "net/topics.hpp"

#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley::net {

// What all shards of a server share. Lives longer than they do.
struct surroundings {
  struct limits limits;
  std::int64_t heartbeat_ms = 30'000; // at most; each connection gets a time of its own
  std::chrono::milliseconds sweep{1'000};
  const env::clock* clock = nullptr;
  env::random* random = nullptr;
  env::loop* logic = nullptr;
  dispatch::entry* entry = nullptr;
  probe probes;
  document_source documents;                       // empty: they are not served
  std::set<std::string, std::less<>> cors_origins; // whose pages may read answers; "*": all
  std::string boot;                                // in every request id
  struct counters counters;
  address_table addresses;
};

class shard final : public topic_table::sink, public std::enable_shared_from_this<shard> {
 public:
  shard(std::shared_ptr<surroundings> around, std::uint16_t index, env::real_loop& loop);

  env::real_loop& loop() { return loop_; }
  surroundings& around() { return *around_; }
  const std::shared_ptr<const dispatch::registry>& registry() const { return registry_; }
  void set_registry(std::shared_ptr<const dispatch::registry> next) { registry_ = std::move(next); }

  void begin();     // on the loop, or before it runs
  void shut_down(); // the same, or after it ran: nothing is left but the shell
  // Takes over an accepted, non-blocking socket.
  void adopt(int socket, bool is_v6, std::string remote, std::shared_ptr<const tls_context> tls,
             bool over_limit);
  connection* find(dispatch::connection_id id);
  topic_table& topics() { return topics_; }
  std::size_t size() const { return connections_.size(); }
  void for_each(const std::function<void(connection&)>& what);

  // Work for the logic loop, handed over in one piece at the end of the turn.
  void to_logic(env::task work) { to_logic_.push_back(std::move(work)); }
  std::int64_t now_ns() const { return around_->clock->steady_ns(); }
  std::uint64_t random_below(std::uint64_t bound);
  std::string request_id(dispatch::connection_id connection, std::uint64_t exchange) const;

  // Tells everyone when to come back; each ends when its calls are answered.
  void drain(std::int64_t spread_ms);
  bool draining() const { return draining_; }
  void close_all(bool at_once);

  // Queues a frame, unless the reader is too slow: then ephemeral ones take the place of what they
  // make stale, or are left out, and a full queue closes the connection.
  void deliver(connection& to, const event_frame& what) override;
  void deliver(connection& to, const payload& frame); // no event
  // For the logic, once little waits for the reader; never where the connection ends before.
  void when_read(connection& who, env::task then);

  // For connections.
  std::span<char> buffer() { return buffer_; }
  std::span<char> staging() { return staging_; }
  void has_read(const connection& who); // a part of what was queued
  void mark_dirty(connection& which) { dirty_.push_back(&which); }
  void bury(connection& which) { dead_.push_back(&which); }
  std::unique_ptr<outbound> lend_queue();
  void return_queue(std::unique_ptr<outbound> queue);
  inflater& inflates() { return inflater_; }

 private:
  follows& follows_of(connection& of) override { return of.following; }
  void held_too_much(connection& who) override;
  bool is_little(const connection& who) const;
  void put(connection& to, const payload& frame, const payload& latest);
  void end_turn();
  void hand_over();
  void sweep(); // ends what has had its time
  void sweep_piece();
  void give_memory_back();

  std::shared_ptr<surroundings> around_;
  std::uint16_t index_;
  env::real_loop& loop_;
  env::real_loop::turn_id turn_ = 0;
  env::timer_id sweeping_ = 0;
  std::vector<dispatch::connection_id> swept_; // not looked at yet
  std::size_t most_connections_ = 0;           // since memory was given back
  std::uint64_t most_unfinished_ = 0;
  std::uint64_t last_connection_ = 0;
  std::shared_ptr<const dispatch::registry> registry_;
  topic_table topics_;
  std::unordered_map<dispatch::connection_id, std::unique_ptr<connection>> connections_;
  std::vector<connection*> dirty_, flushing_, dead_;
  std::vector<env::task> to_logic_;
  std::unordered_map<const connection*, std::vector<env::task>> when_read_;
  std::vector<std::unique_ptr<outbound>> spare_;
  inflater inflater_;
  deflater deflater_;
  bool draining_ = false;
  std::array<char, 65'536> buffer_{};
  std::array<char, 16'384> staging_{};
};

} // namespace parley::net
