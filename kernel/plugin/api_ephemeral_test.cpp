// parley.ephemeral/1 as plugins see it; what the store itself promises is in
// storage/ephemeral_test.

#include "parley/draft/ephemeral.h"

#include "plugin/boards_test.hpp"

namespace parley::plugin {
namespace {

constexpr const char* visits = R"(
plugin: visits
version: 1.0.0
summary: Who is writing.
runtime: native
methods:
  visits.run: { doc: Runs., params: { type: object, properties: { room: id } } }
collections:
  who:
    ephemeral: true
    key: [room, name]
    fields: { room: id, name: { type: string }, count: { type: integer, default: 0 } }
    indexes: { by_name: { on: [name] } }
)";

class ephemeral_api : public host {
 protected:
  void SetUp() override {
    host::SetUp();
    add(visits, {{"method visits.run", [this](parley_call c, const json::value&) { run_(c); }}});
    open();
  }
  // Runs inside of a call, which `what` ends.
  dispatch::outcome inside(std::function<void(parley_call)> what) {
    run_ = std::move(what);
    return call("visits.run", json::object{});
  }
  const parley_ephemeral_api& memory() {
    return api<parley_ephemeral_api>(PARLEY_EPHEMERAL_INTERFACE);
  }
  parley_status put(parley_call c, const json::value& record, std::uint32_t ttl_ms, then next) {
    return memory().put(c, str("who"), value(c, record), ttl_ms, 1, done, once(std::move(next)));
  }
  static json::object ann() { return {{"room", "r"}, {"name", "ann"}}; }

  std::function<void(parley_call)> run_;
};

TEST_F(ephemeral_api, operations_are_answered_in_order_and_never_at_once) {
  bool inside_of_put = true;
  const dispatch::outcome said = inside([&](parley_call c) {
    auto seen = std::make_shared<json::array>();
    const auto note = [seen](parley_status status, const json::value& result) {
      seen->push_back(status == PARLEY_OK ? result : json::value(status));
    };
    put(c, ann(), 0, [&, note](parley_status status, const json::value& result) {
      EXPECT_FALSE(inside_of_put);
      note(status, result);
    });
    put(c, ann(), 0, note);
    const parley_value key = value(c, json::array{"r", "ann"});
    memory().increment(c, str("who"), key, str("count"), 3, 0, done, once(note));
    memory().patch(c, str("who"), key, value(c, {{"count", 7}}), 0, done, once(note));
    memory().range(c, str("who"),
                   value(c, {{"index", "by_name"}, {"prefix", {"ann"}}, {"reverse", true}}), done,
                   once(note));
    memory().erase(c, str("who"), key, done, once(note));
    memory().patch(c, str("who"), key, value(c, {{"count", 7}}), 0, done, once(note));
    memory().get(c, str("who"), key, done, once([=](parley_status, const json::value& record) {
                   seen->push_back(record);
                   finish(c, *seen);
                 }));
    inside_of_put = false;
  });
  EXPECT_EQ(json::parse(said.result), json::parse(R"([{"stored":true},{"stored":false},
    {"room":"r","name":"ann","count":3},{"room":"r","name":"ann","count":7},
    {"items":[{"room":"r","name":"ann","count":7}],"more":false},{"erased":true},-2,null])"));
}

TEST_F(ephemeral_api, what_is_wrong_is_refused_at_once) {
  inside([&](parley_call c) {
    const auto never = [](parley_status, const json::value&) { ADD_FAILURE(); };
    EXPECT_EQ(put(c, {{"room", "r"}}, 0, never), PARLEY_E_INVALID);
    EXPECT_EQ(put(c, json::array{}, 0, never), PARLEY_E_INVALID);
    const auto get = [&](const char* name, const json::value& key) {
      return memory().get(c, str(name), value(c, key), done, once(never));
    };
    EXPECT_EQ(get("who", json::array{"r"}), PARLEY_E_INVALID);
    EXPECT_EQ(get("who", "r"), PARLEY_E_INVALID);
    EXPECT_EQ(get("whom", json::array{"r", "ann"}), PARLEY_E_NOT_FOUND);
    EXPECT_EQ(memory().range(c, str("who"), value(c, {{"limt", 1}}), done, once(never)),
              PARLEY_E_INVALID);
    EXPECT_EQ(memory().erase(c, str("who"), 99, done, once(never)), PARLEY_E_STALE);
    EXPECT_EQ(memory().erase(99, str("who"), 99, done, once(never)), PARLEY_E_STALE);
    finish(c, nullptr);
  });
}

TEST_F(ephemeral_api, a_full_memory_is_a_limit) {
  const dispatch::outcome said = inside([&](parley_call c) {
    json::object large = ann();
    large["name"] = std::string(2 << 20, 'x');
    EXPECT_EQ(put(c, large, 0,
                  [=](parley_status status, const json::value& why) {
                    EXPECT_EQ(status, PARLEY_E_LIMIT);
                    finish(c, why.at("code"));
                  }),
              PARLEY_OK);
  });
  EXPECT_EQ(said.result, R"("too_many_requests")");
}

TEST_F(ephemeral_api, records_outlast_their_plugin) {
  inside([&](parley_call c) {
    put(c, ann(), 0, [=](parley_status, const json::value&) { finish(c, nullptr); });
  });
  dispatch_->remove(*plugins_.front());
  bool retired = false;
  loader_->retire(std::move(plugins_.front()), 5000, [&] { retired = true; });
  until([&] { return retired; });
  plugins_.clear();
  add(visits, {{"method visits.run", [](parley_call, const json::value&) {}}});
  EXPECT_TRUE(plugins_.back()->ephemeral.at("who")->get({"r", "ann"}, {}).found);
}

} // namespace
} // namespace parley::plugin
