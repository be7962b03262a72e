// Those who speak to the server in a test, and what they say of it.
//
// All of these are handles to what the host keeps: copied freely, and gone with the host.
#ifndef PARLEY_TEST_CLIENT_HPP
#define PARLEY_TEST_CLIENT_HPP

#include <parley/test/value.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

struct answer; // what came back, kept by the host
struct device; // one connection's client side, kept by the host

// What a call came to. One that failed must be looked at: the host complains where nobody asked.
class PARLEY_TEST_API reply {
 public:
  explicit reply(std::shared_ptr<answer> from) : answer_(std::move(from)) {}

  // The result. Throws where the call failed.
  const value& ok(place where = here::current()) const;
  const value& operator[](const char* name) const { return ok()[name]; }
  // Throws unless it failed with this code.
  const reply& fails_with(std::string_view code, place where = here::current()) const;

  bool went_well() const;
  std::string code() const;    // of the error; empty where there is none
  std::string message() const; // its sentence
  std::string field() const;   // the parameter at fault
  std::int64_t retry_after_ms() const;

 private:
  std::shared_ptr<answer> answer_;
};

// A call on its way.
class PARLEY_TEST_API pending {
 public:
  explicit pending(std::shared_ptr<answer> from) : answer_(std::move(from)) {}
  bool ended() const; // by now; nothing runs meanwhile
  // Lets the server run, and time pass, until it has ended.
  reply ends(place where = here::current()) const;

 private:
  std::shared_ptr<answer> answer_;
};

// Something that a client was sent because it follows a topic.
class PARLEY_TEST_API event {
 public:
  std::string name;     // "note.added"
  std::string topic;    // "board:ID"
  std::int64_t seq = 0; // its number in the topic; 0: ephemeral
  value data;
  std::string at; // RFC 3339

  const value& operator[](const char* field) const { return data[field]; }
  // Throws unless the data has this field (with dots: of what is within) with this value.
  const event& with(std::string_view field, const value& wanted,
                    place where = here::current()) const;
  // Throws unless it is of this place: event.of(board["id"]).
  const event& of(const value& place_id, place where = here::current()) const;
};

// Somebody with one connection. Follows everything that the account may follow.
class PARLEY_TEST_API client {
 public:
  explicit client(device* of) : device_(of) {}

  const std::string& id() const;   // of the account
  const std::string& name() const; // by which the test calls it

  // Calls a method and waits for the answer; time passes where it has to.
  reply call(std::string_view method, const value& params = {},
             place where = here::current()) const;
  // Sends it, and does not wait. Calls of one client arrive in their order, those of several in
  // any.
  pending begins(std::string_view method, const value& params = {},
                 place where = here::current()) const;

  // The first event of this name that was not looked at yet. Lets the server run until nothing is
  // left to do, but no time pass: `server.advance` does that.
  event receives(std::string_view name, place where = here::current()) const;
  // Throws where there is such an event; without a name, where there is any.
  void receives_no(std::string_view name, place where = here::current()) const;
  void receives_nothing(place where = here::current()) const;
  // Those that were not looked at yet, without looking at them.
  std::vector<event> unseen() const;
  // From here on only what comes next counts.
  void forgets() const;

  // The connection breaks: what is under way to either side is lost.
  void disconnects() const;
  // A new one, which resumes from the events that came by the old one.
  void reconnects(place where = here::current()) const;
  bool connected() const;
  std::uint16_t close_code() const; // of the connection that the server closed; 0: none
  // A slow line: what the server sends arrives this much later.
  void delay(std::chrono::milliseconds by) const;

 private:
  device* device_;
};

} // namespace parley::test
#endif
