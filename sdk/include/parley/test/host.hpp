// A whole server in memory, for tests of plugins: real plugins on the real kernel, with a clock
// that stands still until told, clients without a network, and a schedule that a seed repeats.
//
//   parley::test::host server({.under_test = "build/plugins/quotes"});
//   auto alice = server.user("alice"), bob = server.user("bob");
//   auto room = alice.call("messaging.direct", {{"account", bob.id()}});
//   alice.call("quotes.add", {{"conversation", room["id"]}, {"text", "I said so"}}).ok();
//   bob.receives("quote.added").with("text", "I said so");
//
// What fails throws a parley::test::failure that any test framework shows, with all that was said
// so far. One host at a time in a process, used by the thread that made it.
#ifndef PARLEY_TEST_HOST_HPP
#define PARLEY_TEST_HOST_HPP

#include <parley/test/client.hpp>
#include <parley/test/fault.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

class world;

// A plugin besides the one under test, with its part of the operator's YAML.
struct plugin {
  plugin(const char* named, value configured = {}) : name(named), config(std::move(configured)) {}
  plugin(std::string named, value configured = {})
      : name(std::move(named)), config(std::move(configured)) {}
  std::string name; // or its folder
  value config;
};

// What a stand-in answers.
struct said {
  static said nothing() { return {}; } // of a filter: pass
  static said result(value what);      // of a method; of a filter: instead of the payload
  static said refusal(std::string code, std::string message = {});
  static said failure(); // as a plugin that is broken
  static said silence(); // never: until the deadline ends it

  enum class kind { nothing, result, refusal, failure, silence } what = kind::nothing;
  value data;
  std::string code, message;
};

// A plugin that the test plays itself: a manifest as YAML, and what it does.
struct stand_in {
  std::string manifest;
  // By what the manifest declares: "method notes.get", "hook message.before_send".
  std::map<std::string, std::function<said(const value& input)>> does;
};

struct options {
  std::string under_test = {}; // a folder with plugin.yaml and what was built of it
  value config = {};           // of the plugin under test
  // What it `requires` is there by itself. Looked for beside it, in the folders of plugin_path and
  // PARLEY_PLUGIN_PATH (with colons), and among those that come with the kit.
  std::vector<plugin> plugins = {};
  std::vector<std::string> plugin_path = {};
  std::vector<stand_in> stand_ins = {};
  std::string storage = "storage-memory"; // the driver
  value settings = {};    // more of the operator's YAML: {{"limits", {{"breaker_failures", 3}}}}
  std::uint64_t seed = 0; // 0: that of PARLEY_SEED, or 1
};

class PARLEY_TEST_API host {
 public:
  // Throws where the server does not start, with all that is wrong.
  explicit host(const options& with, place where = here::current());
  // Ends the server. What is wrong then goes to `on_failure_at_end`.
  ~host();
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  // An account with a connection. The same name again is another device of the same person. Roles
  // beside "user": those that the settings name.
  client user(std::string_view name, const std::vector<std::string>& roles = {},
              place where = here::current());
  // A connection without an account: for methods that anybody may call.
  client guest();
  // One that authenticates: connect("Bearer", login["access_token"]). It is `connected` only where
  // it was let in.
  client connect(std::string_view scheme, const value& credential);
  // Calls a method as a plugin does that requires everything here.
  reply call_as_plugin(std::string_view method, const value& params = {},
                       place where = here::current());

  // Runs what there is to do, without time passing.
  void run();
  // Lets time pass.
  void advance(std::chrono::milliseconds by);
  std::string now() const; // RFC 3339

  // Jobs that wait or run, and dead letters: {id, job, state: "queued" | "running" | "dead",
  // attempts, due_at, queued_at, error}. At most 1000 of each.
  std::vector<value> jobs();
  // Queues one as its plugin does, in a batch of its own: enqueue("notes.remind", {{"note", 1}}).
  void enqueue(std::string_view job, const value& params = {}, place where = here::current());
  // Lets time pass until no job runs or waits but those that are due in more than an hour, and
  // those that are queued by cron.
  void run_jobs(place where = here::current());

  // Another version takes over while calls are under way; without a folder the same once more.
  void upgrade(const std::string& folder = {}, place where = here::current());
  // The same where it must be refused: why it was. Throws where it was not.
  std::string refuses_upgrade(const std::string& folder, place where = here::current());
  // As after a power cut: what was not committed is lost, connections break. Clients reconnect when
  // told to.
  void restart(place where = here::current());
  // The end, with all that must hold then: no call without an answer, no plugin that cannot be
  // unloaded, no error that nobody looked at. Throws.
  void stop(place where = here::current());

  // At the `nth` occasion from now on; one fault at a time. Unknown names throw.
  void inject(std::string_view fault, unsigned nth = 1, place where = here::current());
  bool injected() const; // it has happened

  // Lines of the log as JSON, from debug on.
  const std::vector<std::string>& log() const;
  bool logged(std::string_view part) const;
  // A sample of the metrics, by its name and labels as they are written:
  // `parley_calls{plugin="a"}`. 0 where there is none.
  double metric(std::string_view sample) const;

  std::uint64_t seed() const;
  std::string transcript() const; // all that was said

 private:
  std::unique_ptr<world> world_;
};

} // namespace parley::test
#endif
