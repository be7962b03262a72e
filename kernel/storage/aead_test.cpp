#include "storage/aead.hpp"

#include "env/real.hpp"
#include "env/virtual.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <set>
#include <string>
#include <vector>

namespace parley::storage {
namespace {

std::vector<unsigned char> from_hex(const std::string& text) {
  std::vector<unsigned char> out(text.size() / 2);
  EXPECT_EQ(
      sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, nullptr, nullptr),
      0);
  return out;
}

std::string text_from_hex(const std::string& text) {
  const auto bytes = from_hex(text);
  return {bytes.begin(), bytes.end()};
}

// Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation".
TEST(aead, is_aes_256_gcm) {
  secret key;
  const auto bytes = from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  std::copy(bytes.begin(), bytes.end(), key.bytes().begin());
  aes_gcm::nonce once{};
  const auto nonce = from_hex("cafebabefacedbaddecaf888");
  std::copy(nonce.begin(), nonce.end(), once.begin());
  const std::string bound_to = text_from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const std::string plain = text_from_hex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  const auto expected = from_hex(
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
      "76fc6ece0f4e1768cddf8853bb2d551b");
  const aes_gcm cipher(key);
  std::vector<unsigned char> sealed(plain.size() + aes_gcm::tag_size);
  for (int i = 0; i < 2; ++i) { // in turns, with one state
    ASSERT_TRUE(cipher.seal(once, bound_to, plain, sealed.data()));
    EXPECT_EQ(sealed, expected);
    std::vector<unsigned char> opened(plain.size());
    ASSERT_TRUE(cipher.open(once, bound_to, sealed, opened.data()));
    EXPECT_EQ(std::string(opened.begin(), opened.end()), plain);
    EXPECT_FALSE(cipher.open(once, "elsewhere", sealed, opened.data()));
    sealed[3] ^= 1;
    EXPECT_FALSE(cipher.open(once, bound_to, sealed, opened.data()));
  }
  EXPECT_FALSE(cipher.open(once, bound_to, std::span(sealed).first(15), sealed.data()));
}

TEST(aead, a_secret_that_was_moved_is_gone) {
  env::seeded_random random(1);
  secret one(random);
  const secret other(std::move(one));
  EXPECT_EQ(std::set<unsigned char>(one.bytes().begin(), one.bytes().end()).size(), 1u); // NOLINT
  EXPECT_GT(std::set<unsigned char>(other.bytes().begin(), other.bytes().end()).size(), 10u);
}

TEST(aead, no_nonce_comes_twice) {
  env::real_random random;
  nonces source(random);
  std::set<aes_gcm::nonce> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(source.next()).second);
}

} // namespace
} // namespace parley::storage
