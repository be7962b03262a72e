// What is there after the driver was taken down and begun again.

#include "testing/driver_suite.hpp"

namespace parley::test::storage {

DRIVER_CASE_AGAIN(an_empty_store_begins_again) {
  reopen();
  reopen();
  CHECK(store().read(items, by_key, {}).all.empty());
  CHECK_LIST(append("t").numbers, 1);
}

DRIVER_CASE_AGAIN(rows_are_there_after_a_restart) {
  store().commit(batch()
                     .put(items, {text("p"), integer(1), text("n"), integer(2), 0.5, text("{}")})
                     .put(tags, {text("a")}));
  reopen();
  CHECK_LIST(store().read(items, by_key, {}).all,
             plain_row{plain("p"), number(1), plain("n"), number(2), 0.5, plain("{}")});
  CHECK_LIST(column(store().read(tags, by_key, {}), 0), plain("a"));
}

DRIVER_CASE_AGAIN(changes_are_there_after_a_restart) {
  const row one = {text("p"), integer(1)};
  store().commit(
      batch().put(items, item("p", integer(1), text("n"), integer(2))).put(tags, {text("a")}));
  store().commit(batch()
                     .patch(items, one, {2}, {text("m")})
                     .increment(items, one, 3, 5)
                     .erase(tags, {text("a")}));
  reopen();
  CHECK_LIST(of_p(2), plain("m"));
  CHECK_LIST(of_p(3), number(7));
  CHECK(store().read(tags, by_key, {}).all.empty());
}

DRIVER_CASE_AGAIN(indexes_are_there_after_a_restart) {
  store().commit(batch()
                     .put(items, item("p", integer(1), text("b"), integer(2)))
                     .put(items, item("p", integer(2), text("a"), integer(1))));
  reopen();
  CHECK_LIST(column(store().read(items, by_name, {}), 2), plain("a"), plain("b"));
  CHECK_LIST(column(store().read(items, by_size, {text("p")}), 3), number(1), number(2));
}

DRIVER_CASE_AGAIN(unique_names_hold_after_a_restart) {
  store().commit(batch().put(items, item("p", integer(1), text("n"))));
  reopen();
  CHECK_EQ(status(batch().put(items, item("p", integer(2), text("n")))), PARLEY_E_CONFLICT);
}

DRIVER_CASE_AGAIN(events_are_there_after_a_restart) {
  for (const char* data : {"1", "2", "3"}) append("t", data);
  reopen();
  CHECK_LIST(column(store().read_log("t", 0), 2), plain("1"), plain("2"), plain("3"));
}

DRIVER_CASE_AGAIN(what_was_refused_is_not_there_after_a_restart) {
  CHECK_EQ(status(batch()
                      .put(items, item("p", integer(1)))
                      .append("t", text("e"), text("{}"), text("2026"))
                      .exists(tags, {text("none")})),
           PARLEY_E_CONFLICT);
  reopen();
  CHECK(store().read(items, by_key, {}).all.empty());
  CHECK_LIST(column(store().heads({"t"}), 0), number(0));
}

DRIVER_CASE_AGAIN(heads_of_many_topics_are_there_after_a_restart) {
  std::vector<std::string> names;
  std::vector<plain> wanted;
  for (int i = 0; i < 50; ++i) {
    names.push_back("t" + std::to_string(i));
    for (int n = 0; n <= i % 3; ++n) append(names.back());
    wanted.push_back(number(i % 3 + 1));
  }
  reopen();
  CHECK_EQ(column(store().heads(names), 0), wanted);
}

DRIVER_CASE_AGAIN(a_driver_that_closes_ends_what_it_was_given) {
  std::vector<std::future<committed>> all;
  for (std::int64_t i = 0; i < 100; ++i) {
    auto each = std::make_shared<batch>();
    each->put(items, item("p", i));
    all.push_back(store().submit(std::move(each)));
  }
  CHECK_EQ(store().close().status, PARLEY_OK);
  for (auto& each : all) CHECK_EQ(store().await(std::move(each)).status, PARLEY_OK);
  reopen();
  CHECK_EQ(of_p(1).size(), 100u);
}

void restart_cases() {}

} // namespace parley::test::storage
