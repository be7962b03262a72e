// A table in hash partitions does what a single table does. Rows of different partitions have the
// same ctid, so what finds rows by it has to know the partition.

#include "places.hpp"

#include <gmock/gmock.h>
#include <libpq-fe.h>

#include <map>
#include <set>

namespace parley::test::storage {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t pieces = 2; // after the suite's two collections
constexpr std::int32_t by_place_and_name = 0, by_weight = 1;

// Like items, with other indexes.
std::vector<parley_collection> collections(bool with_unique_name = false) {
  static const std::string name = "test.pieces", first = "by_place_and_name", second = "by_weight",
                           third = "by_name";
  static const std::uint32_t place_and_name[] = {0, 2}, weight[] = {4}, only_name[] = {2};
  static const parley_index indexes[] = {{{first.data(), first.size()}, place_and_name, 2, 1},
                                         {{second.data(), second.size()}, weight, 1, 0},
                                         {{third.data(), third.size()}, only_name, 1, 1}};
  static const std::uint32_t searched[] = {2};
  parley_collection out = suite_collections()[items];
  out.name = {name.data(), name.size()};
  out.indexes = indexes;
  out.index_count = with_unique_name ? 3 : 2;
  out.searched = searched;
  out.searched_count = 1;
  return {out};
}

storage_postgres::settings in_partitions(storage_postgres::settings with, std::uint32_t count) {
  with.partitions["test.pieces"] = count;
  return with;
}

std::string place(std::uint32_t number) {
  return "place " + std::to_string(number);
}

std::uint32_t less_than(std::uint32_t end, std::mt19937& random) {
  return static_cast<std::uint32_t>(random()) % end;
}

row key(std::mt19937& random) {
  std::string in = place(less_than(12, random));
  return {std::move(in), std::int64_t{less_than(5, random)}};
}

std::string shown(const plain& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text + " ";
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number) + " ";
  if (const auto* number = std::get_if<double>(&cell)) return std::to_string(*number) + " ";
  return "- ";
}

// Some operations; every other one may be refused.
batch some(std::mt19937& random) {
  batch out;
  for (std::uint32_t i = 0, count = 1 + less_than(6, random); i < count; ++i) {
    row at = key(random);
    const value name = text("n" + std::to_string(less_than(40, random)));
    switch (less_than(7, random)) {
      case 0:
        out.erase(pieces, at);
        break;
      case 1:
        out.patch(pieces, at, {2, 3}, {name, std::int64_t{less_than(9, random)}});
        break;
      case 2:
        out.increment(pieces, at, 3, 1);
        break;
      case 3:
        out.absent(pieces, at);
        break;
      default:
        out.put(pieces,
                {at[0], at[1], name, std::int64_t{1}, double{less_than(3, random) / 2.0}, null{}});
        out.words(pieces, at, {0}, {text(less_than(2, random) == 0 ? "even" : "odd")});
    }
  }
  return out;
}

// All that can be read.
std::string all_of(calls& store) {
  std::string out;
  const auto add = [&](const rows& seen) {
    EXPECT_EQ(seen.error, "");
    for (const plain_row& each : seen.all) {
      for (const plain& cell : each) out += shown(cell);
      out += "\n";
    }
    out += "\n";
  };
  add(store.read(pieces, by_key, {}));
  add(store.read(pieces, by_weight, {}, {.reverse = true}));
  for (std::uint32_t i = 0; i < 12; ++i) {
    add(store.read(pieces, by_key, {place(i)}, {.lower = std::int64_t{1}, .limit = 3}));
    add(store.read(pieces, by_place_and_name, {place(i)}));
  }
  const rows found = store.search(pieces, {{"even"}});
  std::set<std::string> sorted; // which is first is not the same
  for (const plain_row& each : found.all) sorted.insert(shown(each[0]) + shown(each[1]));
  for (const std::string& each : sorted) out += each + "\n";
  const rows dumped = store.await(store.begin_to_dump("", [&](const piece& each) {
    if (each.name == "test.pieces") {
      EXPECT_EQ(each.key_count, 2u);
      for (const plain_row& one : each.rows) out += shown(one[0]) + shown(one[1]) + "\n";
    }
    EXPECT_EQ(each.name.find(':'), std::string::npos) << each.name;
    return true;
  }));
  EXPECT_EQ(dumped.error, "");
  return out;
}

std::map<std::string, int> rows_by_partition(const storage_postgres::settings& in) {
  PGconn* link = PQconnectdb(in.url.c_str());
  const std::string sql = "SELECT tableoid::regclass::text, count(*) FROM \"" + in.schema +
                          "\".\"test.pieces\" GROUP BY 1";
  PGresult* seen = PQexec(link, sql.c_str());
  std::map<std::string, int> out;
  for (int i = 0; i < PQntuples(seen); ++i)
    out[PQgetvalue(seen, i, 0)] = std::stoi(PQgetvalue(seen, i, 1));
  PQclear(seen);
  PQfinish(link);
  return out;
}

TEST(partitions, hold_what_one_table_holds) {
  const storage_postgres::settings split = in_partitions(fresh_settings(), 4);
  node one(fresh_settings()), four(split);
  ASSERT_EQ(one.store.widen(collections()).error, "");
  ASSERT_EQ(four.store.widen(collections()).error, "");
  std::mt19937 random(1), same(1);
  std::set<parley_status> seen;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::future<committed>> expected, all;
    for (int i = 0; i < 30; ++i) {
      expected.push_back(one.store.submit(std::make_shared<batch>(some(random))));
      all.push_back(four.store.submit(std::make_shared<batch>(some(same))));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      const committed a = expected[i].get(), b = all[i].get();
      ASSERT_EQ(a.status, b.status) << round << " " << i << " " << a.error << b.error;
      ASSERT_EQ(a.failed_op, b.failed_op);
      seen.insert(b.status);
    }
    ASSERT_EQ(all_of(one.store), all_of(four.store)) << round;
  }
  EXPECT_EQ(seen, (std::set<parley_status>{PARLEY_OK, PARLEY_E_CONFLICT}));
  EXPECT_EQ(rows_by_partition(split).size(), 4u);
}

TEST(partitions, stay_as_they_were_made) {
  const storage_postgres::settings plain = fresh_settings();
  { EXPECT_EQ(node(in_partitions(plain, 3)).store.widen(collections()).error, ""); }
  {
    node other(in_partitions(plain, 5));
    EXPECT_EQ(other.store.widen(collections()).error,
              "collection test.pieces: it is stored in 3 partitions, and the configuration says "
              "partitions: 5; take that out, or move to another schema by parleyctl storage copy");
  }
  node unsaid(plain);
  ASSERT_EQ(unsaid.store.widen(collections()).error, "");
  // Two rows that are first in their partitions: taking one leaves the other.
  for (std::uint32_t i = 0; i < 12; ++i)
    ASSERT_EQ(unsaid.store
                  .commit(batch().put(pieces,
                                      {place(i), std::int64_t{0}, null{}, null{}, null{}, null{}}))
                  .status,
              PARLEY_OK);
  EXPECT_EQ(rows_by_partition(plain).size(), 3u);
  ASSERT_EQ(unsaid.store.commit(batch().erase(pieces, {place(3), std::int64_t{0}})).status,
            PARLEY_OK);
  EXPECT_EQ(unsaid.store.read(pieces, by_key, {}).all.size(), 11u);
}

TEST(partitions, refuse_a_unique_index_that_goes_over_all_of_them) {
  node one(in_partitions(fresh_settings(), 4));
  EXPECT_THAT(one.store.widen(collections(true)).error,
              HasSubstr("collection test.pieces: it cannot be in partitions, as the unique index "
                        "by_name goes without the key's first field, place"));
}

} // namespace
} // namespace parley::test::storage
