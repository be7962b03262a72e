// Conditions of batches.

#include "testing/driver_suite.hpp"

namespace parley::test::storage {

namespace {

const row one = {text("p"), integer(1)}, two = {text("p"), integer(2)};

} // namespace

DRIVER_CASE(several_conditions_must_all_hold) {
  store().commit(batch().put(items, item("p", integer(1))));
  CHECK_EQ(status(batch().exists(items, one).absent(items, two).put(tags, {text("a")})), PARLEY_OK);
  CHECK_EQ(status(batch().exists(items, one).exists(items, two).put(tags, {text("b")})),
           PARLEY_E_CONFLICT);
  CHECK_LIST(column(store().read(tags, by_key, {}), 0), plain("a"));
}

DRIVER_CASE(the_first_condition_that_fails_is_named) {
  const committed seen = store().commit(
      batch().absent(items, one).put(tags, {text("a")}).exists(items, one).exists(items, two));
  CHECK_EQ(seen.status, PARLEY_E_CONFLICT);
  CHECK_EQ(seen.failed_op, 2u);
}

DRIVER_CASE(a_condition_fails_before_an_operation_that_cannot_be_done) {
  const committed seen =
      store().commit(batch().patch(items, one, {3}, {integer(1)}).exists(tags, {text("none")}));
  CHECK_EQ(seen.status, PARLEY_E_CONFLICT);
  CHECK_EQ(seen.failed_op, 1u);
}

DRIVER_CASE(a_batch_of_conditions_alone_writes_nothing) {
  store().commit(batch().put(items, item("p", integer(1))));
  CHECK_EQ(status(batch().exists(items, one)), PARLEY_OK);
  CHECK_EQ(status(batch().absent(items, one)), PARLEY_E_CONFLICT);
  CHECK_LIST(of_p(1), number(1));
}

DRIVER_CASE(equal_holds_for_null_and_null_only) {
  store().commit(batch().put(items, item("p", integer(1))));
  CHECK_EQ(status(batch().equal(items, one, {2, 3, 4, 5}, {null{}, null{}, null{}, null{}})),
           PARLEY_OK);
  CHECK_EQ(status(batch().equal(items, one, {3}, {integer(0)})), PARLEY_E_CONFLICT);
  CHECK_EQ(status(batch().equal(items, one, {2}, {text("")})), PARLEY_E_CONFLICT);
}

DRIVER_CASE(equal_tells_an_empty_text_from_null) {
  store().commit(batch().put(items, item("p", integer(1), text(""))));
  CHECK_EQ(status(batch().equal(items, one, {2}, {text("")})), PARLEY_OK);
  CHECK_EQ(status(batch().equal(items, one, {2}, {null{}})), PARLEY_E_CONFLICT);
}

DRIVER_CASE(equal_compares_texts_by_bytes) {
  store().commit(batch().put(items, item("p", integer(1), text("\xC3\xA9 "))));
  CHECK_EQ(status(batch().equal(items, one, {2}, {text("\xC3\xA9 ")})), PARLEY_OK);
  for (const char* other : {"\xC3\xA9", "e\xCC\x81 ", "\xC3\x89 "})
    CHECK_EQ(status(batch().equal(items, one, {2}, {text(other)})), PARLEY_E_CONFLICT);
}

DRIVER_CASE(equal_compares_reals) {
  store().commit(batch().put(items, {text("p"), integer(1), null{}, null{}, 0.1, null{}}));
  CHECK_EQ(status(batch().equal(items, one, {4}, {0.1})), PARLEY_OK);
  CHECK_EQ(status(batch().equal(items, one, {4}, {0.1 + 1e-18})), PARLEY_OK); // the same double
  CHECK_EQ(status(batch().equal(items, one, {4}, {0.2})), PARLEY_E_CONFLICT);
}

DRIVER_CASE(equal_compares_data_as_it_was_written) {
  store().commit(
      batch().put(items, {text("p"), integer(1), null{}, null{}, null{}, text("{\"a\":1}")}));
  CHECK_EQ(status(batch().equal(items, one, {5}, {text("{\"a\":1}")})), PARLEY_OK);
  CHECK_EQ(status(batch().equal(items, one, {5}, {text("{\"a\": 1}")})), PARLEY_E_CONFLICT);
}

DRIVER_CASE(equal_fails_by_one_of_several_columns) {
  store().commit(batch().put(items, item("p", integer(1), text("n"), integer(2))));
  CHECK_EQ(status(batch().equal(items, one, {2, 3}, {text("n"), integer(2)})), PARLEY_OK);
  CHECK_EQ(status(batch().equal(items, one, {2, 3}, {text("n"), integer(3)})), PARLEY_E_CONFLICT);
  CHECK_EQ(status(batch().equal(items, one, {2, 3}, {text("m"), integer(2)})), PARLEY_E_CONFLICT);
}

DRIVER_CASE(a_condition_on_one_table_holds_writes_to_another) {
  CHECK_EQ(status(batch().exists(tags, {text("a")}).put(items, item("p", integer(1)))),
           PARLEY_E_CONFLICT);
  store().commit(batch().put(tags, {text("a")}));
  CHECK_EQ(status(batch().exists(tags, {text("a")}).put(items, item("p", integer(1)))), PARLEY_OK);
}

DRIVER_CASE(what_was_erased_is_absent) {
  store().commit(batch().put(tags, {text("a")}));
  store().commit(batch().erase(tags, {text("a")}));
  CHECK_EQ(status(batch().exists(tags, {text("a")})), PARLEY_E_CONFLICT);
  CHECK_EQ(status(batch().absent(tags, {text("a")})), PARLEY_OK);
}

DRIVER_CASE(a_batch_may_put_what_it_requires_to_be_absent) {
  CHECK_EQ(status(batch().absent(tags, {text("a")}).put(tags, {text("a")})), PARLEY_OK);
  CHECK_EQ(status(batch().absent(tags, {text("a")}).put(tags, {text("a")})), PARLEY_E_CONFLICT);
}

DRIVER_CASE(conditions_see_the_batch_that_was_given_before) {
  auto first = std::make_shared<batch>(), second = std::make_shared<batch>();
  first->put(tags, {text("a")});
  second->exists(tags, {text("a")}).erase(tags, {text("a")});
  auto made = store().submit(std::move(first)), erased = store().submit(std::move(second));
  CHECK_EQ(store().await(std::move(made)).status, PARLEY_OK);
  CHECK_EQ(store().await(std::move(erased)).status, PARLEY_OK);
  CHECK(store().read(tags, by_key, {}).all.empty());
}

DRIVER_CASE(conditions_do_not_see_a_batch_that_was_refused) {
  std::vector<std::future<committed>> all;
  const auto submit = [&](auto fill) {
    auto each = std::make_shared<batch>();
    fill(*each);
    all.push_back(store().submit(std::move(each)));
  };
  submit([&](batch& b) { b.put(tags, {text("a")}).exists(tags, {text("none")}); });
  submit([&](batch& b) { b.absent(tags, {text("a")}).put(tags, {text("b")}); });
  CHECK_EQ(store().await(std::move(all[0])).status, PARLEY_E_CONFLICT);
  CHECK_EQ(store().await(std::move(all[1])).status, PARLEY_OK);
  CHECK_LIST(column(store().read(tags, by_key, {}), 0), plain("b"));
}

DRIVER_CASE(of_many_that_compare_and_swap_one_wins) {
  store().commit(batch().put(items, item("p", integer(1), null{}, integer(0))));
  std::vector<std::future<committed>> all;
  for (std::int64_t i = 1; i <= 20; ++i) {
    auto each = std::make_shared<batch>();
    each->equal(items, one, {3}, {integer(0)}).patch(items, one, {3}, {i});
    all.push_back(store().submit(std::move(each)));
  }
  std::size_t won = 0;
  for (auto& each : all) won += store().await(std::move(each)).status == PARLEY_OK ? 1 : 0;
  CHECK_EQ(won, 1u);
  CHECK_LIST(of_p(3), number(1));
}

void condition_cases() {}

} // namespace parley::test::storage
