#pragma once

// Who follows what on one shard, and from which number on. A publish walks one compact vector.

#include "net/frame.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parley::net {

class connection;
struct topic;

struct follow {
  topic* what = nullptr;
  std::uint32_t place = 0; // in the topic's followers
};
using follows = std::vector<follow>;

struct event_frame {
  std::int64_t number = 0; // 0: ephemeral
  payload bytes;
  payload latest; // of an ephemeral one: takes the place of what waits with the same; may be null
};

// What was published while its replay was under way.
struct held_frames {
  std::vector<event_frame> frames;
  std::size_t bytes = 0;
};

struct follower {
  connection* who = nullptr;
  std::int64_t after = 0;            // has all events up to this number
  std::unique_ptr<held_frames> held; // not live yet
  std::uint32_t slot = 0;            // in the connection's follows
};

struct topic {
  std::string name;
  std::vector<follower> followers;
};

class topic_table {
 public:
  // Sends a frame to a connection; implemented by the shard, and faked in tests.
  class sink {
   public:
    virtual ~sink() = default;
    virtual void deliver(connection& to, const event_frame& what) = 0;
    virtual follows& follows_of(connection& of) = 0;
    virtual void held_too_much(connection& who) = 0;
  };

  topic_table(sink& to, std::size_t held_limit) : sink_(to), held_limit_(held_limit) {}

  void publish(std::string_view name, const event_frame& what);
  void follow_topic(connection& who, std::string_view name, std::int64_t after, bool hold);
  void replay(connection& who, std::string_view name, const std::vector<event_frame>& frames,
              bool last);
  void unfollow(connection& who, std::string_view name);
  void forget(connection& who); // all of its topics
  // The last number of a topic that it was sent; 0 where it does not follow it.
  std::int64_t sent_to(connection& who, std::string_view name);
  std::size_t size() const { return topics_.size(); }

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  topic* find(std::string_view name);
  follower* find(connection& who, std::string_view name);
  void give(follower& one, const event_frame& what);
  void keep(follower& one, const event_frame& what);
  void remove(follows& of, std::size_t slot);

  sink& sink_;
  std::size_t held_limit_;
  std::unordered_map<std::string, std::unique_ptr<topic>, hash, std::equal_to<>> topics_;
};

} // namespace parley::net
