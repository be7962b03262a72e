#include "storage/engine.hpp"

#include "storage/engine_fixture.hpp"
#include "storage/mailbox.hpp"
#include "storage/stand_ins.hpp"

#include <gmock/gmock.h>

namespace parley::storage {
namespace json = boost::json;
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<collection> suite() {
  return {{"shop.orders",
           1,
           {"place", "seq"},
           {{"seq", column_type::integer, true},
            {"place", column_type::text, true},
            {"buyer", column_type::text, true},
            {"code", column_type::text, false},
            {"paid", column_type::boolean, false},
            {"price", column_type::number, false},
            {"count", column_type::integer, false},
            {"lines", column_type::json, false}},
           {{"by_buyer", {"buyer", "place"}, false}, {"by_code", {"code"}, true}}}};
}

const std::string orders = "shop.orders";

struct found {
  failure why;
  std::vector<json::object> records;
  bool more = false;
};

struct log_found {
  failure why;
  std::vector<log_entry> entries;
  bool more = false;
};

class engine_test : public engine_fixture {
 protected:
  void SetUp() override {
    engine_fixture::SetUp();
    open();
  }
  void open() {
    const failure opened = wait_for<failure>([&](auto done) { engine_->open(suite(), done); });
    ASSERT_EQ(opened.code, status::ok) << opened.message;
  }

  // What the engine says of one step of a batch that is then left.
  std::string complaint(const std::function<failure(batch&)>& step) {
    std::string out;
    on_loop([&] {
      const failure seen = step(*engine_->begin());
      EXPECT_EQ(seen.code, status::invalid);
      out = seen.message;
    });
    return out;
  }
  found range(const query& what) {
    return wait_for<found>([&](auto done) {
      engine_->range(orders, what, {},
                     [done](failure why, std::vector<json::object> all, bool more) {
                       done({std::move(why), std::move(all), more});
                     });
    });
  }
  std::optional<json::object> get(const json::array& key) {
    return wait_for<std::optional<json::object>>([&](auto done) {
      engine_->get(orders, key, {}, [done](failure why, std::optional<json::object> record) {
        EXPECT_EQ(why.code, status::ok) << why.message;
        done(std::move(record));
      });
    });
  }
  log_found read_log(const std::string& topic, std::int64_t after, std::uint32_t limit = 100) {
    return wait_for<log_found>([&](auto done) {
      engine_->read_log(topic, after, limit,
                        [done](failure why, std::vector<log_entry> all, bool more) {
                          done({std::move(why), std::move(all), more});
                        });
    });
  }
  static json::object order(std::string_view place, std::int64_t seq,
                            std::string_view buyer = "b") {
    return {{"place", place}, {"seq", seq}, {"buyer", buyer}};
  }
};

TEST_F(engine_test, keeps_records_of_every_type) {
  json::object full = order("p", 1);
  full["paid"] = true;
  full["price"] = 2.5;
  full["count"] = 9007199254740991;
  full["code"] = "上海";
  full["lines"] = json::parse(R"([{"a": [1, null, "x\u0000y"]}, {}])");
  for (int i = 0; i < 100; ++i) full["lines"] = json::value{full["lines"], i};
  json::object bare = order("p", 2);
  bare["code"] = nullptr;
  ASSERT_EQ(commit([&](batch& b) {
              EXPECT_EQ(b.put(orders, full).code, status::ok);
              EXPECT_EQ(b.put(orders, bare).code, status::ok);
            }).why.code,
            status::ok);
  EXPECT_EQ(get({"p", 1}), full);
  EXPECT_EQ(get({"p", 2}), order("p", 2));
  EXPECT_EQ(get({"p", 3}), std::nullopt);
  stop();
  start();
  open();
  EXPECT_EQ(get({"p", 1}), full);
}

TEST_F(engine_test, takes_numbers_as_json_has_them) {
  json::object from = order("p", 1);
  from["count"] = 3.0;
  from["price"] = 4;
  commit([&](batch& b) { b.put(orders, from); });
  const auto read = get({"p", 1});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->at("count"), json::value(3));
  EXPECT_TRUE(read->at("price").is_double());
}

TEST_F(engine_test, says_what_is_wrong_with_a_record) {
  const auto put = [&](const json::object& record) {
    return complaint([&](batch& b) { return b.put(orders, record); });
  };
  json::object record = order("p", 1);
  record.erase("buyer");
  EXPECT_EQ(put(record), "collection shop.orders, field buyer: is required");
  record["buyer"] = nullptr;
  EXPECT_EQ(put(record), "collection shop.orders, field buyer: is required");
  record["buyer"] = 1;
  EXPECT_EQ(put(record), "collection shop.orders, field buyer: takes a string, not int64");
  record = order("p", 1);
  record["paid"] = 1;
  EXPECT_EQ(put(record), "collection shop.orders, field paid: takes true or false, not int64");
  record["paid"] = true;
  record["count"] = 1.5;
  EXPECT_EQ(put(record), "collection shop.orders, field count: takes an integer, not double");
  record["count"] = std::uint64_t{1} << 63;
  EXPECT_EQ(put(record), "collection shop.orders, field count: the integer is out of range");
  record = order("p", 1);
  record["colour"] = "red";
  EXPECT_EQ(put(record), "collection shop.orders, field colour: there is no such field");
  EXPECT_EQ(complaint([&](batch& b) { return b.put("shop.none", record); }),
            "there is no collection shop.none");
  // Not a stand-in that this batch gave.
  EXPECT_EQ(put(order("p", stand_in(1, {0, 0}))),
            "collection shop.orders, field seq: the integer is out of range, or another batch's "
            "number to come");
}

TEST_F(engine_test, says_what_is_wrong_with_keys_and_changes) {
  EXPECT_EQ(complaint([](batch& b) { return b.erase(orders, {"p"}); }),
            "collection shop.orders: a key has 2 values, not 1");
  EXPECT_EQ(complaint([](batch& b) {
              return b.erase(orders, {"p", nullptr});
            }),
            "collection shop.orders, field seq: is part of the key and cannot be null");
  EXPECT_EQ(complaint([](batch& b) {
              return b.patch(orders, {"p", 1}, {{"seq", 2}});
            }),
            "collection shop.orders, field seq: is part of the key and cannot be changed");
  EXPECT_EQ(complaint([](batch& b) {
              return b.patch(orders, {"p", 1}, {{"buyer", nullptr}});
            }),
            "collection shop.orders, field buyer: is required");
  EXPECT_EQ(complaint([](batch& b) {
              return b.patch(orders, {"p", 1}, {});
            }),
            "collection shop.orders: a patch sets a field");
  EXPECT_EQ(
      complaint([](batch& b) {
        return b.increment(orders, {"p", 1}, "buyer", 1);
      }),
      "collection shop.orders, field buyer: only an integer outside of the key is incremented");
}

TEST_F(engine_test, a_batch_with_a_mistake_is_not_written_in_part) {
  const commit_result seen = commit([](batch& b) {
    b.put(orders, order("p", 1));
    b.put(orders, {{"place", "p"}});
  });
  EXPECT_EQ(seen.why.code, status::invalid);
  EXPECT_EQ(seen.why.message, "collection shop.orders, field seq: is required");
  EXPECT_EQ(get({"p", 1}), std::nullopt);
}

TEST_F(engine_test, fills_in_the_numbers_of_the_commit) {
  commit([](batch& b) { b.append("t", "e", json::object{}, "2026"); });
  std::int64_t first = 0, second = 0, other = 0;
  const commit_result seen = commit([&](batch& b) {
    other = b.next("u");
    first = b.next("t");
    b.append("t", "made", json::object{{"seq", first}, {"text", "a\"b"}, {"u", other}}, "2026");
    second = b.next("t");
    b.append("t", "list", json::array{second, json::object{}, json::array{}}, "2026");
    json::object record = order("p", first);
    record["count"] = second;
    record["lines"] = json::object{{"at", json::array{first, 1}}};
    EXPECT_EQ(b.put(orders, record).code, status::ok);
    b.append("u", "plain", "text", "2026");
  });
  ASSERT_EQ(seen.why.code, status::ok) << seen.why.message;
  EXPECT_THAT(seen.first_numbers, ElementsAre(Pair("u", 1), Pair("t", 2)));
  EXPECT_LT(first, stand_in_limit);

  json::value reply = json::object{{"seq", first}, {"all", json::array{second, other, 7}}};
  fill_in(reply, seen);
  EXPECT_EQ(reply, (json::value{{"seq", 2}, {"all", json::array{3, 1, 7}}}));

  const auto record = get({"p", 2});
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->at("count"), json::value(3));
  EXPECT_EQ(json::serialize(record->at("lines")), R"({"at":[2,1]})");
  const log_found log = read_log("t", 1);
  ASSERT_EQ(log.entries.size(), 2u);
  EXPECT_EQ(log.entries[0].number, 2);
  EXPECT_EQ(log.entries[0].event, "made");
  EXPECT_EQ(log.entries[0].data, R"({"seq":2,"text":"a\"b","u":1})");
  EXPECT_EQ(log.entries[1].data, "[3,{},[]]");
  EXPECT_EQ(read_log("u", 0).entries.at(0).data, "\"text\"");
}

TEST_F(engine_test, withdraws_an_event_by_number_and_name) {
  for (int i = 0; i < 2; ++i)
    commit([](batch& b) { b.append("t", "said", json::object{{"text", "secret"}}, "2026"); });
  ASSERT_EQ(commit([](batch& b) { b.make_void("t", 1, "said"); }).why.code, status::ok);
  const log_found log = read_log("t", 0);
  ASSERT_EQ(log.entries.size(), 2u);
  EXPECT_EQ(log.entries[0].number, 1);
  EXPECT_EQ(log.entries[0].event, "");
  EXPECT_EQ(log.entries[0].data, "");
  EXPECT_EQ(log.entries[1].event, "said");
  // A stand-in is no number yet.
  const commit_result early = commit([](batch& b) { b.make_void("t", b.next("t"), "said"); });
  EXPECT_EQ(early.why.code, status::invalid);
}

TEST_F(engine_test, tells_which_kind_of_condition_failed) {
  commit([](batch& b) { b.put(orders, order("p", 1)); });
  const auto failed = [&](condition_reason reason) {
    const commit_result seen = commit([&](batch& b) {
      b.put(orders, order("p", 9));
      b.require(orders, {"p", 1}, true, {}, condition_reason::batch);
      b.require(orders, {"p", 1}, true, {{"buyer", "b"}, {"code", nullptr}},
                condition_reason::batch);
      b.require(orders, {"p", 1}, false, {}, reason);
    });
    EXPECT_EQ(seen.why.code, status::conflict);
    return seen.failed;
  };
  EXPECT_EQ(failed(condition_reason::permission), condition_reason::permission);
  EXPECT_EQ(failed(condition_reason::idempotency), condition_reason::idempotency);
  EXPECT_EQ(failed(condition_reason::batch), condition_reason::batch);
  EXPECT_EQ(get({"p", 9}), std::nullopt);
  const commit_result patched = commit([](batch& b) { b.patch(orders, {"p", 5}, {{"count", 1}}); });
  EXPECT_EQ(patched.why.code, status::conflict);
  EXPECT_EQ(patched.failed, condition_reason::batch);
}

TEST_F(engine_test, patches_increments_and_erases) {
  commit([](batch& b) { b.put(orders, order("p", 1)); });
  commit([](batch& b) {
    b.patch(orders, {"p", 1}, {{"code", "c"}, {"paid", false}});
    b.increment(orders, {"p", 1}, "count", 5);
  });
  const auto record = get({"p", 1});
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->at("code"), json::value("c"));
  EXPECT_EQ(record->at("paid"), json::value(false));
  EXPECT_EQ(record->at("count"), json::value(5));
  commit([](batch& b) { b.erase(orders, {"p", 1}); });
  EXPECT_EQ(get({"p", 1}), std::nullopt);
}

TEST_F(engine_test, reads_ranges) {
  commit([](batch& b) {
    for (int i = 1; i <= 5; ++i) b.put(orders, order("p", i, i % 2 == 0 ? "even" : "odd"));
    b.put(orders, order("q", 1, "odd"));
  });
  const auto seqs = [&](const query& what) {
    const found seen = range(what);
    EXPECT_EQ(seen.why.code, status::ok) << seen.why.message;
    std::vector<std::int64_t> out;
    for (const json::object& each : seen.records) out.push_back(each.at("seq").as_int64());
    return out;
  };
  EXPECT_THAT(seqs({.prefix = {"p"}}), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(seqs({.prefix = {"p"}, .lower = 2, .upper = 4, .upper_exclusive = true}),
              ElementsAre(2, 3));
  EXPECT_THAT(seqs({.prefix = {"p"}, .lower = 3, .lower_exclusive = true, .reverse = true}),
              ElementsAre(5, 4));
  EXPECT_THAT(seqs({.index = "by_buyer", .prefix = {"odd"}}), ElementsAre(1, 3, 5, 1));
  EXPECT_THAT(seqs({.index = "by_buyer", .prefix = {"odd"}, .lower = "q"}), ElementsAre(1));
  const found cut = range({.prefix = {"p"}, .limit = 2});
  EXPECT_TRUE(cut.more);
  EXPECT_EQ(cut.records.size(), 2u);
}

TEST_F(engine_test, says_what_is_wrong_with_a_query) {
  const auto why = [&](const query& what) {
    const found seen = range(what);
    EXPECT_EQ(seen.why.code, status::invalid);
    return seen.why.message;
  };
  EXPECT_EQ(why({.index = "by_none"}), "collection shop.orders: there is no index by_none");
  EXPECT_EQ(why({.prefix = {1}}), "collection shop.orders, field place: takes a string, not int64");
  EXPECT_EQ(why({.prefix = {"p"}, .lower = "x"}),
            "collection shop.orders, field seq: takes an integer, not string");
  EXPECT_EQ(why({.prefix = {"p", 1}, .upper = 2}),
            "collection shop.orders: the query has more values than the key has fields");
  EXPECT_EQ(why({.limit = 1001}), "collection shop.orders: a limit is from 1 to 1000");
  EXPECT_EQ(why({.limit = 0}), "collection shop.orders: a limit is from 1 to 1000");
  EXPECT_EQ(read_log("t", 0, 1001).why.code, status::invalid);
}

TEST_F(engine_test, refuses_a_declaration_that_cannot_be) {
  const auto why = [&](const std::function<void(collection&)>& change) {
    collection other = suite()[0];
    other.name = "shop.other";
    change(other);
    const failure seen = wait_for<failure>([&](auto done) { engine_->widen({other}, {}, done); });
    EXPECT_EQ(seen.code, status::invalid);
    return seen.message;
  };
  EXPECT_EQ(why([](collection& c) { c.key.clear(); }), "collection shop.other: it has no key");
  EXPECT_EQ(why([](collection& c) { c.key = {"none"}; }),
            "collection shop.other: the key names the unknown field none");
  EXPECT_EQ(why([](collection& c) { c.indexes[0].columns = {"lines"}; }),
            "collection shop.other: the field lines is JSON, no part of an index");
  EXPECT_EQ(why([](collection& c) { c.columns[6].fallback = "many"; }),
            "collection shop.other: the default of the field count takes an integer, not string");
  EXPECT_EQ(why([](collection& c) { c.columns[0].fallback = 1; }),
            "collection shop.other: the field seq is part of the key and takes no default");
}

TEST_F(engine_test, trims_logs_and_keeps_heads) {
  for (const char* at : {"2026-01-01", "2026-01-02"}) {
    commit([&](batch& b) { b.append("t", "e", json::object{}, at); });
  }
  const auto trimmed = wait_for<std::pair<status, bool>>([&](auto done) {
    engine_->trim_log("2026-01-02", 100, [done](const failure& why, bool more) {
      done({why.code, more});
    });
  });
  EXPECT_EQ(trimmed, std::pair(status::ok, false));
  EXPECT_EQ(read_log("t", 0).entries.at(0).number, 2);
  const auto heads = wait_for<std::vector<std::int64_t>>([&](auto done) {
    engine_->heads({"none", "t"}, [done](failure, std::vector<std::int64_t> all) { done(all); });
  });
  EXPECT_THAT(heads, ElementsAre(0, 2));
}

TEST_F(engine_test, commits_end_in_the_order_in_which_they_were_given) {
  constexpr int count = 500;
  std::vector<std::int64_t> numbers;
  std::promise<void> all;
  on_loop([&] {
    for (int i = 0; i < count; ++i) {
      auto what = engine_->begin();
      what->append("t", "e", json::object{{"i", i}}, "2026");
      engine_->commit(std::move(what), [&](const commit_result& seen) {
        numbers.push_back(seen.first_numbers.at(0).second);
        if (numbers.size() == count) all.set_value();
      });
    }
  });
  all.get_future().wait();
  for (int i = 0; i < count; ++i) EXPECT_EQ(numbers[static_cast<std::size_t>(i)], i + 1);
}

TEST_F(engine_test, an_engine_may_go_while_the_driver_works) {
  bool called = false;
  on_loop([&] {
    for (int i = 0; i < 50; ++i) {
      auto what = engine_->begin();
      what->put(orders, order("p", i));
      engine_->commit(std::move(what), [&](const commit_result&) { called = true; });
    }
    engine_.reset();
  });
  host_.reset(); // waits for the driver
  on_loop([] {});
  EXPECT_FALSE(called);
}

TEST_F(engine_test, writes_nothing_after_close) {
  EXPECT_EQ(wait_for<failure>([&](auto done) { engine_->close(done); }).code, status::ok);
  EXPECT_EQ(commit([](batch& b) { b.put(orders, order("p", 1)); }).why.code, status::unavailable);
}

class counting_loop final : public env::loop {
 public:
  void post(env::task work) override { posted.push_back(std::move(work)); }
  env::timer_id after(std::chrono::milliseconds, env::task) override { return 0; }
  void cancel(env::timer_id) override {}
  bool in_this_thread() const override { return true; }
  std::vector<env::task> posted;
};

class note final : public letter {
 public:
  explicit note(int& count) : count_(count) {}
  void deliver() override { ++count_; }

 private:
  int& count_;
};

TEST(mailbox, posts_once_for_many) {
  counting_loop loop;
  const auto box = std::make_shared<mailbox>(loop);
  int delivered = 0;
  for (int i = 0; i < 3; ++i) box->put(std::make_unique<note>(delivered));
  ASSERT_EQ(loop.posted.size(), 1u);
  loop.posted[0]();
  EXPECT_EQ(delivered, 3);
  box->put(std::make_unique<note>(delivered));
  ASSERT_EQ(loop.posted.size(), 2u);
  box->shut();
  loop.posted[1]();
  EXPECT_EQ(delivered, 3);
}

} // namespace
} // namespace parley::storage
