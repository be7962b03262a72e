// A file that was left open is looked through when it is opened next.

#include "stored.hpp"

#include <gmock/gmock.h>
#include <parley/log.h>

#include <fstream>
#include <utility>

namespace parley::storage_sqlite {
namespace {

using test::storage::load;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class integrity : public testing::Test {
 protected:
  // A store with something in its file, and something in its log, as it lies there when the machine
  // goes down.
  void leave_open() {
    const temporary_folder first;
    {
      stored store(first.file());
      ASSERT_EQ(store.open().error, "");
      clients_.run(*store, 200);
      ASSERT_EQ(store->close().status, PARLEY_OK);
    }
    stored store(first.file());
    ASSERT_EQ(store.open().error, "");
    clients_.run(*store, 5);
    for (const char* part : {"", "-wal"})
      std::filesystem::copy_file(first.file() + part, place_.file() + part);
  }

  // Noise over whatever comes after the first pages.
  void damage() const {
    std::fstream file(place_.file(), std::ios::binary | std::ios::in | std::ios::out);
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(place_.file()));
    for (std::streamoff at = 8 * 4096; at < size; at += 4096) {
      file.seekp(at);
      file << "this is no page of a tree";
    }
  }

  // Opens the store. The sentence that refuses it, if any.
  std::string opened(std::uint32_t check_mib = 2048) {
    told_.clear();
    const driver under({.path = place_.file(),
                        .check_mib = check_mib,
                        .tell = [this](std::int32_t level, const std::string& what) {
                          told_.emplace_back(level, what);
                        }});
    test::storage::calls store(under.face());
    const auto seen = store.open(test::storage::suite_collections());
    if (seen.status == PARLEY_OK) clients_.check(store);
    store.close();
    return seen.error;
  }

  temporary_folder place_;
  load clients_{1};
  std::vector<std::pair<std::int32_t, std::string>> told_;
};

TEST_F(integrity, a_whole_file_is_looked_through_and_used) {
  leave_open();
  EXPECT_EQ(opened(), "");
  EXPECT_THAT(told_, ElementsAre(Pair(PARLEY_INFO, HasSubstr("is whole"))));
  // It was closed this time.
  EXPECT_EQ(opened(), "");
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(integrity, a_damaged_file_is_refused_with_what_was_found) {
  leave_open();
  damage();
  for (int again = 0; again < 2; ++again)
    EXPECT_THAT(opened(), AllOf(HasSubstr(place_.file() + " was not closed"),
                                HasSubstr("is damaged: "), HasSubstr("Put back a copy")));
}

TEST_F(integrity, a_file_that_is_too_large_is_not_looked_through) {
  leave_open();
  EXPECT_EQ(opened(0), "");
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(integrity, says_how_to_look_through_a_large_file) {
  leave_open();
  std::filesystem::resize_file(place_.file(),
                               std::uintmax_t{3} << 20); // what lies behind is not used
  EXPECT_EQ(opened(1), "");
  EXPECT_THAT(told_, ElementsAre(Pair(PARLEY_WARN, HasSubstr("PRAGMA quick_check"))));
}

} // namespace
} // namespace parley::storage_sqlite
