// Reading ranges of keys and indexes.

#include "testing/driver_suite.hpp"

namespace parley::test::storage {

namespace {

// p 1 to 5, in no order.
batch five() {
  batch out;
  for (const std::int64_t seq : {3, 1, 5, 2, 4})
    out.put(items, {text("p"), seq, null{}, null{}, null{}, null{}});
  return out;
}

batch sized(std::initializer_list<value> sizes) {
  batch out;
  std::int64_t seq = 0;
  for (const value& each : sizes) out.put(items, {text("p"), ++seq, null{}, each, null{}, null{}});
  return out;
}

} // namespace

DRIVER_CASE(a_table_without_rows_is_empty) {
  const rows none = store().read(items, by_key, {});
  CHECK_EQ(none.status, PARLEY_OK);
  CHECK(none.all.empty());
  CHECK(!none.more);
}

DRIVER_CASE(a_prefix_that_no_row_has_finds_nothing) {
  store().commit(five());
  CHECK(store().read(items, by_key, {text("q")}).all.empty());
}

DRIVER_CASE(a_prefix_is_a_whole_value_and_no_beginning) {
  store().commit(batch().put(items, item("pq", integer(1))).put(items, item("p", integer(2))));
  CHECK_LIST(of_p(1), number(2));
}

DRIVER_CASE(a_whole_key_finds_one_row) {
  store().commit(five());
  CHECK_LIST(column(store().read(items, by_key, {text("p"), integer(4)}), 1), number(4));
}

DRIVER_CASE(rows_come_with_every_column) {
  store().commit(five());
  CHECK_EQ(store().read(items, by_key, {}).all.at(0).size(), 6u);
  CHECK_EQ(store().read(items, by_size, {text("p")}).all.at(0).size(), 6u);
}

DRIVER_CASE(bounds_that_are_equal_find_one_row) {
  store().commit(five());
  const bounds one{.lower = integer(3), .upper = integer(3)};
  CHECK_LIST(column(store().read(items, by_key, {text("p")}, one), 1), number(3));
}

DRIVER_CASE(equal_bounds_without_themselves_find_nothing) {
  store().commit(five());
  for (const bool lower : {true, false}) {
    const bounds none{.lower = integer(3),
                      .upper = integer(3),
                      .lower_exclusive = lower,
                      .upper_exclusive = !lower};
    CHECK(store().read(items, by_key, {text("p")}, none).all.empty());
  }
}

DRIVER_CASE(bounds_need_not_be_values_of_rows) {
  store().commit(batch().put(items, item("p", integer(10))).put(items, item("p", integer(20))));
  const bounds between{.lower = integer(5), .upper = integer(15)};
  CHECK_LIST(column(store().read(items, by_key, {text("p")}, between), 1), number(10));
}

DRIVER_CASE(bounds_beyond_all_rows_find_nothing) {
  store().commit(five());
  CHECK(store().read(items, by_key, {text("p")}, {.lower = integer(6)}).all.empty());
  CHECK(store().read(items, by_key, {text("p")}, {.upper = integer(0)}).all.empty());
}

DRIVER_CASE(bounds_do_not_leave_the_prefix) {
  store().commit(five());
  store().commit(batch().put(items, item("o", integer(9))).put(items, item("q", integer(9))));
  CHECK_LIST(column(store().read(items, by_key, {text("p")}, {.lower = integer(4)}), 1), number(4),
             number(5));
}

DRIVER_CASE(exclusive_bounds_hold_backwards) {
  store().commit(five());
  const bounds inner{.lower = integer(1),
                     .upper = integer(5),
                     .lower_exclusive = true,
                     .upper_exclusive = true,
                     .reverse = true};
  CHECK_LIST(column(store().read(items, by_key, {text("p")}, inner), 1), number(4), number(3),
             number(2));
}

DRIVER_CASE(a_bound_on_the_first_column_takes_all_below_it) {
  store().commit(batch()
                     .put(items, item("a", integer(2)))
                     .put(items, item("b", integer(1)))
                     .put(items, item("b", integer(3)))
                     .put(items, item("c", integer(1))));
  const bounds middle{.lower = text("b"), .upper = text("b")};
  CHECK_LIST(column(store().read(items, by_key, {}, middle), 1), number(1), number(3));
}

DRIVER_CASE(a_limit_backwards_takes_the_last_ones) {
  store().commit(five());
  const rows two = store().read(items, by_key, {text("p")}, {.reverse = true, .limit = 2});
  CHECK_LIST(column(two, 1), number(5), number(4));
  CHECK(two.more);
}

DRIVER_CASE(a_limit_of_just_as_many_leaves_no_more) {
  store().commit(five());
  CHECK(!store().read(items, by_key, {text("p")}, {.limit = 5}).more);
  CHECK(store().read(items, by_key, {text("p")}, {.limit = 4}).more);
}

DRIVER_CASE(more_is_said_of_the_range_and_not_of_the_table) {
  store().commit(five());
  const bounds first{.upper = integer(2), .limit = 2};
  CHECK(!store().read(items, by_key, {text("p")}, first).more);
}

DRIVER_CASE(pages_forwards_meet_every_row_once) {
  batch many;
  for (std::int64_t i = 0; i < 23; ++i) many.put(items, item("p", i));
  store().commit(std::move(many));
  std::vector<plain> seen;
  bounds page{.limit = 5};
  for (bool more = true; more;) {
    const rows part = store().read(items, by_key, {text("p")}, page);
    for (const plain& each : column(part, 1)) seen.push_back(each);
    more = part.more;
    page.lower = std::get<std::int64_t>(seen.back());
    page.lower_exclusive = true;
  }
  CHECK_EQ(seen.size(), 23u);
  for (std::int64_t i = 0; i < 23; ++i) CHECK_EQ(seen[static_cast<std::size_t>(i)], number(i));
}

DRIVER_CASE(pages_backwards_meet_every_row_once) {
  batch many;
  for (std::int64_t i = 0; i < 23; ++i) many.put(items, item("p", i));
  store().commit(std::move(many));
  std::vector<plain> seen;
  bounds page{.reverse = true, .limit = 5};
  for (bool more = true; more;) {
    const rows part = store().read(items, by_key, {text("p")}, page);
    for (const plain& each : column(part, 1)) seen.push_back(each);
    more = part.more;
    page.upper = std::get<std::int64_t>(seen.back());
    page.upper_exclusive = true;
  }
  CHECK_EQ(seen.size(), 23u);
  for (std::int64_t i = 0; i < 23; ++i) CHECK_EQ(seen[static_cast<std::size_t>(i)], number(22 - i));
}

DRIVER_CASE(thousands_of_rows_come_at_once_in_order) {
  batch many;
  for (std::int64_t i = 2999; i >= 0; --i) many.put(items, item("p", i));
  CHECK_EQ(status(std::move(many)), PARLEY_OK);
  const std::vector<plain> all =
      column(store().read(items, by_key, {text("p")}, {.limit = 5000}), 1);
  CHECK_EQ(all.size(), 3000u);
  for (std::int64_t i = 0; i < 3000; ++i) CHECK_EQ(all[static_cast<std::size_t>(i)], number(i));
}

DRIVER_CASE(an_index_has_bounds_on_both_sides) {
  store().commit(sized({integer(1), integer(4), integer(2), integer(3)}));
  const bounds middle{.lower = integer(1), .upper = integer(4), .lower_exclusive = true};
  CHECK_LIST(column(store().read(items, by_size, {text("p")}, middle), 3), number(2), number(3),
             number(4));
}

DRIVER_CASE(an_index_orders_integers_as_integers) {
  store().commit(sized({integer(10), integer(9), integer(-10), integer(-9), integer(0)}));
  CHECK_LIST(column(store().read(items, by_size, {text("p")}), 3), number(-10), number(-9),
             number(0), number(9), number(10));
}

DRIVER_CASE(nulls_come_first_in_an_index) {
  store().commit(sized({integer(-5), null{}, integer(5), null{}}));
  CHECK_LIST(column(store().read(items, by_size, {text("p")}), 1), number(2), number(4), number(1),
             number(3));
}

DRIVER_CASE(nulls_come_last_in_an_index_backwards) {
  store().commit(sized({integer(-5), null{}, integer(5), null{}}));
  CHECK_LIST(column(store().read(items, by_size, {text("p")}, {.reverse = true}), 1), number(3),
             number(1), number(4), number(2));
}

DRIVER_CASE(a_null_is_within_no_bounds) {
  store().commit(sized({integer(-5), null{}, integer(5)}));
  CHECK_LIST(column(store().read(items, by_size, {text("p")}, {.upper = integer(5)}), 1), number(1),
             number(3));
  CHECK_LIST(column(store().read(items, by_size, {text("p")}, {.lower = integer(-5)}), 1),
             number(1), number(3));
}

DRIVER_CASE(a_unique_index_lists_all_its_nulls) {
  store().commit(five());
  CHECK_EQ(store().read(items, by_name, {null{}}).all.size(), 5u);
}

DRIVER_CASE(a_unique_index_is_read_in_its_order) {
  store().commit(batch()
                     .put(items, item("p", integer(1), text("c")))
                     .put(items, item("q", integer(2), text("a")))
                     .put(items, item("p", integer(3), text("b"))));
  CHECK_LIST(column(store().read(items, by_name, {}), 2), plain("a"), plain("b"), plain("c"));
  CHECK_LIST(column(store().read(items, by_name, {}, {.lower = text("b")}), 2), plain("b"),
             plain("c"));
}

DRIVER_CASE(a_limit_holds_for_an_index) {
  store().commit(sized({integer(3), integer(2), integer(1)}));
  const rows two = store().read(items, by_size, {text("p")}, {.limit = 2});
  CHECK_LIST(column(two, 3), number(1), number(2));
  CHECK(two.more);
}

DRIVER_CASE(an_unknown_index_is_refused) {
  CHECK_EQ(store().read(items, 7, {}).status, PARLEY_E_INVALID);
}

DRIVER_CASE(an_unknown_collection_is_refused) {
  CHECK_EQ(store().read(9, by_key, {}).status, PARLEY_E_INVALID);
  CHECK_EQ(status(batch().put(9, {text("a")})), PARLEY_E_INVALID);
  CHECK_EQ(status(batch().put(tags, {text("a")})), PARLEY_OK);
}

DRIVER_CASE(a_prefix_longer_than_its_key_is_refused) {
  CHECK_EQ(store().read(tags, by_key, {text("a"), text("b")}).status, PARLEY_E_INVALID);
}

DRIVER_CASE(a_bound_behind_a_whole_key_is_refused) {
  CHECK_EQ(store().read(tags, by_key, {text("a")}, {.lower = text("b")}).status, PARLEY_E_INVALID);
}

void range_cases() {}

} // namespace parley::test::storage
