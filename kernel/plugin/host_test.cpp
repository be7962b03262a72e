// What the kernel promises to plugins and clients, over the real C ABI and the real store.

#include "plugin/boards_test.hpp"

namespace parley::plugin {
namespace {

TEST_F(host, a_method_answers) {
  add_boards();
  EXPECT_EQ(call("boards.echo", {{"word", "hello"}}, "").result, R"({"word":"hello"})");
}

TEST_F(host, numbers_have_no_gaps_and_stand_in_the_reply) {
  add_boards();
  EXPECT_EQ(call("boards.post", note("n1")).result, R"({"seq":1})");
  EXPECT_EQ(call("boards.post", note("n2")).result, R"({"seq":2})");
  EXPECT_THAT(clients_.log, ElementsAre("publish board:b1 1", "publish board:b1 2"));
}

TEST_F(host, of_a_fault_the_caller_is_told_nothing) {
  add_boards();
  echo_step = [](parley_call c, const json::value&) {
    parley_error why{};
    why.size = sizeof why;
    why.status = PARLEY_E_FAILED;
    why.message = str("a secret of the house");
    api<parley_call_api>(PARLEY_CALL_INTERFACE).fail(c, &why);
  };
  const dispatch::outcome said = call("boards.echo", {{"word", "hello"}});
  EXPECT_EQ(said.failure->code, "internal");
  EXPECT_EQ(said.failure->message.find("secret"), std::string::npos);
}

TEST_F(host, only_who_has_the_role_may) {
  add_boards();
  EXPECT_EQ(call("boards.post", note("n1"), "bob").failure->code, "forbidden");
  EXPECT_EQ(call("boards.post", note("n1"), "").failure->code, "unauthenticated");
}

TEST_F(host, a_condition_of_the_permission_that_fails_is_forbidden) {
  conditions_ = {json::object{
      {"collection", "doors"}, {"key", json::array{"b1"}}, {"equals", {{"open", true}}}}};
  add_boards();
  EXPECT_EQ(call("boards.post", note("n1")).failure->code, "forbidden");
  EXPECT_TRUE(clients_.log.empty());
}

TEST_F(host, a_repeated_key_gets_the_first_reply) {
  add_boards();
  EXPECT_EQ(call("boards.post", note("n1")).result, R"({"seq":1})");
  EXPECT_EQ(call("boards.post", note("n1")).result, R"({"seq":1})");
  EXPECT_EQ(call("boards.post", note("n1", "b2")).failure->code, "idempotency_conflict");
  EXPECT_THAT(clients_.log, ElementsAre("publish board:b1 1"));
}

TEST_F(host, a_repeat_gets_the_first_reply_even_after_access_was_lost) {
  add_boards();
  EXPECT_EQ(call("boards.post", note("n1")).result, R"({"seq":1})");
  conditions_ = {
      json::object{{"collection", "doors"}, {"key", json::array{"b1"}}, {"exists", true}}};
  EXPECT_EQ(call("boards.post", note("n1")).result, R"({"seq":1})");
  EXPECT_EQ(call("boards.post", note("n2")).failure->code, "forbidden");
}

TEST_F(host, a_window_of_calls_keeps_its_order) {
  add_boards();
  std::vector<std::uint64_t> sent;
  for (int i = 0; i < 32; ++i)
    sent.push_back(send("boards.post", note(("w" + std::to_string(i)).c_str())));
  for (int i = 0; i < 32; ++i)
    EXPECT_EQ(answer(sent[static_cast<std::size_t>(i)]).result,
              "{\"seq\":" + std::to_string(i + 1) + "}");
}

TEST_F(host, a_filter_replaces) {
  add_boards();
  add(stepping_in("renamer", "note.filter", "filter"),
      {{"hook note.filter", [](parley_call c, const json::value&) {
          finish(c, {{"id", "x"}});
        }}});
  bool told = false;
  add(stepping_in("watcher", "note.told", "observe"),
      {{"hook note.told", [&](parley_call c, const json::value& payload) {
          told = payload.at("id") == "x";
          finish(c, nullptr);
        }}});
  EXPECT_EQ(call("boards.post", note("n1")).result, R"({"seq":1})");
  until([&] { return told; });
}

TEST_F(host, a_filter_denies_with_its_own_code) {
  add_boards();
  add(stepping_in("strict", "note.filter", "filter"),
      {{"hook note.filter",
        [](parley_call c, const json::value&) { fail(c, PARLEY_E_REFUSED, "too_loud"); }}});
  EXPECT_EQ(call("boards.post", note("n1")).failure->code, "too_loud");
}

TEST_F(host, a_filter_that_fails_or_answers_wrongly_denies) {
  add_boards();
  bool wrong_shape = false;
  add(stepping_in("broken", "note.filter", "filter"),
      {{"hook note.filter", [&](parley_call c, const json::value&) {
          if (wrong_shape) return finish(c, {{"id", 7}});
          fail(c, PARLEY_E_FAILED, "");
        }}});
  EXPECT_EQ(call("boards.post", note("n1")).failure->code, "unavailable");
  wrong_shape = true;
  EXPECT_EQ(call("boards.post", note("n2")).failure->code, "unavailable");
}

TEST_F(host, a_filter_that_never_answers_denies_at_its_deadline) {
  add_boards();
  parley_call silent = 0;
  add(stepping_in("silent", "note.filter", "filter"),
      {{"hook note.filter", [&](parley_call c, const json::value&) { silent = c; }}});
  EXPECT_EQ(call("boards.post", note("n1")).failure->code, "unavailable");
  EXPECT_EQ(api<parley_call_api>(PARLEY_CALL_INTERFACE).finish(silent, 0), PARLEY_E_STALE);
}

TEST_F(host, what_joins_is_written_with_it_or_not_at_all) {
  add_boards();
  bool refuse = false;
  parley_batch lent = 0;
  add(stepping_in("counter", "note.join", "join",
                  "collections: { counts: { version: 1, key: [id], fields: { id: id } } }\n"
                  "methods:\n  counter.get:\n    doc: Reads.\n    params: { type: object, "
                  "required: [id], properties: { id: id } }\n"),
      {{"hook note.join",
        [&](parley_call c, const json::value& payload) {
          parley_call_info info{};
          info.size = sizeof info;
          api<parley_call_api>(PARLEY_CALL_INTERFACE).info(c, &info);
          lent = info.batch;
          EXPECT_EQ(store().put(info.batch, str("counts"), value(c, {{"id", payload.at("id")}})),
                    PARLEY_OK);
          if (refuse) return fail(c, PARLEY_E_FAILED, "");
          finish(c, nullptr);
        }},
       {"method counter.get", [&](parley_call c, const json::value& params) {
          store().get(c, str("counts"), value(c, json::array{params.at("id")}), done,
                      once([=](parley_status, const json::value& record) { finish(c, record); }));
        }}});
  EXPECT_EQ(call("boards.post", note("n1")).result, R"({"seq":1})");
  EXPECT_EQ(call("counter.get", {{"id", "n1"}}).result, R"({"id":"n1"})");
  EXPECT_EQ(store().put(lent, str("counts"), 0), PARLEY_E_STALE);
  refuse = true;
  EXPECT_EQ(call("boards.post", note("n2")).failure->code, "join_failed");
  EXPECT_EQ(call("counter.get", {{"id", "n2"}}).result, "null");
}

TEST_F(host, a_handler_that_never_answers_ends_at_its_deadline) {
  add_boards();
  int cancelled = 0;
  echo_step = [&](parley_call c, const json::value&) {
    // an operation that outlives the call completes once, with the call's fate
    parley_call_info info{};
    info.size = sizeof info;
    api<parley_call_api>(PARLEY_CALL_INTERFACE).info(c, &info);
    calls_->begin_operation(
        *dispatch::calls::find(c),
        [](void* user, parley_status status, parley_value) {
          if (status == PARLEY_E_DEADLINE) ++*static_cast<int*>(user);
        },
        &cancelled);
  };
  EXPECT_EQ(call("boards.hurry", {}).failure->code, "deadline_exceeded");
  until([&] { return cancelled == 1; });
}

TEST_F(host, a_call_ends_once) {
  add_boards();
  parley_status second = PARLEY_OK;
  echo_step = [&](parley_call c, const json::value&) {
    const parley_call_api& calls = api<parley_call_api>(PARLEY_CALL_INTERFACE);
    calls.finish(c, 0);
    second = calls.finish(c, 0);
  };
  EXPECT_EQ(call("boards.echo", {}).result, "null");
  EXPECT_EQ(second, PARLEY_E_STALE);
}

TEST_F(host, resume_replays_what_was_missed_and_goes_live) {
  add_boards();
  for (const char* id : {"n1", "n2", "n3"}) call("boards.post", note(id));
  clients_.log.clear();
  dispatch_->connected(7, user("alice"), "192.0.2.1");
  dispatch_->resume({7, 0, user("alice"), {{"board:b1", 1}}, false});
  until([&] { return !clients_.log.empty() && clients_.log.back().starts_with("{\"resumed\""); });
  EXPECT_THAT(clients_.log, Contains("replay board:b1 2"));
  EXPECT_THAT(clients_.log, Contains("replay board:b1 3"));
  EXPECT_THAT(clients_.log, ::testing::Not(Contains("replay board:b1 1")));
  EXPECT_THAT(clients_.log.back(), HasSubstr("\"board:b1\":3"));
}

TEST_F(host, what_the_manifest_does_not_declare_is_refused) {
  add_boards();
  parley_status unknown_collection = PARLEY_OK;
  parley_status unknown_hook = PARLEY_OK;
  echo_step = [&](parley_call c, const json::value&) {
    const parley_batch b = batch(c);
    unknown_collection = store().put(b, str("nothing"), value(c, json::object{}));
    unknown_hook = hooks().run(c, str("nothing"), value(c, json::object{}), 0, done, nullptr);
    finish(c, nullptr);
  };
  call("boards.echo", {});
  EXPECT_EQ(unknown_collection, PARLEY_E_INVALID);
  EXPECT_EQ(unknown_hook, PARLEY_E_NOT_FOUND);
}

TEST_F(host, a_plugin_that_leaves_a_handler_out_is_refused_by_name) {
  candidate c;
  c.name = "forgetful";
  c.declared.name = c.name;
  c.declared.methods.emplace_back();
  c.declared.methods.back().name = "forgetful.help";
  loader_->add_built_in(c.name, [](const parley_host*, parley_plugin*) { return PARLEY_OK; });
  std::string why;
  EXPECT_EQ(loader_->load(std::move(c), &why), nullptr);
  EXPECT_THAT(why, HasSubstr("forgetful.help"));
}

} // namespace
} // namespace parley::plugin
