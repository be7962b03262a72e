#include "identity/tokens.hpp"

#include "env/virtual.hpp"
#include "identity/encoding.hpp"
#include "parley/call.h"

#include <gtest/gtest.h>

namespace parley::identity {
namespace {

constexpr std::int64_t now = 1'800'000'000'000;
constexpr std::int64_t quarter = 15 * 60'000;

class access_token : public testing::Test {
 protected:
  env::seeded_random random_{1};
  signing_key key_ = signing_key::generate(random_);
  access_tokens tokens_{key_, "parley", quarter};

  static claims somebody() {
    return {"account-1", "session-1", PARLEY_USER, {"user", "admin"}, now, now + quarter};
  }
  // A token with any header and payload, signed with the right key.
  std::string signed_with(std::string_view header, std::string_view payload) const {
    auto text = to_base64url(as_bytes(header)) + '.' + to_base64url(as_bytes(payload));
    const auto signature = key_.sign(text);
    return text + '.' + to_base64url(signature);
  }
  std::string good_header() const {
    return R"({"alg":"EdDSA","kid":")" + key_.id() + R"(","typ":"JWT"})";
  }
  refusal why(std::string_view token, std::int64_t at = now) const {
    return tokens_.verify(token, at).why;
  }
};

TEST_F(access_token, carries_its_claims) {
  const auto seen = tokens_.verify(tokens_.issue(somebody()), now);
  ASSERT_EQ(seen.why, refusal::none);
  EXPECT_EQ(seen.who.account, "account-1");
  EXPECT_EQ(seen.who.session, "session-1");
  EXPECT_EQ(seen.who.kind, PARLEY_USER);
  EXPECT_EQ(seen.who.roles, (std::vector<std::string>{"user", "admin"}));
  EXPECT_EQ(seen.who.issued_ms, now);
  EXPECT_EQ(seen.who.expires_ms, now + quarter);
}

TEST_F(access_token, expires_to_the_millisecond) {
  const auto token = tokens_.issue(somebody());
  EXPECT_EQ(why(token, now + quarter - 1), refusal::none);
  EXPECT_EQ(why(token, now + quarter), refusal::expired);
}

TEST_F(access_token, is_never_good_for_longer_than_configured) {
  auto who = somebody();
  who.expires_ms = now + 100 * quarter;
  const auto token = tokens_.issue(who);
  EXPECT_EQ(tokens_.verify(token, now).who.expires_ms, now + quarter);
  EXPECT_EQ(why(token, now + quarter), refusal::expired);
}

TEST_F(access_token, from_the_future_is_refused) {
  const auto token = tokens_.issue(somebody());
  EXPECT_EQ(why(token, now - access_tokens::leeway_ms), refusal::none);
  EXPECT_EQ(why(token, now - access_tokens::leeway_ms - 1), refusal::not_yet);
}

TEST_F(access_token, survives_a_restart_with_the_stored_seed) {
  const auto seed = from_base64url(key_.seed());
  ASSERT_TRUE(seed);
  const access_tokens again(signing_key(*seed), "parley", quarter);
  EXPECT_EQ(again.verify(tokens_.issue(somebody()), now).why, refusal::none);
}

TEST_F(access_token, of_another_key_is_refused) {
  const access_tokens other(signing_key::generate(random_), "parley", quarter);
  EXPECT_EQ(why(other.issue(somebody())), refusal::malformed); // another kid
}

TEST_F(access_token, of_another_key_under_our_kid_is_forged) {
  const auto ours = tokens_.issue(somebody());
  const auto other = signing_key::generate(random_);
  auto text = ours.substr(0, ours.rfind('.'));
  text += '.' + to_base64url(other.sign(text));
  EXPECT_EQ(why(text), refusal::forged);
}

TEST_F(access_token, of_another_issuer_is_refused) {
  const access_tokens other(key_, "somebody-else", quarter);
  EXPECT_EQ(why(other.issue(somebody())), refusal::malformed);
}

TEST_F(access_token, with_a_changed_byte_is_refused_wherever_it_is) {
  const auto token = tokens_.issue(somebody());
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(why(changed), refusal::none) << "at " << i;
  }
}

TEST_F(access_token, cut_anywhere_is_refused) {
  const auto token = tokens_.issue(somebody());
  for (std::size_t size = 0; size < token.size(); ++size) {
    EXPECT_NE(why(token.substr(0, size)), refusal::none) << size;
  }
}

TEST_F(access_token, may_not_choose_its_algorithm) {
  const std::string payload =
      R"({"iss":"parley","sub":"a","sid":"s","kind":"user","roles":[],"iat":1800000000,"exp":1800000900})";
  ASSERT_EQ(why(signed_with(good_header(), payload)), refusal::none);
  const auto kid = key_.id();
  for (const std::string& header : {
           std::string(R"({"alg":"none"})"),
           R"({"alg":"none","kid":")" + kid + R"(","typ":"JWT"})",
           R"({"alg":"HS256","kid":")" + kid + R"(","typ":"JWT"})",
           R"({"alg":"EdDSA","kid":")" + kid + R"(","typ":"JWT","crit":["b64"]})",
           R"({"typ":"JWT","alg":"EdDSA","kid":")" + kid + R"("})",
           std::string("{}"),
           std::string(),
       }) {
    EXPECT_EQ(why(signed_with(header, payload)), refusal::malformed) << header;
  }
  const auto unsigned_token =
      to_base64url(as_bytes(good_header())) + '.' + to_base64url(as_bytes(payload)) + '.';
  EXPECT_EQ(why(unsigned_token), refusal::forged);
}

TEST_F(access_token, with_claims_of_a_wrong_shape_is_refused) {
  for (
      std::string_view payload : {
          R"({"iss":"parley"})",
          R"({"iss":"parley","sub":1,"sid":"s","kind":"user","roles":[],"iat":1,"exp":2})",
          R"({"iss":"parley","sub":"a","sid":"s","kind":"root","roles":[],"iat":1800000000,"exp":1800000900})",
          R"({"iss":"parley","sub":"a","sid":"s","kind":"user","roles":"admin","iat":1800000000,"exp":1800000900})",
          R"({"iss":"parley","sub":"a","sid":"s","kind":"user","roles":[],"iat":1800000000,"exp":9e99})",
          R"({"iss":"parley","sub":"a","sid":"s","kind":"user","roles":[],"iat":1800000000,"exp":9223372036854775807})",
          R"([])",
          R"([[[[[[[[]]]]]]]])",
          R"({"iss":)",
          "",
      }) {
    EXPECT_EQ(why(signed_with(good_header(), payload)), refusal::malformed) << payload;
  }
}

TEST_F(access_token, that_is_huge_is_refused_unread) {
  EXPECT_EQ(why(std::string(10'000'000, 'A')), refusal::malformed);
  EXPECT_EQ(why(std::string(access_tokens::max_size, '.')), refusal::malformed);
  auto who = somebody();
  who.account = std::string(access_tokens::max_size, 'a');
  EXPECT_EQ(why(tokens_.issue(who)), refusal::malformed);
}

class refresh_token : public testing::Test {
 protected:
  env::seeded_random random_{1};
  refresh_tokens tokens_{bytes(32, 7)};
};

TEST_F(refresh_token, names_its_session) {
  const auto token = tokens_.make("session-1", random_);
  EXPECT_EQ(tokens_.session_of(token), "session-1");
  EXPECT_LE(token.size(), refresh_tokens::max_size);
}

TEST_F(refresh_token, is_never_the_same_twice) {
  const auto one = tokens_.make("session-1", random_);
  const auto two = tokens_.make("session-1", random_);
  EXPECT_NE(one, two);
  EXPECT_NE(refresh_tokens::hash(one), refresh_tokens::hash(two));
  EXPECT_EQ(refresh_tokens::hash(one), refresh_tokens::hash(one));
  EXPECT_LE(refresh_tokens::hash(one).size(), 64U);
}

TEST_F(refresh_token, made_up_by_somebody_names_no_session) {
  const auto token = tokens_.make("session-1", random_);
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(tokens_.session_of(changed), "") << "at " << i;
    EXPECT_EQ(tokens_.session_of(token.substr(0, i)), "") << "cut at " << i;
  }
  const refresh_tokens elsewhere{bytes(32, 8)};
  EXPECT_EQ(elsewhere.session_of(token), "");
  EXPECT_EQ(tokens_.session_of("r1..AAAA"), "");
  EXPECT_EQ(tokens_.session_of(std::string(1'000'000, '.')), "");
}

TEST(base64url, has_one_spelling_for_one_value) {
  EXPECT_EQ(to_base64url(as_bytes("f")), "Zg");
  EXPECT_TRUE(from_base64url("Zg"));
  EXPECT_FALSE(from_base64url("Zh")); // unused bits are set
  EXPECT_FALSE(from_base64url("Zg=="));
  EXPECT_FALSE(from_base64url("Z g"));
  EXPECT_FALSE(from_base64url("Zg+/"));
  EXPECT_EQ(from_base64url("")->size(), 0U);
}

// RFC 8037, appendix A.2 and A.3: the key and its thumbprint.
TEST(signing_key, has_the_thumbprint_of_rfc_8037) {
  const auto seed = from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
  ASSERT_TRUE(seed);
  EXPECT_EQ(signing_key(*seed).id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

} // namespace
} // namespace parley::identity
