#include "storage/ephemeral.hpp"

#include "env/virtual.hpp"

#include <gmock/gmock.h>

namespace parley::storage {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

collection visits() {
  return {"visits.who",
          1,
          {"room", "account"},
          {{"room", column_type::text, true},
           {"account", column_type::text, true},
           {"at", column_type::integer, true},
           {"count", column_type::integer, true, 0},
           {"mood", column_type::text}},
          {{"by_time", {"room", "at"}}, {"by_mood", {"mood"}}}};
}

class ephemeral : public ::testing::Test {
 protected:
  std::unique_ptr<ephemeral_collection> open(const collection& declared) {
    std::unique_ptr<ephemeral_collection> out;
    EXPECT_EQ(store_.open(declared, out), "");
    return out;
  }
  static json::object record(const char* room, const char* account, std::int64_t at) {
    return {{"room", room}, {"account", account}, {"at", at}};
  }
  bool put(const json::object& what, std::int64_t ttl_ms = 0, bool only_if_absent = false) {
    const auto done = who_->put(what, ttl_ms, only_if_absent);
    EXPECT_EQ(done.why.message, "");
    return done.found;
  }
  std::vector<std::string> accounts(query what, bool* more = nullptr) {
    const auto page = who_->range(what, {});
    EXPECT_EQ(page.why.message, "");
    if (more) *more = page.more;
    std::vector<std::string> out;
    for (const json::object& one : page.records) out.emplace_back(one.at("account").as_string());
    return out;
  }
  std::string refusal(const json::object& what) { return who_->put(what, 0, false).why.message; }

  env::virtual_clock clock_;
  env::virtual_loop loop_{clock_};
  ephemeral_store store_{loop_, clock_, 1 << 20};
  std::unique_ptr<ephemeral_collection> who_ = open(visits());
};

TEST_F(ephemeral, a_record_is_kept_with_the_defaults_of_its_fields) {
  EXPECT_TRUE(put(record("r", "ann", 1)));
  const auto found = who_->get({"r", "ann"}, {});
  EXPECT_EQ(json::value(found.record),
            (json::value{{"room", "r"}, {"account", "ann"}, {"at", 1}, {"count", 0}}));
  EXPECT_FALSE(who_->get({"r", "bob"}, {}).found);
  EXPECT_TRUE(who_->erase({"r", "ann"}).found);
  EXPECT_FALSE(who_->erase({"r", "ann"}).found);
  EXPECT_EQ(store_.bytes(), 0u);
}

TEST_F(ephemeral, records_go_when_their_time_is_over) {
  put(record("r", "ann", 1), 500);
  put(record("r", "bob", 2), 300);
  put(record("r", "eve", 3));
  loop_.advance(milliseconds(299));
  EXPECT_EQ(store_.size(), 3u);
  loop_.advance(milliseconds(1));
  EXPECT_THAT(accounts({}), ElementsAre("ann", "eve"));
  EXPECT_EQ(store_.size(), 2u) << "without being asked for";
  put(record("r", "ann", 4), 500); // begins anew
  loop_.advance(milliseconds(499));
  EXPECT_THAT(accounts({}), ElementsAre("ann", "eve"));
  loop_.advance(milliseconds(1));
  EXPECT_EQ(store_.size(), 1u);
}

TEST_F(ephemeral, what_is_over_is_not_seen_before_the_timer_ran) {
  put(record("r", "ann", 1), 10);
  clock_.advance(milliseconds(10)); // and the loop does not run
  EXPECT_FALSE(who_->get({"r", "ann"}, {}).found);
}

TEST_F(ephemeral, only_if_absent_leaves_what_is_there) {
  EXPECT_TRUE(put(record("r", "ann", 1), 100, true));
  EXPECT_FALSE(put(record("r", "ann", 2), 900, true));
  EXPECT_EQ(who_->get({"r", "ann"}, {}).record.at("at"), 1);
  loop_.advance(milliseconds(100));
  EXPECT_TRUE(put(record("r", "ann", 3), 100, true));
}

TEST_F(ephemeral, ranges_go_both_ways_by_the_key_and_by_indexes) {
  put(record("a", "zoe", 9));
  put(record("r", "ann", 3));
  put(record("r", "bob", 1));
  put(record("r", "eve", 2));
  put(record("s", "ada", 0));
  query in_room;
  in_room.prefix = {"r"};
  EXPECT_THAT(accounts(in_room), ElementsAre("ann", "bob", "eve"));
  query after = in_room;
  after.lower = "ann";
  after.lower_exclusive = true;
  EXPECT_THAT(accounts(after), ElementsAre("bob", "eve"));
  query by_time = in_room;
  by_time.index = "by_time";
  EXPECT_THAT(accounts(by_time), ElementsAre("bob", "eve", "ann"));
  by_time.reverse = true;
  EXPECT_THAT(accounts(by_time), ElementsAre("ann", "eve", "bob"));
  by_time.upper = 3;
  by_time.upper_exclusive = true;
  bool more = false;
  by_time.limit = 1;
  EXPECT_THAT(accounts(by_time, &more), ElementsAre("eve"));
  EXPECT_TRUE(more);
  by_time.limit = 2;
  EXPECT_THAT(accounts(by_time, &more), ElementsAre("eve", "bob"));
  EXPECT_FALSE(more);
  query crossed = in_room;
  crossed.lower = "x";
  crossed.upper = "b";
  EXPECT_THAT(accounts(crossed), ElementsAre());
}

TEST_F(ephemeral, an_absent_value_is_below_no_bound) {
  put(record("r", "ann", 1));
  json::object sad = record("r", "bob", 2);
  sad["mood"] = "sad";
  put(sad);
  query by_mood;
  by_mood.index = "by_mood";
  EXPECT_THAT(accounts(by_mood), ElementsAre("ann", "bob"));
  by_mood.upper = "z";
  EXPECT_THAT(accounts(by_mood), ElementsAre("bob"));
}

TEST_F(ephemeral, a_patch_keeps_the_rest_and_its_time) {
  put(record("r", "ann", 1), 100);
  EXPECT_EQ(who_->patch({"r", "ann"}, {{"mood", "gay"}}, 0, {}).record.at("at"), 1);
  EXPECT_FALSE(who_->patch({"r", "bob"}, {{"mood", "gay"}}, 0, {}).found);
  query by_mood;
  by_mood.index = "by_mood";
  by_mood.prefix = {"gay"};
  EXPECT_THAT(accounts(by_mood), ElementsAre("ann"));
  loop_.advance(milliseconds(90));
  who_->patch({"r", "ann"}, {{"at", 2}}, 100, {});
  loop_.advance(milliseconds(90));
  EXPECT_TRUE(who_->get({"r", "ann"}, {}).found);
  EXPECT_THAT(who_->patch({"r", "ann"}, {{"room", "s"}}, 0, {}).why.message,
              HasSubstr("field room: is part of the key"));
}

TEST_F(ephemeral, increments_make_the_record_and_leave_its_time) {
  collection hits = visits();
  hits.name = "visits.hits";
  hits.columns[2].fallback = 0;
  const auto counts = open(hits);
  EXPECT_EQ(counts->increment({"r", "ann"}, "count", 2, 100, {}).record.at("count"), 2);
  loop_.advance(milliseconds(60));
  EXPECT_EQ(counts->increment({"r", "ann"}, "count", 1, 100, {}).record.at("count"), 3);
  loop_.advance(milliseconds(40));
  EXPECT_EQ(counts->increment({"r", "ann"}, "count", 1, 100, {}).record.at("count"), 1);
  EXPECT_TRUE(counts->increment({"r", "ann"}, "count", std::int64_t{1} << 53, 0, {}).full);
  EXPECT_TRUE(counts->increment({"r", "ann"}, "count", INT64_MIN, 0, {}).full);
  EXPECT_THAT(counts->increment({"r", "ann"}, "mood", 1, 0, {}).why.message,
              HasSubstr("only an integer"));
  EXPECT_THAT(who_->increment({"r", "ann"}, "count", 1, 0, {}).why.message,
              HasSubstr("field at: is required"));
}

TEST_F(ephemeral, wrong_records_are_named) {
  EXPECT_EQ(refusal({{"room", "r"}, {"account", "ann"}}),
            "collection visits.who, field at: is required");
  EXPECT_EQ(refusal({{"room", 1}, {"account", "ann"}, {"at", 1}}),
            "collection visits.who, field room: takes a string, not int64");
  json::object unknown = record("r", "ann", 1);
  unknown["colour"] = "red";
  EXPECT_EQ(refusal(unknown), "collection visits.who, field colour: there is no such field");
  EXPECT_EQ(who_->get({"r"}, {}).why.message, "collection visits.who: a key has 2 values, not 1");
  query wrong;
  wrong.index = "by_nothing";
  EXPECT_THAT(who_->range(wrong, {}).why.message, HasSubstr("there is no index by_nothing"));
  wrong.index = "by_mood";
  wrong.prefix = {7};
  EXPECT_THAT(who_->range(wrong, {}).why.message, HasSubstr("field mood: takes a string"));
}

TEST_F(ephemeral, more_than_the_limit_is_refused_and_changes_nothing) {
  ephemeral_store small(loop_, clock_, 4000);
  std::unique_ptr<ephemeral_collection> in;
  ASSERT_EQ(small.open(visits(), in), "");
  int stored = 0;
  for (int i = 0; i < 100; ++i)
    stored += in->put(record("r", std::to_string(i).c_str(), i), 50, false).found;
  EXPECT_GT(stored, 2);
  EXPECT_LT(stored, 20);
  EXPECT_TRUE(in->put(record("r", "one more", 1), 0, false).full);
  EXPECT_LE(small.bytes(), 4000u);
  json::object larger = record("r", "0", 1);
  larger["mood"] = std::string(8000, 'x');
  EXPECT_TRUE(in->put(larger, 0, false).full);
  EXPECT_EQ(in->get({"r", "0"}, {}).record.at("at"), 0);
  loop_.advance(milliseconds(50));
  EXPECT_EQ(small.bytes(), 0u);
  EXPECT_TRUE(in->put(record("r", "one more", 1), 0, false).found);
}

TEST_F(ephemeral, a_new_version_sees_the_records_of_the_old_one) {
  put(record("r", "ann", 1));
  collection wider = visits();
  wider.columns.push_back({"colour", column_type::text, true, "red"});
  wider.indexes.push_back({"by_colour", {"colour"}});
  const auto next = open(wider);
  EXPECT_EQ(next->get({"r", "ann"}, {}).record.at("colour"), "red");
  next->patch({"r", "ann"}, {{"colour", "blue"}}, 0, {});
  EXPECT_FALSE(who_->get({"r", "ann"}, {}).record.contains("colour"));
  who_->patch({"r", "ann"}, {{"at", 2}}, 0, {});
  query blue;
  blue.index = "by_colour";
  blue.prefix = {"blue"};
  EXPECT_EQ(next->range(blue, {}).records.at(0).at("at"), 2);
  who_.reset(); // the old version ends; its records stay
  EXPECT_TRUE(next->get({"r", "ann"}, {}).found);

  collection other_key = visits();
  other_key.key = {"room"};
  std::unique_ptr<ephemeral_collection> refused;
  EXPECT_THAT(store_.open(other_key, refused), HasSubstr("is not the one that it has"));
}

} // namespace
} // namespace parley::storage
