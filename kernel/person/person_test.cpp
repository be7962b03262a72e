#include "person/person_fixture.hpp"

#include "storage/expiry.hpp"

namespace parley::person {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string ann = "ann", ben = "ben", cyd = "cyd";

class person_test : public person_fixture {
 protected:
  void SetUp() override {
    person_fixture::SetUp();
    for (const std::string& each : {ann, ben, cyd}) account(each);
  }
  // Of every kind, for three people, some of it more than a page.
  void fill(std::int64_t each = 120) {
    commit([&](storage::batch& b) {
      for (std::int64_t i = 0; i < 3 * each; ++i) {
        const std::string& who = i % 3 == 0 ? ann : i % 3 == 1 ? ben : cyd;
        const object said{{"id", i}, {"by", who}, {"text", who + " says " + std::to_string(i)}};
        b.put("club.by_key", said);
        b.put("club.by_index", said);
        object placed = said;
        placed["place"] = "p" + std::to_string(i % 7);
        b.put("club.by_scan", placed);
        b.append("club:x", "note.added", {{"by", who}, {"text", "note of " + who}}, "2026");
      }
    });
    put("visits", {{"id", 1}, {"host", ann}, {"guest", ben}});
    put("visits", {{"id", 2}, {"host", ben}, {"guest", ann}});
    put("visits", {{"id", 3}, {"host", ben}});
    put("pairs", {{"low", ann}, {"high", ben}});
    put("pairs", {{"low", ben}, {"high", cyd}});
    put("fees", {{"id", 1}, {"by", ann}});
    put("fees", {{"id", 2}, {"by", ben}});
    for (const char* of : {"secrets", "signed", "vows"}) {
      put(of, {{"id", 1}, {"by", ann}, {"secret", "ann's"}});
      put(of, {{"id", 2}, {"by", ben}, {"secret", "ben's"}});
    }
    tell("club:z", {{"by", ann}, {"secret", "ann's"}});
    tell("club:z", {{"by", ben}, {"secret", "ben's"}});
    commit([&](storage::batch& b) {
      b.append("club:y", "note.moved", {{"by", ann}}, "2026");
      b.append("club:y", "fee.paid", {{"by", ann}}, "2026");
      b.append("club:y", "old.thing", {{"who", ann}}, "2026");
      b.append("club:y", "club.named", {{"name", "ann's"}}, "2026");
      b.append("account:ann", "club.named", {{"name", "hers"}}, "2026");
      b.append("account:ben", "club.named", {{"name", "his"}}, "2026");
    });
  }
  // Everything that the store holds, but for what says how far a request is.
  json::object all() {
    json::object out;
    for (const char* each : {"identity.principals", "club.by_key", "club.by_index", "club.by_scan",
                             "club.visits", "club.pairs", "club.fees", "club.secrets",
                             "club.signed", "club.vows", "kernel.idempotency", "kernel.jobs"})
      for (const object& record : records(each)) out[each].emplace_array().push_back(record);
    for (const object& key : records("kernel.data_keys"))
      out["keys"].emplace_array().push_back(key.at("subject"));
    for (const char* topic : {"club:x", "club:y", "club:z", "account:ann", "account:ben"})
      for (const storage::log_entry& each : events(topic))
        out[topic + std::to_string(each.number)] = each.event + each.data;
    return out;
  }
  // Orders it on a store that takes so many more commits after the order. False: they were enough.
  bool ask_and_stop(verb what, const std::string& id, int after) {
    store_->commits_left = after + 1;
    EXPECT_FALSE(ask(what, id).contains("error"));
    run();
    store_->commits_left.reset();
    return std::exchange(store_->commits_fail, false);
  }
};

TEST_F(person_test, what_is_declared_happens_and_is_reported) {
  fill();
  const object said = report(verb::erase, ann);
  EXPECT_EQ(json::serialize(said.at("collections").at("club.by_key")), R"({"deleted":120})");
  EXPECT_EQ(json::serialize(said.at("collections").at("club.by_index")), R"({"deleted":120})");
  EXPECT_EQ(json::serialize(said.at("collections").at("club.by_scan")), R"({"deleted":120})");
  EXPECT_EQ(json::serialize(said.at("collections").at("club.visits")), R"({"anonymised":2})");
  EXPECT_EQ(json::serialize(said.at("collections").at("club.pairs")), R"({"deleted":1})");
  EXPECT_EQ(json::serialize(said.at("collections").at("club.fees")),
            R"({"kept":1,"why":"Tax law."})");
  EXPECT_EQ(json::serialize(said.at("collections").at("identity.principals")), R"({"deleted":1})");
  EXPECT_EQ(json::serialize(said.at("events").at("note.added")), R"({"voided":120})");
  EXPECT_EQ(json::serialize(said.at("events").at("note.moved")), R"({"voided":1})");
  EXPECT_EQ(json::serialize(said.at("events").at("fee.paid")), R"({"kept":1,"why":"The books."})");
  EXPECT_EQ(json::serialize(said.at("events").at("old.thing")),
            R"({"left":1,"why":"no plugin that is loaded declares it"})");
  EXPECT_EQ(json::serialize(said.at("events").at("club.named")), R"({"voided":1})");
  EXPECT_EQ(said.at("files"), "clean");
  EXPECT_THAT(said.at("not_looked_at").as_array(), IsEmpty());

  for (const char* each : {"club.by_key", "club.by_index", "club.by_scan"}) {
    const auto left = records(each);
    EXPECT_THAT(left, SizeIs(240)) << each;
    for (const object& record : left) EXPECT_NE(record.at("by"), json::value(ann));
  }
  EXPECT_EQ(records("club.visits").at(0), (object{{"id", 1}, {"host", nobody}, {"guest", ben}}));
  EXPECT_EQ(records("club.visits").at(1), (object{{"id", 2}, {"host", ben}}));
  EXPECT_THAT(records("club.pairs"), SizeIs(1));
  EXPECT_THAT(records("club.fees"), SizeIs(2));
  EXPECT_THAT(records("identity.principals"), SizeIs(2));
  const auto log = events("club:x");
  ASSERT_THAT(log, SizeIs(360));
  for (std::size_t i = 0; i < log.size(); ++i) EXPECT_EQ(log[i].event.empty(), i % 3 == 0) << i;
  EXPECT_EQ(events("account:ben").at(0).event, "club.named");
  EXPECT_EQ(events("account:ann").at(0).event, "");
}

TEST_F(person_test, an_event_may_be_as_deep_as_any_value) {
  json::value deep = "bottom";
  for (int i = 0; i < 100; ++i) deep = json::array{deep};
  commit([&](storage::batch& b) {
    b.append("club:x", "note.added", {{"by", ann}, {"text", deep}}, "2026");
  });
  report(verb::erase, ann);
  EXPECT_EQ(events("club:x").at(0).event, "");
}

TEST_F(person_test, an_export_has_everything_of_the_person_and_nothing_else) {
  fill();
  put("by_key", {{"id", 1000}, {"by", ann}, {"text", std::string(100'000, 'x') + "ü\"\n\u0001"}});
  report(verb::export_all, ann);
  const json::object file = json::parse(exported(ann)).as_object();
  EXPECT_EQ(file.at("form"), "parley.person/1");
  EXPECT_EQ(file.at("account"), json::value(ann));
  std::map<std::string, int> records, events;
  for (const json::value& each : file.at("records").as_array()) {
    ++records[std::string(each.at("collection").as_string())];
    EXPECT_THAT(json::serialize(each.at("record")), HasSubstr("\"ann\""));
  }
  for (const json::value& each : file.at("events").as_array())
    ++events[std::string(each.at("event").as_string())];
  EXPECT_THAT(records, (std::map<std::string, int>{{"club.by_index", 120},
                                                   {"club.by_key", 121},
                                                   {"club.by_scan", 120},
                                                   {"club.fees", 1},
                                                   {"club.pairs", 1},
                                                   {"club.secrets", 1},
                                                   {"club.signed", 1},
                                                   {"club.visits", 2},
                                                   {"club.vows", 1},
                                                   {"identity.principals", 1}}));
  EXPECT_THAT(events, (std::map<std::string, int>{{"note.added", 120},
                                                  {"note.moved", 1},
                                                  {"fee.paid", 1},
                                                  {"club.named", 1},
                                                  {"secret.told", 1}}));
  EXPECT_EQ(answer([&](auto then) { now().taken(ann, then); }).at("taken"), true);
  EXPECT_THAT(this->records(std::string(parts_name)), IsEmpty());
  EXPECT_THAT(this->records("club.by_key"), SizeIs(361)) << "nothing is erased";
}

TEST_F(person_test, who_has_nothing_gets_an_empty_export) {
  report(verb::export_all, ben);
  const json::object file = json::parse(exported(ben)).as_object();
  EXPECT_THAT(file.at("records").as_array(), SizeIs(1)); // the account
  EXPECT_THAT(file.at("events").as_array(), IsEmpty());
}

// The same in the end, wherever the store stops to take what is written, and another node goes on.
class interrupted : public person_test, public testing::WithParamInterface<verb> {};

TEST_P(interrupted, goes_on_where_it_was) {
  const auto fill_all = [&] {
    fill(60);
    commit([&](storage::batch& b) {
      for (int i = 0; i < 3; ++i)
        b.put("kernel.idempotency", {{"account", ann},
                                     {"key", std::to_string(i)},
                                     {"digest", "d"},
                                     {"reply", "ann says 1"},
                                     {"expires_at", "2999"}});
    });
  };
  fill_all();
  const json::object before = all();
  const json::value wanted = report(GetParam(), ann);
  const json::object after = all();
  const std::string file = exported(ann);
  int rounds = 0;
  for (bool was_cut = true; was_cut; ++rounds) {
    // As it was before.
    TearDown();
    SetUp();
    fill_all();
    ASSERT_TRUE(all() == before);
    was_cut = ask_and_stop(GetParam(), ann, rounds);
    die();
    start();
    until([&] { return state(ann)["state"] == "done"; });
    EXPECT_EQ(state(ann).at("report"), wanted) << rounds;
    until([&] { return records("kernel.jobs").empty(); }); // where its end was not written down
    EXPECT_TRUE(all() == after) << rounds;
    if (GetParam() == verb::export_all) {
      json::object again = json::parse(exported(ann)).as_object();
      again["at"] = json::parse(file).at("at");
      EXPECT_EQ(again, json::parse(file)) << rounds;
    }
  }
  EXPECT_GT(rounds, 5) << "it was never cut in the middle";
}
INSTANTIATE_TEST_SUITE_P(person, interrupted, testing::Values(verb::erase, verb::export_all),
                         [](const auto& each) { return std::string(name_of(each.param)); });

TEST_F(person_test, sessions_end_and_what_is_left_of_them_goes_soon) {
  std::optional<identity::session_tokens> tokens;
  accounts_->open_sessions()->open(ann, "her phone", [&](auto got, auto) { tokens = got; });
  until([&] { return tokens.has_value(); });
  EXPECT_NE(accounts_->open_sessions()->check(tokens->access_token), nullptr);
  const object said = report(verb::erase, ann);
  EXPECT_EQ(json::serialize(said.at("collections").at("identity.sessions")), R"({"ended":1})");
  EXPECT_EQ(accounts_->open_sessions()->check(tokens->access_token), nullptr);
  EXPECT_THAT(revoked_, ElementsAre(tokens->session));
  ASSERT_THAT(records("identity.sessions"), SizeIs(1));
  EXPECT_FALSE(records("identity.sessions").at(0).contains("device"));
  std::string refused;
  accounts_->open_sessions()->refresh(tokens->refresh_token,
                                      [&](auto, auto why) { refused = why ? why->code : "none"; });
  accounts_->open_sessions()->open(ann, "",
                                   [&](auto, auto why) { refused += why ? " " + why->code : ""; });
  until([&] { return refused.size() > 10; });
  EXPECT_THAT(refused, HasSubstr("not_found"));
  pass(std::chrono::minutes(17));
  accounts_->tidy();
  run();
  EXPECT_THAT(records("identity.sessions"), IsEmpty());
}

TEST_F(person_test, what_is_in_memory_goes) {
  std::unique_ptr<storage::ephemeral_collection> moods;
  ASSERT_EQ(memory_.open(storage::declared_ephemeral(manifests_.back()).at(0), moods), "");
  for (const std::string& each : {ann, ben}) moods->put({{"by", each}, {"text", "well"}}, 0, false);
  const object said = report(verb::erase, ann);
  EXPECT_EQ(json::serialize(said.at("memory").at("club.moods")), R"({"deleted":1})");
  EXPECT_FALSE(moods->get({ann}, {}).found);
  EXPECT_TRUE(moods->get({ben}, {}).found);
}

TEST_F(person_test, dead_letters_that_speak_of_the_person_go) {
  const auto job = [&](const std::string& id, bool dead, const std::string& who) {
    dispatch::job_record made;
    made.id = id;
    made.name = "club.tell";
    made.params = {{"to", {{"who", who}}}};
    made.dead = dead;
    made.due_ms = clock_.unix_ms() + 3'600'000;
    made.mark = "m";
    commit([&](storage::batch& b) { b.put(dispatch::jobs_name, made.to_json()); });
  };
  job("1", true, ann);
  job("2", true, ben);
  job("3", false, ann);
  const object said = report(verb::erase, ann);
  EXPECT_EQ(json::serialize(said.at("jobs").at("club.tell")),
            R"({"deleted":1,"left":1,"why":"it is still to be done"})");
  std::vector<std::string> left;
  for (const object& each : records("kernel.jobs")) left.emplace_back(each.at("id").as_string());
  EXPECT_THAT(left, ElementsAre("2", "3"));
}

TEST_F(person_test, collections_that_nobody_declares_are_named) {
  manifests_.pop_back();
  fill(1);
  const object said = report(verb::erase, ann);
  EXPECT_THAT(json::serialize(said.at("not_looked_at")),
              HasSubstr(R"("club.by_index","club.by_key","club.by_scan")"));
  EXPECT_THAT(records("club.by_key"), SizeIs(3));
}

TEST_F(person_test, who_is_not_there_cannot_be_ordered_about) {
  for (const verb each : {verb::erase, verb::export_all})
    EXPECT_EQ(ask(each, "dan").at("error"), "there is no account dan");
  EXPECT_EQ(state(ann).at("error"), "nothing was ordered for the account ann");
  account("bot", {{"kind", "bot"}, {"owner", "club"}});
  EXPECT_EQ(ask(verb::erase, "bot").at("error"),
            "the account bot is the bot of the plugin club, and no person's");
  report(verb::erase, ann);
  EXPECT_EQ(ask(verb::export_all, ann).at("error"), "there is no account ann");
}

TEST_F(person_test, who_was_erased_can_be_erased_again_and_all_of_it_is_told) {
  fill(3);
  const object first = report(verb::erase, ann), told = state(ann);
  clock_.advance(std::chrono::minutes(1));
  EXPECT_EQ(report(verb::erase, ann), first) << "there was nothing new, and nothing is forgotten";
  EXPECT_EQ(state(ann).at("begun_at"), told.at("begun_at"));
  EXPECT_NE(state(ann).at("ended_at"), told.at("ended_at"));
  put("by_key", {{"id", 999}, {"by", ann}, {"text", "from another server"}});
  const object last = report(verb::erase, ann);
  EXPECT_EQ(first.at("collections").at("club.by_key").at("deleted"), 3);
  EXPECT_EQ(last.at("collections").at("club.by_key").at("deleted"), 4);
  EXPECT_EQ(last.at("collections").at("club.fees"), first.at("collections").at("club.fees"));
}

TEST_F(person_test, two_orders_for_one_person_do_not_meet) {
  fill();
  EXPECT_TRUE(ask_and_stop(verb::export_all, ann, 4));
  const object first = state(ann);
  EXPECT_EQ(first.at("state"), "running");
  EXPECT_EQ(ask(verb::export_all, ann).at("begun_at"), first.at("begun_at")) << "it is the same";
  until([&] { return state(ann)["state"] == "done"; });
  report(verb::erase, ann);
  EXPECT_THAT(records(std::string(parts_name)), IsEmpty()) << "an export is erased with the rest";
}

TEST_F(person_test, an_erasure_takes_the_place_of_an_export_that_is_under_way) {
  fill();
  EXPECT_TRUE(ask_and_stop(verb::export_all, ann, 4));
  EXPECT_TRUE(report(verb::erase, ann).at("collections").as_object().contains("club.by_key"));
  EXPECT_THAT(records(std::string(parts_name)), IsEmpty());
}

TEST_F(person_test, an_erasure_takes_the_place_of_an_export_that_was_given_up) {
  fill(1);
  EXPECT_TRUE(ask_and_stop(verb::export_all, ann, 2));
  commit([&](storage::batch& b) { b.erase(dispatch::jobs_name, {"kernel.person/ann"}); });
  report(verb::erase, ann);
  EXPECT_THAT(records("club.by_key"), SizeIs(2));
}

TEST_F(person_test, what_cannot_be_done_is_tried_again_and_then_given_up) {
  fill(1);
  EXPECT_TRUE(ask_and_stop(verb::erase, ann, 2));
  EXPECT_THAT(ask(verb::export_all, ann)["error"].as_string().c_str(),
              HasSubstr("an order to erase this person is under way since"));
  commit([&](storage::batch& b) { // its last attempt
    b.patch(dispatch::jobs_name, {"kernel.person/ann"},
            {{"state", "dead"}, {"node", ""}, {"error", "the disk is full"}, {"mark", "x"}});
  });
  const object stopped = state(ann);
  EXPECT_EQ(stopped.at("state"), "stopped");
  EXPECT_EQ(stopped.at("why"), "the disk is full");
  report(verb::erase, ann); // ordered once more
  EXPECT_THAT(records("club.by_key"), SizeIs(2));
}

TEST_F(person_test, a_report_and_an_export_are_kept_for_a_time) {
  report(verb::export_all, ann);
  storage::expiry sweeper(*store_, loop_, clock_, {});
  sweeper.watch({requests_collection(), parts_collection()});
  const auto sweep = [&] {
    bool done = false;
    sweeper.sweep([&] { done = true; });
    until([&] { return done; });
  };
  clock_.advance(std::chrono::hours(23));
  sweep();
  EXPECT_FALSE(records(std::string(parts_name)).empty());
  clock_.advance(std::chrono::hours(2));
  sweep();
  EXPECT_THAT(records(std::string(parts_name)), IsEmpty());
  EXPECT_THAT(answer([&](auto then) { now().part(ann, 0, then); })["error"].as_string().c_str(),
              HasSubstr("has no part 0 any more; order it again"));
  EXPECT_EQ(state(ann)["state"], "done");
  clock_.advance(std::chrono::hours(30 * 24));
  sweep();
  EXPECT_THAT(records(std::string(requests_name)), IsEmpty());
}

} // namespace
} // namespace parley::person
