// A plugin that keeps failing is not entered for a while, and nobody else notices.

#include "plugin/boards_test.hpp"

#include <stdexcept>

namespace parley::plugin {
namespace {

class failing : public host {
 protected:
  void SetUp() override {
    host::SetUp();
    shared_.faults = {3, 60'000, 20'000, 60'000};
  }

  void rests_briefly() { shared_.faults.open_ms = 1; }

  // Fails as the test says; counts how often it was entered.
  step faulty() {
    return [this](parley_call c, const json::value& input) {
      ++entered_;
      if (ill_) return fault_(c, input);
      finish(c, input);
    };
  }
  std::string echo_code() {
    const dispatch::outcome o = call("boards.echo", {});
    return o.failure ? o.failure->code : "ok";
  }
  double metric(const std::string& line) const {
    const std::string text = metrics_.text();
    const std::size_t at = text.find("\n" + line + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 2));
  }

  bool ill_ = true;
  int entered_ = 0;
  step fault_ = [](parley_call c, const json::value&) { fail(c, PARLEY_E_FAILED, ""); };
};

TEST_F(failing, a_method_is_unavailable_and_says_when_to_come_back) {
  add_boards();
  echo_step = faulty();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(echo_code(), "internal");
  EXPECT_EQ(metric("parley_plugin_open{plugin=\"boards\"}"), 1);
  const dispatch::outcome o = call("boards.echo", {});
  EXPECT_EQ(o.failure->code, "unavailable");
  EXPECT_GT(o.failure->retry_after_ms, 10'000);
  EXPECT_TRUE(o.failure->temporary);
  EXPECT_EQ(entered_, 3);
}

TEST_F(failing, it_is_tried_again_and_closes) {
  rests_briefly();
  add_boards();
  echo_step = faulty();
  std::vector<dispatch::circuit_breaker::change> changes;
  calls_->on_breaker = [&](dispatch::instance&, auto change) { changes.push_back(change); };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(echo_code(), "internal");
  ill_ = false;
  while (echo_code() != "ok") {
  } // each is answered at once, until its rest is over
  EXPECT_EQ(entered_, 4);
  EXPECT_THAT(changes, ElementsAre(dispatch::circuit_breaker::change::opened,
                                   dispatch::circuit_breaker::change::closed));
  EXPECT_EQ(metric("parley_plugin_open{plugin=\"boards\"}"), 0);
  EXPECT_EQ(metric("parley_plugin_openings_total{plugin=\"boards\"}"), 1);
}

TEST_F(failing, what_a_plugin_answers_itself_is_no_fault) {
  add_boards();
  echo_step = faulty();
  for (const parley_status said :
       {PARLEY_E_REFUSED, PARLEY_E_NOT_FOUND, PARLEY_E_FORBIDDEN, PARLEY_E_UNAVAILABLE}) {
    fault_ = [said](parley_call c, const json::value&) { fail(c, said, "no"); };
    for (int i = 0; i < 5; ++i) EXPECT_EQ(echo_code(), "no");
  }
}

TEST_F(failing, the_fault_of_another_is_not_the_callers) {
  add_boards();
  add(R"(
plugin: asker
version: 1.0.0
summary: Asks boards.
runtime: native
requires: { boards: ^1 }
methods: { asker.ask: { doc: Asks., params: { type: object } } }
)",
      {{"method asker.ask", [](parley_call c, const json::value&) {
          const parley_status begun =
              api<parley_call_api>(PARLEY_CALL_INTERFACE)
                  .invoke(c, str("boards.echo"), 0, done,
                          once([c](parley_status status, const auto&) { fail(c, status, ""); }));
          EXPECT_EQ(begun, PARLEY_OK);
        }}});
  echo_step = faulty();
  std::vector<std::string> codes;
  for (int i = 0; i < 6; ++i) codes.push_back(call("asker.ask", {}).failure->code);
  EXPECT_THAT(codes, ElementsAre("internal", "internal", "internal", "unavailable", "unavailable",
                                 "unavailable"));
  EXPECT_EQ(metric("parley_plugin_open{plugin=\"boards\"}"), 1);
  EXPECT_EQ(metric("parley_plugin_open{plugin=\"asker\"}"), 0);
}

TEST_F(failing, a_filter_follows_the_rule_of_its_point) {
  add_boards();
  add(stepping_in("broken", "note.filter", "filter"), {{"hook note.filter", faulty()}});
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(call("boards.post", note("n")).failure->code, "unavailable");
  EXPECT_EQ(entered_, 3);
  EXPECT_EQ(metric("parley_plugin_open{plugin=\"broken\"}"), 1);
  EXPECT_EQ(metric("parley_plugin_open{plugin=\"boards\"}"), 0);
}

TEST_F(failing, a_wrong_payload_is_a_fault) {
  add_boards();
  fault_ = [](parley_call c, const json::value&) { finish(c, {{"id", 7}}); };
  add(stepping_in("broken", "note.filter", "filter"), {{"hook note.filter", faulty()}});
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(call("boards.post", note("n")).failure->code, "unavailable");
  EXPECT_EQ(entered_, 3);
}

TEST_F(failing, an_optional_join_is_passed_over) {
  add_boards();
  add(stepping_in("broken", "note.join", "join, required: false"), {{"hook note.join", faulty()}});
  for (int i = 0; i < 6; ++i)
    EXPECT_FALSE(call("boards.post", note(("n" + std::to_string(i)).c_str())).failure);
  EXPECT_EQ(entered_, 3);
}

TEST_F(failing, a_required_join_denies) {
  add_boards();
  add(stepping_in("broken", "note.join", "join"), {{"hook note.join", faulty()}});
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(call("boards.post", note("n")).failure->code, "join_failed");
  EXPECT_EQ(entered_, 3);
}

TEST_F(failing, an_observer_is_not_told) {
  add_boards();
  add(stepping_in("broken", "note.told", "observe"), {{"hook note.told", faulty()}});
  for (int i = 0; i < 6; ++i)
    EXPECT_FALSE(call("boards.post", note(("n" + std::to_string(i)).c_str())).failure);
  EXPECT_EQ(entered_, 3);
}

class failing_scope : public failing {
 protected:
  void answers(const json::value& wrong) {
    fault_ = [wrong](parley_call c, const json::value&) { finish(c, wrong); };
    add(R"(
plugin: rooms
version: 1.0.0
summary: Places.
runtime: native
scopes: { room: { doc: A place., roles: [guest] } }
methods:
  rooms.enter:
    doc: Goes in.
    permission: { name: rooms.enter, scope: room, default: [guest] }
    params: { type: object, required: [room], properties: { room: id } }
)",
        {{"method rooms.enter", [](parley_call c, const json::value&) { finish(c, nullptr); }},
         {"access room", faulty()},
         {"places room", [](parley_call c, const json::value&) { finish(c, json::array{}); }}});
    std::vector<std::int64_t> waits;
    for (int i = 0; i < 4; ++i) {
      const auto o = call("rooms.enter", {{"room", "x"}});
      EXPECT_EQ(o.failure->code, "unavailable");
      waits.push_back(o.failure->retry_after_ms);
    }
    EXPECT_THAT(waits, ElementsAre(0, 0, 0, ::testing::Gt(10'000)));
    EXPECT_EQ(entered_, 3);
  }
};

TEST_F(failing_scope, whose_owner_gives_a_text_is_at_fault) {
  answers("yes");
}

TEST_F(failing_scope, whose_owner_gives_a_role_that_is_none_is_at_fault) {
  answers({{"role", 7}});
}

TEST_F(failing, time_that_it_used_up_itself_is_its_fault) {
  add_boards();
  echo_step = [&](parley_call, const json::value&) { ++entered_; };
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(call("boards.hurry", {}).failure->code, "deadline_exceeded");
  EXPECT_EQ(call("boards.hurry", {}).failure->code, "unavailable");
  EXPECT_EQ(entered_, 3);
}

TEST_F(failing, a_client_that_asks_for_more_than_it_has_excuses_nothing) {
  add_boards();
  echo_step = [](parley_call, const json::value&) {};
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(answer(send("boards.hurry", {}, "alice", 1, 200)).failure->code, "deadline_exceeded");
  EXPECT_EQ(call("boards.hurry", {}).failure->code, "unavailable");
}

TEST_F(failing, time_that_it_waited_for_another_is_not) {
  add_boards();
  add(stepping_in("silent", "note.filter", "filter"),
      {{"hook note.filter", [&](parley_call, const json::value&) { ++entered_; }}});
  echo_step = [this](parley_call c, const json::value&) {
    run_hook(c, "note.filter", json::object{}, 0,
             [c](parley_status, const json::value&) { fail(c, PARLEY_E_UNAVAILABLE, ""); });
  };
  // With more time than the filter has, however late both are looked at.
  for (int i = 0; i < 5; ++i) EXPECT_EQ(echo_code(), "unavailable");
  EXPECT_EQ(entered_, 3);
  EXPECT_EQ(metric("parley_plugin_open{plugin=\"silent\"}"), 1);
  EXPECT_EQ(metric("parley_plugin_open{plugin=\"boards\"}"), 0);
}

TEST_F(failing, what_it_throws_ends_its_call_and_nothing_else) {
  add_boards();
  fault_ = [](parley_call, const json::value&) { throw std::runtime_error("a mistake"); };
  echo_step = faulty();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(echo_code(), "internal");
  EXPECT_EQ(echo_code(), "unavailable");
}

TEST_F(failing, what_it_throws_later_too) {
  add_boards();
  fault_ = [this](parley_call c, const json::value&) {
    run_hook(c, "note.filter", json::object{}, 0,
             [](parley_status, const json::value&) { throw 7; });
  };
  echo_step = faulty();
  EXPECT_EQ(echo_code(), "internal");
}

TEST_F(failing, time_is_measured_where_it_was_spent) {
  add_boards();
  add(stepping_in("watcher", "note.told", "observe"),
      {{"hook note.told", [](parley_call c, const json::value&) { finish(c, nullptr); }}});
  EXPECT_FALSE(call("boards.post", note("n1")).failure);
  const std::string count = "parley_plugin_logic_seconds_count{entry=";
  EXPECT_GE(metric(count + "\"method boards.post\",plugin=\"boards\"}"), 4); // and continuations
  EXPECT_EQ(metric(count + "\"access board\",plugin=\"boards\"}"), 1);
  EXPECT_EQ(metric(count + "\"hook note.told\",plugin=\"watcher\"}"), 1);
  EXPECT_GT(calls_->all_stays().seconds_of("boards"), 0);
  EXPECT_EQ(calls_->all_stays().seconds_of("board"), 0);
}

TEST_F(failing, a_client_that_gives_it_too_little_time_is_not_its_fault) {
  add_boards();
  echo_step = [](parley_call, const json::value&) {}; // works, and is not done yet
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(answer(send("boards.echo", {}, "alice", 1, 1)).failure->code, "deadline_exceeded");
  EXPECT_EQ(metric("parley_plugin_open{plugin=\"boards\"}"), 0);
}

} // namespace
} // namespace parley::plugin
