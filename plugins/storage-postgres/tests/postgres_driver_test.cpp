// The conformance suite over PostgreSQL, and what is PostgreSQL's own.

#include "places.hpp"

#include <gmock/gmock.h>

namespace parley::test::storage {
namespace {

const driver_maker postgres = [](const std::string& place) {
  return std::make_unique<postgres_under_test>(settings_for(place));
};

class conformance : public testing::TestWithParam<driver_case> {};
TEST_P(conformance, holds) {
  run_driver_case(GetParam().name, postgres);
}
INSTANTIATE_TEST_SUITE_P(postgres, conformance, testing::ValuesIn(driver_cases()),
                         [](const auto& each) { return std::string(each.param.name); });

// PARLEY_SEQUENCES and PARLEY_SEED: how many, from where on.
TEST(random_operations, do_what_a_model_does) {
  const auto given = [](const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
  };
  const std::uint64_t first = given("PARLEY_SEED", 1), count = given("PARLEY_SEQUENCES", 10);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    compare_with_model(seed, 200, postgres);
  }
}

TEST(postgres_driver, what_is_no_utf8_is_refused_and_costs_its_group_nothing) {
  node one(fresh_settings());
  std::vector<std::future<committed>> all;
  for (std::int64_t i = 0; i < 50; ++i) {
    auto each = std::make_shared<batch>();
    each->append("t", text("e"), text("{}"), text("2026"));
    each->put(tags, {std::string(i % 10 == 7 ? "\xFF" : "") + std::to_string(i)});
    all.push_back(one.store.submit(std::move(each)));
  }
  std::int64_t expected = 1;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const committed seen = all[i].get();
    if (i % 10 == 7) {
      EXPECT_EQ(seen.status, PARLEY_E_INVALID);
      EXPECT_THAT(seen.error, testing::HasSubstr("UTF8"));
    } else {
      ASSERT_EQ(seen.status, PARLEY_OK) << seen.error;
      EXPECT_EQ(seen.numbers.at(0), expected++);
    }
  }
  EXPECT_EQ(one.store.read(tags, by_key, {text("\xFF")}).status, PARLEY_E_INVALID);
}

TEST(postgres_driver, what_is_wrong_whatever_is_stored_names_its_step) {
  node one(fresh_settings());
  const committed key = one.store.commit(batch().put(tags, {text("a")}).put(tags, {null{}}));
  EXPECT_EQ(key.status, PARLEY_E_INVALID);
  EXPECT_EQ(key.failed_op, 1u);
  EXPECT_EQ(key.error, "the key's column tag is NULL");
  EXPECT_EQ(one.store.commit(batch().put(tags, {integer(1)})).error,
            "the column tag has another type");
  EXPECT_TRUE(one.store.read(tags, by_key, {}).all.empty());
}

TEST(postgres_driver, a_unique_value_moves_within_a_group) {
  node one(fresh_settings());
  const auto item = [](std::int64_t seq, value name) -> row {
    return {text("p"), seq, std::move(name), null{}, null{}, null{}};
  };
  ASSERT_EQ(one.store.commit(batch().put(items, item(1, text("a"))).put(items, item(2, text("b"))))
                .status,
            PARLEY_OK);
  // Two rows change names by way of a third one, in one batch and in one group.
  EXPECT_EQ(one.store
                .commit(batch()
                            .patch(items, {text("p"), integer(1)}, {2}, {text("c")})
                            .patch(items, {text("p"), integer(2)}, {2}, {text("a")})
                            .patch(items, {text("p"), integer(1)}, {2}, {text("b")}))
                .status,
            PARLEY_OK);
  std::vector<std::future<committed>> all;
  const std::pair<std::int64_t, const char*> names[] = {{1, "c"}, {2, "b"}, {1, "a"}};
  for (const auto& [seq, name] : names) {
    auto each = std::make_shared<batch>();
    each->patch(items, {text("p"), seq}, {2}, {text(name)});
    all.push_back(one.store.submit(std::move(each)));
  }
  for (auto& each : all) EXPECT_EQ(each.get().status, PARLEY_OK);
  const rows stored = one.store.read(items, by_key, {text("p")});
  EXPECT_EQ(stored.all.at(0).at(2), plain(std::string("a")));
  EXPECT_EQ(stored.all.at(1).at(2), plain(std::string("b")));
}

TEST(postgres_driver, a_number_that_is_a_key_already_is_found_out) {
  node one(fresh_settings());
  ASSERT_EQ(
      one.store
          .commit(batch().put(items, {text("p"), integer(1), text("old"), null{}, null{}, null{}}))
          .status,
      PARLEY_OK);
  batch next;
  next.append("t", text("e"), text("{}"), text("2026"));
  next.put(items, {text("p"), next_number{0, 0}, text("new"), null{}, null{}, null{}});
  EXPECT_EQ(one.store.commit(std::move(next)).status, PARLEY_OK);
  EXPECT_EQ(one.store.read(items, by_key, {text("p")}).all.at(0).at(2), plain(std::string("new")));
}

TEST(postgres_driver, says_why_it_cannot_open) {
  storage_postgres::settings with = fresh_settings();
  with.url = "postgresql://parley@127.0.0.1:1/none";
  with.wait = std::chrono::milliseconds(100);
  const storage_postgres::driver nowhere(with);
  calls store(nowhere.face());
  EXPECT_THAT(store.open(suite_collections()).error,
              testing::AllOf(testing::HasSubstr("PostgreSQL cannot be reached"),
                             testing::HasSubstr("Connection refused")));
  EXPECT_EQ(store.commit(batch()).status, PARLEY_E_UNAVAILABLE);
  EXPECT_EQ(store.heads({"t"}).status, PARLEY_E_UNAVAILABLE);
  EXPECT_EQ(store.trim_log("2026", 1).status, PARLEY_E_UNAVAILABLE);
}

TEST(postgres_driver, shows_nobody_a_password_that_stands_in_a_broken_address) {
  storage_postgres::settings with = fresh_settings();
  with.wait = std::chrono::milliseconds(100);
  for (const char* url :
       {"postgresql://parley:secret@[::1/none", "postgresql://parley:se%zzcret@h/n"}) {
    with.url = url;
    const storage_postgres::driver nowhere(with);
    calls store(nowhere.face());
    EXPECT_EQ(store.open(suite_collections()).error,
              "PostgreSQL cannot be reached: its address is none that libpq reads: a URL, or keys "
              "and values");
  }
}

} // namespace
} // namespace parley::test::storage
