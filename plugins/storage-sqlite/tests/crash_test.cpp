// A process that commits is killed, again and again: what it reported is there, and numbers have no
// gaps.

#include "driver.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <parley/test/storage_driver.hpp>

#include <csignal>
#include <deque>
#include <filesystem>
#include <map>

namespace parley::test::storage {
namespace {

struct report { // one acknowledged batch, through the pipe
  std::int64_t number = 0;
  std::int64_t id = 0;
};

const char* const topics[] = {"even", "odd"};

// Commits until it is killed, 32 at a time.
[[noreturn]] void commit_for_ever(const std::string& path, int pipe, std::int64_t first_id) {
  const storage_sqlite::driver driver({.path = path});
  calls store(driver.face());
  if (store.open(suite_collections()).status != PARLEY_OK) ::_exit(1);
  std::deque<std::pair<std::int64_t, std::future<committed>>> under_way;
  for (std::int64_t id = first_id;; ++id) {
    auto each = std::make_shared<batch>();
    const char* topic = topics[id % 2];
    each->append(topic, text("e"), std::to_string(id), text("2026"));
    each->put(items, {text(topic), next_number{0, 0}, null{}, id, null{}, null{}});
    if (id % 7 == 0) each->exists(tags, {text("never")}); // refused, and must leave no gap
    under_way.emplace_back(id, store.submit(std::move(each)));
    if (under_way.size() < 32) continue;
    const committed seen = under_way.front().second.get();
    if (seen.status == PARLEY_OK) {
      const report ack{seen.numbers.at(0), under_way.front().first};
      if (::write(pipe, &ack, sizeof ack) != sizeof ack) ::_exit(2);
    }
    under_way.pop_front();
  }
}

// What the child reported until it was killed, after at least `least` reports.
std::vector<report> run_and_kill(const std::string& path, std::int64_t first_id,
                                 std::size_t least) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    commit_for_ever(path, ends[1], first_id);
  }
  ::close(ends[1]);
  std::vector<report> out;
  report ack;
  while (::read(ends[0], &ack, sizeof ack) == sizeof ack) {
    out.push_back(ack);
    if (out.size() == least) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int how = 0;
  ::waitpid(child, &how, 0);
  EXPECT_TRUE(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL) << how;
  return out;
}

// The whole log of a topic: number → id. Fails where numbers have a gap.
std::map<std::int64_t, std::int64_t> log_of(calls& store, const char* topic) {
  std::map<std::int64_t, std::int64_t> out;
  for (bool more = true; more;) {
    const rows part = store.read_log(topic, static_cast<std::int64_t>(out.size()), 1000);
    more = part.more;
    for (const plain_row& each : part.all) {
      const auto number = std::get<std::int64_t>(each.at(0));
      EXPECT_EQ(number, static_cast<std::int64_t>(out.size()) + 1);
      out[number] = std::stoll(std::get<std::string>(each.at(2)));
    }
  }
  return out;
}

void check(const std::string& path, const std::vector<report>& acknowledged) {
  const storage_sqlite::driver driver({.path = path});
  calls store(driver.face());
  ASSERT_EQ(store.open(suite_collections()).status, PARLEY_OK);
  for (std::int64_t parity = 0; parity < 2; ++parity) {
    const auto log = log_of(store, topics[parity]);
    for (const report& each : acknowledged) {
      if (each.id % 2 != parity) continue;
      const auto found = log.find(each.number);
      ASSERT_NE(found, log.end()) << "number " << each.number << " was acknowledged and is lost";
      EXPECT_EQ(found->second, each.id);
    }
    // Rows and events were written together.
    const rows stored = store.read(items, by_key, {text(topics[parity])}, {.limit = 1'000'000});
    ASSERT_EQ(stored.all.size(), log.size());
    for (const plain_row& each : stored.all) {
      EXPECT_EQ(log.at(std::get<std::int64_t>(each.at(1))), std::get<std::int64_t>(each.at(3)));
    }
    const rows head = store.heads({topics[parity]});
    EXPECT_EQ(std::get<std::int64_t>(head.all.at(0).at(0)), static_cast<std::int64_t>(log.size()));
  }
  EXPECT_EQ(store.close().status, PARLEY_OK);
}

TEST(crash, what_was_acknowledged_is_there) {
  std::string place = (std::filesystem::temp_directory_path() / "parley-crash-XXXXXX").string();
  ASSERT_NE(::mkdtemp(place.data()), nullptr);
  const std::string path = place + "/parley.db";
  std::vector<report> acknowledged;
  for (int round = 0; round < 12 && !testing::Test::HasFailure(); ++round) {
    const std::size_t least = 20 + static_cast<std::size_t>(round) * 37;
    for (const report& each : run_and_kill(path, round * std::int64_t{1'000'000}, least)) {
      acknowledged.push_back(each);
    }
    check(path, acknowledged);
  }
  std::filesystem::remove_all(place);
}

} // namespace
} // namespace parley::test::storage
