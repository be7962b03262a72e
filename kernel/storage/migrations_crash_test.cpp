// A process that migrates a collection, while the old version writes, is killed at every step: the
// next start does the rest, and what was acknowledged is there.

#include "observe/log.hpp"
#include "storage/engine_fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>

namespace parley::storage {
namespace json = boost::json;
namespace {

constexpr std::int64_t rows = 20'000;
const std::string notes = "desk.notes";

collection first() {
  return {notes, 1, {"id"}, {{"id", column_type::integer, true}, {"text", column_type::text}}, {}};
}

collection second() {
  return {notes,
          2,
          {"id"},
          {{"id", column_type::integer, true},
           {"text", column_type::text, true, "empty"},
           {"colour", column_type::text, true, "red"}},
          {{"by_text", {"text"}, false}}};
}

struct report { // through the pipe
  enum kind : std::int64_t { progress, acknowledged, ended } what = progress;
  std::int64_t id = 0;
};

class doomed {
 public:
  doomed(const std::string& path, int pipe) : host_(path), pipe_(pipe) {}

  [[noreturn]] void run() {
    loop_.post([this] {
      engine_ = make_engine(loop_, host_.driver());
      engine_->open({first()}, [this](const failure& why) {
        if (why.code != status::ok) ::_exit(1);
        migrate();
        write(rows);
      });
    });
    loop_.run();
    ::_exit(2);
  }

 private:
  void tell(const report& what) {
    if (::write(pipe_, &what, sizeof what) != sizeof what) ::_exit(3);
  }
  void migrate() {
    engine_->widen(
        {second()}, [this](const migration_progress&) { tell({report::progress}); },
        [this](const failure& why) {
          if (why.code != status::ok) ::_exit(4);
          tell({report::ended});
        });
  }
  void write(std::int64_t id) {
    auto one = engine_->begin();
    one->put({notes, 1}, {{"id", id}});
    engine_->commit(std::move(one), [this, id](const commit_result& seen) {
      if (seen.why.code != status::ok) ::_exit(5);
      tell({report::acknowledged, id});
      write(id + 1);
    });
  }

  small_host host_;
  env::real_loop loop_;
  std::unique_ptr<engine> engine_;
  const int pipe_;
};

class migrations_crash : public engine_fixture {
 protected:
  void SetUp() override {
    observe::log_settings quiet;
    quiet.to = [](std::string_view) {};
    observe::start_log(quiet);
    engine_fixture::SetUp();
    ASSERT_EQ(open(first()).message, "");
    for (std::int64_t from = 0; from < rows; from += 1000) {
      ASSERT_EQ(put(1, from, from + 1000).message, "");
    }
    stop();
    std::filesystem::copy(place_ + "/parley.db", place_ + "/before.db");
  }
  void TearDown() override {
    engine_fixture::TearDown();
    observe::stop_log();
  }

  failure open(const collection& what) {
    return wait_for<failure>([&](auto done) { engine_->open({what}, done); });
  }
  failure put(std::uint32_t version, std::int64_t from, std::int64_t to) {
    return wait_for<commit_result>([&](auto done) {
             auto what = engine_->begin();
             for (std::int64_t id = from; id < to; ++id) what->put({notes, version}, {{"id", id}});
             engine_->commit(std::move(what), done);
           })
        .why;
  }

  // The ids that were acknowledged until the process was killed, after `least` reports of progress
  // or at the end of the migration.
  std::set<std::int64_t> run_and_kill(int least) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      doomed(place_ + "/parley.db", ends[1]).run();
    }
    ::close(ends[1]);
    std::set<std::int64_t> out;
    report seen;
    while (::read(ends[0], &seen, sizeof seen) == sizeof seen) {
      if (seen.what == report::acknowledged) out.insert(seen.id);
      if (seen.what == report::progress && --least == 0) ::kill(child, SIGKILL);
      if (seen.what == report::ended) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int how = 0;
    ::waitpid(child, &how, 0);
    EXPECT_TRUE(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL) << how;
    return out;
  }

  // Every row has what version 2 promises; all those are there.
  void check(const std::set<std::int64_t>& acknowledged) {
    std::set<std::int64_t> found;
    query page;
    page.limit = 1000;
    page.lower_exclusive = true;
    for (bool more = true; more;) {
      const auto records = wait_for<std::vector<json::object>>([&](auto done) {
        engine_->range(notes, page, {}, [&, done](failure why, auto all, bool rest) {
          EXPECT_EQ(why.message, "");
          more = rest;
          done(std::move(all));
        });
      });
      for (const json::object& each : records) {
        EXPECT_EQ(each.at("text"), "empty");
        EXPECT_EQ(each.at("colour"), "red");
        found.insert(each.at("id").get_int64());
      }
      if (!records.empty()) page.lower = records.back().at("id");
    }
    for (std::int64_t id = 0; id < rows; ++id) EXPECT_EQ(found.count(id), 1u);
    for (const std::int64_t id : acknowledged) EXPECT_EQ(found.count(id), 1u);
    EXPECT_EQ(indexed_as_empty(), found.size());
  }

  // The stored values themselves, which `check` cannot tell from what a read fills in.
  std::size_t indexed_as_empty() {
    query with;
    with.index = "by_text";
    with.prefix = {"empty"};
    with.limit = 1000;
    std::size_t count = 0;
    for (bool more = true; more;) {
      const auto part = wait_for<std::vector<json::object>>([&](auto done) {
        engine_->range(notes, with, {}, [&, done](failure, auto all, bool rest) {
          more = rest;
          done(std::move(all));
        });
      });
      count += part.size();
      if (more) erase(part);
    }
    return count;
  }
  void erase(const std::vector<json::object>& records) {
    wait_for<commit_result>([&](auto done) {
      auto what = engine_->begin();
      for (const json::object& each : records) what->erase(notes, {each.at("id")});
      engine_->commit(std::move(what), done);
    });
  }
};

TEST_F(migrations_crash, killed_at_any_step_it_goes_on) {
  for (int round = 0; round < 24 && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    for (const char* each : {"/parley.db-wal", "/parley.db-shm"}) {
      std::filesystem::remove(place_ + each);
    }
    std::filesystem::copy(place_ + "/before.db", place_ + "/parley.db",
                          std::filesystem::copy_options::overwrite_existing);
    std::set<std::int64_t> acknowledged = run_and_kill(1 + round);
    if (round % 2 == 0) { // the operator goes back while the old version is still what is stored
      start();
      const failure older = open(first());
      if (older.code == status::ok) {
        EXPECT_EQ(put(1, -1, 0).message, "");
        acknowledged.insert(-1);
      } else {
        EXPECT_EQ(older.message.find("the store holds version 2 of desk.notes"), 0u)
            << older.message;
      }
      stop();
    }
    start();
    ASSERT_EQ(open(second()).message, "");
    check(acknowledged);
    stop();
  }
}

} // namespace
} // namespace parley::storage
