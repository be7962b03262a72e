// What is gone is in none of the files after a scrub, while the server goes on.

#include "stored.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <thread>

namespace parley::test::storage {
namespace {

constexpr std::uint32_t notes = 2;
constexpr std::int64_t count = 3000;

// Like items, found by the words of a text.
parley_collection searched() {
  static const std::vector<std::uint32_t> columns{5};
  static const std::string name = "test.notes";
  parley_collection out = suite_collections()[items];
  out.name = {name.data(), name.size()};
  out.index_count = 0;
  out.searched = columns.data();
  out.searched_count = 1;
  return out;
}

std::string everything_in(const std::filesystem::path& folder) {
  std::string out;
  for (const auto& each : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(each.path(), std::ios::binary);
    out.append(std::istreambuf_iterator<char>(file), {});
  }
  return out;
}

std::size_t times(const std::string& all, const std::string& what) {
  std::size_t out = 0;
  for (std::size_t at = all.find(what); at != std::string::npos; at = all.find(what, at + 1)) ++out;
  return out;
}

class scrub_test : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(store_.open().status, PARLEY_OK);
    ASSERT_EQ(store_->widen({searched()}).error, "");
  }
  // Every third is a secret, all over the pages, which are split on the way.
  void write() {
    for (std::int64_t i = 0; i < count; i += 100) {
      batch some;
      for (std::int64_t n = i; n < i + 100; ++n) {
        const std::string place = "p" + std::to_string(any_(random_) % 100);
        const std::string said = is_secret(n) ? "sesame" + std::to_string(n) : "something";
        const std::string filler(any_(random_) % 300, 'z');
        keys_.push_back({text(place), integer(n)});
        some.put(notes, {text(place), integer(n), null{}, null{}, null{}, text(said + filler)});
        some.words(notes, keys_.back(), {0}, {text(said)});
        some.append(place, text("e"), text(said), text("2026"));
      }
      ASSERT_EQ(store_->commit(std::move(some)).error, "");
    }
  }
  void erase_secrets() {
    std::map<std::string, std::int64_t> numbers;
    for (std::int64_t n = 0; n < count; ++n) {
      const std::string place = std::get<std::string>(keys_[static_cast<std::size_t>(n)].at(0));
      const std::int64_t number = ++numbers[place];
      if (!is_secret(n)) continue;
      batch gone;
      gone.erase(notes, keys_[static_cast<std::size_t>(n)]).make_void(place, number, "e");
      ASSERT_EQ(store_->commit(std::move(gone)).error, "");
    }
  }
  static bool is_secret(std::int64_t n) { return n % 3 == 0; }
  std::size_t left() const { return times(everything_in(folder_.path()), "sesame"); }

  storage_sqlite::temporary_folder folder_;
  storage_sqlite::stored store_{folder_.file()};
  std::vector<row> keys_;
  std::mt19937 random_{1};
  std::uniform_int_distribution<std::uint32_t> any_;
};

TEST_F(scrub_test, what_was_erased_is_in_none_of_the_files) {
  write();
  erase_secrets();
  EXPECT_GT(left(), 0u) << "there is nothing to show";
  ASSERT_EQ(store_->scrub().error, "");
  EXPECT_EQ(left(), 0u);
  EXPECT_GT(times(everything_in(folder_.path()), "something"), 0u);
  EXPECT_EQ(store_->search(notes, {{"something"}}).all.size(), 100u);
  EXPECT_EQ(store_->read(notes, by_key, {}, {.limit = 5000}).all.size(), 2000u);
  EXPECT_EQ(store_->close().status, PARLEY_OK);
  EXPECT_EQ(left(), 0u);
}

TEST_F(scrub_test, what_was_replaced_is_in_none_of_the_files) {
  write();
  for (std::int64_t n = 0; n < count; n += 3) {
    const row& key = keys_[static_cast<std::size_t>(n)];
    batch other;
    other.patch(notes, key, {5}, {text("other")}).words(notes, key, {0}, {text("other")});
    ASSERT_EQ(store_->commit(std::move(other)).error, "");
  }
  store_->trim_log("2027", 10'000);
  ASSERT_EQ(store_->scrub().error, "");
  EXPECT_EQ(left(), 0u);
  EXPECT_EQ(store_->search(notes, {{"other"}}).all.size(), 100u);
}

TEST_F(scrub_test, several_at_once_are_all_answered) {
  write();
  std::vector<std::thread> asking;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 4; ++i)
    asking.emplace_back([&] { answered += store_->scrub().status == PARLEY_OK ? 1 : 0; });
  for (std::thread& each : asking) each.join();
  EXPECT_EQ(answered, 4);
}

TEST_F(scrub_test, a_closed_store_says_so) {
  EXPECT_EQ(store_->close().status, PARLEY_OK);
  EXPECT_EQ(store_->scrub().status, PARLEY_E_UNAVAILABLE);
}

} // namespace
} // namespace parley::test::storage
