#include "dispatch/idempotency.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace parley::dispatch {
namespace {

namespace json = boost::json;

constexpr std::int64_t stand_in = std::numeric_limits<std::int64_t>::min() + 77;

json::value reply() {
  return {{"id", "n1"},
          {"seq", stand_in},
          {"parts", {{{"a/b~c", stand_in + 1}}, 5, "text"}},
          {"least", storage::stand_in_limit}};
}

TEST(idempotency, a_reply_is_kept_as_it_is) {
  const kept_reply what{"digest", reply()};
  const json::object record = idempotency_record("ann", "k", what, "later", false);
  EXPECT_EQ(record.at("reply"), reply());
  const auto back = read_idempotency(record);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->digest, "digest");
  EXPECT_EQ(back->reply, reply());
}

TEST(idempotency, a_sealed_reply_has_its_numbers_beside_it) {
  const kept_reply what{"digest", reply()};
  const json::object record = idempotency_record("ann", "k", what, "later", true);
  EXPECT_FALSE(record.contains("digest"));
  EXPECT_FALSE(record.contains("reply"));
  EXPECT_FALSE(storage::holds_stand_in(record.at("sealed")));
  EXPECT_EQ(record.at("numbers"),
            (json::object{{"/seq", stand_in}, {"/parts/0/a~1b~0c", stand_in + 1}}));
  json::object stored = record; // as the commit leaves it
  stored["numbers"] = {{"/seq", 4}, {"/parts/0/a~1b~0c", 5}};
  json::value wanted = reply();
  wanted.as_object()["seq"] = 4;
  wanted.at("parts").at(0).as_object()["a/b~c"] = 5;
  EXPECT_EQ(read_idempotency(stored)->reply, wanted);
}

TEST(idempotency, a_reply_that_is_one_number) {
  const json::object record = idempotency_record("ann", "k", {"d", stand_in}, "later", true);
  json::object stored = record;
  stored["numbers"] = {{"", 9}};
  EXPECT_EQ(read_idempotency(stored)->reply, 9);
  EXPECT_EQ(read_idempotency(idempotency_record("ann", "k", {"d", nullptr}, "later", true))->reply,
            nullptr);
}

TEST(idempotency, nothing_is_left_once_the_key_was_erased) {
  json::object record = idempotency_record("ann", "k", {"d", reply()}, "later", true);
  record.erase("sealed");
  EXPECT_FALSE(read_idempotency(record));
}

} // namespace
} // namespace parley::dispatch
