// What a plugin does that the C headers forbid: each gets its status, is named, and harms nobody.

#include "dispatch/breach.hpp"

#include "dispatch/checked_values.hpp"
#include "observe/log.hpp"
#include "parley/config.h"
#include "parley/env.h"
#include "parley/log.h"
#include "parley/offload.h"
#include "parley/topic.h"
#include "plugin/boards_test.hpp"

#include <thread>

namespace parley::plugin {
namespace {

class breaches : public host {
 protected:
  void SetUp() override {
    host::SetUp();
    plugin_ = &add_boards();
    open();
  }
  // Runs `what` in a handler, which finishes the call unless `what` did.
  void inside(std::function<void(parley_call)> what, std::string how = "") {
    echo_step = [what = std::move(what)](parley_call c, const json::value&) {
      what(c);
      calls_api().finish(c, 0);
    };
    const dispatch::outcome said = call("boards.echo", {{"word", "hello"}});
    EXPECT_EQ(said.failure ? said.failure->code : "", how);
  }
  static parley_status elsewhere(const std::function<parley_status()>& what) {
    parley_status status = PARLEY_OK;
    std::thread other([&] { status = what(); });
    other.join();
    return status;
  }
  static const parley_call_api& calls_api() { return api<parley_call_api>(PARLEY_CALL_INTERFACE); }
  static const parley_value_api& values() { return api<parley_value_api>(PARLEY_VALUE_INTERFACE); }
  static parley_slot text(const char* ptr, std::size_t len) {
    parley_slot out{};
    out.kind = PARLEY_STRING;
    out.as.text = {ptr, len};
    return out;
  }
  static parley_status build(parley_call c, const parley_slot& slot) {
    parley_value out = 0;
    return values().scalar(c, &slot, &out);
  }
  const parley_host* on() { return &plugin_->host.base; }

  loaded_plugin* plugin_ = nullptr;
};

TEST_F(breaches, functions_of_the_logic_thread_know_other_threads) {
  inside([&](parley_call c) {
    const parley_value v = value(c, json::object{});
    EXPECT_EQ(elsewhere([&] { return calls_api().finish(c, 0); }), PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] { return calls_api().cancel(c); }), PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] {
                parley_call_info info{};
                info.size = sizeof info;
                return calls_api().info(c, &info);
              }),
              PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] { return calls_api().invoke(c, str("a.b"), v, done, nullptr); }),
              PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] {
                parley_error why{};
                why.size = sizeof why;
                return calls_api().fail(c, &why);
              }),
              PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] {
                parley_call out = 0;
                return calls_api().begin(on(), 0, 1000, &out);
              }),
              PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] { return calls_api().available(on(), str("identity")); }), 0);
    EXPECT_EQ(elsewhere([&] {
                parley_slot out{};
                return values().read(v, &out);
              }),
              PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] { return build(c, text("a", 1)); }), PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] {
                parley_batch out = 0;
                return store().batch(c, &out);
              }),
              PARLEY_E_THREAD);
    EXPECT_EQ(
        elsewhere([&] {
          return api<parley_topic_api>(PARLEY_TOPIC_INTERFACE).publish(c, str("a.b"), str("x"), v);
        }),
        PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] {
                return api<parley_offload_api>(PARLEY_OFFLOAD_INTERFACE)
                    .run(
                        c, [](void*) {}, done, nullptr);
              }),
              PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] {
                parley_value out = 0;
                return api<parley_config_api>(PARLEY_CONFIG_INTERFACE).read(on(), &out);
              }),
              PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] {
                return api<parley_env_api>(PARLEY_ENV_INTERFACE)
                    .after(
                        on(), 1, [](void*) {}, nullptr, nullptr);
              }),
              PARLEY_E_THREAD);
    EXPECT_EQ(elsewhere([&] {
                return calls_api().provide(
                    on(), PARLEY_METHOD, str("boards.echo"),
                    [](void*, parley_call, parley_value) {}, nullptr);
              }),
              PARLEY_E_THREAD);
  });
}

TEST_F(breaches, a_server_that_ends_leaves_the_thread_to_another) {
  { const dispatch::calls other(loop_, clock_, random_); }
  inside([&](parley_call c) { EXPECT_EQ(build(c, text("a", 1)), PARLEY_OK); });
}

TEST_F(breaches, null_and_sizes_that_are_too_small_are_invalid) {
  inside([&](parley_call c) {
    const parley_value v = value(c, json::object{{"a", 1}});
    EXPECT_EQ(values().read(v, nullptr), PARLEY_E_INVALID);
    EXPECT_EQ(values().fields(v, nullptr, 1, nullptr), PARLEY_E_INVALID);
    EXPECT_EQ(values().members(v, 0, nullptr, nullptr, 1, nullptr), PARLEY_E_INVALID);
    EXPECT_EQ(values().items(v, 0, nullptr, 1, nullptr), PARLEY_E_INVALID);
    parley_value out = 0;
    EXPECT_EQ(values().scalar(c, nullptr, &out), PARLEY_E_INVALID);
    EXPECT_EQ(values().array(c, nullptr, 3, &out), PARLEY_E_INVALID);
    EXPECT_EQ(values().object(c, nullptr, nullptr, 3, &out), PARLEY_E_INVALID);
    EXPECT_EQ(values().parse(c, {nullptr, 5}, &out), PARLEY_E_INVALID);
    EXPECT_EQ(values().write(c, v, nullptr), PARLEY_E_INVALID);
    parley_call_info info{};
    EXPECT_EQ(calls_api().info(c, &info), PARLEY_E_INVALID) << "its size is 0";
    EXPECT_EQ(calls_api().info(c, nullptr), PARLEY_E_INVALID);
    parley_error why{};
    EXPECT_EQ(calls_api().fail(c, &why), PARLEY_E_INVALID) << "its size is 0";
    EXPECT_EQ(calls_api().fail(c, nullptr), PARLEY_E_INVALID);
    EXPECT_EQ(calls_api().begin(on(), 0, 10, nullptr), PARLEY_E_INVALID);
    EXPECT_EQ(calls_api().invoke(c, {nullptr, 4}, v, done, nullptr), PARLEY_E_INVALID);
    EXPECT_EQ(store().batch(c, nullptr), PARLEY_E_INVALID);
    EXPECT_EQ(api<parley_config_api>(PARLEY_CONFIG_INTERFACE).read(on(), nullptr),
              PARLEY_E_INVALID);
    EXPECT_EQ(api<parley_env_api>(PARLEY_ENV_INTERFACE).random(on(), nullptr, 8), PARLEY_E_INVALID);
    api<parley_log_api>(PARLEY_LOG_INTERFACE).write(nullptr, 0, PARLEY_INFO, str("x"));
  });
}

TEST_F(breaches, values_that_are_none_are_refused) {
  inside([&](parley_call c) {
    EXPECT_EQ(build(c, text("\xff\xfe", 2)), PARLEY_E_INVALID);
    EXPECT_EQ(build(c, text(nullptr, 3)), PARLEY_E_INVALID);
    EXPECT_EQ(build(c, text("a\0b", 3)), PARLEY_OK);
    parley_slot slot{};
    slot.kind = 4711;
    EXPECT_EQ(build(c, slot), PARLEY_E_INVALID);
    slot.kind = PARLEY_NUMBER;
    slot.as.number = HUGE_VAL;
    EXPECT_EQ(build(c, slot), PARLEY_E_INVALID);
    slot.kind = PARLEY_OBJECT;
    slot.as.value = 12345;
    EXPECT_EQ(build(c, slot), PARLEY_E_STALE);
    slot.as.value = value(c, json::array{});
    EXPECT_EQ(build(c, slot), PARLEY_E_INVALID) << "it is an array";
    const parley_str name = str("\xc3\x28");
    const parley_slot one = text("a", 1);
    parley_value out = 0;
    EXPECT_EQ(values().object(c, &name, &one, 1, &out), PARLEY_E_INVALID);
    EXPECT_EQ(values().parse(c, str("[1,"), &out), PARLEY_E_INVALID);
  });
}

TEST_F(breaches, deep_and_giant_values_are_a_limit) {
  inside([&](parley_call c) {
    parley_slot nested{};
    nested.kind = PARLEY_ARRAY;
    nested.as.value = value(c, json::array{});
    int depth = 1;
    parley_status status = PARLEY_OK;
    while (depth < 1000 && (status = values().array(c, &nested, 1, &nested.as.value)) == PARLEY_OK)
      ++depth;
    EXPECT_EQ(status, PARLEY_E_LIMIT);
    EXPECT_EQ(depth, 128);

    const std::string large(6 << 20, 'x');
    parley_slot all[3] = {text(large.data(), large.size()), text(large.data(), large.size()),
                          text(large.data(), large.size())};
    parley_value out = 0;
    EXPECT_EQ(values().array(c, all, 2, &out), PARLEY_OK);
    EXPECT_EQ(values().array(c, all, 3, &out), PARLEY_E_LIMIT);
    nested.as.value = out;
    parley_slot twice[2] = {nested, nested};
    EXPECT_EQ(values().array(c, twice, 2, &out), PARLEY_E_LIMIT);
  });
}

TEST_F(breaches, an_end_too_many_is_stale) {
  inside([&](parley_call c) {
    const parley_value v = value(c, json::object{});
    EXPECT_EQ(calls_api().finish(c, v), PARLEY_OK);
    EXPECT_EQ(calls_api().finish(c, 0), PARLEY_E_STALE);
    parley_error why{};
    why.size = sizeof why;
    EXPECT_EQ(calls_api().fail(c, &why), PARLEY_E_STALE);
    parley_slot out{};
    EXPECT_EQ(values().read(v, &out), PARLEY_E_STALE) << "it ended with its call";
  });
}

using breaches_death = breaches;

// Only of what the plugin must know: that a deadline has passed is no breach.
TEST_F(breaches_death, a_strict_server_stops_at_the_first) {
  GTEST_FLAG_SET(death_test_style, "fast");
  inside([&](parley_call c) {
    EXPECT_DEATH(
        {
          dispatch::stop_at_breaches(true);
          values().read(1, nullptr);
        },
        "boards.*parley.value/1 read.*no pointer is NULL");
    EXPECT_DEATH(
        {
          dispatch::stop_at_breaches(true);
          calls_api().finish(c, 0);
          calls_api().finish(c, 0);
        },
        "parley.call/1 finish.*a call is ended once");
  });
}

// The version that it was to replace goes on.
TEST_F(breaches, one_in_the_entry_function_refuses_the_plugin) {
  dispatch::stop_at_breaches(true);
  const std::string why = enter(*plugin_, [](const parley_host* host, parley_plugin*) {
    return calls_api().provide(
        host, PARLEY_METHOD, str("boards.ecko"), [](void*, parley_call, parley_value) {}, nullptr);
  });
  dispatch::stop_at_breaches(false);
  EXPECT_EQ(why,
            "its entry function breaks the rules of the C interface: parley.call/1 provide: the "
            "manifest declares what is provided, and no boards.ecko; did you mean boards.echo?");
  EXPECT_EQ(
      enter(*plugin_, [](const parley_host*, parley_plugin*) { return PARLEY_E_UNAVAILABLE; }),
      "its entry function gave PARLEY_E_UNAVAILABLE");
}

TEST_F(breaches, the_log_names_plugin_and_function_now_and_then) {
  std::vector<std::string> lines;
  observe::log_settings to;
  to.shape = observe::format::json;
  to.to = [&](std::string_view line) { lines.emplace_back(line); };
  observe::start_log(to);
  inside([&](parley_call) {
    for (int i = 0; i < 105; ++i) values().fields(0, nullptr, 1, nullptr);
  });
  observe::stop_log();
  std::erase_if(lines, [](const std::string& line) {
    return line.find("parley.value/1 fields") == std::string::npos;
  });
  ASSERT_GE(lines.size(), 2u) << "the tenth and the hundredth, and the first unless it was told";
  ASSERT_LE(lines.size(), 3u);
  EXPECT_THAT(lines[0], HasSubstr(R"("plugin":"boards")"));
  EXPECT_THAT(lines[0], HasSubstr(R"("entry":"method boards.echo")"));
  EXPECT_THAT(lines.back(), HasSubstr(R"("times":100)"));
}

} // namespace
} // namespace parley::plugin
