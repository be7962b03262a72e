// Keys and values: what is stored comes back as it was.

#include "testing/driver_suite.hpp"

#include <limits>

namespace parley::test::storage {

namespace {

row with_data(std::int64_t seq, value weight, value data) {
  return {text("p"), seq, null{}, null{}, std::move(weight), std::move(data)};
}

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

} // namespace

DRIVER_CASE(an_empty_text_is_a_key) {
  CHECK_EQ(status(batch().put(tags, {text("")}).put(tags, {text("a")})), PARLEY_OK);
  CHECK_LIST(column(store().read(tags, by_key, {text("")}), 0), plain(""));
}

DRIVER_CASE(keys_that_differ_in_case_are_two) {
  CHECK_EQ(status(batch().put(tags, {text("a")}).put(tags, {text("A")})), PARLEY_OK);
  store().commit(batch().erase(tags, {text("A")}));
  CHECK_LIST(column(store().read(tags, by_key, {}), 0), plain("a"));
}

DRIVER_CASE(keys_that_differ_in_a_space_at_the_end_are_two) {
  CHECK_EQ(status(batch().put(tags, {text("a")}).put(tags, {text("a ")})), PARLEY_OK);
  CHECK_LIST(column(store().read(tags, by_key, {}), 0), plain("a"), plain("a "));
}

DRIVER_CASE(letters_composed_in_two_ways_are_two_keys) {
  CHECK_EQ(status(batch().put(tags, {text("\xC3\xA9")}).put(tags, {text("e\xCC\x81")})), PARLEY_OK);
  CHECK_EQ(store().read(tags, by_key, {}).all.size(), 2u);
  CHECK_LIST(column(store().read(tags, by_key, {text("\xC3\xA9")}), 0), plain("\xC3\xA9"));
}

DRIVER_CASE(texts_are_ordered_as_utf8_and_not_as_utf16) {
  const std::string last_of_the_plane = "\xEF\xBF\xBD", beyond = "\xF0\x9F\x90\xA1";
  store().commit(batch().put(tags, {beyond}).put(tags, {last_of_the_plane}));
  CHECK_LIST(column(store().read(tags, by_key, {}), 0), plain(last_of_the_plane), plain(beyond));
}

DRIVER_CASE(a_text_comes_after_its_own_beginning) {
  store().commit(batch().put(tags, {text("ab")}).put(tags, {text("a")}).put(tags, {text("a!")}));
  CHECK_LIST(column(store().read(tags, by_key, {}), 0), plain("a"), plain("a!"), plain("ab"));
}

DRIVER_CASE(the_least_and_the_greatest_integer_are_keys) {
  CHECK_EQ(status(batch()
                      .put(items, item("p", most))
                      .put(items, item("p", least))
                      .put(items, item("p", integer(-1)))
                      .put(items, item("p", integer(0)))),
           PARLEY_OK);
  CHECK_LIST(of_p(1), number(least), number(-1), number(0), number(most));
}

DRIVER_CASE(a_key_of_two_parts_is_not_their_text_together) {
  CHECK_EQ(status(batch().put(items, item("p1", integer(1))).put(items, item("p", integer(11)))),
           PARLEY_OK);
  CHECK_EQ(store().read(items, by_key, {}).all.size(), 2u);
  CHECK_LIST(of_p(1), number(11));
}

DRIVER_CASE(a_key_may_be_long) {
  const std::string first(2000, 'k'), second = first + "2";
  CHECK_EQ(status(batch().put(tags, {first}).put(tags, {second})), PARLEY_OK);
  CHECK_LIST(column(store().read(tags, by_key, {second}), 0), plain(second));
}

DRIVER_CASE(a_key_that_looks_like_sql_is_a_text) {
  const std::string odd = "'); DROP TABLE tags; -- \" % _ \\ $1 ?";
  CHECK_EQ(status(batch().put(tags, {odd})), PARLEY_OK);
  CHECK_LIST(column(store().read(tags, by_key, {odd}), 0), plain(odd));
  CHECK_EQ(status(batch().exists(tags, {odd}).erase(tags, {odd})), PARLEY_OK);
  CHECK(store().read(tags, by_key, {}).all.empty());
}

DRIVER_CASE(a_pattern_in_a_key_matches_only_itself) {
  store().commit(batch().put(tags, {text("a%")}).put(tags, {text("ab")}).put(tags, {text("a_")}));
  CHECK_LIST(column(store().read(tags, by_key, {text("a%")}), 0), plain("a%"));
}

DRIVER_CASE(a_text_that_looks_like_a_number_stays_a_text) {
  store().commit(batch()
                     .put(items, item("p", integer(1), text("007")))
                     .put(items, item("p", integer(2), text("1e3")))
                     .put(items, item("p", integer(3), text("7"))));
  CHECK_LIST(of_p(2), plain("007"), plain("1e3"), plain("7"));
}

DRIVER_CASE(integers_beyond_those_of_a_double_stay_exact) {
  constexpr std::int64_t odd = (std::int64_t{1} << 53) + 1;
  store().commit(batch()
                     .put(items, item("p", integer(1), null{}, odd))
                     .put(items, item("p", integer(2), null{}, least))
                     .put(items, item("p", integer(3), null{}, most)));
  CHECK_LIST(of_p(3), number(odd), number(least), number(most));
}

DRIVER_CASE(reals_stay_exact) {
  const double all[] = {0.1, 1.0 / 3, 1e308, 5e-324, -2.5};
  batch what;
  for (std::int64_t i = 0; i < 5; ++i) what.put(items, with_data(i, all[i], null{}));
  CHECK_EQ(status(std::move(what)), PARLEY_OK);
  CHECK_LIST(of_p(4), all[0], all[1], all[2], all[3], all[4]);
}

DRIVER_CASE(a_whole_real_stays_a_real) {
  store().commit(batch().put(items, with_data(1, 2.0, null{})));
  CHECK_LIST(of_p(4), plain(2.0));
}

DRIVER_CASE(data_is_kept_to_the_byte) {
  const std::string odd = "{ \"b\" : 1.50,\n\t\"a\":[ ],\"b\":2 }";
  store().commit(batch().put(items, with_data(1, null{}, odd)));
  CHECK_LIST(of_p(5), plain(odd));
}

DRIVER_CASE(an_index_tells_an_empty_text_from_a_null) {
  store().commit(batch()
                     .put(items, item("p", integer(1), text("")))
                     .put(items, item("p", integer(2), null{})));
  CHECK_LIST(column(store().read(items, by_name, {text("")}), 1), number(1));
  CHECK_LIST(column(store().read(items, by_name, {null{}}), 1), number(2));
}

DRIVER_CASE(an_index_tells_zero_from_a_null) {
  store().commit(batch()
                     .put(items, item("p", integer(1), null{}, integer(0)))
                     .put(items, item("p", integer(2))));
  CHECK_LIST(column(store().read(items, by_size, {text("p"), integer(0)}), 1), number(1));
  CHECK_LIST(column(store().read(items, by_size, {text("p"), null{}}), 1), number(2));
}

DRIVER_CASE(a_key_is_never_null) {
  const committed seen =
      store().commit(batch().put(tags, {text("a")}).put(items, item("p", null{})));
  CHECK_EQ(seen.status, PARLEY_E_INVALID);
  CHECK_EQ(seen.failed_op, 1u);
  CHECK(store().read(tags, by_key, {}).all.empty());
}

DRIVER_CASE(a_text_for_an_integer_is_refused) {
  const committed seen =
      store().commit(batch().put(items, item("p", integer(1), null{}, text("many"))));
  CHECK_EQ(seen.status, PARLEY_E_INVALID);
  CHECK(store().read(items, by_key, {}).all.empty());
}

void key_cases() {}

} // namespace parley::test::storage
