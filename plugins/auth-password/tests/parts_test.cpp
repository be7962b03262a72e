#include "attempts.hpp"
#include "names.hpp"
#include "password_hash.hpp"
#include "password_rules.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

namespace auth_password {
namespace {

TEST(names, are_lower_case_and_without_spaces_around) {
  EXPECT_EQ(normalised("  Alice@Example.COM\n"), "alice@example.com");
  EXPECT_EQ(normalised("Bob_1"), "bob_1");
  EXPECT_EQ(normalised(" \t "), "");
  EXPECT_EQ(normalised("\xc3\x84rger@x"), "\xc3\x84rger@x"); // only ASCII
}

TEST(names, read_http_basic) {
  const auto good = read_basic("QWxhZGRpbjpvcGVuOnNlc2FtZQ=="); // Aladdin:open:sesame
  ASSERT_TRUE(good.valid);
  EXPECT_EQ(good.login, "Aladdin");
  EXPECT_EQ(good.password, "open:sesame");
  EXPECT_FALSE(read_basic("").valid);
  EXPECT_FALSE(read_basic("QWxhZGRpbg==").valid); // no colon
  EXPECT_FALSE(read_basic("OnNlc2FtZQ==").valid); // no name
  EXPECT_FALSE(read_basic("QWxhZGRpbjpv cGVu").valid);
  EXPECT_FALSE(read_basic("####").valid);
  EXPECT_FALSE(read_basic(std::string(4095, '=')).valid);
  EXPECT_TRUE(is_basic("BASIC"));
  EXPECT_FALSE(is_basic("Bearer"));
}

TEST(names, count_a_whole_ipv6_network_as_one_address) {
  EXPECT_EQ(network_of("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(network_of("2001:db8:1:2::9"), network_of("2001:db8:1:2:ffff::"));
  EXPECT_NE(network_of("2001:db8:1:2::9"), network_of("2001:db8:1:3::9"));
  EXPECT_EQ(network_of("fe80::1%eth0"), "fe80::/64");
  EXPECT_EQ(network_of("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(network_of(""), "");
}

TEST(passwords, that_are_short_or_common_are_weak) {
  EXPECT_NE(weakness("short", 8, {}), "");
  EXPECT_NE(weakness("aaaaaaaaaa", 8, {}), "");
  EXPECT_NE(weakness("abababab", 8, {}), "");
  EXPECT_NE(weakness("23456789", 8, {}), "");
  EXPECT_NE(weakness("hgfedcba", 8, {}), "");
  EXPECT_NE(weakness("PassWord", 8, {}), "");
  EXPECT_NE(weakness("", 0, {}), "");
  EXPECT_EQ(weakness("blue tram at noon", 8, {}), "");
}

TEST(passwords, that_are_their_owners_name_are_weak) {
  const std::vector<std::string> personal = {"alexandra", "Alex.Andra@example.org", ""};
  EXPECT_NE(weakness("Alexandra", 8, personal), "");
  EXPECT_NE(weakness("alexandraalexandra", 8, personal), "");
  EXPECT_NE(weakness("alex.andra@example.org", 8, personal), "");
  EXPECT_NE(weakness("Alex.Andra", 8, personal), "");
  EXPECT_EQ(weakness("alexandra's tram", 8, personal), "");
}

TEST(passwords, are_counted_in_characters_and_not_in_bytes) {
  EXPECT_NE(weakness("\xd1\x81\xd0\xbb\xd0\xbe\xd0\xbd\xd1\x8b", 6, {}), ""); // five letters
  EXPECT_EQ(weakness("\xd1\x81\xd0\xbb\xd0\xbe\xd0\xbd\xd1\x8b\xd1\x86", 6, {}), "");
}

constexpr delay_rules quick{3, 1'000, 8'000, 60'000, 4};

TEST(attempts, are_free_at_first_and_then_wait_longer_and_longer) {
  attempts all(quick);
  std::int64_t now = 1'000'000;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(all.wait_ms("a", now), 0);
    all.begin("a", now);
  }
  for (const std::int64_t delay : {1'000, 2'000, 4'000, 8'000, 8'000}) {
    EXPECT_EQ(all.wait_ms("a", now), delay);
    EXPECT_EQ(all.wait_ms("a", now + delay - 1), 1);
    now += delay;
    EXPECT_EQ(all.wait_ms("a", now), 0);
    all.begin("a", now);
  }
  EXPECT_EQ(all.wait_ms("b", now), 0);
}

TEST(attempts, at_once_gain_nothing) {
  attempts all(quick);
  int allowed = 0;
  for (int i = 0; i < 100; ++i) {
    if (all.wait_ms("a", 0) > 0) continue;
    all.begin("a", 0);
    ++allowed;
  }
  EXPECT_EQ(allowed, 3);
}

TEST(attempts, are_forgotten_after_a_success_or_a_long_time) {
  attempts all(quick);
  for (int i = 0; i < 5; ++i) all.begin("a", 0);
  EXPECT_GT(all.wait_ms("a", 0), 0);
  all.take_back("a");
  all.take_back("a");
  all.take_back("a");
  EXPECT_EQ(all.wait_ms("a", 0), 0);
  for (int i = 0; i < 5; ++i) all.begin("a", 0);
  all.forget("a");
  EXPECT_EQ(all.wait_ms("a", 0), 0);
  EXPECT_EQ(all.size(), 0U);
  for (int i = 0; i < 50; ++i) all.begin("a", 0);
  all.begin("a", 60'000); // all before are forgotten
  EXPECT_EQ(all.wait_ms("a", 60'000), 0);
  all.take_back("a");
  all.take_back("nobody");
  EXPECT_EQ(all.size(), 0U);
}

TEST(attempts, take_a_bounded_memory) {
  attempts all(quick);
  for (int i = 0; i < 4; ++i) all.begin("kept", 0);
  for (int i = 0; i < 1000; ++i) {
    all.begin(std::to_string(i), i);
    all.begin("kept", i);
    ASSERT_LE(all.size(), 4U);
  }
  EXPECT_GT(all.wait_ms("kept", 1'000), 0); // the latest stay
}

const hash_cost cheap{8U << 20, 1};

TEST(password_hash, matches_its_password_alone) {
  ASSERT_GE(sodium_init(), 0);
  const auto hash = make_hash("blue tram", salt{1, 2, 3}, cheap);
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=8192,t=1,p=1$")) << *hash;
  EXPECT_LE(hash->size(), 256U);
  EXPECT_TRUE(matches(*hash, "blue tram"));
  EXPECT_FALSE(matches(*hash, "blue tran"));
  EXPECT_FALSE(matches(*hash, ""));
  EXPECT_NE(hash, make_hash("blue tram", salt{1, 2, 4}, cheap));
}

TEST(password_hash, reads_what_libsodium_writes) {
  ASSERT_GE(sodium_init(), 0);
  char text[crypto_pwhash_STRBYTES];
  ASSERT_EQ(crypto_pwhash_str(text, "x", 1, 1, cheap.memory_bytes), 0);
  EXPECT_TRUE(matches(text, "x"));
  EXPECT_FALSE(needs_rehash(text, cheap));
}

TEST(password_hash, tells_when_it_was_made_at_another_cost) {
  const auto hash = make_hash("x", salt{}, cheap);
  ASSERT_TRUE(hash);
  EXPECT_FALSE(needs_rehash(*hash, cheap));
  EXPECT_TRUE(needs_rehash(*hash, {16U << 20, 1}));
  EXPECT_TRUE(needs_rehash(*hash, {8U << 20, 2}));
  EXPECT_TRUE(needs_rehash("nonsense", cheap));
}

TEST(password_hash, of_nobody_is_checked_at_full_cost_and_matches_nothing) {
  const auto hash = dummy_hash(cheap);
  EXPECT_FALSE(needs_rehash(hash, cheap)); // well-formed, so the work is done
  EXPECT_FALSE(matches(hash, ""));
  EXPECT_FALSE(matches(hash, "blue tram"));
}

} // namespace
} // namespace auth_password
