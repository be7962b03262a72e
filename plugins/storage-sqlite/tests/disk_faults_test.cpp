// A disk that breaks at each change in turn, is full or read-only: a clear answer, nothing lost,
// and it goes on by itself when the disk is mended.

#include "disk.hpp"
#include "stored.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <iostream>

namespace parley::storage_sqlite {
namespace {

using test::storage::load;
using testing::AnyOf;
using testing::HasSubstr;

constexpr std::size_t few = 60; // batches: two groups

// A sentence for the operator where the store refused.
void expect_a_sentence(parley_status status, const std::string& why) {
  EXPECT_EQ(status, PARLEY_E_UNAVAILABLE);
  EXPECT_GT(why.size(), 10u) << why;
}

void must_open(stored& store) {
  const auto opened = store.open();
  ASSERT_EQ(opened.error, "");
  ASSERT_EQ(opened.status, PARLEY_OK);
}

// Over that many faults, wherever they hit: start, load, stop. Each may be the reason of one
// refusal. False: nothing came to the first.
bool survives(std::uint64_t at, int faults, const std::function<void(disk&)>& break_it) {
  const temporary_folder place;
  disk on(at + 1);
  load clients(at + 1);
  break_it(on);
  {
    stored store(place.file());
    int left = faults;
    for (auto opened = store.open(); opened.status != PARLEY_OK; opened = store.open()) {
      expect_a_sentence(opened.status, opened.error);
      if (left-- == 0) throw test::failure("it cannot be opened any more: " + opened.error, "");
    }
    for (std::size_t served = 0; served < 2;) {
      const load::tally seen = clients.run(*store, few);
      if (seen.unavailable == 0) {
        ++served;
        continue;
      }
      expect_a_sentence(PARLEY_E_UNAVAILABLE, seen.why);
      if (left-- == 0) throw test::failure("it does not recover: " + seen.why, "");
    }
    try {
      clients.check(*store);
    } catch (const test::failure&) {
      if (!on.has_failed()) throw; // a read may be the one that fails, and says so
    }
    clients.check(*store);
    store->close();
  }
  const bool happened = on.has_failed();
  on.mend();
  if (at % 2 == 0) on.cut();
  on.power_on();
  stored again(place.file());
  must_open(again);
  clients.check(*again);
  return happened;
}

void sweep(const char* what, std::uint64_t step, int faults,
           const std::function<void(disk&, std::uint64_t at)>& break_it) {
  std::uint64_t at = 0, happened = 0;
  for (bool is_there = true; is_there && !testing::Test::HasFailure(); at += step) {
    try {
      is_there = survives(at, faults, [&](disk& on) { break_it(on, at); });
      happened += is_there ? 1 : 0;
    } catch (const test::failure& lost) {
      ADD_FAILURE() << lost.sentence();
    }
    if (testing::Test::HasFailure()) std::cout << what << " at " << at << '\n';
  }
  std::cout << what << ": " << happened << " places, up to " << at << ", nothing lost\n";
}

// 1: every one of them. The short form takes some, other ones each for each kind.
std::uint64_t step(std::uint64_t otherwise) {
  return rounds("PARLEY_FAULT_STEP", otherwise);
}

TEST(disk_faults, an_error_at_each_change) {
  sweep("I/O error", step(13), 1,
        [](disk& on, std::uint64_t at) { on.fail_change(at, disk::fault::io_error); });
}

TEST(disk_faults, errors_at_several_changes) {
  sweep("3 I/O errors", step(29), 3,
        [](disk& on, std::uint64_t at) { on.fail_change(at, disk::fault::io_error, 3); });
}

TEST(disk_faults, full_at_each_change) {
  sweep("full disk", step(17), 1,
        [](disk& on, std::uint64_t at) { on.fail_change(at, disk::fault::full); });
}

TEST(disk_faults, an_error_at_each_read) {
  sweep("error of a read", step(7), 1, [](disk& on, std::uint64_t at) { on.fail_read(at); });
}

class broken_disk : public testing::Test {
 protected:
  // Until the store refuses.
  std::string load_until_refused(stored& store) {
    for (int i = 0; i < 1000; ++i) {
      const load::tally seen = clients_.run(*store, few);
      if (seen.unavailable > 0) return seen.why;
    }
    return "it never refused";
  }

  temporary_folder place_;
  disk on_{1};
  load clients_{1};
};

TEST_F(broken_disk, full_until_there_is_space_again) {
  {
    stored store(place_.file());
    must_open(store);
    EXPECT_EQ(clients_.run(*store, few).unavailable, 0u);
    on_.limit(2'000'000);
    for (int i = 0; i < 3; ++i) EXPECT_THAT(load_until_refused(store), HasSubstr("full"));
    clients_.check(*store); // and it can be read
    on_.mend();
    EXPECT_EQ(clients_.run(*store, few).unavailable, 0u);
    clients_.check(*store);
    on_.limit(0);
    EXPECT_THAT(load_until_refused(store), HasSubstr("full"));
    store->close(); // what is in the log stays there
  }
  {
    stored store(place_.file());
    must_open(store); // on the full disk
    clients_.check(*store);
    EXPECT_THAT(load_until_refused(store), HasSubstr("full"));
    on_.mend();
    EXPECT_EQ(clients_.run(*store, few).unavailable, 0u);
    clients_.check(*store);
  }
  stored store(place_.file());
  must_open(store);
  clients_.check(*store);
}

TEST_F(broken_disk, read_only_until_it_is_mended) {
  stored store(place_.file());
  must_open(store);
  EXPECT_EQ(clients_.run(*store, few).unavailable, 0u);
  on_.fail_changes(disk::fault::read_only);
  for (int i = 0; i < 3; ++i) EXPECT_GT(load_until_refused(store).size(), 10u);
  clients_.check(*store);
  on_.mend();
  EXPECT_EQ(clients_.run(*store, few).unavailable, 0u);
  clients_.check(*store);
}

TEST_F(broken_disk, says_so_when_it_starts_on_a_read_only_one) {
  on_.fail_changes(disk::fault::read_only);
  stored store(place_.file());
  const auto opened = store.open();
  expect_a_sentence(opened.status, opened.error);
  EXPECT_THAT(opened.error, HasSubstr(place_.file()));
  on_.mend();
  must_open(store);
  EXPECT_EQ(clients_.run(*store, few).unavailable, 0u);
}

} // namespace
} // namespace parley::storage_sqlite
