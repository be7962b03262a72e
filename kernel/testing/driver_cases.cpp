#include "testing/driver_suite.hpp"

#include <limits>

namespace parley::test::storage {

DRIVER_CASE(keeps_every_kind_of_cell) {
  const std::string odd("a\0b\xF0\x9F\x90\xA1 \xE4\xB8\x8A\xE6\xB5\xB7 \" ' ; -- \x7F", 24);
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  CHECK_EQ(store()
               .commit(batch()
                           .put(items, {odd, least, odd, integer(-1), 0.1, text("{}")})
                           .put(items, {text(""), integer(7), text(""), null{}, null{}, null{}}))
               .status,
           PARLEY_OK);
  CHECK_LIST(store().read(items, by_key, {odd, least}).all,
             plain_row{odd, least, odd, number(-1), 0.1, std::string("{}")});
  CHECK_LIST(store().read(items, by_key, {text(""), integer(7)}).all,
             plain_row{std::string(), number(7), std::string(), null{}, null{}, null{}});
}

DRIVER_CASE_AGAIN(keeps_large_values_across_a_restart) {
  const std::string large(3'000'000, 'x');
  CHECK_EQ(store()
               .commit(batch().put(items, {text("p"), integer(1), null{}, null{}, null{}, large}))
               .status,
           PARLEY_OK);
  reopen();
  CHECK_EQ(column(store().read(items, by_key, {text("p")}), 5), std::vector<plain>{large});
}

DRIVER_CASE(put_replaces_the_whole_row) {
  store().commit(batch().put(items, item("p", integer(1), text("old"), integer(5))));
  store().commit(batch().put(items, item("p", integer(1), text("new"))));
  CHECK_LIST(store().read(items, by_key, {text("p")}).all,
             plain_row{std::string("p"), number(1), std::string("new"), null{}, null{}, null{}});
  store().commit(batch().put(tags, {text("a")}).put(tags, {text("a")}));
  CHECK_EQ(store().read(tags, by_key, {}).all.size(), 1u);
}

DRIVER_CASE(reads_ranges_of_the_key_both_ways) {
  batch many;
  for (std::int64_t i = 1; i <= 10; ++i) many.put(items, item("p", i)).put(items, item("q", i));
  CHECK_EQ(store().commit(std::move(many)).status, PARLEY_OK);
  const auto seqs = [&](const bounds& within) {
    return column(store().read(items, by_key, {text("p")}, within), 1);
  };
  CHECK_LIST(seqs({.lower = integer(8)}), number(8), number(9), number(10));
  CHECK_LIST(seqs({.lower = integer(8), .lower_exclusive = true}), number(9), number(10));
  CHECK_LIST(seqs({.upper = integer(2)}), number(1), number(2));
  CHECK_LIST(seqs({.upper = integer(2), .upper_exclusive = true}), number(1));
  CHECK_LIST(seqs({.lower = integer(3), .upper = integer(5), .reverse = true}), number(5),
             number(4), number(3));
  CHECK_LIST(seqs({.lower = integer(5), .upper = integer(3)}));
  CHECK_EQ(store().read(items, by_key, {}).all.size(), 20u);
  CHECK_LIST(column(store().read(items, by_key, {}, {.upper = text("p"), .limit = 2}), 1),
             number(1), number(2));
}

DRIVER_CASE(says_whether_there_is_more) {
  store().commit(batch().put(items, item("p", integer(1))).put(items, item("p", integer(2))));
  const rows cut = store().read(items, by_key, {text("p")}, {.reverse = true, .limit = 1});
  CHECK_LIST(column(cut, 1), number(2));
  CHECK(cut.more);
  CHECK(!store().read(items, by_key, {text("p")}, {.limit = 2}).more);
}

DRIVER_CASE(reads_an_index_and_settles_ties_by_the_key) {
  store().commit(batch()
                     .put(items, item("p", integer(3), null{}, integer(10)))
                     .put(items, item("p", integer(1), null{}, integer(10)))
                     .put(items, item("p", integer(2), null{}, integer(5)))
                     .put(items, item("p", integer(4))));
  const auto seqs = [&](const row& prefix, const bounds& within) {
    return column(store().read(items, by_size, prefix, within), 1);
  };
  CHECK_LIST(seqs({text("p")}, {.lower = integer(0)}), number(2), number(1), number(3));
  CHECK_LIST(seqs({text("p")}, {.lower = integer(0), .reverse = true}), number(3), number(1),
             number(2));
  CHECK_LIST(seqs({text("p"), integer(10)}, {}), number(1), number(3));
  CHECK_LIST(seqs({text("p"), null{}}, {}), number(4));
}

DRIVER_CASE(compares_texts_by_bytes) {
  store().commit(batch()
                     .put(tags, {text("a")})
                     .put(tags, {text("B")})
                     .put(tags, {text("\xC3\xA9")})
                     .put(tags, {text("ab")}));
  CHECK_LIST(column(store().read(tags, by_key, {}), 0), plain("B"), plain("a"), plain("ab"),
             plain("\xC3\xA9"));
}

DRIVER_CASE(a_unique_index_makes_a_conflict_and_nulls_do_not) {
  CHECK_EQ(store().commit(batch().put(items, item("p", integer(1), text("n")))).status, PARLEY_OK);
  const committed taken = store().commit(
      batch().put(items, item("p", integer(2))).put(items, item("p", integer(3), text("n"))));
  CHECK_EQ(taken.status, PARLEY_E_CONFLICT);
  CHECK_EQ(taken.failed_op, 1u);
  CHECK_EQ(store().read(items, by_key, {}).all.size(), 1u);
  CHECK_EQ(store()
               .commit(batch().put(items, item("p", integer(4))).put(items, item("p", integer(5))))
               .status,
           PARLEY_OK);
  CHECK_LIST(column(store().read(items, by_name, {text("n")}), 1), number(1));
}

DRIVER_CASE(patches_and_increments_rows_that_are_there) {
  store().commit(batch().put(items, item("p", integer(1), text("n"))));
  const row key = {text("p"), integer(1)};
  CHECK_EQ(store()
               .commit(batch().patch(items, key, {4, 2}, {2.5, null{}}).increment(items, key, 3, 7))
               .status,
           PARLEY_OK);
  store().commit(batch().increment(items, key, 3, -10));
  CHECK_LIST(store().read(items, by_key, key).all,
             plain_row{std::string("p"), number(1), null{}, number(-3), 2.5, null{}});

  const row missing = {text("p"), integer(2)};
  const committed patched =
      store().commit(batch().put(tags, {text("t")}).patch(items, missing, {3}, {integer(1)}));
  CHECK_EQ(patched.status, PARLEY_E_CONFLICT);
  CHECK_EQ(patched.failed_op, 1u);
  CHECK_EQ(store().commit(batch().increment(items, missing, 3, 1)).status, PARLEY_E_CONFLICT);
  CHECK(store().read(tags, by_key, {}).all.empty());
}

DRIVER_CASE(erases_what_is_there_and_what_is_not) {
  store().commit(batch().put(tags, {text("a")}).put(tags, {text("b")}));
  CHECK_EQ(store().commit(batch().erase(tags, {text("a")}).erase(tags, {text("z")})).status,
           PARLEY_OK);
  CHECK_LIST(column(store().read(tags, by_key, {}), 0), plain("b"));
}

DRIVER_CASE(checks_conditions_before_it_writes) {
  const row one = {text("p"), integer(1)}, two = {text("p"), integer(2)};
  store().commit(batch().put(items, item("p", integer(1), text("n"))));
  const auto outcome = [&](batch what) {
    what.put(tags, {text("written")});
    const committed seen = store().commit(std::move(what));
    const bool written = !store().read(tags, by_key, {}).all.empty();
    CHECK_EQ(written, seen.status == PARLEY_OK);
    store().commit(batch().erase(tags, {text("written")}));
    return seen.status;
  };
  CHECK_EQ(outcome(batch().absent(items, two)), PARLEY_OK);
  CHECK_EQ(outcome(batch().absent(items, one)), PARLEY_E_CONFLICT);
  CHECK_EQ(outcome(batch().exists(items, one)), PARLEY_OK);
  CHECK_EQ(outcome(batch().exists(items, two)), PARLEY_E_CONFLICT);
  CHECK_EQ(outcome(batch().equal(items, one, {2, 3}, {text("n"), null{}})), PARLEY_OK);
  CHECK_EQ(outcome(batch().equal(items, one, {2, 3}, {text("n"), integer(1)})), PARLEY_E_CONFLICT);
  CHECK_EQ(outcome(batch().equal(items, two, {3}, {null{}})), PARLEY_E_CONFLICT);
}

DRIVER_CASE(conditions_see_the_state_before_the_batch) {
  const committed late = store().commit(
      batch().put(tags, {text("a")}).absent(tags, {text("a")}).exists(tags, {text("b")}));
  CHECK_EQ(late.status, PARLEY_E_CONFLICT);
  CHECK_EQ(late.failed_op, 2u);
  CHECK_EQ(store().commit(batch().put(tags, {text("a")}).absent(tags, {text("a")})).status,
           PARLEY_OK);
}

DRIVER_CASE(one_refused_batch_does_not_sink_its_group) {
  std::vector<std::future<committed>> all;
  for (std::int64_t i = 0; i < 200; ++i) {
    auto each = std::make_shared<batch>();
    each->append("t", text("e"), text("{}"), text("2026-01-01T00:00:00.000Z"));
    each->put(items, item("p", next_number{0, 0}, text(i % 10 == 3 ? "taken" : std::to_string(i))));
    all.push_back(store().submit(std::move(each)));
  }
  std::int64_t expected = 1;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const committed seen = store().await(std::move(all[i]));
    if (i % 10 == 3 && i != 3) {
      CHECK_EQ(seen.status, PARLEY_E_CONFLICT);
    } else {
      CHECK_EQ(seen.status, PARLEY_OK);
      CHECK_LIST(seen.numbers, expected++);
    }
  }
  CHECK_EQ(store().read(items, by_key, {text("p")}).all.size(), 181u);
  const std::vector<plain> numbers = column(store().read_log("t", 0), 0);
  CHECK_EQ(numbers.size(), 181u);
  for (std::int64_t i = 0; i < 181; ++i)
    CHECK_EQ(numbers[static_cast<std::size_t>(i)], plain(i + 1));
}

DRIVER_CASE_AGAIN(numbers_go_on_after_a_restart) {
  const auto append = [&](const char* topic) {
    return store().commit(batch().append(topic, text("e"), text("{}"), text("2026")));
  };
  CHECK_LIST(append("t").numbers, 1);
  CHECK_LIST(append("u").numbers, 1);
  CHECK_LIST(append("t").numbers, 2);
  reopen();
  CHECK_EQ(
      store()
          .commit(
              batch().append("t", text("e"), text("{}"), text("2026")).exists(tags, {text("none")}))
          .status,
      PARLEY_E_CONFLICT);
  CHECK_LIST(append("t").numbers, 3);
  CHECK_LIST(append("new").numbers, 1);
  CHECK_LIST(column(store().heads({"u", "none", "t", "new"}), 0), number(1), number(0), number(3),
             number(1));
}

DRIVER_CASE(fills_in_numbers_of_several_topics) {
  store().commit(batch().append("t", text("e"), text("{}"), text("2026")));
  batch what;
  const std::uint32_t t = what.topic("t"), u = what.topic("u");
  what.append("u", text("first"), pieces{{"{\"seq\":", "}"}, {{u, 0}}}, text("2026"));
  what.append("u", text("second"), pieces{{"", "/", ""}, {{u, 1}, {t, 0}}}, text("2026"));
  what.put(items, item("p", next_number{u, 1}, null{}, next_number{t, 0}));
  CHECK_LIST(store().commit(std::move(what)).numbers, 2, 1);
  CHECK_LIST(column(store().read_log("u", 0), 2), plain("{\"seq\":1}"), plain("2/2"));
  CHECK_LIST(column(store().read(items, by_key, {text("p")}), 1), number(2));
  CHECK_LIST(column(store().read(items, by_key, {text("p")}), 3), number(2));
  // `t` was named and got no event: its head stays.
  CHECK_LIST(column(store().heads({"t"}), 0), number(1));
}

DRIVER_CASE_AGAIN(reads_and_trims_logs) {
  for (const char* at : {"2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"}) {
    store().commit(
        batch().append("t", text("e"), text(at), text(at)).append("u", null{}, null{}, text(at)));
  }
  const rows part = store().read_log("t", 1, 2);
  CHECK(part.more);
  CHECK_LIST(
      part.all,
      plain_row{number(2), std::string("e"), std::string("2026-01-02"), std::string("2026-01-02")},
      plain_row{number(3), std::string("e"), std::string("2026-01-03"), std::string("2026-01-03")});
  CHECK(store().read_log("t", 4).all.empty());
  CHECK(store().read_log("none", 0).all.empty());
  CHECK_EQ(store().read_log("u", 0).all.at(0).at(1), plain(null{}));

  CHECK_EQ(store().trim_log("2026-01-03", 3).status, PARLEY_OK);
  CHECK_EQ(store().read_log("t", 0).all.size() + store().read_log("u", 0).all.size(), 5u);
  CHECK_EQ(store().trim_log("2026-01-05", 1000).status, PARLEY_OK);
  CHECK(store().read_log("t", 0).all.empty());
  reopen();
  CHECK_LIST(store().commit(batch().append("t", text("e"), text("{}"), text("2026-01-06"))).numbers,
             5);
}

DRIVER_CASE_AGAIN(an_event_becomes_a_void_and_keeps_its_number) {
  for (int i = 0; i < 3; ++i) {
    store().commit(batch().append("t", text("said"), text("{\"text\":\"secret\"}"), text("2026")));
  }
  // Another's name, a number that is not there and a topic that is not there change nothing.
  CHECK_EQ(store()
               .commit(batch()
                           .make_void("t", 1, "other")
                           .make_void("t", 9, "said")
                           .make_void("none", 1, "said"))
               .status,
           PARLEY_OK);
  CHECK_EQ(store().read_log("t", 0).all.at(0).at(1), plain(std::string("said")));
  // In a batch that is refused it does not happen.
  CHECK_EQ(store().commit(batch().make_void("t", 2, "said").exists(1, {text("x")})).status,
           PARLEY_E_CONFLICT);
  CHECK_EQ(store().read_log("t", 0).all.at(1).at(1), plain(std::string("said")));

  CHECK_EQ(
      store()
          .commit(
              batch().make_void("t", 2, "said").append("t", text("gone"), text("{}"), text("2026")))
          .status,
      PARLEY_OK);
  for (const bool again : {false, true}) {
    if (again) reopen();
    const rows log = store().read_log("t", 0);
    CHECK_EQ(log.all.size(), 4u);
    CHECK_EQ(log.all.at(1).at(0), number(2));
    CHECK_EQ(log.all.at(1).at(1), plain(null{}));
    CHECK_EQ(log.all.at(1).at(2), plain(null{}));
    CHECK_EQ(log.all.at(2).at(1), plain(std::string("said")));
    CHECK_EQ(log.all.at(3).at(1), plain(std::string("gone")));
  }
}

DRIVER_CASE(a_read_sees_what_was_reported_before_it_began) {
  for (std::int64_t i = 0; i < 200; ++i) {
    CHECK_EQ(store().commit(batch().put(items, item("p", i))).status, PARLEY_OK);
    CHECK_EQ(store().read(items, by_key, {text("p"), i}).all.size(), 1u);
  }
}

DRIVER_CASE(random_operations_do_what_a_model_does) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) compare_with_model(seed, 150, make_, false);
}

DRIVER_CASE_AGAIN(random_operations_across_restarts_do_what_a_model_does) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) compare_with_model(seed, 150, make_);
}

DRIVER_CASE(an_empty_batch_is_fine) {
  CHECK_EQ(store().commit(batch()).status, PARLEY_OK);
}

void row_cases() {}

} // namespace parley::test::storage
