#include "fake_host.hpp"
#include "sample/sample.hpp"

#include <gtest/gtest.h>

namespace {

namespace json = boost::json;

class wrapper : public testing::Test {
 protected:
  wrapper() {
    tracked::alive = 0;
    host.keys["notes"] = {"shelf", "number"};
    host.keys["looks"] = {"shelf"};
    host.topic_of_event["note.added"] = "shelf";
    host.configuration = json::object{{"greeting", "Hi"}, {"most", 3}};
    host.methods["account.get"] = [](const json::value& params) -> fake::outcome {
      if (params.at("account") == "ann") {
        return {PARLEY_OK, {{"id", "ann"}, {"kind", "user"}, {"display_name", "Ann"}}};
      }
      return {PARLEY_E_NOT_FOUND, {{"code", "not_found"}, {"message", "No such account."}}};
    };
    EXPECT_EQ(host.load(&sample_entry), PARLEY_OK);
  }
  fake::ending add(const char* text) {
    return host.method("sample.add", {{"id", "1"}, {"shelf", "upper"}, {"text", text}});
  }
  fake::ending fault(const char* how) { return host.method("sample.fault", {{"how", how}}); }

  fake::host host;
};

TEST_F(wrapper, decodes_and_encodes_nested_values) {
  const json::value note{{"shelf", "a"},
                         {"number", 9007199254740992},
                         {"text", "Grüße \"x\""},
                         {"tags", {"one", "two"}},
                         {"place", {{"x", 1.5}, {"y", -2.0}}}};
  const fake::ending end = host.method("sample.echo", note);
  EXPECT_EQ(end.status, PARLEY_OK);
  EXPECT_EQ(end.result, note);
}

TEST_F(wrapper, leaves_out_what_is_absent) {
  const json::value note{{"shelf", "a"}, {"number", 1}, {"text", "x"}};
  EXPECT_EQ(host.method("sample.echo", note).result, note);
}

TEST_F(wrapper, refuses_a_value_of_the_wrong_kind_as_its_own_fault) {
  const fake::ending end =
      host.method("sample.echo", {{"shelf", "a"}, {"number", "one"}, {"text", "x"}});
  EXPECT_EQ(end.status, PARLEY_E_FAILED);
  ASSERT_FALSE(host.log.empty());
  EXPECT_NE(host.log.back().find("an integer"), std::string::npos);
}

TEST_F(wrapper, commits_and_gives_the_reply_with_its_numbers) {
  const fake::ending first = add("one");
  ASSERT_EQ(first.status, PARLEY_OK) << first.message;
  EXPECT_EQ(first.result.at("number"), 1);
  EXPECT_EQ(first.result.at("text"), "one! by Ann");
  EXPECT_EQ(add("two").result.at("number"), 2);
  ASSERT_EQ(host.events.size(), 2u);
  EXPECT_EQ(host.events[1].event, "note.added");
  EXPECT_EQ(host.events[1].place, "upper");
  EXPECT_EQ(host.events[1].data.at("number"), 2);
  EXPECT_EQ(tracked::alive, 0);
}

TEST_F(wrapper, writes_and_reads_ephemeral_records) {
  const json::value asked{{"shelf", "upper"}};
  const fake::ending first = host.method("sample.see", asked);
  ASSERT_EQ(first.status, PARLEY_OK) << first.message;
  EXPECT_EQ(first.result, (json::value{{"shelf", "upper"}, {"times", 1}, {"by", "ann"}}));
  EXPECT_EQ(host.ttl_ms["looks"], 60'000u);
  EXPECT_EQ(host.method("sample.see", asked).result.at("times"), 2);
  EXPECT_EQ(host.method("sample.see", asked).result.at("by"), "many");
  EXPECT_EQ(host.ttl_ms["looks"], 1'000u);
  EXPECT_TRUE(host.tables["looks"].empty());
}

TEST_F(wrapper, reads_a_range_with_the_defaults_of_the_schema) {
  add("one");
  add("two");
  add("three");
  const fake::ending end = host.method("sample.page", {{"shelf", "upper"}, {"limit", 2}});
  ASSERT_EQ(end.status, PARLEY_OK) << end.message;
  EXPECT_EQ(end.result.at("items").as_array().size(), 2u);
  EXPECT_EQ(end.result.at("more"), true);
  EXPECT_EQ(host.method("sample.page", {{"shelf", "upper"}}).result.at("items").as_array().size(),
            2u);
}

TEST_F(wrapper, a_filter_may_replace_or_deny) {
  host.hooks["note.adding"] = [](const json::value& note) -> fake::outcome {
    if (note.at("text").as_string().starts_with("bad")) {
      return {PARLEY_E_REFUSED, {{"code", "word_refused"}, {"message", "No."}, {"field", "/text"}}};
    }
    json::value changed = note;
    changed.at("text") = "masked";
    return {PARLEY_OK, changed};
  };
  EXPECT_EQ(add("good").result.at("text"), "masked");
  const fake::ending denied = add("bad");
  EXPECT_EQ(denied.status, PARLEY_E_REFUSED);
  EXPECT_EQ(denied.code, "word_refused");
  EXPECT_EQ(denied.message, "No.");
  EXPECT_EQ(denied.field, "/text");
  EXPECT_EQ(tracked::alive, 0);
}

TEST_F(wrapper, declared_errors_reach_the_caller) {
  const fake::ending end = fault("refused");
  EXPECT_EQ(end.status, PARLEY_E_REFUSED);
  EXPECT_EQ(end.code, "shelf_full");
  EXPECT_EQ(end.message, "The shelf is full.");
  EXPECT_EQ(end.field, "/shelf");
}

// The host tells the operator, and not the caller.
TEST_F(wrapper, faults_are_logged) {
  const fake::ending end = fault("fault");
  EXPECT_EQ(end.status, PARLEY_E_FAILED);
  EXPECT_EQ(end.message, "a secret of the house");
  EXPECT_EQ(host.log.back(), "a secret of the house");
  EXPECT_EQ(fault("foreign").status, PARLEY_E_FAILED);
  EXPECT_EQ(fault("offload").status, PARLEY_E_FAILED);
  EXPECT_EQ(host.log.back(), "thrown on the pool");
  EXPECT_EQ(fault("no method").status, PARLEY_E_FAILED);
  EXPECT_EQ(tracked::alive, 0);
}

TEST_F(wrapper, a_failed_operation_throws_its_error) {
  const fake::ending end = fault("invoke");
  EXPECT_EQ(end.status, PARLEY_E_NOT_FOUND);
  EXPECT_EQ(end.code, "not_found");
  EXPECT_EQ(end.message, "No such account.");
}

TEST_F(wrapper, attempt_gives_a_failure_as_a_value) {
  EXPECT_EQ(fault("attempt").message, "It was a conflict.");
}

TEST_F(wrapper, a_call_that_was_answered_already_unwinds_quietly) {
  host.next_commit = PARLEY_E_REPEATED;
  const std::size_t lines = host.log.size();
  const fake::ending end = add("again");
  EXPECT_EQ(end.times, 1);
  EXPECT_EQ(end.status, PARLEY_E_REPEATED);
  EXPECT_EQ(host.log.size(), lines);
  EXPECT_EQ(tracked::alive, 0);
}

TEST_F(wrapper, cancelled_calls_free_their_frames_wherever_they_wait) {
  for (int steps = 0; steps < 4; ++steps) {
    const parley_call id =
        host.enter(PARLEY_METHOD, "sample.add", {{"id", "1"}, {"shelf", "upper"}, {"text", "x"}});
    for (int i = 0; i < steps; ++i) host.step();
    EXPECT_GT(tracked::alive, 0);
    host.cancel_all();
    EXPECT_EQ(host.ended(id).status, PARLEY_E_CANCELLED);
    EXPECT_EQ(host.ended(id).times, 1);
    EXPECT_EQ(tracked::alive, 0);
  }
}

TEST_F(wrapper, stopping_with_calls_outstanding_ends_each_once) {
  const int before = sample::destroyed;
  std::vector<parley_call> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(
        host.enter(PARLEY_METHOD, "sample.add", {{"id", "1"}, {"shelf", "upper"}, {"text", "x"}}));
  }
  host.unload();
  for (const parley_call id : ids) EXPECT_EQ(host.ended(id).times, 1);
  EXPECT_EQ(tracked::alive, 0);
  EXPECT_EQ(sample::destroyed, before + 1);
}

TEST_F(wrapper, scopes_and_hooks_are_answered) {
  const fake::ending access =
      host.call(PARLEY_SCOPE_ACCESS, "shelf", {{"principal", "ann"}, {"place", "upper"}});
  EXPECT_EQ(
      json::serialize(access.result),
      R"({"role":"reader","from":4,"conditions":[{"collection":"notes","key":["upper",1],"exists":true}]})");
  EXPECT_EQ(json::serialize(
                host.call(PARLEY_SCOPE_ACCESS, "shelf", {{"principal", "bob"}, {"place", "upper"}})
                    .result),
            "{}");
  EXPECT_EQ(json::serialize(host.call(PARLEY_SCOPE_PLACES, "shelf", {{"principal", "ann"}}).result),
            R"([{"place":"upper","from":4}])");
  const int before = sample::told;
  host.call(PARLEY_HOOK, "account.created",
            {{"id", "ann"}, {"kind", "user"}, {"display_name", "Ann"}});
  EXPECT_EQ(sample::told, before + 1);
}

TEST(wrapper_text, time_is_rfc_3339) {
  EXPECT_EQ(parley::rfc3339(1795248930123), "2026-11-21T08:15:30.123Z");
}

} // namespace
