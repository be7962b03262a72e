#pragma once

// Events of other nodes on the same store. Until a transport brings them, the heads of all topics
// that somebody follows here are compared every so often, and what is missing is read from the log.
// So that nobody misses one between two, this node's own events wait for those before them.

#include "dispatch/call.hpp"
#include "storage/engine.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace parley::dispatch {

class missed_events {
 public:
  // Both in the order of their numbers, topic by topic.
  using own_event = std::function<void(const pending_event& what, std::int64_t number)>;
  using foreign_event =
      std::function<void(const std::string& topic, const storage::log_entry& what)>;
  missed_events(storage::engine& store, own_event own, foreign_event foreign)
      : store_(store), own_(std::move(own)), foreign_(std::move(foreign)) {}

  // From here on; without it every event is the next, as on a store of one node.
  void begin() { is_on_ = true; }
  bool is_on() const { return is_on_; }

  // One more connection, and one less.
  void follow(const std::string& topic);
  void unfollow(const std::string& topic);
  // Whoever follows has what is up to this number, from the log.
  void live_after(const std::string& topic, std::int64_t number);
  // The last number that has been announced here; -1: nobody follows the topic.
  std::int64_t head_of(const std::string& topic) const;
  // Whether an event of this node may be announced now. Otherwise it will be, in its turn.
  bool is_next(const pending_event& what, std::int64_t number);
  void compare();

 private:
  struct followed {
    std::size_t connections = 0;
    std::int64_t announced = -1; // -1: not known yet
    std::int64_t wanted = 0;     // the last that is known to be in the log
    std::map<std::int64_t, pending_event> waiting;
    bool is_read = false; // the log, just now
  };

  void announce_waiting(const std::string& topic);
  void compare_some(std::vector<std::string> names);
  void read(const std::string& topic);
  void take(const std::string& topic, std::vector<storage::log_entry> entries, bool more);

  storage::engine& store_;
  own_event own_;
  foreign_event foreign_;
  bool is_on_ = false, is_comparing_ = false;
  std::map<std::string, followed, std::less<>> topics_;
};

} // namespace parley::dispatch
