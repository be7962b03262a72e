// Connections that break and a PostgreSQL that is killed: nothing that was reported is lost,
// nothing is written twice, and it goes on by itself.

#include "places.hpp"
#include "proxy.hpp"

#include <gmock/gmock.h>
#include <libpq-fe.h>
#include <parley/test/driver_load.hpp>

#include <atomic>
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
    const rows log = one.store.read_log("t", 0, 100);
    const rows stored = one.store.read(items, by_key, {text("p")}, {.limit = 100});
    ASSERT_EQ(log.all.size(), 20u);
    ASSERT_EQ(stored.all.size(), 20u);
    for (std::int64_t i = 0; i < 20; ++i) {
      EXPECT_EQ(log.all[static_cast<std::size_t>(i)].at(2), plain(std::to_string(i)));
      EXPECT_EQ(stored.all[static_cast<std::size_t>(i)].at(3), plain(i));
    }
  }
}
INSTANTIATE_TEST_SUITE_P(all, lost_commit, testing::Values(loss::answer, loss::commit),
                         [](const auto& each) {
                           return std::string(each.param == loss::answer ? "answer" : "commit");
                         });

TEST(broken_links, a_driver_that_ends_unclosed_answers_all_that_was_asked) {
  std::vector<std::future<committed>> all;
  {
    const storage_postgres::driver one(fresh_settings());
    calls store(one.face());
    ASSERT_EQ(store.open(suite_collections()).error, "");
    for (std::int64_t i = 0; i < 200; ++i)
      all.push_back(store.submit(std::make_shared<batch>(numbered(i))));
  }
  for (std::future<committed>& each : all) {
    ASSERT_EQ(each.wait_for(std::chrono::seconds(0)), std::future_status::ready);
    EXPECT_EQ(each.get().status, PARLEY_OK);
  }
}

// A load on a thread of its own, until it is told to end.
class running_load {
 public:
  explicit running_load(calls& store) : store_(store), thread_([this] { run(); }) {}
  void end() {
    ends_ = true;
    thread_.join();
    EXPECT_EQ(problem, "");
    try {
      clients_.check(store_);
    } catch (const failure& why) {
      ADD_FAILURE() << why.sentence();
    }
  }
  // Waits for so many more.
  void reach(std::size_t more) const {
    for (const std::size_t goal = count_ + more; count_ < goal && !is_over_;) {
      std::this_thread::yield();
    }
  }
  std::size_t unavailable = 0; // after the end
  std::set<std::string> why;
  std::string problem;

 private:
  void run() {
    try {
      while (!ends_) {
        const load::tally seen =
            clients_.run(store_, 100, [&](const load::acknowledged&) { ++count_; });
        unavailable += seen.unavailable;
        if (seen.unavailable != 0) why.insert(seen.why);
      }
    } catch (const failure& breach) {
      problem = breach.sentence();
    }
    is_over_ = true;
  }

  calls& store_;
  load clients_{1};
  std::atomic<bool> ends_ = false, is_over_ = false;
  std::atomic<std::size_t> count_ = 0;
  std::thread thread_;
};

TEST(broken_links, backends_that_end_under_load_cost_nothing) {
  storage_postgres::settings with = fresh_settings();
  PGconn* other = PQconnectdb(with.url.c_str());
  with.url += "?application_name=doomed";
  node one(with);
  running_load writing(one.store);
  for (std::size_t round = 0; round < 30; ++round) {
    writing.reach(10 + round * 7 % 90);
    PQclear(PQexec(other,
                   "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                   " WHERE application_name = 'doomed'"));
  }
  PQfinish(other);
  writing.reach(100);
  writing.end();
  EXPECT_EQ(writing.unavailable, 0u) << *writing.why.begin();
}

TEST(broken_links, a_killed_postgresql_loses_nothing_and_comes_back) {
  std::string pattern = (std::filesystem::temp_directory_path() / "parley-killed-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  // Without fsync: what a process has written is there when it is killed, and this is no power cut.
  cluster("start", pattern, "fsync=off");
  {
    storage_postgres::settings with = fresh_settings();
    with.url = url_in(pattern);
    with.wait = std::chrono::milliseconds(300);
    node one(with);
    running_load writing(one.store);
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
    EXPECT_THAT(writing.why, testing::Each(testing::HasSubstr("PostgreSQL cannot be reached")));
  }
  cluster("stop", pattern);
  std::filesystem::remove_all(pattern);
}

} // namespace
} // namespace parley::test::storage
