#include "storage/key_cache.hpp"

#include "env/virtual.hpp"

#include <gtest/gtest.h>

namespace parley::storage {
namespace {

using namespace std::chrono_literals;

class key_cache_test : public testing::Test {
 protected:
  data_key_ptr key(const std::string& subject) {
    key_id id{};
    random_.fill(std::as_writable_bytes(std::span(id)));
    return std::make_shared<const data_key>(id, subject, secret(random_));
  }

  env::virtual_clock clock_;
  env::virtual_loop loop_{clock_};
  env::seeded_random random_{1};
  key_cache cache_{loop_, clock_, 3, 300s};
};

TEST_F(key_cache_test, keys_are_found_by_subject_and_by_id) {
  const data_key_ptr one = key("ann");
  cache_.put(one);
  EXPECT_EQ(cache_.by_subject("ann"), one);
  EXPECT_EQ(cache_.by_id(one->id), one);
  EXPECT_EQ(cache_.by_subject("bob"), nullptr);
  const data_key_ptr other = key("ann");
  cache_.put(other); // in its place
  EXPECT_EQ(cache_.by_subject("ann"), other);
  EXPECT_EQ(cache_.by_id(one->id), nullptr);
  EXPECT_EQ(cache_.size(), 1u);
  cache_.forget("ann");
  cache_.forget("ann");
  EXPECT_EQ(cache_.by_id(other->id), nullptr);
}

TEST_F(key_cache_test, there_are_never_more_than_so_many) {
  for (int i = 0; i < 10; ++i) cache_.put(key("s" + std::to_string(i)));
  EXPECT_EQ(cache_.size(), 3u);
  EXPECT_EQ(cache_.by_subject("s6"), nullptr);
  EXPECT_NE(cache_.by_subject("s7"), nullptr);
}

TEST_F(key_cache_test, each_goes_when_its_time_is_over) {
  std::weak_ptr<const data_key> first;
  {
    const data_key_ptr one = key("ann");
    first = one;
    cache_.put(one);
  }
  loop_.advance(200s);
  cache_.put(key("bob"));
  loop_.advance(99s);
  EXPECT_FALSE(first.expired());
  loop_.advance(2s);
  EXPECT_TRUE(first.expired()); // its bytes are overwritten with it
  EXPECT_NE(cache_.by_subject("bob"), nullptr);
  loop_.advance(200s);
  EXPECT_EQ(cache_.size(), 0u);
  EXPECT_FALSE(loop_.next_due().has_value());
}

TEST_F(key_cache_test, ids_are_written_as_digits) {
  const data_key_ptr one = key("ann");
  key_id back{};
  EXPECT_EQ(one->id_text.size(), 32u);
  EXPECT_TRUE(read_key_id(one->id_text, back));
  EXPECT_EQ(back, one->id);
  EXPECT_FALSE(read_key_id(one->id_text.substr(1), back));
  EXPECT_FALSE(read_key_id("z" + one->id_text.substr(1), back));
}

} // namespace
} // namespace parley::storage
