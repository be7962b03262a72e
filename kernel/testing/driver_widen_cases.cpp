// What every storage driver must do with wider shapes of collections that are in use.

#include "testing/driver_suite.hpp"
#include "testing/wider_items.hpp"

namespace parley::test::storage {
namespace {

// What `widen` counts on from the suite's two.
constexpr std::uint32_t wider_items = 2;
constexpr std::int32_t by_rank = 2;

row wide_item(std::int64_t seq, value colour, value rank) {
  return {text("p"), integer(seq),      null{},         null{}, null{},
          null{},    std::move(colour), std::move(rank)};
}

const plain red = std::string("it's red");

} // namespace

DRIVER_CASE(new_columns_have_their_default_in_rows_that_were_there) {
  store().commit(batch().put(items, item("p", integer(1))));
  wider next;
  CHECK_EQ(store().widen(next.view()).error, "");
  store().commit(batch()
                     .put(wider_items, wide_item(2, null{}, integer(7)))
                     .put(wider_items, wide_item(3, text("blue"), null{})));
  const rows all = store().read(wider_items, by_key, {text("p")});
  CHECK_LIST(column(all, 6), red, red, plain("blue"));
  CHECK_LIST(column(all, 7), plain(null{}), number(7), plain(null{}));
  CHECK_LIST(column(store().read(wider_items, by_rank, {integer(7)}), 1), number(2));
}

DRIVER_CASE(an_earlier_shape_leaves_new_columns_alone) {
  wider next;
  CHECK_EQ(store().widen(next.view()).error, "");
  store().commit(batch().put(wider_items, wide_item(1, text("blue"), integer(7))));
  store().commit(batch()
                     .put(items, item("p", integer(1), text("renamed")))
                     .put(items, item("p", integer(2), text("made"))));
  const rows all = store().read(wider_items, by_key, {text("p")});
  CHECK_LIST(column(all, 2), plain("renamed"), plain("made"));
  CHECK_LIST(column(all, 6), plain("blue"), red);
  CHECK_LIST(column(all, 7), number(7), plain(null{}));
  const rows before = store().read(items, by_name, {text("made")});
  CHECK_EQ(before.all.size(), 1u);
  CHECK_EQ(before.all[0].size(), 6u);
}

DRIVER_CASE(fills_rows_and_tells_how_far_it_is) {
  constexpr std::int64_t count = 2500;
  batch many;
  for (std::int64_t i = 0; i < count; ++i) {
    many.put(items, item("p", i, null{}, i % 2 == 0 ? value(null{}) : value(i)));
  }
  CHECK_EQ(store().commit(std::move(many)).status, PARLEY_OK);
  wider next;
  std::vector<progress> told;
  CHECK_EQ(store().widen(next.fill_size(-5).view(), &told).error, "");
  const std::vector<plain> sizes =
      column(store().read(wider_items, by_key, {}, {.limit = 5000}), 3);
  CHECK_EQ(sizes.size(), static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    CHECK_EQ(sizes[static_cast<std::size_t>(i)], number(i % 2 == 0 ? -5 : i));
  }
  CHECK(!told.empty());
  for (std::size_t i = 0; i < told.size(); ++i) {
    CHECK_EQ(told[i].collection, 0u);
    CHECK_EQ(told[i].total, static_cast<std::uint64_t>(count));
    if (i != 0) CHECK(told[i].done >= told[i - 1].done);
  }
  CHECK_EQ(told.back().done, static_cast<std::uint64_t>(count));
}

DRIVER_CASE_AGAIN(a_null_becomes_the_default_whichever_shape_writes_it) {
  store().commit(batch().put(items, item("p", integer(1))).put(items, item("p", integer(2))));
  wider next;
  auto widened = store().begin_to_widen(next.fill_size(5).view());
  const row one = {text("p"), integer(1)}, two = {text("p"), integer(2)};
  store().commit(batch()
                     .put(items, item("p", integer(3)))
                     .increment(items, one, 3, 1)
                     .patch(items, two, {3}, {null{}}));
  CHECK_EQ(store().await(std::move(widened)).error, "");
  CHECK_LIST(column(store().read(wider_items, by_key, {}), 3), number(6), number(5), number(5));
  CHECK_EQ(store().commit(batch().equal(wider_items, two, {3}, {integer(5)})).status, PARLEY_OK);
  reopen(); // with the shape that has no default: what was filled is in the store
  CHECK_LIST(column(store().read(items, by_key, {}), 3), number(6), number(5), number(5));
}

DRIVER_CASE(a_refused_shape_changes_nothing) {
  for (std::int64_t i = 1; i <= 2; ++i) {
    store().commit(batch().put(items, {text("p"), i, null{}, null{}, 0.5, null{}}));
  }
  wider wrong;
  const rows refused = store().widen(wrong.fill_size(5).unique_weight().view());
  CHECK(refused.status != PARLEY_OK);
  CHECK(refused.error.find("test.items") != std::string::npos);
  CHECK(refused.error.find("by_weight") != std::string::npos);
  store().commit(batch().put(items, item("p", integer(3))));
  CHECK_LIST(column(store().read(items, by_key, {}), 3), plain(null{}), plain(null{}),
             plain(null{}));
  wider right;
  CHECK_EQ(store().widen(right.view()).error, "");
  CHECK_LIST(column(store().read(wider_items, by_key, {}), 6), red, red, red);
}

DRIVER_CASE(a_new_table_is_counted_on) {
  static const parley_column columns[] = {{str("id"), PARLEY_COLUMN_TEXT, 0},
                                          {str("at"), PARLEY_COLUMN_INTEGER, 0}};
  CHECK_EQ(store()
               .widen({{sizeof(parley_collection), 0, str("test.new"), columns, 2, 1, nullptr, 0, 0,
                        nullptr, nullptr, nullptr, 0, 0}})
               .error,
           "");
  store().commit(batch().put(2, {text("a"), integer(1)}).put(tags, {text("t")}));
  CHECK_LIST(column(store().read(2, by_key, {}), 0), plain("a"));
  CHECK_LIST(column(store().read(tags, by_key, {}), 0), plain("t"));
}

void wider_cases() {}

} // namespace parley::test::storage
