// Two servers write into one database at the same time.

#include "places.hpp"

#include <gmock/gmock.h>
#include <libpq-fe.h>

#include <atomic>
#include <set>
#include <thread>

namespace parley::test::storage {
namespace {

using waiting = std::vector<std::future<committed>>;

// What became of each; every status is OK or CONFLICT.
std::vector<committed> all_of(waiting& from) {
  std::vector<committed> out;
  for (auto& each : from) {
    out.push_back(each.get());
    EXPECT_TRUE(out.back().status == PARLEY_OK || out.back().status == PARLEY_E_CONFLICT)
        << out.back().status << " " << out.back().error;
  }
  return out;
}

class two_nodes : public testing::Test {
 protected:
  // Submits `count` batches of each node, then waits for all.
  void race(std::int64_t count, const std::function<batch(std::size_t, std::int64_t)>& make) {
    waiting under_way[2];
    for (std::int64_t i = 0; i < count; ++i) {
      for (std::size_t n = 0; n < 2; ++n) {
        under_way[n].push_back(nodes_[n]->store.submit(std::make_shared<batch>(make(n, i))));
      }
    }
    for (std::size_t n = 0; n < 2; ++n) outcome_[n] = all_of(under_way[n]);
  }
  bool won(std::size_t node, std::int64_t at) const {
    return outcome_[node][static_cast<std::size_t>(at)].status == PARLEY_OK;
  }

  const storage_postgres::settings settings_ = fresh_settings();
  std::unique_ptr<node> nodes_[2] = {std::make_unique<node>(settings_),
                                     std::make_unique<node>(settings_)};
  std::vector<committed> outcome_[2];
};

TEST_F(two_nodes, numbers_have_no_gaps_whoever_gives_them) {
  constexpr std::int64_t count = 500;
  race(count, [](std::size_t n, std::int64_t i) {
    batch out;
    // Topics in different orders, and some batches that are refused.
    for (const char* name : n == 0 ? std::vector{"a", "b"} : std::vector{"b", "a"}) {
      out.append(name, text("e"), std::to_string(n) + ":" + std::to_string(i), text("2026"));
    }
    out.put(items, {std::to_string(n), next_number{0, 0}, null{}, i, null{}, null{}});
    if (i % 9 == 4) out.exists(tags, {text("never")});
    return out;
  });
  std::set<std::int64_t> given;
  for (std::size_t n = 0; n < 2; ++n) {
    std::int64_t last = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      ASSERT_EQ(won(n, i), i % 9 != 4);
      if (!won(n, i)) continue;
      const std::int64_t number = outcome_[n][static_cast<std::size_t>(i)].numbers.at(0);
      EXPECT_GT(number, last) << "in the order in which they were given";
      last = number;
      if (n == 0) given.insert(number);
    }
  }
  const std::int64_t written = 2 * (count - 56);
  for (const char* topic : {"a", "b"}) {
    EXPECT_EQ(nodes_[0]->store.heads({topic}).all.at(0).at(0), plain(written));
    const rows log = nodes_[1]->store.read_log(topic, 0, 5000);
    ASSERT_EQ(log.all.size(), static_cast<std::size_t>(written));
    for (std::int64_t i = 0; i < written; ++i) {
      EXPECT_EQ(log.all[static_cast<std::size_t>(i)].at(0), plain(i + 1));
    }
  }
}

TEST_F(two_nodes, of_two_that_put_what_must_be_absent_one_wins) {
  constexpr std::int64_t count = 300;
  race(count, [](std::size_t n, std::int64_t i) {
    batch out;
    out.absent(tags, {std::to_string(i)})
        .put(tags, {std::to_string(i)})
        .put(items, {text("winner"), i, null{}, std::int64_t(n), null{}, null{}});
    return out;
  });
  const rows winners = nodes_[0]->store.read(items, by_key, {text("winner")}, {.limit = 1000});
  ASSERT_EQ(winners.all.size(), static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    ASSERT_NE(won(0, i), won(1, i)) << i;
    EXPECT_EQ(winners.all[static_cast<std::size_t>(i)].at(3),
              plain(std::int64_t(won(0, i) ? 0 : 1)));
  }
}

TEST_F(two_nodes, two_that_exclude_each_other_are_not_both_there) {
  constexpr std::int64_t count = 300;
  race(count, [](std::size_t n, std::int64_t i) {
    const std::string name = std::to_string(i);
    const std::string mine = (n == 0 ? "x" : "y") + name, other = (n == 0 ? "y" : "x") + name;
    batch out;
    out.absent(tags, {other}).put(tags, {mine});
    return out;
  });
  for (std::int64_t i = 0; i < count; ++i) ASSERT_NE(won(0, i), won(1, i)) << i;
  EXPECT_EQ(nodes_[0]->store.read(tags, by_key, {}, {.limit = 1000}).all.size(),
            static_cast<std::size_t>(count));
}

TEST_F(two_nodes, a_unique_index_lets_one_in) {
  constexpr std::int64_t count = 200;
  race(count, [](std::size_t n, std::int64_t i) {
    batch out;
    out.put(items, {std::to_string(n), i, std::to_string(i), null{}, null{}, null{}});
    return out;
  });
  for (std::int64_t i = 0; i < count; ++i) ASSERT_NE(won(0, i), won(1, i)) << i;
}

TEST_F(two_nodes, increments_and_fields_that_were_read_lose_nothing) {
  const row counter = {text("p"), integer(1)}, state = {text("p"), integer(2)};
  ASSERT_EQ(
      nodes_[0]
          ->store
          .commit(batch()
                      .put(items, {text("p"), integer(1), null{}, integer(0), null{}, null{}})
                      .put(items, {text("p"), integer(2), null{}, integer(0), null{}, null{}}))
          .status,
      PARLEY_OK);
  constexpr std::int64_t count = 400;
  // From i to i + 1 only one of the two can lead.
  race(count, [&](std::size_t, std::int64_t i) {
    batch out;
    out.equal(items, state, {3}, {i})
        .patch(items, state, {3}, {i + 1})
        .increment(items, counter, 3, 1);
    return out;
  });
  std::int64_t won_by_any = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    EXPECT_FALSE(won(0, i) && won(1, i));
    won_by_any += (won(0, i) || won(1, i)) ? 1 : 0;
  }
  const rows stored = nodes_[1]->store.read(items, by_key, {text("p")});
  EXPECT_EQ(stored.all.at(0).at(3), plain(won_by_any));
  EXPECT_EQ(stored.all.at(1).at(3), plain(won_by_any));
  EXPECT_GT(won_by_any, 0);
}

TEST_F(two_nodes, each_sees_what_the_other_committed) {
  for (std::int64_t i = 1; i <= 100; ++i) {
    const std::size_t writer = static_cast<std::size_t>(i % 2);
    ASSERT_EQ(nodes_[writer]
                  ->store
                  .commit(batch()
                              .append("t", text("e"), text("{}"), text("2026"))
                              .put(tags, {std::to_string(i)}))
                  .status,
              PARLEY_OK);
    calls& other = nodes_[1 - writer]->store;
    EXPECT_EQ(other.heads({"t"}).all.at(0).at(0), plain(i));
    EXPECT_EQ(other.read(tags, by_key, {std::to_string(i)}).all.size(), 1u);
  }
}

// Of a server that died after it had sent its COMMIT, before PostgreSQL was through with it.
TEST(dead_node, what_it_had_sent_is_there_before_another_one_is_open) {
  const storage_postgres::settings with = fresh_settings();
  { node one(with); } // makes the tables
  PGconn* dead = PQconnectdb(with.url.c_str());
  const auto ask = [&](const std::string& sql) {
    PGresult* seen = PQexec(dead, sql.c_str());
    const std::string out = PQntuples(seen) == 1 ? PQgetvalue(seen, 0, 0) : PQerrorMessage(dead);
    PQclear(seen);
    return out;
  };
  ask("SET search_path = \"" + with.schema + "\"");
  ask("INSERT INTO nodes(id, last_group) VALUES('dead', 7)");
  ask("BEGIN; UPDATE nodes SET last_group = 8; INSERT INTO topics(name, head) VALUES('t', 1)");
  std::atomic<bool> is_open = false;
  std::unique_ptr<node> next;
  std::thread opening([&] {
    next = std::make_unique<node>(with);
    is_open = true;
  });
  const std::string waits =
      "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = "
      "ANY(pg_blocking_pids(pid))";
  while (!is_open && ask(waits) == "0") continue; // the suite's deadline ends it
  EXPECT_FALSE(is_open);
  ask("INSERT INTO log(topic, number, event, data, at) SELECT id, 1, 'e', '{}', '2026' FROM topics;"
      "COMMIT");
  opening.join();
  EXPECT_EQ(next->store.heads({"t"}).all.at(0).at(0), plain(std::int64_t{1}));
  PQfinish(dead);
}

} // namespace
} // namespace parley::test::storage
