// Logs of topics: reading, events made void, trimming.

#include "testing/driver_suite.hpp"

#include <algorithm>

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

// Every event as topic, number and data, topic after topic.
std::vector<std::string> all_events(calls& of, std::uint32_t limit) {
  std::vector<std::string> out;
  rows page;
  std::string topic;
  std::int64_t after = 0;
  do {
    page = of.read_logs(topic, after, limit);
    CHECK_EQ(page.error, "");
    CHECK(page.all.size() <= limit);
    for (const plain_row& each : page.all) {
      topic = std::get<std::string>(each.at(0));
      after = std::get<std::int64_t>(each.at(1));
      out.push_back(topic + " " + std::to_string(after) + " " + shown(each.at(3)));
    }
  } while (page.more && out.size() < 1000);
  return out;
}

DRIVER_CASE(logs_of_all_topics_are_read_one_after_the_other) {
  if (!store().can_read_logs()) return;
  CHECK(all_events(store(), 10).empty());
  for (const char* topic : {"u", "t", "u", "v", "t", "u"}) append(topic, topic);
  append("gone", "1", "2025");
  store().trim_log("2026", 1000);
  store().commit(batch().make_void("t", 1, "e"));
  const std::vector<std::string> all = all_events(store(), 100);
  const std::string none = shown(plain(null{})), t = shown(plain("t")), u = shown(plain("u"));
  std::vector<std::string> sorted = all;
  std::sort(sorted.begin(), sorted.end());
  CHECK_LIST(sorted, "t 1 " + none, "t 2 " + t, "u 1 " + u, "u 2 " + u, "u 3 " + u,
             "v 1 " + shown(plain("v")));
  std::string topics; // in whatever order, but each once
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i].front() == all[i - 1].front()) {
      CHECK(all[i - 1] < all[i]);
    } else {
      topics += all[i].front();
    }
  }
  CHECK_EQ(topics.size(), 3u);
  for (const std::uint32_t limit : {1u, 2u, 5u, 6u, 7u}) CHECK(all_events(store(), limit) == all);
}

DRIVER_CASE(logs_are_read_on_from_what_was_trimmed) {
  if (!store().can_read_logs()) return;
  append("t", "1", "2025");
  append("t", "2", "2026");
  store().trim_log("2026", 1000);
  const rows seen = store().read_logs("t", 1, 10);
  CHECK_EQ(seen.all.size(), 1u);
  CHECK_EQ(seen.all.at(0).at(1), plain(std::int64_t{2}));
  const rows event = store().read_log("t", 0, 10);
  CHECK(plain_row(seen.all.at(0).begin() + 1, seen.all.at(0).end()) == event.all.at(0));
}

DRIVER_CASE_AGAIN(scrubbing_takes_nothing_that_is_there) {
  if (!store().can_scrub()) return;
  store().commit(batch().put(items, {text("p"), integer(1), text("n"), null{}, null{}, null{}}));
  append("t", "1");
  store().commit(batch()
                     .put(items, {text("p"), integer(2), null{}, null{}, null{}, null{}})
                     .erase(items, {text("p"), integer(2)}));
  CHECK_EQ(store().scrub().error, "");
  CHECK_EQ(store().read(items, by_key, {text("p")}).all.size(), 1u);
  CHECK_EQ(store().read(items, by_name, {text("n")}).all.size(), 1u);
  CHECK_EQ(store().read_log("t", 0).all.size(), 1u);
  CHECK_LIST(append("t").numbers, 2);
  reopen();
  CHECK_EQ(store().read(items, by_key, {text("p")}).all.size(), 1u);
  CHECK_LIST(append("t").numbers, 3);
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
