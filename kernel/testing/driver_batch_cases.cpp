// A batch is there whole, or not at all.

#include "testing/driver_suite.hpp"

namespace parley::test::storage {

namespace {

const row one = {text("p"), integer(1)};

// What makes a batch be refused at its end, when all the rest was done.
batch refused(batch what) {
  return std::move(what.patch(items, {text("never"), integer(0)}, {3}, {integer(1)}));
}

} // namespace

DRIVER_CASE(a_refused_batch_takes_back_a_put_of_a_new_row) {
  CHECK_EQ(status(refused(batch().put(items, item("p", integer(1), text("n"))))),
           PARLEY_E_CONFLICT);
  CHECK(store().read(items, by_key, {}).all.empty());
  CHECK(store().read(items, by_name, {text("n")}).all.empty());
}

DRIVER_CASE(a_refused_batch_takes_back_a_put_over_a_row) {
  store().commit(batch().put(items, item("p", integer(1), text("old"), integer(1))));
  CHECK_EQ(status(refused(batch().put(items, item("p", integer(1), text("new"))))),
           PARLEY_E_CONFLICT);
  CHECK_LIST(of_p(2), plain("old"));
  CHECK_LIST(column(store().read(items, by_name, {text("old")}), 1), number(1));
}

DRIVER_CASE(a_refused_batch_takes_back_a_patch) {
  store().commit(batch().put(items, item("p", integer(1), text("old"))));
  CHECK_EQ(status(refused(batch().patch(items, one, {2}, {text("new")}))), PARLEY_E_CONFLICT);
  CHECK_LIST(of_p(2), plain("old"));
}

DRIVER_CASE(a_refused_batch_takes_back_an_increment) {
  store().commit(batch().put(items, item("p", integer(1), null{}, integer(1))));
  CHECK_EQ(status(refused(batch().increment(items, one, 3, 5).increment(items, one, 3, 5))),
           PARLEY_E_CONFLICT);
  CHECK_LIST(of_p(3), number(1));
}

DRIVER_CASE(a_refused_batch_takes_back_an_erase) {
  store().commit(batch().put(items, item("p", integer(1), text("n"))));
  CHECK_EQ(status(refused(batch().erase(items, one))), PARLEY_E_CONFLICT);
  CHECK_LIST(column(store().read(items, by_name, {text("n")}), 1), number(1));
}

DRIVER_CASE(a_refused_batch_takes_back_its_events) {
  CHECK_EQ(status(refused(batch().append("t", text("e"), text("{}"), text("2026")))),
           PARLEY_E_CONFLICT);
  CHECK(store().read_log("t", 0).all.empty());
  CHECK_LIST(append("t").numbers, 1);
}

DRIVER_CASE(a_refused_batch_takes_no_unique_name) {
  CHECK_EQ(status(refused(batch().put(items, item("p", integer(1), text("n"))))),
           PARLEY_E_CONFLICT);
  CHECK_EQ(status(batch().put(items, item("q", integer(1), text("n")))), PARLEY_OK);
}

DRIVER_CASE(the_operation_that_could_not_be_done_is_named) {
  store().commit(batch().put(items, item("p", integer(1), text("n"))));
  const committed seen = store().commit(batch()
                                            .put(tags, {text("a")})
                                            .put(items, item("q", integer(1), text("n")))
                                            .put(tags, {text("b")}));
  CHECK_EQ(seen.status, PARLEY_E_CONFLICT);
  CHECK_EQ(seen.failed_op, 1u);
}

DRIVER_CASE(a_batch_writes_to_several_tables_and_topics) {
  CHECK_EQ(status(batch()
                      .put(tags, {text("a")})
                      .put(items, item("p", integer(1)))
                      .append("t", text("e"), text("{}"), text("2026"))
                      .append("u", text("e"), text("{}"), text("2026"))),
           PARLEY_OK);
  CHECK_EQ(store().read(tags, by_key, {}).all.size(), 1u);
  CHECK_EQ(store().read(items, by_key, {}).all.size(), 1u);
  CHECK_LIST(column(store().heads({"t", "u"}), 0), number(1), number(1));
}

DRIVER_CASE(a_batch_of_thousands_of_operations_is_one) {
  batch many;
  for (std::int64_t i = 0; i < 3000; ++i) many.put(items, item("p", i));
  CHECK_EQ(status(refused(std::move(many))), PARLEY_E_CONFLICT);
  CHECK(store().read(items, by_key, {}).all.empty());
}

DRIVER_CASE(a_batch_goes_over_a_row_many_times) {
  batch many;
  many.put(items, item("p", integer(1), null{}, integer(0)));
  for (int i = 0; i < 500; ++i) many.increment(items, one, 3, 1);
  CHECK_EQ(status(std::move(many)), PARLEY_OK);
  CHECK_LIST(of_p(3), number(500));
}

DRIVER_CASE(batches_are_done_in_the_order_in_which_they_were_given) {
  std::vector<std::future<committed>> all;
  for (std::int64_t i = 1; i <= 300; ++i) {
    auto each = std::make_shared<batch>();
    each->append("t", text("e"), std::to_string(i), text("2026"));
    each->put(items, item("p", integer(1), null{}, i));
    all.push_back(store().submit(std::move(each)));
  }
  for (std::int64_t i = 1; i <= 300; ++i)
    CHECK_LIST(store().await(std::move(all[static_cast<std::size_t>(i - 1)])).numbers, i);
  CHECK_LIST(of_p(3), number(300));
}

DRIVER_CASE(a_batch_builds_on_the_one_before_in_its_group) {
  std::vector<std::future<committed>> all;
  const auto submit = [&](auto fill) {
    auto each = std::make_shared<batch>();
    fill(*each);
    all.push_back(store().submit(std::move(each)));
  };
  submit([&](batch& b) { b.put(items, item("p", integer(1), null{}, integer(1))); });
  submit([&](batch& b) { b.increment(items, one, 3, 1); });
  submit([&](batch& b) { b.erase(items, one); });
  submit([&](batch& b) { b.increment(items, one, 3, 1); });
  submit([&](batch& b) { b.put(items, item("p", integer(1), null{}, integer(7))); });
  const parley_status wanted[] = {PARLEY_OK, PARLEY_OK, PARLEY_OK, PARLEY_E_CONFLICT, PARLEY_OK};
  for (std::size_t i = 0; i < all.size(); ++i)
    CHECK_EQ(store().await(std::move(all[i])).status, wanted[i]);
  CHECK_LIST(of_p(3), number(7));
}

DRIVER_CASE(a_faulty_batch_does_not_sink_its_group) {
  std::vector<std::future<committed>> all;
  for (int i = 0; i < 30; ++i) {
    auto each = std::make_shared<batch>();
    each->put(tags, {std::to_string(i)});
    if (i % 3 == 1) each->put(items, item("p", integer(1), null{}, text("no number")));
    all.push_back(store().submit(std::move(each)));
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    CHECK_EQ(store().await(std::move(all[i])).status, i % 3 == 1 ? PARLEY_E_INVALID : PARLEY_OK);
  CHECK_EQ(store().read(tags, by_key, {}).all.size(), 20u);
}

void batch_cases() {}

} // namespace parley::test::storage
