// Connections that break and a PostgreSQL that is killed: nothing that was reported is lost,
// nothing is written twice, and it goes on by itself.

#include "places.hpp"
#include "proxy.hpp"

#include <gmock/gmock.h>
#include <libpq-fe.h>

#include <atomic>
#include <deque>
#include <set>
#include <thread>

namespace parley::test::storage {
namespace {

int port_of(const std::string& url) {
  const std::size_t slash = url.rfind('/'), colon = url.rfind(':', slash);
  return std::stoi(url.substr(colon + 1, slash - colon - 1));
}

batch numbered(std::int64_t id) {
  batch out;
  out.append("t", text("e"), std::to_string(id), text("2026"));
  out.put(items, {text("p"), next_number{0, 0}, null{}, id, null{}, null{}});
  return out;
}

// The ids in the log of "t" by their numbers; rows and events say the same.
std::vector<std::int64_t> ids_of(calls& store) {
  std::vector<std::int64_t> out;
  const rows stored = store.read(items, by_key, {text("p")}, {.limit = 1'000'000});
  EXPECT_EQ(stored.error, "");
  for (bool more = true; more;) {
    const rows part = store.read_log("t", static_cast<std::int64_t>(out.size()), 1000);
    EXPECT_EQ(part.error, "");
    more = part.more;
    for (const plain_row& each : part.all) {
      EXPECT_EQ(each.at(0), plain(static_cast<std::int64_t>(out.size()) + 1));
      out.push_back(std::stoll(std::get<std::string>(each.at(2))));
      if (out.size() > stored.all.size()) {
        ADD_FAILURE() << "an event without its row";
        return out;
      }
      EXPECT_EQ(stored.all[out.size() - 1].at(3), plain(out.back()));
    }
  }
  EXPECT_EQ(stored.all.size(), out.size());
  return out;
}

class lost_commit : public testing::TestWithParam<loss> {};

TEST_P(lost_commit, is_written_once_and_reported) {
  storage_postgres::settings with = fresh_settings();
  proxy between(port_of(with.url));
  with.url = "postgresql://parley@127.0.0.1:" + std::to_string(between.port()) + "/postgres";
  {
    node one(with);
    between.lose(GetParam());
    std::vector<std::future<committed>> all;
    for (std::int64_t i = 0; i < 20; ++i) {
      all.push_back(one.store.submit(std::make_shared<batch>(numbered(i))));
    }
    for (std::int64_t i = 0; i < 20; ++i) {
      const committed seen = all[static_cast<std::size_t>(i)].get();
      ASSERT_EQ(seen.status, PARLEY_OK) << seen.error;
      EXPECT_EQ(seen.numbers.at(0), i + 1);
    }
    EXPECT_EQ(between.lost(), 1);
    std::vector<std::int64_t> expected(20);
    for (std::int64_t i = 0; i < 20; ++i) expected[static_cast<std::size_t>(i)] = i;
    EXPECT_EQ(ids_of(one.store), expected);
  }
}
INSTANTIATE_TEST_SUITE_P(all, lost_commit, testing::Values(loss::answer, loss::commit),
                         [](const auto& each) {
                           return std::string(each.param == loss::answer ? "answer" : "commit");
                         });

// Keeps 64 batches under way until it is told to end.
class load {
 public:
  explicit load(calls& store) : store_(store), thread_([this] { run(); }) {}
  void end() {
    ends_ = true;
    thread_.join();
  }
  // Waits for so many more.
  void reach(std::size_t more) const {
    for (const std::size_t goal = count_ + more; count_ < goal;) std::this_thread::yield();
  }
  std::set<std::int64_t> reported; // after the end
  std::vector<std::string> refused;

 private:
  void run() {
    std::deque<std::pair<std::int64_t, std::future<committed>>> under_way;
    for (std::int64_t id = 0; !ends_ || !under_way.empty();) {
      if (!ends_ && under_way.size() < 64) {
        under_way.emplace_back(id, store_.submit(std::make_shared<batch>(numbered(id))));
        ++id;
        continue;
      }
      const committed seen = under_way.front().second.get();
      if (seen.status == PARLEY_OK) {
        reported.insert(under_way.front().first);
        ++count_;
      } else {
        EXPECT_EQ(seen.status, PARLEY_E_UNAVAILABLE);
        refused.push_back(seen.error);
      }
      under_way.pop_front();
    }
  }

  calls& store_;
  std::atomic<bool> ends_ = false;
  std::atomic<std::size_t> count_ = 0;
  std::thread thread_;
};

void check_once(calls& store, const load& of) {
  std::set<std::int64_t> stored;
  for (const std::int64_t each : ids_of(store)) {
    EXPECT_TRUE(stored.insert(each).second) << each << " is there twice";
  }
  for (const std::int64_t each : of.reported) {
    EXPECT_TRUE(stored.contains(each)) << each << " was reported and is lost";
  }
}

TEST(broken_links, backends_that_end_under_load_cost_nothing) {
  storage_postgres::settings with = fresh_settings();
  PGconn* other = PQconnectdb(with.url.c_str());
  with.url += "?application_name=doomed";
  node one(with);
  load writing(one.store);
  for (int round = 0; round < 30; ++round) {
    writing.reach(10 + static_cast<std::size_t>(round) * 7 % 90);
    PQclear(PQexec(other,
                   "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                   " WHERE application_name = 'doomed'"));
  }
  writing.reach(100);
  PQfinish(other);
  writing.end();
  EXPECT_THAT(writing.refused, testing::IsEmpty());
  check_once(one.store, writing);
  EXPECT_EQ(ids_of(one.store).size(), writing.reported.size());
}

TEST(broken_links, a_killed_postgresql_loses_nothing_and_comes_back) {
  std::string pattern = (std::filesystem::temp_directory_path() / "parley-killed-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  cluster("start", pattern); // with fsync, as it is used
  {
    storage_postgres::settings with = fresh_settings();
    with.url = url_in(pattern);
    with.wait = std::chrono::milliseconds(300);
    node one(with);
    load writing(one.store);
    for (int round = 0; round < 3; ++round) {
      writing.reach(200);
      cluster("kill", pattern);
      // Away: an answer within a bounded time, that says so.
      rows read;
      while (read.status == PARLEY_OK) read = one.store.heads({"t"});
      EXPECT_EQ(read.status, PARLEY_E_UNAVAILABLE);
      EXPECT_THAT(read.error, testing::HasSubstr("PostgreSQL cannot be reached"));
      cluster("again", pattern);
    }
    writing.reach(200);
    writing.end();
    for (const std::string& each : writing.refused) {
      EXPECT_THAT(each, testing::HasSubstr("PostgreSQL cannot be reached"));
    }
    EXPECT_EQ(one.store.heads({"t"}).status, PARLEY_OK);
    check_once(one.store, writing);
    EXPECT_EQ(ids_of(one.store).size(), writing.reported.size());
  }
  cluster("stop", pattern);
  std::filesystem::remove_all(pattern);
}

} // namespace
} // namespace parley::test::storage
