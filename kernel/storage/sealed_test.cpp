// Sealed fields through the engine, over each driver.

#include "storage/sealed_fixture.hpp"

namespace parley::storage {
namespace json = boost::json;
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class sealed_test : public sealed_fixture {
 protected:
  double damaged() {
    return static_cast<double>(
        metrics_.add_counter("parley_sealed_damaged_total", "", {{"collection", "desk.notes"}})
            .value());
  }
  // Fails, and says which field.
  void refuses(const json::array& key, const std::string& field) {
    const double before = damaged();
    const read_one seen = read(key);
    EXPECT_EQ(seen.why.code, status::damaged);
    EXPECT_THAT(seen.why.message, HasSubstr("collection desk.notes, field " + field + ": "));
    EXPECT_FALSE(seen.record);
    EXPECT_EQ(damaged(), before + 1);
  }
};

TEST_F(sealed_test, values_of_every_type_come_back) {
  json::object full = note(1, "Käse", "ann");
  full["mail"] = "ann@example.org";
  full["number"] = -9007199254740991;
  full["price"] = 2.5;
  full["done"] = false;
  full["list"] = json::parse(R"([{"a": [1, null, "x\u0000y"]}, {}, 1.5])");
  full["title"] = "plain";
  json::object bare{{"place", "p"}, {"id", 2}, {"owner", "bob"}, {"text", ""}};
  bare["mail"] = nullptr;
  ASSERT_EQ(commit([&](batch& b) {
              EXPECT_EQ(b.put("desk.notes", full).message, "");
              EXPECT_EQ(b.put("desk.notes", bare).message, "");
            }).why.message,
            "");
  EXPECT_EQ(get({"p", 1}), full);
  bare.erase("mail");
  EXPECT_EQ(get({"p", 2}), bare);
  query all;
  all.prefix = {"p"};
  EXPECT_THAT(range(all).records, ElementsAre(full, bare));
}

TEST_F(sealed_test, the_driver_has_none_of_it) {
  json::object one = note(1, "a secret"), other = note(2, "a secret");
  one["mail"] = other["mail"] = "ann@example.org";
  one["list"] = other["list"] = json::array{"a secret"};
  one["number"] = 4711;
  ASSERT_EQ(put(one).message, "");
  ASSERT_EQ(put(other).message, "");
  for (const std::string& cell : raw(*notes_table(), {"p", 1})) {
    EXPECT_THAT(cell, Not(HasSubstr("secret")));
    EXPECT_THAT(cell, Not(HasSubstr("example")));
    EXPECT_THAT(cell, Not(HasSubstr("4711")));
  }
  EXPECT_NE(raw({"p", 1}, "text"), raw({"p", 2}, "text"));
  EXPECT_EQ(raw({"p", 1}, "mail__lookup"), raw({"p", 2}, "mail__lookup"));
  EXPECT_GT(raw({"p", 1}, "mail__lookup").size(), 40u);
}

TEST_F(sealed_test, a_patch_finds_its_key) {
  ASSERT_EQ(put(note(1, "first")).message, "");
  // The subject of `text` is in the record's key, that of the others only in the record.
  ASSERT_EQ(patch({"p", 1}, {{"text", "second"}}).message, "");
  ASSERT_EQ(patch({"p", 1}, {{"number", 7}, {"mail", "a@b"}, {"done", true}}).message, "");
  json::object now = note(1, "second");
  now["number"] = 7;
  now["mail"] = "a@b";
  now["done"] = true;
  EXPECT_EQ(get({"p", 1}), now);
  EXPECT_THAT(range(by_mail("a@b")).records, ElementsAre(now));
  ASSERT_EQ(patch({"p", 1}, {{"text", nullptr}, {"mail", nullptr}}).message, "");
  now.erase("text");
  now.erase("mail");
  now.erase("done");
  now["done"] = true;
  EXPECT_EQ(get({"p", 1}), now);
  EXPECT_THAT(range(by_mail("a@b")).records, IsEmpty());
  EXPECT_EQ(raw({"p", 1}, "mail__lookup"), "");
}

TEST_F(sealed_test, a_patch_in_the_batch_of_its_put) {
  ASSERT_EQ(commit([](batch& b) {
              b.put("desk.notes", note(1, "first", "bob"));
              b.patch("desk.notes", {"p", 1}, {{"number", 7}});
            }).why.message,
            "");
  EXPECT_EQ(get({"p", 1}).at("number"), 7);
  EXPECT_NE(key_of("account:bob"), "");
}

TEST_F(sealed_test, a_patch_sees_what_was_committed_before_it) {
  std::vector<std::string> seen;
  wait_for<int>([&](auto done) {
    const auto ended = [&seen, done](const commit_result& r) {
      seen.push_back(r.why.message);
      if (seen.size() == 3) done(3);
    };
    auto first = engine_->begin(), second = engine_->begin(), third = engine_->begin();
    first->put("desk.notes", note(1, "first"));
    second->patch("desk.notes", {"p", 1}, {{"number", 7}});
    third->patch("desk.notes", {"p", 1}, {{"title", "last"}});
    engine_->commit(std::move(first), ended);
    engine_->commit(std::move(second), ended);
    engine_->commit(std::move(third), ended);
  });
  EXPECT_THAT(seen, ElementsAre("", "", ""));
  EXPECT_EQ(get({"p", 1}).at("number"), 7);
  EXPECT_EQ(get({"p", 1}).at("title"), "last");
}

TEST_F(sealed_test, a_patch_of_nothing_is_a_conflict) {
  const auto seen = commit([](batch& b) { b.patch("desk.notes", {"p", 9}, {{"number", 7}}); });
  EXPECT_EQ(seen.why.code, status::conflict);
  EXPECT_EQ(seen.failed, condition_reason::batch);
  EXPECT_EQ(patch({"p", 9}, {{"text", "x"}}).code, status::conflict);
}

TEST_F(sealed_test, whose_key_it_is_changes_with_the_value_alone) {
  ASSERT_EQ(put(note(1, "first")).message, "");
  EXPECT_THAT(
      complaint([](batch& b) {
        return b.patch("desk.notes", {"p", 1}, {{"owner", "bob"}, {"mail", "b"}});
      }),
      HasSubstr("collection desk.notes, field owner: says with whose key number is sealed"));
  const json::object all{{"owner", "bob"},   {"mail", "b"},  {"number", 1},
                         {"price", nullptr}, {"done", true}, {"list", nullptr}};
  ASSERT_EQ(patch({"p", 1}, all).message, "");
  EXPECT_EQ(get({"p", 1}).at("mail"), "b");
  ASSERT_EQ(erase_key("account:ann").message, "");
  EXPECT_EQ(get({"p", 1}).at("mail"), "b");
  ASSERT_EQ(erase_key("account:bob").message, "");
  EXPECT_FALSE(get({"p", 1}).contains("mail"));
}

TEST_F(sealed_test, what_was_moved_or_changed_is_refused) {
  json::object with_mail = note(1, "first");
  with_mail["number"] = 1;
  with_mail["mail"] = "1";
  ASSERT_EQ(put(with_mail).message, "");
  ASSERT_EQ(put(note(2, "second")).message, "");
  ASSERT_EQ(put(note(2, "third", "ann", "q")).message, "");
  const std::string first = raw({"p", 1}, "text"), second = raw({"p", 2}, "text");

  set_raw({"p", 1}, "text", second);
  set_raw({"p", 2}, "text", first);
  refuses({"p", 1}, "text");
  refuses({"p", 2}, "text");
  query all;
  all.prefix = {"p"};
  EXPECT_EQ(range(all).why.code, status::damaged);
  all.sealed = sealed_data::left;
  const read_many left = range(all);
  EXPECT_EQ(left.why.message, "");
  ASSERT_EQ(left.records.size(), 2u);
  EXPECT_EQ(left.records[1], (json::object{{"place", "p"}, {"id", 2}, {"owner", "ann"}}));
  set_raw({"p", 1}, "text", first);
  set_raw({"p", 2}, "text", second);
  EXPECT_EQ(get({"p", 1}).at("text"), "first");

  set_raw({"p", 1}, "mail", raw({"p", 1}, "number")); // the same key, another field
  refuses({"p", 1}, "mail");
  set_raw({"q", 2}, "text", second); // another place
  refuses({"q", 2}, "text");
}

TEST_F(sealed_test, nothing_moves_between_collections) {
  collection others = notes();
  others.name = "desk.others";
  ASSERT_EQ(wait_for<failure>([&](auto done) { engine_->widen({others}, {}, done); }).message, "");
  ASSERT_EQ(commit([](batch& b) {
              b.put("desk.notes", note(1, "here"));
              b.put("desk.others", note(1, "there"));
            }).why.message,
            "");
  set_raw(as_stored(others, 3), {"p", 1}, "text", raw({"p", 1}, "text"));
  const read_one seen = read({"p", 1}, "desk.others");
  EXPECT_EQ(seen.why.code, status::damaged);
  EXPECT_THAT(seen.why.message, HasSubstr("collection desk.others, field text"));
  EXPECT_EQ(get({"p", 1}).at("text"), "here");
}

TEST_F(sealed_test, each_byte_counts) {
  ASSERT_EQ(put(note(1, "first")).message, "");
  const std::string good = raw({"p", 1}, "text");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    set_raw({"p", 1}, "text", bad);
    const read_one seen = read({"p", 1});
    // In the id of the key it names one that there is not.
    const bool is_absent = seen.record && !seen.record->contains("text");
    EXPECT_TRUE(seen.why.code == status::damaged || (i >= 2 && i < 24 && is_absent)) << i;
  }
  for (const std::string& bad :
       {std::string(), std::string("first"), good.substr(4), good.substr(0, good.size() - 4),
        good + "AAAA", std::string(2000, 'A'), good.substr(0, 24), std::string("====")}) {
    set_raw({"p", 1}, "text", bad);
    EXPECT_EQ(read({"p", 1}).why.code, status::damaged) << bad;
  }
  set_raw({"p", 1}, "text", good);
  EXPECT_EQ(get({"p", 1}).at("text"), "first");
}

TEST_F(sealed_test, a_key_that_the_commit_numbers) {
  const auto seen = commit([](batch& b) {
    json::object record = note(0, "numbered");
    record["id"] = b.next("room:1");
    record["number"] = 3;
    b.put("desk.notes", record);
    b.patch("desk.notes", {"p", record["id"]}, {{"done", true}});
    b.append("room:1", "e", {}, "2026-01-01T00:00:00.000Z");
  });
  ASSERT_EQ(seen.why.message, "");
  EXPECT_EQ(get({"p", 1}).at("text"), "numbered");
  EXPECT_EQ(get({"p", 1}).at("done"), true);
  // The other parts of its key are held to.
  ASSERT_EQ(put(note(1, "another", "ann", "q")).message, "");
  set_raw({"q", 1}, "number", raw({"p", 1}, "number"));
  refuses({"q", 1}, "number");
  EXPECT_THAT(complaint([](batch& b) {
                return b.put(
                    "desk.notes",
                    {{"place", "p"}, {"id", 5}, {"owner", "ann"}, {"number", b.next("room:1")}});
              }),
              HasSubstr("field number: is sealed, and takes no number that only the commit"));
  EXPECT_THAT(complaint([](batch& b) {
                return b.patch("desk.notes", {"p", b.next("room:1")}, {{"number", 1}});
              }),
              HasSubstr("nothing tells with whose key: give owner as well"));
}

TEST_F(sealed_test, without_a_master_key_nothing_is_sealed) {
  restart({});
  EXPECT_THAT(try_open().message,
              HasSubstr("collection desk.notes seals fields, and storage.master_keys names no"));
  stop();
  start();
  collection plain = notes();
  plain.name = "desk.others";
  plain.indexes.clear();
  std::erase_if(plain.columns, [](const column& each) { return each.name == "mail"; });
  const auto opened = wait_for<failure>([&](auto done) { engine_->open({plain}, done); });
  ASSERT_EQ(opened.message, ""); // the kernel's own, in which nothing need be sealed
  collection other = plain;
  other.name = "desk.more";
  const auto widened = wait_for<failure>([&](auto done) { engine_->widen({other}, {}, done); });
  EXPECT_EQ(widened.code, status::invalid);
  EXPECT_THAT(widened.message, HasSubstr("`parleyctl keys new FILE` makes one"));
  const auto written = commit([](batch& b) { b.put("desk.others", note(1, "x")); });
  EXPECT_EQ(written.why.code, status::unavailable);
  EXPECT_THAT(written.why.message, HasSubstr("storage.master_keys names no master key"));
  json::object bare = note(1, "x");
  bare.erase("text");
  EXPECT_EQ(commit([&](batch& b) { b.put("desk.others", bare); }).why.message, "");
  EXPECT_EQ(get({"p", 1}, "desk.others"), bare);
}

TEST_F(sealed_test, what_is_sealed_stays_so) {
  const auto refused = [&](const std::function<void(column&)>& change) {
    collection next = notes();
    next.version = 2;
    for (column& each : next.columns)
      if (each.name == "number") change(each);
    return wait_for<failure>([&](auto done) { engine_->widen({next}, {}, done); }).message;
  };
  EXPECT_THAT(refused([](column& c) { c.sealed.reset(); }),
              HasSubstr("the field number is stored sealed as"));
  EXPECT_THAT(refused([](column& c) { c.sealed->key = "place"; }),
              HasSubstr("declare another field"));
  EXPECT_THAT(refused([](column& c) { c.sealed->lookup = true; }),
              HasSubstr("declare another field"));
  collection plain = notes();
  plain.version = 2;
  plain.columns.push_back({"more", column_type::text});
  plain.columns.back().sealed = {"owner", "account:"};
  for (column& each : plain.columns)
    if (each.name == "title") each.sealed = {"owner", "account:"};
  plain.indexes.pop_back();
  EXPECT_THAT(wait_for<failure>([&](auto done) { engine_->widen({plain}, {}, done); }).message,
              HasSubstr("the field title is stored in plain and cannot become sealed as"));
}

TEST_F(sealed_test, versions_side_by_side) {
  ASSERT_EQ(put(note(1, "old")).message, "");
  collection next = notes();
  next.version = 2;
  next.columns.push_back({"more", column_type::text});
  next.columns.back().sealed = {"owner", "account:", true};
  next.indexes.push_back({"by_more", {"more"}, true});
  ASSERT_EQ(wait_for<failure>([&](auto done) { engine_->widen({next}, {}, done); }).message, "");
  ASSERT_EQ(commit([](batch& b) {
              json::object one = note(2, "new");
              one["more"] = "x";
              b.put({"desk.notes", 2}, one);
              b.put({"desk.notes", 1}, note(3, "old"));
            }).why.message,
            "");
  EXPECT_EQ(get({"p", 2}).at("more"), "x");
  EXPECT_EQ(get({"p", 3}), note(3, "old"));
  const auto twice = commit([](batch& b) {
    json::object one = note(4, "new");
    one["more"] = "x";
    b.put({"desk.notes", 2}, one);
  });
  EXPECT_EQ(twice.why.code, status::conflict); // a unique index over hashes
}

} // namespace
} // namespace parley::storage
