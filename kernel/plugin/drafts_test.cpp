// Connections, raw routes and files at run time, as plugins use them.

#include "parley/draft/asset.h"
#include "parley/draft/connections.h"
#include "plugin/boards_test.hpp"

namespace parley::plugin {
namespace {

constexpr const char* gate = R"(
plugin: gate
version: 1.0.0
summary: Uses what is still a draft.
runtime: native
capabilities: { connections: true }
methods:
  gate.run: { doc: Runs., params: { type: object } }
routes:
  paid: { http: "POST /hooks/{shop}", body_bytes: 10, doc: A shop tells. }
assets:
  - { path: /made, at_run_time: true, content_security_policy: "default-src 'none'" }
)";

class drafts : public host {
 protected:
  void SetUp() override {
    host::SetUp();
    plugin_ =
        &add(gate, {{"method gate.run", [this](parley_call c, const json::value&) { run_(c); }},
                    {"route paid",
                     [this](parley_call c, const json::value& request) { route_(c, request); }}});
    open();
  }
  void inside(std::function<void(parley_call)> what) {
    run_ = [what = std::move(what)](parley_call c) {
      what(c);
      finish(c, nullptr);
    };
    EXPECT_FALSE(call("gate.run", json::object{}).failure);
  }
  const void* ask(const char* name) {
    return plugin_->host.base.query(&plugin_->host.base, name, 4);
  }

  loaded_plugin* plugin_ = nullptr;
  std::function<void(parley_call)> run_;
  step route_;
};

TEST_F(drafts, connections_are_listed_and_closed) {
  const auto& gates =
      *static_cast<const parley_connections_api*>(ask(PARLEY_CONNECTIONS_INTERFACE));
  dispatch_->connected(7, user("alice"), "192.0.2.7");
  dispatch_->connected(8, user("alice"), "192.0.2.8");
  dispatch_->connected(9, user("bob"), "192.0.2.9");
  inside([&](parley_call c) {
    parley_value out = 0;
    ASSERT_EQ(gates.list(c, str("alice"), str(""), &out), PARLEY_OK);
    const json::array found = dispatch::value_arena::find(out)->as_array();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].at("id"), "7");
    EXPECT_EQ(found[0].at("account"), "alice");
    EXPECT_EQ(found[0].at("remote"), "192.0.2.7");
    EXPECT_EQ(gates.close(c, str("9"), PARLEY_CLOSE_LOG_IN, str("Enough.")), PARLEY_OK);
    EXPECT_EQ(gates.close(c, str("99"), PARLEY_CLOSE_LOG_IN, str("")), PARLEY_E_NOT_FOUND);
    EXPECT_EQ(gates.close(c, str("9x"), PARLEY_CLOSE_LOG_IN, str("")), PARLEY_E_NOT_FOUND);
    EXPECT_EQ(gates.close(c, str("9"), 1000, str("")), PARLEY_E_INVALID);
    EXPECT_EQ(gates.list(c, str(""), str(""), &out), PARLEY_E_INVALID);
    std::uint32_t closed = 0;
    EXPECT_EQ(gates.close_all(c, str("alice"), str(""), PARLEY_CLOSE_RECONNECT, str(""), &closed),
              PARLEY_OK);
    EXPECT_EQ(closed, 2u);
    EXPECT_EQ(gates.close_all(99, str("alice"), str(""), PARLEY_CLOSE_RECONNECT, str(""), nullptr),
              PARLEY_E_STALE);
  });
  EXPECT_THAT(clients_.log, ElementsAre("close 4100", "close 4000", "close 4000"));
}

TEST_F(drafts, a_capability_is_asked_for_and_granted) {
  plugin_->folder = "/somewhere"; // not part of the program
  EXPECT_EQ(ask(PARLEY_CONNECTIONS_INTERFACE), nullptr);
  plugin_->grants = {"connections"};
  EXPECT_NE(ask(PARLEY_CONNECTIONS_INTERFACE), nullptr);
  plugin_->grants = {"connections", "identity"};
  EXPECT_EQ(ask(PARLEY_IDENTITY_INTERFACE), nullptr) << "granted, and not asked for";
}

TEST_F(drafts, a_route_is_entered_with_what_came) {
  const dispatch::route_match match = registry_->route("POST", {"hooks", "7"});
  ASSERT_EQ(match.outcome, dispatch::route_match::kind::found);
  ASSERT_NE(match.target->raw, nullptr);
  EXPECT_EQ(match.target->raw->body_bytes, 10u);
  EXPECT_EQ(registry_->find("gate/paid"), nullptr) << "no method";
  route_ = [](parley_call c, const json::value& request) {
    finish(c, {{"status", 200}, {"body", request.at("body")}});
  };
  dispatch::client_request what;
  what.connection = 1;
  what.exchange = ++exchanges_;
  what.from = registry_;
  what.target = match.target;
  what.params = json::object{{"body", "hello"}};
  dispatch_->request(std::move(what));
  EXPECT_EQ(answer(exchanges_).result, R"({"status":200,"body":"hello"})");
}

TEST_F(drafts, files_are_made_below_the_declared_path) {
  plugin_->offer = std::make_shared<const dispatch::offer>(plugin_->declared);
  int told = 0;
  shared_.offers_changed = [&] { ++told; };
  shared_.most_asset_bytes = 100;
  const auto& files = *static_cast<const parley_asset_api*>(ask(PARLEY_ASSET_INTERFACE));
  const parley_host* on = &plugin_->host.base;
  const auto put = [&](const char* path, const std::string& bytes,
                       const char* type = "text/plain") {
    return files.put(on, str(path), str(type), bytes.data(), bytes.size());
  };
  inside([&](parley_call) {
    EXPECT_EQ(put("/made/a.txt", "one"), PARLEY_OK);
    EXPECT_EQ(put("/made/a.txt", "two"), PARLEY_OK);
    EXPECT_EQ(put("/made/large", std::string(98, 'x')), PARLEY_E_LIMIT);
    EXPECT_EQ(put("/made/large", std::string(97, 'x')), PARLEY_OK);
    for (const char* path : {"/other/a", "/made", "/made/", "/made/../a", "/made//a", "made/a", ""})
      EXPECT_EQ(put(path, "x"), PARLEY_E_INVALID) << path;
    EXPECT_EQ(put("/made/b", "x", "text/html\r\nx: y"), PARLEY_E_INVALID);
    EXPECT_EQ(put("/made/b", "x", "html"), PARLEY_E_INVALID);
    EXPECT_EQ(files.remove(on, str("/made/large")), PARLEY_OK);
    EXPECT_EQ(files.remove(on, str("/made/large")), PARLEY_E_NOT_FOUND);
  });
  until([&] { return told > 0; });
  EXPECT_EQ(told, 1) << "once for all that was done in a turn";
  const auto& made = plugin_->offer->files;
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made.at("/made/a.txt")->content, "two");
  EXPECT_EQ(made.at("/made/a.txt")->content_security_policy, "default-src 'none'");
}

} // namespace
} // namespace parley::plugin
