// put, patch, increment and erase, and what they do to indexes.

#include "testing/driver_suite.hpp"

#include <limits>

namespace parley::test::storage {

namespace {

const row one = {text("p"), integer(1)}, two = {text("p"), integer(2)};

} // namespace

DRIVER_CASE(the_same_row_may_be_put_again) {
  for (int i = 0; i < 2; ++i)
    CHECK_EQ(status(batch().put(items, item("p", integer(1), text("n"), integer(3)))), PARLEY_OK);
  CHECK_LIST(of_p(3), number(3));
}

DRIVER_CASE(the_last_put_of_a_batch_holds) {
  store().commit(batch()
                     .put(items, item("p", integer(1), text("first")))
                     .put(items, item("p", integer(1), text("second"))));
  CHECK_LIST(of_p(2), plain("second"));
  CHECK(store().read(items, by_name, {text("first")}).all.empty());
}

DRIVER_CASE(a_put_touches_no_other_row) {
  store().commit(
      batch().put(items, item("p", integer(1), text("a"))).put(items, item("p", integer(2))));
  store().commit(batch().put(items, item("p", integer(2), text("b"))));
  CHECK_LIST(of_p(2), plain("a"), plain("b"));
}

DRIVER_CASE(a_row_erased_and_put_in_a_batch_is_there) {
  store().commit(batch().put(tags, {text("a")}));
  store().commit(batch().erase(tags, {text("a")}).put(tags, {text("a")}));
  CHECK_EQ(store().read(tags, by_key, {}).all.size(), 1u);
}

DRIVER_CASE(a_row_put_and_erased_in_a_batch_is_gone) {
  store().commit(batch().put(tags, {text("a")}).erase(tags, {text("a")}));
  CHECK(store().read(tags, by_key, {}).all.empty());
}

DRIVER_CASE(a_put_moves_its_row_in_every_index) {
  store().commit(batch().put(items, item("p", integer(1), text("old"), integer(1))));
  store().commit(batch().put(items, item("p", integer(1), text("new"), integer(2))));
  CHECK(store().read(items, by_name, {text("old")}).all.empty());
  CHECK(store().read(items, by_size, {text("p"), integer(1)}).all.empty());
  CHECK_LIST(column(store().read(items, by_name, {text("new")}), 1), number(1));
  CHECK_LIST(column(store().read(items, by_size, {text("p"), integer(2)}), 1), number(1));
}

DRIVER_CASE(a_row_keeps_its_own_unique_name) {
  store().commit(batch().put(items, item("p", integer(1), text("n"), integer(1))));
  CHECK_EQ(status(batch().put(items, item("p", integer(1), text("n"), integer(2)))), PARLEY_OK);
  CHECK_LIST(of_p(3), number(2));
}

DRIVER_CASE(a_unique_name_freed_by_an_erase_may_be_taken_in_the_batch) {
  store().commit(batch().put(items, item("p", integer(1), text("n"))));
  CHECK_EQ(status(batch().erase(items, one).put(items, item("p", integer(2), text("n")))),
           PARLEY_OK);
  CHECK_LIST(column(store().read(items, by_name, {text("n")}), 1), number(2));
}

DRIVER_CASE(a_unique_name_freed_by_a_patch_may_be_taken_in_the_batch) {
  store().commit(batch().put(items, item("p", integer(1), text("n"))));
  CHECK_EQ(
      status(batch().patch(items, one, {2}, {null{}}).put(items, item("p", integer(2), text("n")))),
      PARLEY_OK);
  CHECK_LIST(of_p(2), plain(null{}), plain("n"));
}

DRIVER_CASE(a_unique_name_freed_before_may_be_taken) {
  store().commit(batch().put(items, item("p", integer(1), text("n"))));
  store().commit(batch().erase(items, one));
  CHECK_EQ(status(batch().put(items, item("q", integer(1), text("n")))), PARLEY_OK);
}

DRIVER_CASE(unique_names_differ_by_case) {
  CHECK_EQ(status(batch()
                      .put(items, item("p", integer(1), text("n")))
                      .put(items, item("p", integer(2), text("N")))),
           PARLEY_OK);
}

DRIVER_CASE(two_rows_of_a_batch_cannot_share_a_unique_name) {
  const committed seen = store().commit(batch()
                                            .put(items, item("p", integer(1), text("n")))
                                            .put(items, item("q", integer(2), text("n"))));
  CHECK_EQ(seen.status, PARLEY_E_CONFLICT);
  CHECK_EQ(seen.failed_op, 1u);
  CHECK(store().read(items, by_key, {}).all.empty());
}

DRIVER_CASE(a_patch_into_a_taken_unique_name_is_a_conflict) {
  store().commit(batch()
                     .put(items, item("p", integer(1), text("n")))
                     .put(items, item("p", integer(2), text("m"))));
  CHECK_EQ(status(batch().patch(items, two, {2}, {text("n")})), PARLEY_E_CONFLICT);
  CHECK_LIST(of_p(2), plain("n"), plain("m"));
}

DRIVER_CASE(of_batches_that_want_one_name_the_first_gets_it) {
  std::vector<std::future<committed>> all;
  for (std::int64_t i = 1; i <= 10; ++i) {
    auto each = std::make_shared<batch>();
    each->put(items, item("p", i, text("n")));
    all.push_back(store().submit(std::move(each)));
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    CHECK_EQ(store().await(std::move(all[i])).status, i == 0 ? PARLEY_OK : PARLEY_E_CONFLICT);
  CHECK_LIST(of_p(1), number(1));
}

DRIVER_CASE(a_patch_leaves_other_columns_alone) {
  store().commit(
      batch().put(items, {text("p"), integer(1), text("n"), integer(2), 0.5, text("{}")}));
  CHECK_EQ(status(batch().patch(items, one, {3}, {integer(9)})), PARLEY_OK);
  CHECK_LIST(store().read(items, by_key, one).all,
             plain_row{plain("p"), number(1), plain("n"), number(9), 0.5, plain("{}")});
}

DRIVER_CASE(a_patch_sets_null) {
  store().commit(batch().put(items, item("p", integer(1), text("n"), integer(2))));
  CHECK_EQ(status(batch().patch(items, one, {2, 3}, {null{}, null{}})), PARLEY_OK);
  CHECK_LIST(of_p(2), plain(null{}));
  CHECK_LIST(of_p(3), plain(null{}));
}

DRIVER_CASE(a_patch_moves_its_row_in_an_index) {
  store().commit(batch().put(items, item("p", integer(1), null{}, integer(1))));
  store().commit(batch().patch(items, one, {3}, {integer(2)}));
  CHECK(store().read(items, by_size, {text("p"), integer(1)}).all.empty());
  CHECK_LIST(column(store().read(items, by_size, {text("p"), integer(2)}), 1), number(1));
}

DRIVER_CASE(a_patch_sees_what_its_batch_put) {
  CHECK_EQ(status(batch()
                      .put(items, item("p", integer(1), text("n")))
                      .patch(items, one, {3}, {integer(4)})),
           PARLEY_OK);
  CHECK_LIST(of_p(3), number(4));
  CHECK_LIST(of_p(2), plain("n"));
}

DRIVER_CASE(a_patch_of_what_its_batch_erased_is_a_conflict) {
  store().commit(batch().put(items, item("p", integer(1), text("n"))));
  const committed seen =
      store().commit(batch().erase(items, one).patch(items, one, {3}, {integer(4)}));
  CHECK_EQ(seen.status, PARLEY_E_CONFLICT);
  CHECK_EQ(seen.failed_op, 1u);
  CHECK_LIST(of_p(2), plain("n"));
}

DRIVER_CASE(patches_of_a_batch_add_up) {
  store().commit(batch().put(items, item("p", integer(1))));
  store().commit(batch()
                     .patch(items, one, {2}, {text("a")})
                     .patch(items, one, {3}, {integer(1)})
                     .patch(items, one, {2}, {text("b")}));
  CHECK_LIST(of_p(2), plain("b"));
  CHECK_LIST(of_p(3), number(1));
}

DRIVER_CASE(a_patch_of_an_unknown_column_is_refused) {
  store().commit(batch().put(items, item("p", integer(1))));
  CHECK_EQ(status(batch().patch(items, one, {17}, {integer(1)})), PARLEY_E_INVALID);
}

DRIVER_CASE(an_increment_by_nothing_changes_nothing) {
  store().commit(batch().put(items, item("p", integer(1), null{}, integer(5))));
  CHECK_EQ(status(batch().increment(items, one, 3, 0)), PARLEY_OK);
  CHECK_LIST(of_p(3), number(5));
}

DRIVER_CASE(increments_of_a_batch_add_up) {
  store().commit(batch().put(items, item("p", integer(1), null{}, integer(5))));
  store().commit(batch()
                     .increment(items, one, 3, 2)
                     .increment(items, one, 3, -10)
                     .increment(items, one, 3, 4));
  CHECK_LIST(of_p(3), number(1));
}

DRIVER_CASE(increments_of_many_batches_add_up) {
  store().commit(batch().put(items, item("p", integer(1), null{}, integer(0))));
  std::vector<std::future<committed>> all;
  for (std::int64_t i = 1; i <= 100; ++i) {
    auto each = std::make_shared<batch>();
    each->increment(items, one, 3, i);
    all.push_back(store().submit(std::move(each)));
  }
  for (auto& each : all) CHECK_EQ(store().await(std::move(each)).status, PARLEY_OK);
  CHECK_LIST(of_p(3), number(5050));
}

DRIVER_CASE(an_increment_of_a_null_begins_at_zero) {
  store().commit(batch().put(items, item("p", integer(1))));
  store().commit(batch().increment(items, one, 3, -2));
  CHECK_LIST(of_p(3), number(-2));
}

DRIVER_CASE(an_increment_sees_what_its_batch_put) {
  store().commit(batch().put(items, item("p", integer(1), null{}, integer(50))));
  store().commit(
      batch().put(items, item("p", integer(1), null{}, integer(5))).increment(items, one, 3, 1));
  CHECK_LIST(of_p(3), number(6));
}

DRIVER_CASE(an_increment_moves_its_row_in_an_index) {
  store().commit(batch()
                     .put(items, item("p", integer(1), null{}, integer(1)))
                     .put(items, item("p", integer(2), null{}, integer(2))));
  store().commit(batch().increment(items, one, 3, 5));
  CHECK_LIST(column(store().read(items, by_size, {text("p")}), 1), number(2), number(1));
}

DRIVER_CASE(an_increment_reaches_the_greatest_integer_and_not_beyond) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  store().commit(batch().put(items, item("p", integer(1), null{}, most - 1)));
  CHECK_EQ(status(batch().increment(items, one, 3, 1)), PARLEY_OK);
  CHECK_EQ(status(batch().increment(items, one, 3, 1)), PARLEY_E_INVALID);
  CHECK_LIST(of_p(3), number(most));
}

DRIVER_CASE(what_is_gone_may_be_erased_again) {
  store().commit(batch().put(tags, {text("a")}));
  CHECK_EQ(status(batch().erase(tags, {text("a")}).erase(tags, {text("a")})), PARLEY_OK);
  CHECK_EQ(status(batch().erase(tags, {text("a")})), PARLEY_OK);
}

DRIVER_CASE(an_erased_row_is_in_no_index) {
  store().commit(batch().put(items, item("p", integer(1), text("n"), integer(2))));
  store().commit(batch().erase(items, one));
  CHECK(store().read(items, by_name, {text("n")}).all.empty());
  CHECK(store().read(items, by_size, {text("p")}).all.empty());
  CHECK(store().read(items, by_key, {}).all.empty());
}

DRIVER_CASE(an_erased_row_comes_back_without_its_old_fields) {
  store().commit(
      batch().put(items, {text("p"), integer(1), text("n"), integer(2), 0.5, text("{}")}));
  store().commit(batch().erase(items, one));
  store().commit(batch().put(items, item("p", integer(1))));
  CHECK_LIST(store().read(items, by_key, one).all,
             plain_row{plain("p"), number(1), null{}, null{}, null{}, null{}});
}

DRIVER_CASE(an_erase_takes_no_neighbours) {
  for (std::int64_t i = 1; i <= 3; ++i) store().commit(batch().put(items, item("p", i)));
  store().commit(batch().put(items, item("q", integer(2))).erase(items, two));
  CHECK_LIST(of_p(1), number(1), number(3));
  CHECK_EQ(store().read(items, by_key, {text("q")}).all.size(), 1u);
}

void change_cases() {}

} // namespace parley::test::storage
