#pragma once

// A kernel without a network: real calls, hooks and storage (SQLite in a temporary folder), clients
// that only take notes, and plugins written as a manifest and a few functions.

#include "dispatch/dispatcher.hpp"
#include "env/real.hpp"
#include "env/real_loop.hpp"
#include "env/thread.hpp"
#include "parley/draft/storage.h"
#include "parley/hook.h"
#include "plugin/host.hpp"
#include "plugin/loader.hpp"
#include "storage/declare.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

extern "C" parley_status parley_plugin_entry_v1(const parley_host* host, parley_plugin* out);

namespace parley::plugin {

namespace json = boost::json;

// What the shards would have been told.
class noted_clients final : public dispatch::clients {
 public:
  std::map<std::uint64_t, dispatch::outcome> answers;
  std::vector<std::string> log;       // one line for each of the others
  std::vector<std::string> published; // the events' texts
  std::vector<std::string> latests;   // of those that make others stale

  void answer(dispatch::connection_id, std::uint64_t exchange, dispatch::outcome what) override {
    answers[exchange] = std::move(what);
  }
  void authenticated(dispatch::connection_id, dispatch::session_ptr,
                     std::optional<dispatch::error>) override {}
  void publish(std::string_view topic, std::int64_t number, dispatch::payload event,
               std::string_view latest) override {
    if (!latest.empty()) latests.emplace_back(latest);
    note("publish", topic, number);
    published.push_back(*event);
  }
  void send(dispatch::connection_id, dispatch::payload text) override { log.push_back(*text); }
  void follow(dispatch::connection_id, std::string_view topic, std::int64_t after,
              bool hold) override {
    note(hold ? "hold" : "follow", topic, after);
  }
  void replay(dispatch::connection_id, std::string_view topic,
              std::vector<std::pair<std::int64_t, dispatch::payload>> events, bool last) override {
    for (const auto& [number, text] : events) note("replay", topic, number);
    if (last) log.push_back("live " + std::string(topic));
  }
  void unfollow(dispatch::connection_id, std::string_view topic) override {
    log.push_back("unfollow " + std::string(topic));
  }
  void when_read(dispatch::connection_id, std::function<void()> then) override { then(); }
  void close(dispatch::connection_id, std::uint16_t code, std::string_view) override {
    log.push_back("close " + std::to_string(code));
  }

 private:
  void note(const char* what, std::string_view topic, std::int64_t number) {
    log.push_back(std::string(what) + " " + std::string(topic) + " " + std::to_string(number));
  }
};

// One piece of a test plugin: runs with the call and its input.
using step = std::function<void(parley_call, const json::value& input)>;

class kernel : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // `steps` by "method NAME", "hook NAME", "access SCOPE", "places SCOPE".
  loaded_plugin& add(const std::string& manifest_text, std::map<std::string, step> steps);

  void open();

  // Runs the loop until `over` holds.
  void until(const std::function<bool()>& over);
  // Calls as a client would, and waits for the answer.
  dispatch::outcome call(const std::string& method, json::object params,
                         const std::string& account = "alice");
  std::uint64_t send(const std::string& method, json::object params,
                     const std::string& account = "alice", dispatch::connection_id from = 1,
                     std::uint32_t deadline_ms = 0);
  dispatch::outcome answer(std::uint64_t exchange);
  static dispatch::session_ptr user(const std::string& account);

  // Of the C ABI, for steps.
  template <typename Api>
  static const Api& api(const char* name) {
    return *static_cast<const Api*>(
        any_host_->query(any_host_, name, static_cast<std::uint32_t>(sizeof(Api))));
  }
  static parley_value value(parley_call in, const json::value& from);
  static void finish(parley_call in, const json::value& result);
  static void fail(parley_call in, parley_status status, const char* code);
  static parley_batch batch(parley_call in);
  // The completion of an operation as a function that is called once.
  using then = std::function<void(parley_status, const json::value&)>;
  static void* once(then what);
  static void done(void* user, parley_status status, parley_value result);

  env::real_loop loop_;
  env::real_clock clock_;
  env::real_random random_;
  env::worker_pool pool_{1, 16};
  noted_clients clients_;
  observe::metrics metrics_;
  services shared_;
  std::filesystem::path folder_;
  storage::ephemeral_store memory_{loop_, clock_, 1 << 20};
  std::unique_ptr<dispatch::calls> calls_;
  std::unique_ptr<storage::engine> engine_;
  std::unique_ptr<dispatch::dispatcher> dispatch_;
  std::unique_ptr<loader> loader_;
  std::vector<std::unique_ptr<loaded_plugin>> plugins_;
  std::vector<std::unique_ptr<std::map<std::string, step>>> steps_;
  std::unique_ptr<loaded_plugin> driver_;
  std::shared_ptr<const dispatch::registry> registry_;
  std::uint64_t exchanges_ = 0;
  inline static const parley_host* any_host_ = nullptr;
  inline static std::vector<std::unique_ptr<then>> waiting_;
};

} // namespace parley::plugin
