#include "identity/dispatch_access.hpp"

#include "dispatch/calls.hpp"
#include "dispatch/hooks.hpp"
#include "dispatch/topics.hpp"
#include "env/virtual.hpp"
#include "identity/memory_engine_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::identity {
namespace {

namespace json = boost::json;
using testing::ElementsAre;

// Another plugin, whose handler of a hook does what the test says.
class stepping_in : public testing::Test {
 protected:
  using step = std::function<void(parley_call, const json::value&)>;

  stepping_in() {
    identity_.name = "identity";
    other_.name = "other";
    for (const auto kind : {manifest::hook_kind::filter, manifest::hook_kind::observe}) {
      manifest::hook_point point;
      point.name = kind == manifest::hook_kind::filter ? "ask" : "tell";
      point.kind = kind;
      point.data = {
          {"type", "object"},
          {"properties", {{"a", {{"type", "integer"}}}, {"principal", {{"type", "string"}}}}}};
      identity_.declared.hook_points.push_back(point);
      manifest::hook hook;
      hook.name = point.name;
      hook.kind = kind;
      other_.declared.hooks.push_back(hook);
      other_.hooks[point.name] = {&stepping_in::enter, this};
    }
    hooks_.attach(identity_);
  }
  void attach() {
    access_.attach(hooks_, identity_);
    hooks_.attach(other_);
  }
  // Runs a hook point; notes how it ended.
  void run(std::string_view name, step what, const host_access::cause& from = {}) {
    step_ = std::move(what);
    access_.run_hook(name, {{"a", 1}}, from,
                     [this](const std::optional<dispatch::error>& why, json::value answer) {
                       ends_.push_back(why ? why->code : json::serialize(answer));
                     });
    loop_.run_until_idle();
  }
  static void enter(void* user, parley_call call, parley_value input) {
    const auto* value = dispatch::value_arena::find(input);
    static_cast<stepping_in*>(user)->step_(call, value ? *value : json::value());
  }

  env::virtual_clock clock_;
  env::virtual_loop loop_{clock_};
  env::seeded_random random_{3};
  memory_engine store_{loop_};
  dispatch::calls calls_{loop_, clock_, random_};
  dispatch::hooks hooks_{calls_, 5000};
  dispatch::topics topics_{calls_, store_, 100};
  dispatch::batches batches_{calls_, store_, topics_, 1000};
  dispatch::instance identity_, other_;
  dispatch_access access_{calls_};
  step step_;
  std::vector<std::string> ends_;
};

TEST_F(stepping_in, is_refused_before_there_is_a_plugin) {
  run("ask", {});
  EXPECT_THAT(ends_, ElementsAre("unavailable"));
}

TEST_F(stepping_in, may_pass_replace_or_deny) {
  attach();
  run("ask", [&](parley_call call, const json::value& input) {
    EXPECT_EQ(input.at("a").as_int64(), 1);
    calls_.finish(call, nullptr);
  });
  run("ask", [&](parley_call call, const json::value&) {
    const json::value answer = {{"a", 2}, {"principal", "p"}};
    calls_.finish(call, &answer);
  });
  run("ask", [&](parley_call call, const json::value&) {
    calls_.fail(call, {"wrong_login", "No.", "", 0, false});
  });
  EXPECT_THAT(ends_, ElementsAre(R"({"a":1})", R"({"a":2,"principal":"p"})", "wrong_login"));
  EXPECT_EQ(calls_.size(), 0U);
}

TEST_F(stepping_in, denies_by_failing_and_by_never_answering) {
  attach();
  run("ask", [&](parley_call call, const json::value&) {
    calls_.fail(call, {"internal", "A fault.", "", 0, false}, PARLEY_E_FAILED);
  });
  EXPECT_THAT(ends_, ElementsAre("unavailable"));
  run("ask", [](parley_call, const json::value&) {});
  EXPECT_EQ(ends_.size(), 1U);
  loop_.advance(std::chrono::seconds(20));
  EXPECT_THAT(ends_, ElementsAre("unavailable", "unavailable"));
  EXPECT_EQ(calls_.size(), 0U);
}

TEST_F(stepping_in, ends_once_when_the_whole_server_stops) {
  attach();
  run("ask", [](parley_call, const json::value&) {});
  calls_.abort_all(identity_);
  loop_.run_until_idle();
  EXPECT_EQ(ends_.size(), 1U);
  EXPECT_EQ(calls_.size(), 0U);
}

TEST_F(stepping_in, observers_know_the_request_and_the_depth) {
  attach();
  std::string request;
  std::uint32_t depth = 0;
  run("tell",
      [&](parley_call call, const json::value&) {
        request = dispatch::calls::find(call)->request_id;
        depth = dispatch::calls::find(call)->depth;
        calls_.finish(call, nullptr);
      },
      {"request-1", "127.0.0.1", 3});
  EXPECT_THAT(ends_, ElementsAre("null"));
  EXPECT_EQ(request, "request-1");
  EXPECT_EQ(depth, 4U);
}

TEST_F(stepping_in, writes_into_the_batch_of_another_plugin) {
  auto& call = calls_.begin(other_, nullptr, nullptr, 1000, {});
  call.depth = 2;
  parley_batch batch = 0;
  ASSERT_EQ(batches_.open(call, &batch), PARLEY_OK);
  EXPECT_EQ(access_.cause_of(batch).depth, 2U);
  EXPECT_EQ(access_.cause_of(batch).request_id, call.request_id);
  ASSERT_TRUE(access_.writes(batch));
  access_.writes(batch)->put("identity.secrets", {{"name", "a"}, {"value", "b"}});
  int durable = 0;
  access_.after_commit(batch, [&] { ++durable; });
  ASSERT_EQ(batches_.commit(
                batch, nullptr, [](void*, parley_status, parley_value) {}, nullptr),
            PARLEY_OK);
  EXPECT_EQ(durable, 0);
  loop_.run_until_idle();
  EXPECT_EQ(durable, 1);
  EXPECT_EQ(store_.count("identity.secrets"), 1U);
  calls_.finish(call.handle, nullptr);
  EXPECT_FALSE(access_.writes(batch));
  EXPECT_EQ(access_.cause_of(batch).request_id, "");
}

TEST_F(stepping_in, completes_an_operation_once) {
  std::vector<parley_status> ends;
  const auto done = [](void* user, parley_status status, parley_value) {
    static_cast<std::vector<parley_status>*>(user)->push_back(status);
  };
  auto& call = calls_.begin(other_, nullptr, nullptr, 1000, {});
  const auto handle = call.handle;
  const auto one = access_.begin_operation(handle, done, &ends);
  const auto two = access_.begin_operation(handle, done, &ends);
  access_.complete(one, {{"account", "a"}});
  access_.fail(two, {"forbidden", "No.", "", 0, false});
  EXPECT_TRUE(ends.empty());
  loop_.run_until_idle();
  EXPECT_THAT(ends, ElementsAre(PARLEY_OK, PARLEY_E_FORBIDDEN));
  const auto three = access_.begin_operation(handle, done, &ends);
  calls_.finish(handle, nullptr);
  loop_.run_until_idle();
  access_.complete(three, nullptr);
  loop_.run_until_idle();
  EXPECT_THAT(ends, ElementsAre(PARLEY_OK, PARLEY_E_FORBIDDEN, PARLEY_E_CANCELLED));
  EXPECT_EQ(access_.begin_operation(handle, done, &ends), 0U);
}

} // namespace
} // namespace parley::identity
