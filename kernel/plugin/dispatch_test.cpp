// What must hold when calls meet: order, endings, batches that are committed twice, joins that fail
// half way, resuming while access changes.

#include "parley/env.h"
#include "parley/offload.h"
#include "parley/topic.h"
#include "plugin/boards_test.hpp"

#include <future>
#include <limits>

namespace parley::plugin {
namespace {

using ::testing::Not;

// Steps that a test gives while it runs.
class meeting : public host {
 protected:
  // Boards whose method and scope answer as the test says.
  loaded_plugin& add_free_boards() {
    return add(boards,
               {{"method boards.post",
                 [this](parley_call c, const json::value& params) { post_step(c, params); }},
                {"method boards.echo",
                 [this](parley_call c, const json::value& params) { echo_step(c, params); }},
                {"method boards.hurry",
                 [this](parley_call c, const json::value& params) { echo_step(c, params); }},
                {"access board",
                 [this](parley_call c, const json::value& asked) { access_step(c, asked); }},
                {"places board",
                 [this](parley_call c, const json::value& asked) { places_step(c, asked); }}});
  }

  static void allow(parley_call c) { finish(c, {{"role", "writer"}}); }

  void put_note(parley_batch b, parley_call c, const char* id) {
    std::int64_t seq = 0;
    store().next(b, str("board"), str("b1"), &seq);
    EXPECT_EQ(store().put(b, str("notes"), value(c, {{"board", "b1"}, {"seq", seq}, {"id", id}})),
              PARLEY_OK);
    EXPECT_EQ(
        store().publish(b, str("note.posted"), str("b1"), value(c, {{"id", id}, {"seq", seq}})),
        PARLEY_OK);
  }

  void resume(std::vector<std::pair<std::string, std::int64_t>> cursors) {
    dispatch_->connected(7, user("alice"), "192.0.2.1");
    dispatch_->resume({7, 0, user("alice"), std::move(cursors), false});
  }
  bool logged(std::string_view start) const {
    return std::any_of(clients_.log.begin(), clients_.log.end(),
                       [&](const std::string& line) { return line.starts_with(start); });
  }

  step post_step, access_step = [](parley_call c, const json::value&) { allow(c); };
  step places_step = [](parley_call c, const json::value&) {
    finish(c, json::array{json::object{{"place", "b1"}}});
  };
};

TEST_F(meeting, a_handler_that_is_next_in_line_is_entered_once) {
  add_free_boards();
  parley_call second_asked = 0;
  int asked = 0;
  access_step = [&](parley_call c, const json::value&) {
    if (++asked == 1) return allow(c);
    second_asked = c;
  };
  std::vector<std::string> entered;
  post_step = [&](parley_call c, const json::value& params) {
    entered.emplace_back(params.at("id").as_string());
    if (entered.size() > 1) return loop_.post([c] { finish(c, nullptr); });
    const auto submit = [&, c] {
      const parley_batch b = batch(c);
      put_note(b, c, "n1");
      // Submitting lets the next in line begin, and its permission comes at the same moment.
      store().commit(b, value(c, json::object{}), done,
                     once([=](parley_status, const json::value&) { finish(c, nullptr); }));
      allow(second_asked);
    };
    loop_.post(submit);
  };
  const std::uint64_t first = send("boards.post", note("n1"));
  const std::uint64_t second = send("boards.post", note("n2"));
  answer(first);
  answer(second);
  EXPECT_THAT(entered, ElementsAre("n1", "n2"));
}

TEST_F(meeting, an_optional_join_that_fails_half_way_leaves_nothing_behind) {
  add_boards();
  bool refused_by_store = false;
  int in_batch = 0;
  add(stepping_in("counter", "note.join", "join, required: false",
                  "events: { note.counted: { doc: Counted., topic: counts, durable: true, data: { "
                  "type: object } } }\n"
                  "collections: { counts: { version: 1, key: [id], fields: { id: id } } }\n"
                  "methods:\n  counter.get:\n    doc: Reads.\n    params: { type: object, "
                  "required: [id], properties: { id: id } }\n"),
      {{"hook note.join",
        [&](parley_call c, const json::value& payload) {
          parley_call_info info{};
          info.size = sizeof info;
          api<parley_call_api>(PARLEY_CALL_INTERFACE).info(c, &info);
          ++in_batch;
          store().put(info.batch, str("counts"), value(c, {{"id", payload.at("id")}}));
          store().publish(info.batch, str("note.counted"), str("all"), value(c, json::object{}));
          if (!refused_by_store) return fail(c, PARLEY_E_FAILED, "");
          store().put(info.batch, str("counts"), value(c, {{"colour", "red"}}));
          finish(c, nullptr);
        }},
       {"method counter.get", [&](parley_call c, const json::value& params) {
          store().get(c, str("counts"), value(c, json::array{params.at("id")}), done,
                      once([=](parley_status, const json::value& record) { finish(c, record); }));
        }}});
  EXPECT_EQ(call("boards.post", note("n1")).result, R"({"seq":1})");
  EXPECT_EQ(call("counter.get", {{"id", "n1"}}).result, "null");
  refused_by_store = true;
  EXPECT_EQ(call("boards.post", note("n2")).result, R"({"seq":2})");
  EXPECT_EQ(call("counter.get", {{"id", "n2"}}).result, "null");
  EXPECT_EQ(in_batch, 2);
  EXPECT_THAT(clients_.log, ElementsAre("publish board:b1 1", "publish board:b1 2"));
}

TEST_F(meeting, numbers_of_two_commits_do_not_mix) {
  add_free_boards();
  echo_step = [&](parley_call c, const json::value&) {
    const parley_batch first = batch(c);
    std::int64_t one = 0;
    store().next(first, str("board"), str("b1"), &one);
    put_note(first, c, "n1");
    store().commit(first, 0, done, once([=, this](parley_status status, const json::value&) {
                     EXPECT_EQ(status, PARLEY_OK);
                     const parley_batch second = batch(c);
                     put_note(second, c, "n2");
                     std::int64_t two = 0;
                     store().next(second, str("board"), str("b1"), &two);
                     EXPECT_EQ(store().put(second, str("notes"),
                                           value(c, {{"board", "b9"}, {"seq", one}, {"id", "x"}})),
                               PARLEY_E_INVALID)
                         << "a number of the first batch in the second";
                     finish(c, nullptr);
                   }));
  };
  EXPECT_EQ(call("boards.echo", {}).result, "null");
  echo_step = [&](parley_call c, const json::value&) {
    const parley_batch first = batch(c);
    std::int64_t one = 0;
    store().next(first, str("board"), str("b1"), &one);
    put_note(first, c, "n3");
    store().commit(first, 0, done, once([=, this](parley_status, const json::value&) {
                     const parley_batch second = batch(c);
                     std::int64_t two = 0;
                     store().next(second, str("board"), str("b1"), &two);
                     put_note(second, c, "n4");
                     store().commit(second, 0, done,
                                    once([=](parley_status status, const json::value&) {
                                      EXPECT_EQ(status, PARLEY_OK);
                                      finish(c, json::array{one, two});
                                    }));
                   }));
  };
  EXPECT_EQ(call("boards.echo", {}).result, "[2,3]");
}

TEST_F(meeting, an_idempotent_method_commits_once_and_may_try_again) {
  add_free_boards();
  parley_status again = PARLEY_OK;
  parley_status after_conflict = PARLEY_OK;
  post_step = [&](parley_call c, const json::value& params) {
    const std::string id(params.at("id").as_string());
    const parley_batch refused = batch(c);
    store().require(
        refused, value(c, {{"collection", "doors"}, {"key", json::array{"b1"}}, {"exists", true}}));
    const parley_value reply = value(c, json::object{});
    store().commit(
        refused, reply, done,
        once([=, &again, &after_conflict, this](parley_status status, const json::value&) {
          EXPECT_EQ(status, PARLEY_E_CONFLICT);
          const parley_batch b = batch(c);
          put_note(b, c, id.c_str());
          store().commit(
              b, reply, done,
              once([=, &again, &after_conflict, this](parley_status committed, const json::value&) {
                after_conflict = committed;
                again = store().commit(batch(c), reply, done, nullptr);
                finish(c, json::object{});
              }));
        }));
  };
  EXPECT_EQ(call("boards.post", note("n1")).result, "{}");
  EXPECT_EQ(after_conflict, PARLEY_OK);
  EXPECT_EQ(again, PARLEY_E_INVALID);
}

TEST_F(meeting, resume_does_not_end_when_places_are_not_known) {
  add_free_boards();
  call("boards.echo", {});
  places_step = [](parley_call c, const json::value&) { fail(c, PARLEY_E_FAILED, ""); };
  resume({{"board:b1", 1}});
  until([&] { return logged("close "); });
  EXPECT_FALSE(logged("{\"resumed\""));
}

TEST_F(meeting, a_grant_while_resuming_comes_after_what_was_missed) {
  add_free_boards();
  const auto post = [&](bool grant) {
    echo_step = [&, grant](parley_call c, const json::value&) {
      const parley_batch b = batch(c);
      const parley_value data = value(c, json::object{});
      if (grant)
        store().publish_access(b, str("note.posted"), str("b1"), data, 1, str("alice"));
      else
        store().publish(b, str("note.posted"), str("b1"), data);
      store().commit(b, 0, done,
                     once([=](parley_status, const json::value&) { finish(c, nullptr); }));
    };
    call("boards.echo", {});
  };
  for (int i = 0; i < 3; ++i) post(false);
  parley_call asked = 0;
  places_step = [&](parley_call c, const json::value&) { asked = c; };
  resume({{"board:b1", 1}});
  clients_.log.clear();
  post(true);
  EXPECT_FALSE(logged("follow board:b1")) << "it would drop what is still to be replayed";
  finish(asked, json::array{json::object{{"place", "b1"}}});
  until([&] { return logged("{\"resumed\""); });
  EXPECT_THAT(clients_.log, Contains("replay board:b1 2"));
  EXPECT_THAT(clients_.log, Contains("replay board:b1 4"));
  EXPECT_THAT(clients_.log.back(), HasSubstr("\"board:b1\":4"));
}

TEST_F(meeting, a_grant_that_the_places_do_not_show_yet_is_followed_all_the_same) {
  add_free_boards();
  echo_step = [&](parley_call c, const json::value&) {
    const parley_batch b = batch(c);
    store().publish_access(b, str("note.posted"), str("b2"), value(c, json::object{}), 1,
                           str("alice"));
    store().commit(b, 0, done,
                   once([=](parley_status, const json::value&) { finish(c, nullptr); }));
  };
  call("boards.echo", {});
  parley_call asked = 0;
  places_step = [&](parley_call c, const json::value&) { asked = c; };
  resume({});
  call("boards.echo", {});
  finish(asked, json::array{});
  until([&] { return logged("{\"resumed\""); });
  EXPECT_THAT(clients_.log, Contains("replay board:b2 2"));
  EXPECT_THAT(clients_.log.back(), HasSubstr("\"board:b2\":2"));
}

TEST_F(meeting, an_event_that_says_whose_place_it_ends_ends_it) {
  add_free_boards();
  places_step = [](parley_call c, const json::value&) {
    finish(c, json::array{json::object{{"place", "b1"}}});
  };
  call("boards.echo", {});
  resume({});
  until([&] { return logged("{\"resumed\""); });
  clients_.log.clear();
  for (const char* who : {"bob", "alice"}) {
    echo_step = [&, who](parley_call c, const json::value&) {
      const parley_batch b = batch(c);
      store().publish(b, str("board.left"), str("b1"), value(c, json::object{{"who", who}}));
      store().commit(b, 0, done,
                     once([=](parley_status, const json::value&) { finish(c, nullptr); }));
    };
    EXPECT_FALSE(logged("unfollow board:b1"));
    call("boards.echo", {});
  }
  EXPECT_THAT(clients_.log,
              ElementsAre("publish board:b1 1", "publish board:b1 2", "unfollow board:b1"));
}

TEST_F(meeting, an_event_may_be_of_interest_only_as_the_latest) {
  add_free_boards();
  echo_step = [&](parley_call c, const json::value&) {
    for (const char* id : {"p1", "p2"}) {
      EXPECT_EQ(api<parley_topic_api>(PARLEY_TOPIC_INTERFACE)
                    .publish(c, str("pen.moved"), str("b1"), value(c, json::object{{"id", id}})),
                PARLEY_OK);
    }
    finish(c, nullptr);
  };
  call("boards.echo", {});
  EXPECT_THAT(clients_.latests,
              ElementsAre(R"(["board:b1","pen.moved","p1"])", R"(["board:b1","pen.moved","p2"])"));
}

TEST_F(meeting, many_topics_are_replayed_to_the_last) {
  add_free_boards();
  json::array places;
  std::vector<std::pair<std::string, std::int64_t>> cursors;
  echo_step = [&](parley_call c, const json::value&) {
    const parley_batch b = batch(c);
    for (int i = 0; i < 200; ++i) {
      const std::string board = "m" + std::to_string(i);
      places.push_back(json::object{{"place", board}});
      cursors.emplace_back("board:" + board, 0);
      store().publish(b, str("note.posted"), str(board), value(c, json::object{}));
    }
    store().commit(b, 0, done,
                   once([=](parley_status, const json::value&) { finish(c, nullptr); }));
  };
  call("boards.echo", {});
  places_step = [&](parley_call c, const json::value&) { finish(c, places); };
  clients_.log.clear();
  resume(cursors);
  until([&] { return logged("{\"resumed\""); });
  EXPECT_EQ(std::count_if(clients_.log.begin(), clients_.log.end(),
                          [](const std::string& line) { return line.starts_with("replay "); }),
            200);
}

TEST_F(meeting, operations_that_end_at_once_leave_the_thread_to_others) {
  add_free_boards();
  int rounds = 0;
  bool other_ran = false;
  std::function<void(parley_call)> again = [&](parley_call c) {
    if (++rounds == 2) loop_.post([&] { other_ran = true; });
    if (other_ran || rounds > 1000) return finish(c, nullptr);
    run_hook(c, "note.filter", json::object{}, 0,
             [&, c](parley_status, const json::value&) { again(c); });
  };
  echo_step = [&](parley_call c, const json::value&) { again(c); };
  call("boards.echo", {});
  EXPECT_LT(rounds, 10);
}

TEST_F(meeting, what_ended_with_its_call_is_not_told_as_done) {
  add_free_boards();
  parley_status told = PARLEY_OK;
  echo_step = [&](parley_call c, const json::value&) {
    run_hook(c, "note.filter", json::object{}, 0,
             [&](parley_status status, const json::value&) { told = status; });
    finish(c, nullptr);
  };
  call("boards.echo", {});
  until([&] { return told != PARLEY_OK; });
  EXPECT_EQ(told, PARLEY_E_CANCELLED);
}

TEST_F(meeting, what_a_plugin_begins_itself_is_as_deep_as_its_cause) {
  loaded_plugin& plugin = add_free_boards();
  const parley_call_api& calls = api<parley_call_api>(PARLEY_CALL_INTERFACE);
  const auto depth = [&](parley_call c) {
    parley_call_info info{};
    info.size = sizeof info;
    calls.info(c, &info);
    return info.depth;
  };
  std::vector<std::uint32_t> depths;
  std::function<void()> answer_oneself = [&] {
    parley_call own = 0;
    ASSERT_EQ(calls.begin(&plugin.host.base, 0, 1000, &own), PARLEY_OK);
    depths.push_back(depth(own));
    const parley_status begun =
        calls.invoke(own, str("boards.echo"), value(own, json::object{}), done,
                     once([=](parley_status, const json::value&) { finish(own, nullptr); }));
    if (begun != PARLEY_OK) finish(own, nullptr);
  };
  echo_step = [&](parley_call c, const json::value&) {
    if (depths.size() < 100) answer_oneself();
    finish(c, nullptr);
  };
  std::uint64_t sent = 0;
  open();
  loop_.post([&] { sent = send("boards.echo", {}); });
  until([&] { return calls_->size() == 0 && sent != 0; });
  EXPECT_THAT(depths, ElementsAre(1, 3, 5, 7, 9));
}

TEST_F(meeting, a_plugin_ends_after_its_work_on_the_pool) {
  loaded_plugin& plugin = add_free_boards();
  struct shared {
    std::promise<void> go;
    std::vector<std::string> order;
  } all;
  struct work {
    std::shared_future<void> go;
    std::vector<std::string>* order;
  } doing{all.go.get_future().share(), &all.order};
  echo_step = [&](parley_call c, const json::value&) {
    EXPECT_EQ(api<parley_offload_api>(PARLEY_OFFLOAD_INTERFACE)
                  .run(
                      c, [](void* user) { static_cast<work*>(user)->go.wait(); },
                      [](void* user, parley_status status, parley_value) {
                        EXPECT_EQ(status, PARLEY_E_CANCELLED);
                        static_cast<work*>(user)->order->push_back("done");
                      },
                      &doing),
              PARLEY_OK);
  };
  send("boards.echo", {});
  plugin.entered.self = &all;
  plugin.entered.destroy = [](void* self) {
    static_cast<shared*>(self)->order.push_back("destroyed");
  };
  dispatch_->remove(plugin);
  bool retired = false;
  loader_->retire(std::move(plugins_.back()), 20'000, [&] { retired = true; });
  plugins_.pop_back();
  loop_.after(std::chrono::milliseconds(20), [&] { all.go.set_value(); });
  until([&] { return retired; });
  EXPECT_THAT(all.order, ElementsAre("done", "destroyed"));
}

TEST_F(meeting, a_timer_does_not_outlive_its_plugin) {
  loaded_plugin& plugin = add_free_boards();
  open();
  bool fired = false;
  loop_.post([&] {
    api<parley_env_api>(PARLEY_ENV_INTERFACE)
        .after(
            &plugin.host.base, 1, [](void* user) { *static_cast<bool*>(user) = true; }, &fired,
            nullptr);
    dispatch_->remove(plugin);
    loader_->retire(std::move(plugins_.back()), 1000, [] {});
    plugins_.pop_back();
  });
  bool later = false;
  loop_.after(std::chrono::milliseconds(30), [&] { later = true; });
  until([&] { return later; });
  EXPECT_FALSE(fired);
}

TEST_F(meeting, a_filter_that_left_while_a_hook_runs_is_not_skipped) {
  add_boards();
  parley_call first_asked = 0;
  add(stepping_in("aaa", "note.filter", "filter"),
      {{"hook note.filter", [&](parley_call c, const json::value&) { first_asked = c; }}});
  loaded_plugin& second =
      add(stepping_in("bbb", "note.filter", "filter"),
          {{"hook note.filter", [](parley_call c, const json::value&) { finish(c, nullptr); }}});
  const std::uint64_t sent = send("boards.post", note("n1"));
  until([&] { return first_asked != 0; });
  dispatch_->remove(second);
  finish(first_asked, nullptr);
  EXPECT_EQ(answer(sent).failure->code, "unavailable");
}

TEST_F(meeting, integers_that_no_client_may_send_are_refused) {
  add_free_boards();
  for (const std::int64_t number :
       {std::int64_t{1} << 54, std::numeric_limits<std::int64_t>::min()})
    EXPECT_EQ(
        call("boards.echo", {{"any", json::array{json::object{{"n", number}}}}}).failure->code,
        "invalid_params");
}

TEST_F(meeting, a_client_takes_a_call_back) {
  add_free_boards();
  bool waiting = false;
  parley_status told = PARLEY_OK;
  echo_step = [&](parley_call c, const json::value&) {
    waiting = true;
    calls_->begin_operation(*dispatch::calls::find(c), done,
                            once([&](parley_status s, const json::value&) { told = s; }));
  };
  const std::uint64_t sent = send("boards.echo", {}, "alice", 9);
  until([&] { return waiting; });
  dispatch_->cancel(8, sent); // somebody else's
  dispatch_->cancel(9, sent + 1);
  EXPECT_FALSE(clients_.answers.contains(sent));
  dispatch_->cancel(9, sent);
  EXPECT_EQ(answer(sent).failure->code, "cancelled");
  until([&] { return told != PARLEY_OK; });
  EXPECT_EQ(told, PARLEY_E_CANCELLED);
  dispatch_->cancel(9, sent);
}

TEST_F(meeting, a_client_may_give_a_call_less_time) {
  add_free_boards();
  std::vector<std::int64_t> left;
  echo_step = [&](parley_call c, const json::value&) {
    left.push_back(dispatch::calls::find(c)->deadline_ms - clock_.unix_ms());
    finish(c, nullptr);
  };
  for (const std::uint32_t wanted : {0U, 150U, 100'000U})
    answer(send("boards.hurry", {}, "alice", 1, wanted));
  ASSERT_EQ(left.size(), 3U);
  EXPECT_GT(left[0], 150);
  EXPECT_LE(left[1], 150);
  EXPECT_GT(left[2], 150);
  EXPECT_LE(left[2], 200);
}

class choosing : public meeting {
 protected:
  void SetUp() override {
    meeting::SetUp();
    add_free_boards();
    places_step = [](parley_call c, const json::value&) {
      finish(c, json::array{json::object{{"place", "b1"}}, json::object{{"place", "b2"}},
                            json::object{{"place", "b3"}}});
    };
    open();
    dispatch_->connected(7, user("alice"), "192.0.2.1");
  }
  void resume_only(dispatch::cursors from) {
    clients_.log.clear();
    dispatch_->resume({7, 0, user("alice"), std::move(from), true});
    until([&] { return logged("{\"resumed\""); });
  }
};

TEST_F(choosing, a_client_follows_only_what_it_asks_for) {
  resume_only({{"board:b1", 0}, {"board:nobody's", 0}});
  EXPECT_EQ(clients_.log.back(), R"({"resumed":{"topics":{"account:alice":0,"board:b1":0}}})");
  EXPECT_THAT(clients_.log, Not(Contains("hold board:b2 0")));
  resume_only({{"board:b3", 0}}); // and then another
  EXPECT_THAT(clients_.log, Contains("live board:b3"));
  EXPECT_FALSE(logged("unfollow"));
}

TEST_F(choosing, and_leaves_it_again_but_for_its_own) {
  resume_only({{"board:b1", 0}, {"board:b2", 0}});
  clients_.log.clear();
  dispatch_->unfollow(7, {"board:b1", "account:alice", "board:b9"});
  EXPECT_THAT(clients_.log, ElementsAre("unfollow board:b1", "unfollow board:b9"));
}

TEST_F(choosing, what_it_leaves_while_it_is_resumed_is_not_replayed) {
  clients_.log.clear();
  dispatch_->resume({7, 0, user("alice"), {{"board:b1", 0}, {"board:b2", 0}}, true});
  dispatch_->unfollow(7, {"board:b1"});
  until([&] { return logged("{\"resumed\""); });
  EXPECT_EQ(clients_.log.back(), R"({"resumed":{"topics":{"account:alice":0,"board:b2":0}}})");
  EXPECT_THAT(clients_.log, Not(Contains("live board:b1")));
}

} // namespace
} // namespace parley::plugin
