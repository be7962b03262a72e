#pragma once

// Clients without a network: what the shards would do for them, and what a client keeps.

#include "dispatch/gateway.hpp"
#include "parley/test/client.hpp"
#include "testing/schedule.hpp"
#include "testing/transcript.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parley::test {

class world;

// One call and what it came to.
struct answer {
  world* in = nullptr;
  std::string who, method;
  place where{here::current()};
  bool ended = false;
  bool looked_at = false; // or went well
  value result;
  std::optional<dispatch::error> error;
};

struct received {
  event what;
  bool seen = false;
};

struct device {
  world* in = nullptr;
  std::string name, account;
  std::vector<std::string> more_roles;
  std::string scheme, credential; // by which it comes in; no scheme: the kit opens a session
  // The connection.
  dispatch::connection_id connection = 0; // 0: none
  dispatch::session_ptr session;
  bool live = false; // it has resumed
  std::uint16_t close_code = 0;
  std::optional<dispatch::error> refused;
  std::chrono::milliseconds line{0};
  std::deque<dispatch::payload> on_the_line;
  std::deque<std::function<void()>> to_send;
  std::map<std::uint64_t, std::shared_ptr<answer>> unanswered; // by exchange
  // What lasts longer.
  std::map<std::string, std::int64_t, std::less<>> cursors;
  std::deque<received> inbox;
};

class devices final : public dispatch::clients {
 public:
  devices(schedule& on, transcript& said) : on_(on), said_(said) {}

  void serve(dispatch::entry* to, world* in) { entry_ = to, in_ = in; }
  void set_registry(std::shared_ptr<const dispatch::registry> current) {
    registry_ = std::move(current);
  }
  device& add(std::string name);
  const std::vector<std::unique_ptr<device>>& all() const { return all_; }
  // From here on events may be missed until a client resumes: a commit's answer was lost.
  void expect_gaps() { gaps_ = true; }
  // What the server did that no server may do, in the order of finding out.
  const std::vector<std::string>& breaches() const { return breaches_; }

  // Authenticates, then resumes.
  void connect(device& who);
  void connect_as_nobody(device& who);
  void disconnect(device& who);
  std::shared_ptr<test::answer> call(device& who, std::string_view method, const value& params,
                                     const place& where);

  void answer(dispatch::connection_id to, std::uint64_t exchange, dispatch::outcome what) override;
  void authenticated(dispatch::connection_id to, dispatch::session_ptr who,
                     std::optional<dispatch::error> why_not) override;
  void publish(std::string_view topic, std::int64_t number, dispatch::payload event,
               std::string_view latest) override;
  void send(dispatch::connection_id to, dispatch::payload text) override;
  void follow(dispatch::connection_id who, std::string_view topic, std::int64_t after,
              bool hold) override;
  void replay(dispatch::connection_id who, std::string_view topic,
              std::vector<std::pair<std::int64_t, dispatch::payload>> events, bool last) override;
  void unfollow(dispatch::connection_id who, std::string_view topic) override;
  void when_read(dispatch::connection_id who, std::function<void()> then) override;
  void close(dispatch::connection_id who, std::uint16_t code, std::string_view reason) override;

 private:
  struct follower {
    std::int64_t after = 0;
    bool held = false;
    std::vector<std::pair<std::int64_t, dispatch::payload>> kept;
  };

  device* find(dispatch::connection_id of);
  void lose(device& who);
  void give(device& to, follower& by, std::int64_t number, const dispatch::payload& event);
  void deliver(device& to, const dispatch::payload& text);
  void take(device& by, const std::string& text);
  void take_event(device& by, const boost::json::object& frame);
  void submit(std::function<void()> request, device& of);
  void end(test::answer& what, dispatch::outcome how);
  std::optional<dispatch::client_request> request_of(device& who, std::string_view method,
                                                     const value& params, test::answer& to);
  void breach(const device& of, const std::string& what);

  schedule& on_;
  transcript& said_;
  world* in_ = nullptr;
  dispatch::entry* entry_ = nullptr;
  std::shared_ptr<const dispatch::registry> registry_;
  std::vector<std::unique_ptr<device>> all_;
  std::map<std::string, std::map<dispatch::connection_id, follower>, std::less<>> topics_;
  std::vector<std::string> breaches_;
  bool gaps_ = false;
  dispatch::connection_id connections_ = 0;
  std::uint64_t exchanges_ = 0;
};

} // namespace parley::test
