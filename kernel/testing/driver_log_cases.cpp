// Logs of topics: reading, events made void, trimming.

#include "testing/driver_suite.hpp"

namespace parley::test::storage {

DRIVER_CASE(an_event_keeps_its_name_data_and_time) {
  store().commit(
      batch().append("t", text("said"), text("{ \"a\": 1 }"), text("2026-01-02T03:04:05.678Z")));
  CHECK_LIST(store().read_log("t", 0).all,
             plain_row{number(1), plain("said"), plain("{ \"a\": 1 }"),
                       plain("2026-01-02T03:04:05.678Z")});
}

DRIVER_CASE(an_event_may_be_large) {
  const std::string data(1'000'000, 'd');
  CHECK_LIST(append("t", data).numbers, 1);
  CHECK_LIST(column(store().read_log("t", 0), 2), plain(data));
}

DRIVER_CASE(a_log_is_read_from_behind_a_number) {
  for (int i = 0; i < 5; ++i) append("t");
  CHECK_LIST(column(store().read_log("t", 3), 0), number(4), number(5));
  CHECK(store().read_log("t", 5).all.empty());
  CHECK(store().read_log("t", 500).all.empty());
}

DRIVER_CASE(a_log_is_read_in_parts) {
  for (int i = 0; i < 5; ++i) append("t");
  const rows first = store().read_log("t", 0, 2), rest = store().read_log("t", 2, 3);
  CHECK_LIST(column(first, 0), number(1), number(2));
  CHECK(first.more);
  CHECK_LIST(column(rest, 0), number(3), number(4), number(5));
  CHECK(!rest.more);
}

DRIVER_CASE(a_log_holds_its_own_topic_only) {
  append("t", "1");
  append("tt", "2");
  append("t", "3");
  CHECK_LIST(column(store().read_log("t", 0), 2), plain("1"), plain("3"));
}

DRIVER_CASE(a_log_grows_beyond_thousands) {
  batch many;
  for (int i = 0; i < 2500; ++i) many.append("t", text("e"), text("{}"), text("2026"));
  CHECK_EQ(status(std::move(many)), PARLEY_OK);
  CHECK_LIST(column(store().heads({"t"}), 0), number(2500));
  CHECK_EQ(store().read_log("t", 0, 5000).all.size(), 2500u);
}

DRIVER_CASE(a_void_keeps_its_time) {
  append("t", "secret", "2026-01-02");
  store().commit(batch().make_void("t", 1, "e"));
  CHECK_LIST(store().read_log("t", 0).all,
             plain_row{number(1), null{}, null{}, plain("2026-01-02")});
}

DRIVER_CASE(a_void_may_be_made_void_again) {
  append("t");
  for (int i = 0; i < 2; ++i) CHECK_EQ(status(batch().make_void("t", 1, "e")), PARLEY_OK);
  CHECK_LIST(column(store().heads({"t"}), 0), number(1));
}

DRIVER_CASE(the_last_event_made_void_keeps_the_head) {
  append("t");
  append("t");
  store().commit(batch().make_void("t", 2, "e"));
  CHECK_LIST(column(store().heads({"t"}), 0), number(2));
  CHECK_LIST(append("t").numbers, 3);
}

DRIVER_CASE(a_batch_makes_events_of_several_topics_void) {
  for (const char* topic : {"t", "u", "u"}) append(topic);
  store().commit(batch().make_void("t", 1, "e").make_void("u", 2, "e"));
  CHECK_LIST(column(store().read_log("t", 0), 1), plain(null{}));
  CHECK_LIST(column(store().read_log("u", 0), 1), plain("e"), plain(null{}));
}

DRIVER_CASE(trimming_leaves_what_is_as_old_as_the_limit) {
  for (const char* at : {"2026-01-01", "2026-01-02", "2026-01-03"}) append("t", "{}", at);
  CHECK_EQ(store().trim_log("2026-01-02", 1000).status, PARLEY_OK);
  CHECK_LIST(column(store().read_log("t", 0), 0), number(2), number(3));
}

DRIVER_CASE(trimming_goes_over_every_topic) {
  for (const char* topic : {"t", "u", "v"}) append(topic, "{}", "2026-01-01");
  append("v", "{}", "2026-01-03");
  store().trim_log("2026-01-02", 1000);
  CHECK(store().read_log("t", 0).all.empty());
  CHECK(store().read_log("u", 0).all.empty());
  CHECK_LIST(column(store().read_log("v", 0), 0), number(2));
}

DRIVER_CASE(an_empty_store_may_be_trimmed) {
  CHECK_EQ(store().trim_log("2026-01-02", 1000).status, PARLEY_OK);
}

DRIVER_CASE(heads_outlive_what_is_trimmed) {
  append("t", "{}", "2026-01-01");
  append("t", "{}", "2026-01-01");
  store().trim_log("2026-02-01", 1000);
  CHECK_LIST(column(store().heads({"t"}), 0), number(2));
  CHECK_LIST(append("t").numbers, 3);
}

DRIVER_CASE(trimming_in_small_parts_takes_all) {
  for (int i = 0; i < 7; ++i) append("t", "{}", "2026-01-01");
  for (std::size_t left = 7; left > 0;) {
    const bool more = store().trim_log("2026-02-01", 2).more;
    const std::size_t now = store().read_log("t", 0).all.size();
    CHECK_EQ(now, left > 2 ? left - 2 : 0);
    CHECK_EQ(more, now > 0);
    left = now;
  }
}

DRIVER_CASE(trimming_says_so_where_none_is_left) {
  for (const char* at : {"2026-01-01", "2026-01-01", "2026-03-01"}) append("t", "{}", at);
  CHECK(store().trim_log("2026-02-01", 1).more);
  store().trim_log("2026-02-01", 1);
  CHECK(!store().trim_log("2026-02-01", 1).more);
  CHECK(!store().trim_log("2026-01-01", 1).more);
}

DRIVER_CASE(trimming_takes_voids_as_well) {
  append("t", "{}", "2026-01-01");
  store().commit(batch().make_void("t", 1, "e"));
  store().trim_log("2026-02-01", 1000);
  CHECK(store().read_log("t", 0).all.empty());
}

DRIVER_CASE(what_was_trimmed_may_be_made_void) {
  append("t", "{}", "2026-01-01");
  store().trim_log("2026-02-01", 1000);
  CHECK_EQ(status(batch().make_void("t", 1, "e")), PARLEY_OK);
  CHECK(store().read_log("t", 0).all.empty());
}

void log_cases() {}

} // namespace parley::test::storage
