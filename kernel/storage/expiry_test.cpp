// What has had its time, through the engine over a driver.

#include "storage/expiry.hpp"

#include "env/virtual.hpp"
#include "storage/engine_fixture.hpp"

#include <gmock/gmock.h>

namespace parley::storage {
namespace json = boost::json;
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string invitations = "club.invitations";

collection declared() {
  collection out{invitations,
                 1,
                 {"club", "id"},
                 {{"club", column_type::text, true},
                  {"id", column_type::integer, true},
                  {"until", column_type::text}},
                 {}};
  out.expires = "until";
  index_expiry(out);
  return out;
}

class expiry_test : public engine_fixture {
 protected:
  void SetUp() override {
    engine_fixture::SetUp();
    open(declared());
  }
  void TearDown() override {
    on_loop([&] { sweeper_.reset(); });
    engine_fixture::TearDown();
  }
  void open(const collection& what) {
    const failure seen = wait_for<failure>([&](auto done) { engine_->open({what}, done); });
    ASSERT_EQ(seen.message, "");
    watch(what);
  }
  void watch(const collection& what) {
    on_loop([&] {
      sweeper_ = std::make_unique<expiry>(*engine_, *loop_, clock_, with_);
      sweeper_->watch({what});
    });
  }
  // `in_ms`: from now on; none: it stays.
  void put(std::int64_t id, std::optional<std::int64_t> in_ms, std::string_view club = "c") {
    json::object record{{"club", club}, {"id", id}};
    if (in_ms) record["until"] = env::rfc3339(clock_.unix_ms() + *in_ms);
    ASSERT_EQ(commit([&](batch& b) { b.put(invitations, record); }).why.message, "");
  }
  void sweep() {
    wait_for<bool>([&](auto done) { sweeper_->sweep([done] { done(true); }); });
  }
  std::vector<std::int64_t> left() {
    return wait_for<std::vector<std::int64_t>>([&](auto done) {
      query all;
      all.limit = 1000;
      engine_->range(invitations, all, {},
                     [done](const failure&, const std::vector<json::object>& records, bool) {
                       std::vector<std::int64_t> ids;
                       for (const json::object& each : records)
                         ids.push_back(each.at("id").as_int64());
                       done(ids);
                     });
    });
  }

  env::virtual_clock clock_;
  expiry::settings with_;
  std::unique_ptr<expiry> sweeper_;
};

TEST_F(expiry_test, what_is_due_goes_and_nothing_else) {
  put(1, -1);
  put(2, 0);
  put(3, 1);
  put(4, std::nullopt);
  sweep();
  EXPECT_THAT(left(), ElementsAre(3, 4));
  clock_.advance(std::chrono::milliseconds(1));
  sweep();
  EXPECT_THAT(left(), ElementsAre(4));
}

TEST_F(expiry_test, an_index_that_begins_with_the_field_is_enough) {
  collection own = declared();
  own.name = "club.other";
  own.indexes = {{"by_time", {"until", "id"}, false}};
  index_expiry(own);
  EXPECT_EQ(own.indexes.size(), 1u);
  own.indexes = {{"by_id", {"id", "until"}, false}};
  index_expiry(own);
  ASSERT_EQ(own.indexes.size(), 2u);
  EXPECT_EQ(own.indexes[1].name, "parley_expiry_until");
  EXPECT_THAT(own.indexes[1].columns, ElementsAre("until"));
}

TEST_F(expiry_test, what_is_stored_already_goes_when_a_new_version_says_so) {
  collection before = declared(), now = declared();
  before.name = now.name = "club.visits";
  before.expires.clear();
  before.indexes.clear();
  now.version = 2;
  EXPECT_EQ(wait_for<failure>([&](auto done) { engine_->widen({before}, {}, done); }).message, "");
  const json::object record{{"club", "c"}, {"id", 1}, {"until", env::rfc3339(clock_.unix_ms())}};
  EXPECT_EQ(commit([&](batch& b) { b.put(before.name, record); }).why.message, "");
  EXPECT_EQ(wait_for<failure>([&](auto done) { engine_->widen({now}, {}, done); }).message, "");
  watch(before); // nothing to do
  sweep();
  const auto is_there = [&] {
    return wait_for<bool>([&](auto done) {
      engine_->get(now.name, {"c", 1}, {},
                   [done](const failure&, const auto& found) { done(found.has_value()); });
    });
  };
  EXPECT_TRUE(is_there());
  watch(now);
  sweep();
  EXPECT_FALSE(is_there());
}

TEST_F(expiry_test, it_goes_by_itself_from_then_on) {
  with_.every_ms = 1;
  watch(declared());
  put(1, 0);
  put(2, 3'600'000);
  on_loop([&] { sweeper_->begin(); });
  while (left().size() > 1) continue; // the suite's own deadline ends it
  clock_.advance(std::chrono::hours(1));
  while (!left().empty()) continue;
}

TEST_F(expiry_test, old_entries_of_logs_go_as_well) {
  with_.log_ms = 1000;
  with_.batch = 2;
  watch(declared());
  for (int i = 0; i < 5; ++i) {
    commit([&](batch& b) { b.append("t", "e", i, env::rfc3339(clock_.unix_ms() - 1001)); });
  }
  commit([&](batch& b) { b.append("t", "e", 5, env::rfc3339(clock_.unix_ms() - 1000)); });
  sweep();
  const auto numbers = wait_for<std::vector<std::int64_t>>([&](auto done) {
    engine_->read_log("t", 0, 100, [done](const failure&, const std::vector<log_entry>& all, bool) {
      std::vector<std::int64_t> out;
      for (const log_entry& each : all) out.push_back(each.number);
      done(out);
    });
  });
  EXPECT_THAT(numbers, ElementsAre(6));
}

// A driver before whose next commit something else is committed.
struct watched_driver {
  explicit watched_driver(const parley_storage_driver& of) : driver(of) {
    real = &of;
    most_operations = 0;
    driver.commit = [](void* self, const parley_driver_batch* batch, parley_driver_committed done,
                       void* user) {
      if (before) std::exchange(before, nullptr)();
      most_operations = std::max(most_operations, batch->op_count);
      real->commit(self, batch, done, user);
    };
  }
  parley_storage_driver driver;
  inline static const parley_storage_driver* real = nullptr;
  inline static std::function<void()> before;
  inline static std::uint32_t most_operations = 0;
};

class expiry_beside_others : public expiry_test {
 protected:
  void SetUp() override {
    expiry_test::SetUp();
    on_loop([&] { sweeper_.reset(); });
    wait_for<failure>([&](auto done) { engine_->close(done); });
    between_ = std::make_unique<watched_driver>(host_->driver());
    on_loop([&] { engine_ = make_engine(*loop_, between_->driver); });
    open(declared());
  }
  std::unique_ptr<watched_driver> between_;
};

TEST_F(expiry_beside_others, all_of_it_goes_in_batches_that_are_bounded) {
  for (std::int64_t id = 1; id <= 10; ++id) put(id, 0, id % 2 == 0 ? "a" : "b");
  put(11, 1000);
  with_.batch = 3;
  watch(declared());
  watched_driver::most_operations = 0;
  sweep();
  EXPECT_THAT(left(), ElementsAre(11));
  EXPECT_EQ(watched_driver::most_operations, 6u) << "each with its condition";
}

TEST_F(expiry_beside_others, a_record_that_was_given_more_time_stays) {
  put(1, 0);
  put(2, 0);
  watched_driver::before = [&] {
    auto longer = engine_->begin();
    longer->patch(invitations, {"c", 1}, {{"until", env::rfc3339(clock_.unix_ms() + 5000)}});
    engine_->commit(std::move(longer), [](const commit_result&) {});
  };
  sweep();
  EXPECT_THAT(left(), ElementsAre(1));
}

TEST_F(expiry_beside_others, what_another_node_has_erased_is_no_obstacle) {
  for (std::int64_t id = 1; id <= 4; ++id) put(id, 0);
  watched_driver::before = [&] {
    auto erased = engine_->begin();
    erased->erase(invitations, {"c", 2});
    engine_->commit(std::move(erased), [](const commit_result&) {});
  };
  sweep();
  EXPECT_THAT(left(), IsEmpty());
}

} // namespace
} // namespace parley::storage
