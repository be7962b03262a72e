// The keys of sealed fields: they are erased, waited for, and more than memory has room for.

#include "storage/sealed_fixture.hpp"

#include <algorithm>
#include <set>

namespace parley::storage {
namespace json = boost::json;
namespace {

class sealed_keys : public sealed_fixture {};

TEST_F(sealed_keys, an_erased_key_takes_the_values_along) {
  json::object one = note(1, "stays");
  one["mail"] = "ann@example.org";
  json::object other = note(2, "stays", "bob");
  other["mail"] = "bob@example.org";
  ASSERT_EQ(put(one).message, "");
  ASSERT_EQ(put(other).message, "");
  ASSERT_EQ(erase_key("account:ann").message, "");
  ASSERT_EQ(erase_key("account:nobody").message, "");
  EXPECT_EQ(get({"p", 1}), note(1, "stays"));
  EXPECT_EQ(get({"p", 2}), other);
  EXPECT_EQ(key_of("account:ann"), "");

  // What comes later has another key, and brings nothing back.
  ASSERT_EQ(patch({"p", 1}, {{"number", 5}}).message, "");
  EXPECT_EQ(get({"p", 1}).at("number"), 5);
  EXPECT_FALSE(get({"p", 1}).contains("mail"));
}

// Whatever is on its way when a key is erased: what is reported afterwards has not got it.
TEST_F(sealed_keys, an_erased_key_is_not_remembered_by_who_asked_before) {
  json::object one = note(1, "x");
  one["number"] = 1;
  json::object other = note(1, "y", "bob", "q");
  other["number"] = 2;
  bounds_.data_keys = 1;
  restart({master_});
  open();
  ASSERT_EQ(put(one).message, "");
  ASSERT_EQ(put(other).message, ""); // so that Ann's key is not in memory
  wait_for<failure>([&](auto done) {
    for (int i = 0; i < 20; ++i) engine_->get("desk.notes", {"p", 1}, {}, [](auto&&...) {});
    engine_->erase_key("account:ann", done);
    for (int i = 0; i < 20; ++i) {
      engine_->get("desk.notes", {"p", 1}, {}, [](auto&&...) {});
      auto late = engine_->begin();
      late->patch("desk.notes", {"p", 1}, {{"done", true}});
      engine_->commit(std::move(late), [](auto&&...) {});
    }
  });
  EXPECT_FALSE(get({"p", 1}).contains("number"));
  ASSERT_EQ(patch({"p", 1}, {{"price", 2.0}}).message, "");
  EXPECT_EQ(get({"p", 1}).at("price"), 2.0);
  EXPECT_FALSE(get({"p", 1}).contains("number"));
}

TEST_F(sealed_keys, nothing_is_written_with_a_key_that_another_server_erased) {
  json::object one = note(1, "x");
  one["number"] = 1;
  ASSERT_EQ(put(one).message, "");
  erase_raw_key("account:ann");
  const auto seen = commit([](batch& b) {
    json::object late = note(2, "x");
    late["number"] = 2;
    b.put("desk.notes", late);
  });
  EXPECT_EQ(seen.why.code, status::conflict);
  EXPECT_EQ(seen.failed, condition_reason::data_key);
  json::object again = note(2, "x");
  again["number"] = 2;
  ASSERT_EQ(put(again).message, "");
  EXPECT_EQ(get({"p", 2}), again);
}

TEST_F(sealed_keys, commits_keep_their_order_while_one_waits_for_a_key) {
  std::vector<int> seen;
  wait_for<int>([&](auto done) {
    for (int i = 0; i < 20; ++i) {
      auto one = engine_->begin();
      json::object record = note(1, "text " + std::to_string(i), "owner" + std::to_string(i % 7));
      if (i % 2 == 0) record["number"] = i; // takes a key
      if (i % 2 == 1) record["text"] = nullptr;
      one->put("desk.notes", record);
      one->append("room:1", "e", {{"i", i}}, "2026-01-01T00:00:00.000Z");
      engine_->commit(std::move(one), [&seen, i, done](const commit_result& result) {
        EXPECT_EQ(result.why.message, "");
        EXPECT_EQ(result.first_numbers.at(0).second, i + 1);
        seen.push_back(i);
        if (seen.size() == 20) done(20);
      });
    }
  });
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(get({"p", 1}).at("owner"), "owner5");
}

TEST_F(sealed_keys, one_key_is_made_however_many_ask) {
  std::vector<std::string> ids;
  std::unique_ptr<data_keys> one, other; // as on two servers
  wait_for<int>([&](auto done) {
    const auto make = [&] {
      return std::make_unique<data_keys>(
          *engine_, *loop_,
          [&](std::unique_ptr<batch> what, engine::committed then) {
            engine_->commit(std::move(what), std::move(then));
          },
          sealing{clock_, random_, metrics_, masters_}, bounds_);
    };
    one = make();
    other = make();
    for (int i = 0; i < 10; ++i) {
      (i % 2 == 0 ? one : other)
          ->of_subject("account:new", [&ids, done](const failure& why, const data_key_ptr& key) {
            EXPECT_EQ(why.message, "");
            ids.push_back(key ? key->id_text : "none");
            if (ids.size() == 10) done(10);
          });
    }
  });
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 1u);
  EXPECT_EQ(key_of("account:new"), ids[0]);
  on_loop([&] {
    one.reset();
    other.reset();
  });
}

TEST_F(sealed_keys, more_subjects_than_keys_in_memory) {
  bounds_.data_keys = 3;
  restart({master_});
  open();
  ASSERT_EQ(commit([](batch& b) {
              for (std::int64_t i = 0; i < 50; ++i) {
                json::object one = note(i, "x", "owner" + std::to_string(i));
                one["number"] = i;
                b.put("desk.notes", one);
              }
            }).why.message,
            "");
  query all;
  all.prefix = {"p"};
  const read_many seen = range(all);
  ASSERT_EQ(seen.records.size(), 50u);
  for (std::int64_t i = 0; i < 50; ++i)
    EXPECT_EQ(seen.records[static_cast<std::size_t>(i)].at("number"), i);
}

TEST_F(sealed_keys, what_a_batch_takes_back_is_not_sealed) {
  ASSERT_EQ(commit([](batch& b) {
              b.put("desk.notes", note(1, "stays"));
              const batch_mark here = b.mark();
              json::object one = note(2, "goes", "bob");
              one["number"] = 1;
              b.put("desk.notes", one);
              b.back_to(here);
            }).why.message,
            "");
  EXPECT_EQ(get({"p", 1}).at("text"), "stays");
  EXPECT_EQ(key_of("account:bob"), "");
}

TEST_F(sealed_keys, the_end_waits_for_what_waits) {
  bool written = false;
  wait_for<failure>([&](auto done) {
    auto one = engine_->begin();
    one->put("desk.notes", note(1, "last"));
    engine_->commit(std::move(one), [&](const commit_result& result) {
      EXPECT_EQ(result.why.message, "");
      written = true;
    });
    engine_->close(done);
  });
  EXPECT_TRUE(written);
  on_loop([&] { engine_.reset(); });
  start();
}

} // namespace
} // namespace parley::storage
