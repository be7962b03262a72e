#pragma once

// Who follows what: announcing events, grants and revocations, and resuming from cursors.
// Subscriptions themselves live in the I/O shards.

#include "dispatch/calls.hpp"
#include "dispatch/head_cache.hpp"
#include "dispatch/missed_events.hpp"

#include <deque>
#include <map>
#include <set>
#include <unordered_map>

namespace parley::dispatch {

class topics {
 public:
  topics(calls& all, storage::engine& store, std::uint32_t replay_limit);

  // Before anything is announced.
  void serve(clients& to) { clients_ = &to; }

  // Scopes whose owners are asked for a principal's places.
  void add_scope(const std::string& scope, instance& owner);
  void remove_scopes(const instance& owner);

  void connected(connection_id who, session_ptr session, std::string remote);
  void disconnected(connection_id who);
  const std::set<connection_id>& connections_of(std::string_view principal) const;
  // Closes the connections of a session.
  void close_session(std::string_view session, std::uint16_t code, std::string_view reason);
  // False where there is none.
  bool close(connection_id who, std::uint16_t code, std::string_view reason);
  struct seen {
    connection_id id = 0;
    session_ptr session;
    std::string remote;
    std::int64_t since_ms = 0;
    bool in_background = false;
  };
  // Of a principal, of a session, or of both where neither is empty; in the order in which they
  // came.
  std::vector<seen> find(std::string_view principal, std::string_view session) const;

  void announce(const pending_event& event, std::int64_t number);
  // `latest_by`: a member of `data`; empty: it makes nothing stale.
  void publish(std::string_view topic, std::string_view event, const boost::json::value& data,
               std::string_view latest_by);
  // Whether a commit has come to the store is not known.
  void commit_lost() { heads_.clear(); }

  // Other nodes publish on the same store; before anybody is connected. From then on heads are
  // compared with it every so often.
  void share_store() { missed_.begin(); }
  void compare_heads() { missed_.compare(); }

  // One at a time for a connection; a second is refused.
  void resume(resume_request what);
  // But for the account's own.
  void unfollow(connection_id who, const std::vector<std::string>& topics);
  void set_in_background(connection_id who, bool is);
  session_ptr session_of(connection_id who) const; // nullptr: it is gone

 private:
  struct followed {
    std::string topic;
    std::int64_t from = 1;              // the first number that the principal may read
    std::optional<std::int64_t> cursor; // what the client has
    std::int64_t head = -1;             // -1: not known yet
  };
  // One `resume` on its way.
  struct resuming {
    connection_id who = 0;
    session_ptr session;
    std::map<std::string, std::int64_t, std::less<>> cursors;
    std::vector<followed> follows;
    std::map<std::string, std::int64_t, std::less<>> granted; // since it began, from this number on
    std::set<std::string, std::less<>> revoked;               // since it began
    std::set<std::string, std::less<>> followed;              // by this resume, so far
    std::deque<std::size_t> behind; // of `follows`: replayed a few at a time
    std::size_t waiting = 0;
    bool is_quiet = false; // not asked for by the client
    // Only asks again where one may read, once the heads of that one are known.
    std::shared_ptr<resuming> confirms;
    bool only = false;    // those of `cursors`, and the account's
    bool placed = false;  // `follows` is complete
    bool unknown = false; // the owner of a scope could not say
  };
  struct connection {
    session_ptr session;
    std::string remote;
    std::int64_t since_ms = 0;
    bool in_background = false;
    bool chooses = true; // follows nothing that it did not ask for; so before any resume
    std::set<std::shared_ptr<resuming>> resumes;
    std::set<std::string, std::less<>> follows; // where other nodes publish as well
  };

  static payload event_text(std::string_view topic, std::int64_t number, std::string_view event,
                            std::string_view data, std::string_view at);
  void announce_now(const pending_event& event, std::int64_t number);
  void announce_foreign(const std::string& topic, const storage::log_entry& what);
  void lost(const std::shared_ptr<resuming>& r, std::size_t index);
  bool ends_by_an_event(const std::string& topic) const; // that says whose place there ends
  std::string revoked_by(const std::string& topic, const storage::log_entry& what) const;
  void look_again(std::string_view principal);
  void follow(connection_id who, const std::string& topic, std::int64_t after, bool hold);
  void stop_following(connection_id who, const std::string& topic);
  void end_access(connection& c, connection_id who, const std::string& topic);
  void apply_access(const pending_event& event, std::int64_t number);
  void ask_all_places(const std::shared_ptr<resuming>& r);
  void keep_what_is_new(resuming& r);
  static void keep_what_was_chosen(resuming& r);
  void ask_places(const std::shared_ptr<resuming>& r, const std::string& scope, instance& owner);
  void places_known(const std::shared_ptr<resuming>& r);
  // Ends the connection; the client comes back with its cursors.
  void give_up(const resuming& r, std::string_view why);
  std::int64_t known_head(const followed& of);
  void confirm(const std::shared_ptr<resuming>& r);
  void confirmed(const resuming& by);
  void heads_known(const std::shared_ptr<resuming>& r);
  void replay_next(const std::shared_ptr<resuming>& r);
  void replay(const std::shared_ptr<resuming>& r, std::size_t index, std::int64_t after);
  void one_less(const std::shared_ptr<resuming>& r);
  void caught_up(const std::shared_ptr<resuming>& r, std::size_t index);
  void gap(const resuming& r, const followed& f, std::int64_t oldest);
  void done(const std::shared_ptr<resuming>& r);
  bool gone(const resuming& r) const { return !connections_.contains(r.who); }

  calls& calls_;
  clients* clients_ = nullptr;
  storage::engine& store_;
  std::uint32_t replay_limit_;
  missed_events missed_;
  head_cache heads_;
  std::map<std::string, instance*> scopes_;
  std::unordered_map<connection_id, connection> connections_;
  std::map<std::string, std::set<connection_id>, std::less<>> by_principal_;
};

} // namespace parley::dispatch
