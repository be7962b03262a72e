// A hot standby of the shared cluster answers reads that may lag, but for what it has not got in
// time.

#include "places.hpp"

#include <gmock/gmock.h>
#include <libpq-fe.h>
#include <parley/log.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

namespace parley::test::storage {
namespace {

using testing::HasSubstr;

// What a driver writes into its log.
class told {
 public:
  std::function<void(std::int32_t, const std::string&)> sink() {
    return [this](std::int32_t, const std::string& message) {
      const std::scoped_lock lock(mutex_);
      all_.push_back(message);
      news_.notify_all();
    };
  }
  std::string wait_for(const std::string& part) {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [&] { return found(part) != all_.end(); });
    return *found(part);
  }
  bool has(const std::string& part) {
    const std::scoped_lock lock(mutex_);
    return found(part) != all_.end();
  }

 private:
  std::vector<std::string>::const_iterator found(const std::string& part) const {
    return std::find_if(all_.begin(), all_.end(),
                        [&](const auto& each) { return each.find(part) != std::string::npos; });
  }
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::string> all_;
};

class replicas : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "parley-standby-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    cluster("standby", folder_, std::getenv("PARLEY_POSTGRES"));
  }
  static void TearDownTestSuite() {
    cluster("stop", folder_);
    std::filesystem::remove_all(folder_);
  }
  storage_postgres::settings with_standby(std::chrono::milliseconds lag) {
    storage_postgres::settings out = fresh_settings();
    out.replicas = {url_in(folder_)};
    out.replica_lag = lag;
    out.log = log_.sink();
    return out;
  }
  static std::string asked(const std::string& url, const std::string& sql) {
    PGconn* link = PQconnectdb(url.c_str());
    PGresult* seen = PQexec(link, sql.c_str());
    EXPECT_EQ(PQresultStatus(seen), PGRES_TUPLES_OK) << PQerrorMessage(link);
    std::string out = PQgetvalue(seen, 0, 0);
    PQclear(seen);
    PQfinish(link);
    return out;
  }
  // Until the standby was asked about a table: the driver knows then what it needs to have.
  template <typename Ask>
  static void wait_for_standby(const std::string& table, Ask ask) {
    const std::string sql = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT %" +
                            table + "%' AND pid <> pg_backend_pid()";
    do ask();
    while (asked(url_in(folder_), sql) == "0");
  }
  // It stays at what was committed until now, or goes on.
  static void replay(bool goes_on) {
    if (goes_on) {
      asked(url_in(folder_), "SELECT pg_wal_replay_resume()");
      return;
    }
    const std::string written = asked(shared_url(), "SELECT pg_current_wal_lsn()");
    while (asked(url_in(folder_), "SELECT pg_last_wal_replay_lsn() >= '" + written + "'") != "t") {
      continue; // the suite's deadline ends it
    }
    asked(url_in(folder_), "SELECT pg_wal_replay_pause()");
  }
  static std::size_t put(node& to, std::int64_t id) {
    EXPECT_EQ(to.store.commit(batch().put(tags, {text(std::to_string(id))})).status, PARLEY_OK);
    return all(to, false);
  }
  static std::size_t all(node& in, bool may_lag) {
    const rows seen = in.store.read(tags, by_key, {}, {.may_lag = may_lag});
    EXPECT_EQ(seen.error, "");
    return seen.all.size();
  }

  static std::filesystem::path folder_;
  told log_;
};
std::filesystem::path replicas::folder_;

TEST_F(replicas, answer_what_may_lag_and_nothing_else) {
  node one(with_standby(std::chrono::minutes(10)));
  EXPECT_EQ(put(one, 1), 1u);
  wait_for_standby("test.tags", [&] { EXPECT_LE(all(one, true), 1u); });
  replay(false);
  EXPECT_EQ(put(one, 2), 2u);
  while (all(one, true) != 1) continue; // it may have been found behind a moment ago
  EXPECT_EQ(all(one, false), 2u);
  replay(true);
  while (all(one, true) != 2) continue; // the suite's deadline ends it
}

TEST_F(replicas, answer_searches) {
  static const std::string name = "test.notes";
  static const std::uint32_t searched[] = {2};
  parley_collection notes = suite_collections()[items];
  notes.name = {name.data(), name.size()};
  notes.searched = searched;
  notes.searched_count = 1;
  node one(with_standby(std::chrono::minutes(10)));
  ASSERT_EQ(one.store.widen({notes}).error, "");
  const auto said = [&](std::int64_t seq) {
    batch out;
    out.put(2, {text("p"), seq, null{}, null{}, null{}, null{}})
        .words(2, {text("p"), seq}, {0}, {text("tea")});
    EXPECT_EQ(one.store.commit(std::move(out)).status, PARLEY_OK);
  };
  const auto found = [&](bool may_lag) {
    const rows seen = one.store.search(2, {{"tea"}}, 100, 0, {}, may_lag);
    EXPECT_EQ(seen.error, "");
    return seen.all.size();
  };
  said(1);
  wait_for_standby("test.notes", [&] { EXPECT_LE(found(true), 1u); });
  replay(false);
  said(2);
  while (found(true) != 1) continue; // as above
  EXPECT_EQ(found(false), 2u);
  replay(true);
}

TEST_F(replicas, that_are_too_far_behind_are_not_asked) {
  node one(with_standby(std::chrono::milliseconds(200)));
  replay(false);
  const std::size_t stored = put(one, 1);
  const auto written = std::chrono::steady_clock::now();
  while (all(one, true) != stored) {
    ASSERT_LT(std::chrono::steady_clock::now() - written, std::chrono::minutes(1));
  }
  replay(true);
}

TEST_F(replicas, that_go_away_cost_nothing_and_are_asked_again_when_they_are_there) {
  node one(with_standby(std::chrono::minutes(10)));
  put(one, 1);
  while (all(one, true) != 1) continue;
  cluster("kill", folder_);
  for (std::int64_t id = 2; id < 30; ++id) {
    const std::size_t stored = put(one, id);
    EXPECT_EQ(all(one, true), stored);
  }
  EXPECT_THAT(log_.wait_for("cannot be reached"),
              testing::AllOf(HasSubstr("the replica 1 cannot be reached"),
                             HasSubstr("the primary answers in its place")));
  cluster("again", folder_);
  log_.wait_for("the replica 1 is there again");
  while (all(one, true) != 29) continue; // it lags
}

TEST_F(replicas, that_go_away_leave_nobody_waiting) {
  node one(with_standby(std::chrono::minutes(10)));
  put(one, 1);
  while (all(one, true) != 1) continue;
  wait_for_standby("test.tags", [&] { EXPECT_EQ(all(one, true), 1u); });
  // So many that some come while others are under way.
  std::atomic<bool> is_over = false;
  std::vector<std::future<void>> readers;
  for (int i = 0; i < 8; ++i)
    readers.push_back(std::async(std::launch::async, [&] {
      while (!is_over) EXPECT_EQ(all(one, true), 1u);
    }));
  cluster("kill", folder_);
  is_over = true;
  for (auto& each : readers) each.get(); // the suite's deadline ends it
  cluster("again", folder_);
}

TEST_F(replicas, that_were_never_there_keep_nobody_waiting) {
  storage_postgres::settings with = with_standby(std::chrono::seconds(5));
  with.replicas = {"postgresql://parley:secret@127.0.0.1:1/none"};
  node one(with);
  EXPECT_EQ(put(one, 1), 1u);
  EXPECT_EQ(all(one, true), 1u);
  EXPECT_THAT(log_.wait_for("cannot be reached"), testing::Not(HasSubstr("secret")));
}

TEST_F(replicas, that_take_writes_are_named_and_not_asked) {
  storage_postgres::settings with = with_standby(std::chrono::minutes(10));
  const std::string primary = shared_url();
  with.replicas = {"postgresql://parley:secret" + primary.substr(primary.find('@'))};
  const std::string place = primary.substr(primary.find('@') + 1);
  node one(with);
  EXPECT_EQ(log_.wait_for("is not a standby"),
            "the replica 1, " + place +
                ", is not a standby, as it takes writes; name standbys of the database in "
                "`replicas`; the primary answers in its place");
  EXPECT_EQ(put(one, 1), 1u);
  EXPECT_EQ(all(one, true), 1u);
}

TEST_F(replicas, cannot_be_what_is_written_to) {
  storage_postgres::settings with = fresh_settings();
  with.url = url_in(folder_);
  with.wait = std::chrono::milliseconds(100);
  storage_postgres::driver standby(with);
  calls store(standby.face());
  EXPECT_THAT(store.open(suite_collections()).error,
              HasSubstr(" is a standby, which only reads; give the primary in `url`"));
}

class replicas_that_became_primaries : public replicas {};

TEST_F(replicas_that_became_primaries, are_named_and_not_asked) {
  node one(with_standby(std::chrono::minutes(10)));
  put(one, 1);
  while (all(one, true) != 1) continue;
  wait_for_standby("test.tags", [&] { EXPECT_EQ(all(one, true), 1u); });
  // Not waited for: the statement that waits may itself be what recovery has to end.
  asked(url_in(folder_), "SELECT pg_promote(false)");
  while (asked(url_in(folder_), "SELECT pg_is_in_recovery()") != "f") continue;
  EXPECT_EQ(put(one, 2), 2u);
  // It is asked now and then, if it was found behind before.
  do EXPECT_EQ(all(one, true), 2u);
  while (!log_.has("the replica 1, ") || !log_.has("is not a standby"));
}

} // namespace
} // namespace parley::test::storage
