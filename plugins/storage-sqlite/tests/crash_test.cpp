// A process that commits is killed, again and again: what it reported is there.

#include "stored.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <limits>

namespace parley::storage_sqlite {
namespace {

using test::storage::load;

constexpr std::uint64_t seed = 1;

struct report { // one acknowledged batch, through the pipe
  std::int64_t id = 0;
  std::int64_t numbers[3]{};
  std::size_t count = 0;
};

// Commits until it is killed.
[[noreturn]] void commit_for_ever(const std::string& path, int pipe, std::int64_t first_id) {
  stored store(path);
  if (store.open().status != PARLEY_OK) ::_exit(1);
  load clients(seed, first_id);
  clients.run(*store, std::numeric_limits<std::size_t>::max(), [&](const load::acknowledged& what) {
    report ack{what.id, {}, what.numbers.size()};
    std::copy(what.numbers.begin(), what.numbers.end(), ack.numbers);
    if (::write(pipe, &ack, sizeof ack) != sizeof ack) ::_exit(2);
  });
  ::_exit(3);
}

// Notes what the child reported until it was killed, after at least `least` reports.
std::int64_t run_and_kill(const std::string& path, std::int64_t first_id, std::size_t least,
                          load& clients) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    commit_for_ever(path, ends[1], first_id);
  }
  ::close(ends[1]);
  std::size_t count = 0;
  report ack;
  while (::read(ends[0], &ack, sizeof ack) == sizeof ack) {
    clients.note({ack.id, {ack.numbers, ack.numbers + ack.count}});
    if (++count == least) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int how = 0;
  ::waitpid(child, &how, 0);
  EXPECT_TRUE(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL) << how;
  return static_cast<std::int64_t>(count);
}

// Each store is killed so often, so that looking through it stays quick.
constexpr std::uint64_t rounds_a_store = 20;

TEST(crash, what_was_acknowledged_is_there) {
  const std::uint64_t count = rounds("PARLEY_KILL_ROUNDS", 12);
  std::int64_t acknowledged = 0;
  for (std::uint64_t round = 0; round < count && !HasFailure();) {
    const temporary_folder place;
    load clients(seed);
    for (std::uint64_t end = std::min(count, round + rounds_a_store); round < end; ++round) {
      const auto first_id = static_cast<std::int64_t>(round * 1'000'000 + 1);
      acknowledged += run_and_kill(place.file(), first_id, 20 + round * 37 % 500, clients);
      stored store(place.file());
      ASSERT_EQ(store.open().status, PARLEY_OK);
      clients.check(*store);
      EXPECT_EQ(store->close().status, PARLEY_OK);
    }
  }
  std::cout << "kill -9 of the driver's process: " << count << " rounds, " << acknowledged
            << " acknowledged batches, none lost\n";
}

} // namespace
} // namespace parley::storage_sqlite
