#include "storage/batch.hpp"

#include "storage/engine_fixture.hpp"

namespace parley::storage {
namespace json = boost::json;
namespace {

const std::string orders = "shop.orders";

class batch_test : public engine_fixture {
 protected:
  void open(const limits& bounds) {
    stop();
    bounds_ = bounds;
    start();
    const collection declared{orders,
                              1,
                              {"place", "seq"},
                              {{"place", column_type::text, true},
                               {"seq", column_type::integer, true},
                               {"buyer", column_type::text, true},
                               {"code", column_type::text},
                               {"count", column_type::integer},
                               {"lines", column_type::json}},
                              {}};
    const failure why = wait_for<failure>([&](auto done) { engine_->open({declared}, done); });
    ASSERT_EQ(why.code, status::ok) << why.message;
  }
  // What is said of one step of a batch that is then left.
  std::string complaint(const std::function<failure(batch&)>& step) {
    std::string out;
    on_loop([&] { out = step(*engine_->begin()).message; });
    return out;
  }
  static json::object order(std::string_view place, std::int64_t seq) {
    return {{"place", place}, {"seq", seq}, {"buyer", "b"}};
  }
};

// Whoever may not write is told that, and not that something else was in the way.
TEST_F(batch_test, a_permission_fails_before_everything_else) {
  open({});
  const auto failed = [&](std::initializer_list<condition_reason> reasons) {
    const commit_result seen = commit([&](batch& b) {
      b.put(orders, order("p", 1));
      for (const condition_reason each : reasons) b.require(orders, {"none", 1}, true, {}, each);
      b.patch(orders, {"none", 1}, {{"count", 1}});
    });
    EXPECT_EQ(seen.why.code, status::conflict);
    return seen.failed;
  };
  using enum condition_reason;
  EXPECT_EQ(failed({batch, idempotency, permission}), permission);
  EXPECT_EQ(failed({batch, idempotency}), idempotency);
  EXPECT_EQ(failed({batch}), batch);
}

TEST_F(batch_test, refuses_what_is_over_a_limit) {
  open({}); // what the kernel notes of a collection is larger
  open({3, 100, 4});
  const json::object small = order("p", 1);
  EXPECT_EQ(complaint([&](batch& b) {
              for (int i = 0; i < 3; ++i) b.put(orders, small);
              return b.erase(orders, {"p", 1});
            }),
            "a batch has at most 3 operations (limits.batch_operations); write the rest in another "
            "one");
  json::object large = small;
  large["code"] = std::string(76, 'x');
  EXPECT_EQ(complaint([&](batch& b) { return b.put(orders, large); }),
            "a record or an event has at most 100 bytes (limits.record_bytes), and this one has "
            "102");
  large["code"] = std::string(74, 'x');
  EXPECT_EQ(commit([&](batch& b) { b.put(orders, large); }).why.message, "");
  const auto nested = [](int levels) {
    json::value out = 1;
    for (int i = 0; i < levels; ++i) out = json::array{std::move(out)};
    return json::object{{"lines", std::move(out)}};
  };
  EXPECT_EQ(complaint([&](batch& b) {
              return b.patch(orders, {"p", 1}, nested(5));
            }),
            "collection shop.orders, field lines: is nested deeper than 4 levels "
            "(limits.value_depth)");
  EXPECT_EQ(complaint([&](batch& b) { return b.append("t", "e", nested(4), "2026"); }),
            "event e: is nested deeper than 4 levels (limits.value_depth)");
  EXPECT_EQ(commit([&](batch& b) { b.patch(orders, {"p", 1}, nested(4)); }).why.message, "");
}

} // namespace
} // namespace parley::storage
