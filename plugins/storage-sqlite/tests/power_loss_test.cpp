// The power goes at any moment, and what was not synced is lost, torn or there: what was
// acknowledged is there when it comes back.

#include "disk.hpp"
#include "stored.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace parley::storage_sqlite {
namespace {

using test::storage::load;

constexpr std::uint64_t rounds_a_store = 10;
// Of one that nobody interrupts, about; the first of them make the file.
constexpr std::uint64_t batches_a_round = 800, changes_a_round = 9000, changes_to_begin = 60;

struct sums {
  std::size_t rounds = 0, acknowledged = 0, events = 0, in_use = 0, opening = 0, after = 0;
};

// From the start of a server to the cut. Then the power is back.
void live_until_cut(disk& on, load& clients, const std::string& path, std::uint64_t changes,
                    std::uint64_t batches, sums& out) {
  on.cut_after(changes);
  {
    stored store(path);
    const bool opened = store.open().status == PARLEY_OK;
    if (opened) {
      const load::tally seen = clients.run(*store, batches);
      out.acknowledged += seen.acknowledged;
      out.events += seen.events;
      ++(seen.unavailable > 0 ? out.in_use : out.after);
    } else {
      ++out.opening;
    }
    store->close();
  }
  on.cut();
  on.power_on();
  ++out.rounds;
}

// Throws a failure where something is lost. The power goes again, before the store is closed or
// after.
void check_what_is_there(disk& on, const load& clients, const std::string& path, bool cut_again) {
  {
    stored store(path);
    const auto opened = store.open();
    if (opened.status != PARLEY_OK) throw test::failure(opened.error, opened.error);
    clients.check(*store);
    if (cut_again) on.cut();
  }
  on.cut();
  on.power_on();
}

void one_store(std::uint64_t seed, std::uint64_t count, bool lies, sums& out) {
  const temporary_folder place;
  disk on(seed);
  if (lies) on.lie_about_syncs();
  load clients(seed);
  std::mt19937_64 random(seed);
  for (std::uint64_t round = 0; round < count; ++round) {
    const std::uint64_t range =
        round == 0 || random() % 8 == 0 ? changes_to_begin : changes_a_round;
    live_until_cut(on, clients, place.file(), random() % range, random() % batches_a_round, out);
    check_what_is_there(on, clients, place.file(), random() % 2 == 0);
  }
}

TEST(power_loss, keeps_what_was_acknowledged) {
  const std::uint64_t count = rounds("PARLEY_POWER_ROUNDS", 20);
  const std::uint64_t first = rounds("PARLEY_SEED", 1);
  sums all;
  for (std::uint64_t seed = first; all.rounds < count; ++seed) {
    try {
      one_store(seed, std::min(rounds_a_store, count - all.rounds), false, all);
    } catch (const test::failure& lost) {
      FAIL() << lost.sentence() << "\nin round " << all.rounds
             << "; again with PARLEY_SEED=" << seed;
    }
  }
  std::cout << "power loss: " << all.rounds << " cuts (" << all.in_use << " under load, "
            << all.after << " while closing or later, " << all.opening << " while opening), "
            << all.acknowledged << " acknowledged batches with " << all.events
            << " events, none lost\n";
}

// The same on a disk that reports syncs and does none: if this passes, the test above proves
// nothing.
TEST(power_loss, a_store_that_does_not_sync_is_found_out) {
  std::size_t found = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    sums all;
    try {
      one_store(seed, rounds_a_store, true, all);
    } catch (const test::failure& lost) {
      ++found;
      std::cout << "without syncs, in round " << all.rounds << ": " << lost.sentence() << '\n';
    }
  }
  EXPECT_EQ(found, 5u);
}

} // namespace
} // namespace parley::storage_sqlite
