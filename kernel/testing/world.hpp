#pragma once

// The server of a test with everything around it.

#include "node/node.hpp"
#include "parley/test/host.hpp"
#include "testing/devices.hpp"
#include "testing/faults.hpp"
#include "testing/kept_store.hpp"
#include "testing/schedule.hpp"
#include "testing/setting.hpp"
#include "testing/transcript.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parley::test {

class world {
 public:
  world(const options& with, const place& where);
  ~world();
  world(const world&) = delete;

  // Runs what there is; the time stands still.
  void run();
  // Runs, and lets time pass, until `over` or until nothing will come for this long.
  bool wait(const std::function<bool()>& over);
  void advance(std::chrono::milliseconds by);

  client user(std::string_view name, const std::vector<std::string>& roles, const place& where);
  device& connect(std::string name, std::string scheme, std::string credential);
  std::shared_ptr<answer> call_as_plugin(std::string_view method, const value& params,
                                         const place& where);
  void reconnect(device& who, const place& where);

  const std::string& under_test() const { return setting_.under_test(); }
  // What is wrong, or an empty text.
  std::string upgrade(const std::string& folder);
  void restart();
  // Ends the server. What is wrong, one sentence a line.
  std::string end();
  bool ended() const { return !node_; }

  void inject(std::string_view fault, unsigned nth, const place& where);

  // Fails where a call went wrong and nobody can look at it any more.
  void complain(const place& where);
  [[noreturn]] void fail(const std::string& sentence, const place& where) const {
    said.fail(sentence, where);
  }
  void remember(const std::shared_ptr<answer>& one) { answers_.push_back(one); }
  std::shared_ptr<answer> send(device& from, std::string_view method, const value& params,
                               const place& where) {
    answers_.push_back(clients.call(from, method, params, where));
    return answers_.back();
  }
  // The one there is.
  static world& now();

  const options with;
  const std::uint64_t seed;
  schedule on;
  transcript said;
  fault_plan faults;
  std::vector<std::string> log;
  devices clients;
  double metric(std::string_view sample) const;
  std::vector<value> jobs();
  void enqueue(std::string_view job, const value& params, const place& where);
  void run_jobs(const place& where);

 private:
  void start();
  std::string stop_node();
  void on_store_operation();
  void break_connections();
  void cut_power();
  std::string make_account(const std::string& name, std::string& id);
  void look_for_leftovers(std::vector<std::string>& found) const;
  void step_into_hooks();
  std::vector<dispatch::job_record> read_jobs(bool dead);
  void come_in(device& who);
  void all_come_back();
  parley::plugin::loaded_plugin* find(std::string_view plugin) const;

  setting setting_;
  stand_in kit_; // the plugin through which the kit itself takes part
  kept_store store_;
  std::unique_ptr<observe::metrics> metrics_;
  std::unique_ptr<node> node_;
  std::vector<std::shared_ptr<answer>> answers_;
  std::vector<std::string> wrong_;              // that the test's own parts did
  std::vector<device*> coming_back_;            // when there is a server again
  std::map<std::string, std::string> accounts_; // by name
  bool power_cut_ = false;
};

} // namespace parley::test
