// Numbers of topics, and batches that hold them.

#include "testing/driver_suite.hpp"

namespace parley::test::storage {

DRIVER_CASE(the_first_event_of_a_topic_is_number_one) {
  CHECK_LIST(append("t").numbers, 1);
  CHECK_LIST(column(store().read_log("t", 0), 0), number(1));
}

DRIVER_CASE(topics_are_numbered_each_for_itself) {
  for (std::int64_t i = 1; i <= 3; ++i) {
    CHECK_LIST(append("t").numbers, i);
    CHECK_LIST(append("u").numbers, i);
  }
}

DRIVER_CASE(events_of_a_batch_follow_one_another) {
  append("t");
  batch three;
  for (const char* each : {"a", "b", "c"}) three.append("t", text("e"), text(each), text("2026"));
  CHECK_LIST(store().commit(std::move(three)).numbers, 2);
  CHECK_LIST(column(store().read_log("t", 1), 2), plain("a"), plain("b"), plain("c"));
}

DRIVER_CASE(events_of_two_topics_may_alternate_in_a_batch) {
  batch what;
  for (int i = 0; i < 3; ++i) {
    what.append("t", text("e"), "t" + std::to_string(i), text("2026"));
    what.append("u", text("e"), "u" + std::to_string(i), text("2026"));
  }
  CHECK_LIST(store().commit(std::move(what)).numbers, 1, 1);
  CHECK_LIST(column(store().read_log("t", 0), 2), plain("t0"), plain("t1"), plain("t2"));
  CHECK_LIST(column(store().read_log("u", 0), 2), plain("u0"), plain("u1"), plain("u2"));
}

DRIVER_CASE(numbers_are_told_in_the_order_of_the_batchs_topics) {
  append("u");
  append("u");
  batch what;
  what.topic("t");
  what.topic("u");
  what.append("u", text("e"), text("{}"), text("2026"))
      .append("t", text("e"), text("{}"), text("2026"));
  CHECK_LIST(store().commit(std::move(what)).numbers, 1, 3);
}

DRIVER_CASE(a_topic_that_is_only_named_stays_without_events) {
  batch what;
  what.topic("t");
  CHECK_EQ(status(std::move(what.put(tags, {text("a")}))), PARLEY_OK);
  CHECK_LIST(column(store().heads({"t"}), 0), number(0));
  CHECK_LIST(append("t").numbers, 1);
}

DRIVER_CASE(topics_differ_by_case) {
  append("t");
  append("t");
  CHECK_LIST(append("T").numbers, 1);
}

DRIVER_CASE(a_topic_may_have_any_name) {
  const std::string odd = "place:\xC3\xA9 '\" % ; --", long_one(400, 't');
  CHECK_LIST(append(odd).numbers, 1);
  CHECK_LIST(append(long_one).numbers, 1);
  CHECK_LIST(column(store().heads({odd, long_one}), 0), number(1), number(1));
  CHECK_EQ(store().read_log(odd, 0).all.size(), 1u);
}

DRIVER_CASE(a_batch_may_write_to_a_hundred_topics) {
  batch what;
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back("t" + std::to_string(i));
    what.append(names.back(), text("e"), text("{}"), text("2026"));
  }
  CHECK_EQ(status(std::move(what)), PARLEY_OK);
  CHECK_EQ(column(store().heads(names), 0), std::vector<plain>(100, number(1)));
}

DRIVER_CASE(heads_come_in_the_order_asked) {
  append("t");
  append("u");
  append("u");
  CHECK_LIST(column(store().heads({"u", "none", "t", "u"}), 0), number(2), number(0), number(1),
             number(2));
}

DRIVER_CASE(heads_of_no_topics_are_none) {
  const rows none = store().heads({});
  CHECK_EQ(none.status, PARLEY_OK);
  CHECK(none.all.empty());
}

DRIVER_CASE(a_number_may_be_part_of_a_key) {
  append("t");
  batch what;
  what.append("t", text("e"), text("{}"), text("2026"));
  what.put(items, item("p", next_number{0, 0}));
  CHECK_EQ(status(std::move(what)), PARLEY_OK);
  CHECK_LIST(of_p(1), number(2));
}

DRIVER_CASE(a_number_may_be_a_field) {
  batch what;
  what.put(items, item("p", integer(1), null{}, next_number{what.topic("t"), 0}));
  what.append("t", text("e"), text("{}"), text("2026"));
  CHECK_EQ(status(std::move(what)), PARLEY_OK);
  CHECK_LIST(of_p(3), number(1));
}

DRIVER_CASE(a_number_may_be_patched_in) {
  store().commit(batch().put(items, item("p", integer(1))));
  batch what;
  what.append("t", text("e"), text("{}"), text("2026"));
  what.append("t", text("e"), text("{}"), text("2026"));
  what.patch(items, {text("p"), integer(1)}, {3}, {next_number{0, 1}});
  CHECK_EQ(status(std::move(what)), PARLEY_OK);
  CHECK_LIST(of_p(3), number(2));
}

DRIVER_CASE(a_number_of_a_topic_without_new_events_is_its_next) {
  append("t");
  append("t");
  batch what;
  what.put(items, item("p", integer(1), null{}, next_number{what.topic("t"), 0}));
  CHECK_EQ(status(std::move(what)), PARLEY_OK);
  CHECK_LIST(of_p(3), number(3));
}

DRIVER_CASE(numbers_go_into_texts_of_rows) {
  batch what;
  const std::uint32_t t = what.topic("t");
  what.append("t", text("e"), text("{}"), text("2026"));
  what.put(items, {text("p"), integer(1), pieces{{"name-", ""}, {{t, 0}}}, null{}, null{},
                   pieces{{"[", ",", "]"}, {{t, 0}, {t, 1}}}});
  CHECK_EQ(status(std::move(what)), PARLEY_OK);
  CHECK_LIST(of_p(2), plain("name-1"));
  CHECK_LIST(of_p(5), plain("[1,2]"));
}

DRIVER_CASE(numbers_of_a_batch_in_a_group_follow_those_before_it) {
  std::vector<std::future<committed>> all;
  for (int i = 0; i < 50; ++i) {
    auto each = std::make_shared<batch>();
    each->append("t", text("e"), pieces{{"{\"seq\":", "}"}, {{0, 0}}}, text("2026"));
    each->put(items, item("p", next_number{0, 0}));
    all.push_back(store().submit(std::move(each)));
  }
  for (auto& each : all) CHECK_EQ(store().await(std::move(each)).status, PARLEY_OK);
  const rows log = store().read_log("t", 0);
  for (std::int64_t i = 1; i <= 50; ++i)
    CHECK_EQ(log.all.at(static_cast<std::size_t>(i - 1)).at(2),
             plain("{\"seq\":" + std::to_string(i) + "}"));
  CHECK_EQ(of_p(1).size(), 50u);
}

DRIVER_CASE(numbers_of_refused_batches_are_given_to_the_next) {
  append("t");
  for (int i = 0; i < 3; ++i)
    CHECK_EQ(
        status(
            batch().append("t", text("e"), text("{}"), text("2026")).exists(tags, {text("none")})),
        PARLEY_E_CONFLICT);
  CHECK_LIST(append("t").numbers, 2);
}

void number_cases() {}

} // namespace parley::test::storage
