// Full text, through the engine over a driver.

#include "storage/engine_fixture.hpp"
#include "storage/scan.hpp"

#include <gmock/gmock.h>

#include <set>
#include <utility>

namespace parley::storage {
namespace json = boost::json;
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string notes = "desk.notes";

collection first() {
  return {notes,
          1,
          {"place", "id"},
          {{"place", column_type::text, true},
           {"id", column_type::integer, true},
           {"text", column_type::text},
           {"title", column_type::text},
           {"read", column_type::boolean}},
          {}};
}

collection searched(std::uint32_t version = 1) {
  collection out = first();
  out.version = version;
  out.search_on = {"text", "title"};
  out.search_by = {"place"};
  return out;
}

struct found {
  failure why;
  std::vector<search_hit> hits;
  bool more = false;
};

class search_test : public engine_fixture {
 protected:
  void open(const collection& what) {
    const failure seen = wait_for<failure>([&](auto done) { engine_->open({what}, done); });
    ASSERT_EQ(seen.message, "");
  }
  failure widen(const collection& what) {
    return wait_for<failure>([&](auto done) { engine_->widen({what}, {}, done); });
  }
  failure put(std::uint32_t version, std::string_view place, std::int64_t id, std::string_view text,
              std::string_view title = {}) {
    json::object record{{"place", place}, {"id", id}, {"text", text}};
    if (!title.empty()) record["title"] = title;
    return commit([&](batch& b) { b.put({notes, version}, record); }).why;
  }
  found look(const search_query& what, std::uint32_t version = 0) {
    return wait_for<found>([&](auto done) {
      engine_->search({notes, version}, what, {},
                      [done](failure why, std::vector<search_hit> hits, bool more) {
                        done({std::move(why), std::move(hits), more});
                      });
    });
  }
  std::vector<std::int64_t> ids(std::string_view text, json::object where = {}) {
    search_query what;
    what.text = text;
    what.where = std::move(where);
    const found seen = look(what);
    EXPECT_EQ(seen.why.message, "");
    std::vector<std::int64_t> out;
    for (const search_hit& each : seen.hits) out.push_back(each.record.at("id").as_int64());
    return out;
  }
};

TEST_F(search_test, finds_what_was_put_patched_and_not_what_was_erased) {
  open(searched());
  put(0, "p", 1, "Green tea in Köln");
  put(0, "p", 2, "black coffee", "Tea house");
  put(0, "q", 3, "東京都に住む");
  EXPECT_THAT(ids("TEA"), UnorderedElementsAre(1, 2));
  EXPECT_THAT(ids("koln"), ElementsAre(1));
  EXPECT_THAT(ids("京都"), ElementsAre(3));
  EXPECT_THAT(ids("tea coffee"), ElementsAre(2)); // each in any of the fields
  EXPECT_THAT(ids("\"tea green\""), IsEmpty());
  EXPECT_THAT(ids("coff*"), ElementsAre(2));
  EXPECT_THAT(ids("...!"), IsEmpty());

  commit([&](batch& b) { b.patch(notes, {"p", 1}, {{"text", "rooibos"}}); });
  EXPECT_THAT(ids("tea"), ElementsAre(2));
  EXPECT_THAT(ids("rooibos"), ElementsAre(1));
  put(0, "p", 2, "black coffee"); // without its title
  EXPECT_THAT(ids("tea"), IsEmpty());
  commit([&](batch& b) { b.patch(notes, {"p", 2}, {{"read", true}}); });
  EXPECT_THAT(ids("coffee"), ElementsAre(2));
  commit([&](batch& b) { b.erase(notes, {"p", 2}); });
  EXPECT_THAT(ids("coffee"), IsEmpty());
}

TEST_F(search_test, a_batch_that_is_refused_changes_nothing) {
  open(searched());
  put(0, "p", 1, "tea");
  const commit_result seen = commit([&](batch& b) {
    b.put(notes, {{"place", "p"}, {"id", 1}, {"text", "coffee"}});
    b.patch(notes, {"p", 7}, {{"text", "cocoa"}});
  });
  EXPECT_EQ(seen.why.code, status::conflict);
  EXPECT_THAT(ids("tea"), ElementsAre(1));
  EXPECT_THAT(ids("coffee"), IsEmpty());
}

TEST_F(search_test, is_narrowed_paged_and_ranked) {
  open(searched());
  put(0, "p", 1, "a long text about many things, and tea only at its very end");
  put(0, "p", 2, "tea tea tea");
  put(0, "q", 3, "tea");
  EXPECT_THAT(ids("tea", {{"place", "p"}}), ElementsAre(2, 1));
  EXPECT_THAT(ids("tea", {{"place", "nowhere"}}), IsEmpty());
  search_query one;
  one.text = "tea";
  one.limit = 2;
  const found front = look(one);
  EXPECT_EQ(front.hits.size(), 2u);
  EXPECT_TRUE(front.more);
  one.skip = 2;
  const found rest = look(one);
  ASSERT_EQ(rest.hits.size(), 1u);
  EXPECT_FALSE(rest.more);
  EXPECT_EQ(rest.hits[0].record.at("id"), 1); // the one that speaks of it least
}

TEST_F(search_test, is_within_ranges) {
  open(searched());
  for (int i = 1; i <= 6; ++i) put(0, "p", i, i < 4 ? "tea tea" : "tea, at last");
  for (int i = 1; i <= 3; ++i) put(0, "q", i, "tea");
  search_query what;
  what.text = "tea";
  what.within = {"place", "id", {{"p", 4}}};
  what.limit = 2;
  const found front = look(what);
  EXPECT_EQ(front.hits.size(), 2u);
  EXPECT_TRUE(front.more);
  what.skip = 2;
  const found rest = look(what);
  ASSERT_EQ(rest.hits.size(), 1u);
  EXPECT_FALSE(rest.more);
  EXPECT_GE(rest.hits[0].record.at("id").as_int64(), 4);
  what.skip = 0;
  what.limit = 10;
  what.within->ranges = {{"q", 2}, {"nowhere", 0}, {"p", 6}};
  EXPECT_EQ(look(what).hits.size(), 3u);
  what.where = {{"place", "q"}};
  EXPECT_EQ(look(what).hits.size(), 2u);
  what.within->ranges = {{"p", 7}};
  EXPECT_THAT(look(what).hits, IsEmpty());
  what.within->ranges.clear();
  EXPECT_THAT(look(what).hits, IsEmpty());
}

TEST_F(search_test, shows_where_it_was_found) {
  open(searched());
  put(0, "p", 1, "Das Café in Köln", "Reise");
  search_query what;
  what.text = "caf";
  what.unfinished = true;
  const found seen = look(what);
  ASSERT_EQ(seen.hits.size(), 1u);
  EXPECT_EQ(seen.hits[0].snippets, json::parse(R"([{"field": "text", "pieces":
    [{"text": "Das ", "hit": false}, {"text": "Café", "hit": true},
     {"text": " in Köln", "hit": false}]}])"));
  EXPECT_EQ(
      seen.hits[0].record,
      (json::object{{"place", "p"}, {"id", 1}, {"text", "Das Café in Köln"}, {"title", "Reise"}}));
}

TEST_F(search_test, says_what_is_wrong_with_a_query) {
  open(searched());
  const auto complaint = [&](const search_query& what) { return look(what).why.message; };
  EXPECT_EQ(complaint({.text = "x", .where = {{"title", "y"}}}),
            "collection desk.notes, field title: a search is not narrowed by it; name it in "
            "`search: { by: … }`");
  EXPECT_EQ(complaint({.text = "x", .where = {{"place", 1}}}),
            "collection desk.notes, field place: takes a text");
  EXPECT_THAT(complaint({.text = "x", .within = search_ranges{"text", "id", {{"p", 1}}}}),
              HasSubstr("field text: a search is not narrowed by it"));
  for (const char* from : {"height", "title"}) {
    EXPECT_THAT(complaint({.text = "x", .within = search_ranges{"place", from, {{"p", 1}}}}),
                HasSubstr("a range begins at a field with whole numbers"));
  }
  EXPECT_THAT(
      complaint({.text = "x", .within = search_ranges{"place", "id", {{"p", 1}, {"p", 2}}}}),
      HasSubstr("a range is there twice"));
  search_ranges many{"place", "id", {}};
  for (int i = 0; i <= 1000; ++i) many.ranges.emplace_back(std::to_string(i), 0);
  EXPECT_THAT(complaint({.text = "x", .within = many}), HasSubstr("at most 1000 ranges"));
  EXPECT_EQ(complaint({.text = "x", .limit = 101}),
            "collection desk.notes: a search gives from 1 to 100 records");
  EXPECT_EQ(complaint({.text = "x", .skip = 1001}),
            "collection desk.notes: a search skips at most 1000 records");
  const found words = look({.text = "a b c d e f g h i j k l m n o p q"});
  EXPECT_EQ(words.why.message, "At most 16 words are looked for.");
  EXPECT_EQ(words.why.code, status::invalid_text);
  EXPECT_EQ(complaint({.text = std::string(1001, 'x')}),
            "What is looked for has at most 1000 bytes.");
  EXPECT_EQ(complaint({.text = "\" OR 1 NEAR( * {x} : ^ -"}), ""); // no language of the store's
}

TEST_F(search_test, what_was_stored_before_is_found_after_a_migration) {
  open(first());
  for (int i = 0; i < 450; ++i) put(1, i % 2 ? "p" : "q", i, "tea " + std::to_string(i));
  search_query what;
  what.text = "tea";
  EXPECT_THAT(look(what).why.message, HasSubstr("declares no search"));
  ASSERT_EQ(widen(searched(2)).message, "");
  EXPECT_THAT(ids("449"), ElementsAre(449));
  EXPECT_THAT(ids("tea 0"), ElementsAre(0));
  put(1, "p", 1000, "tea of the old version");
  EXPECT_THAT(ids("old"), ElementsAre(1000));

  stop();
  start();
  open(searched(2));
  EXPECT_THAT(ids("448"), ElementsAre(448));
  collection another = searched(3);
  another.search_on = {"title"};
  put(2, "p", 2000, "cocoa", "milk");
  ASSERT_EQ(widen(another).message, "");
  EXPECT_THAT(ids("milk"), ElementsAre(2000));
  EXPECT_THAT(ids("cocoa"), IsEmpty());
}

// Rows come, change and go while those that were there are gone through.
TEST_F(search_test, commits_flow_while_rows_are_indexed) {
  constexpr std::int64_t rows = 3000, most_changes = 300;
  open(first());
  commit([&](batch& b) {
    for (std::int64_t i = 0; i < rows; ++i) {
      b.put({notes, 1}, {{"place", "p"}, {"id", i}, {"text", "tea"}});
    }
  });
  std::set<std::int64_t> cocoa;
  std::int64_t changes = 0;
  bool indexes = false, ended = false;
  std::promise<failure> migrated;
  std::promise<void> quiet;
  std::function<void()> change = [&] {
    if (ended && changes >= most_changes) return quiet.set_value();
    auto one = engine_->begin();
    const std::int64_t i = changes++ < most_changes ? changes : most_changes;
    one->patch({notes, 1}, {"p", i * 7}, {{"text", "cocoa"}});
    one->put({notes, 1}, {{"place", "p"}, {"id", rows + i}, {"text", "cocoa"}});
    one->erase({notes, 1}, {"p", i * 7 + 1});
    cocoa.insert({i * 7, rows + i});
    engine_->commit(std::move(one), [&](const commit_result& seen) {
      EXPECT_EQ(seen.why.message, "");
      change();
    });
  };
  loop_->post([&] {
    engine_->widen(
        {searched(2)},
        [&](const migration_progress&) {
          if (!std::exchange(indexes, true)) change();
        },
        [&](const failure& why) {
          ended = true;
          migrated.set_value(why);
        });
  });
  EXPECT_EQ(migrated.get_future().get().message, "");
  quiet.get_future().wait();

  std::multiset<std::int64_t> found_now;
  search_query what;
  what.text = "cocoa";
  what.limit = 100;
  for (bool more = true; more; what.skip += what.limit) {
    const found page = look(what);
    ASSERT_EQ(page.why.message, "");
    for (const search_hit& each : page.hits) found_now.insert(each.record.at("id").as_int64());
    more = page.more;
  }
  EXPECT_EQ(found_now, std::multiset<std::int64_t>(cocoa.begin(), cocoa.end()));
  what.text = "tea";
  what.skip = 1000;
  EXPECT_TRUE(look(what).more);
}

TEST_F(search_test, a_scan_meets_every_row_once) {
  open(first());
  std::vector<std::pair<std::string, std::int64_t>> put_in, met;
  for (int i = 0; i < 57; ++i) {
    const std::string place(1, static_cast<char>('a' + i % 5));
    put(1, place, i, "x");
    put_in.emplace_back(place, i);
  }
  std::sort(put_in.begin(), put_in.end());
  for (const std::uint32_t limit : {1u, 3u, 11u, 12u, 100u}) {
    scan at({"place", "id"});
    met.clear();
    while (!at.is_over()) {
      wait_for<bool>([&](auto done) {
        engine_->range(notes, at.next(limit), {},
                       [&, done](failure, std::vector<json::object> page, bool more) {
                         for (const json::object& each : page)
                           met.emplace_back(each.at("place").as_string(), each.at("id").as_int64());
                         at.seen(page, more);
                         done(true);
                       });
      });
    }
    EXPECT_EQ(met, put_in) << limit;
  }
}

} // namespace
} // namespace parley::storage
