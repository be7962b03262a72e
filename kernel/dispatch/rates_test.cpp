#include "dispatch/rates.hpp"

#include <gtest/gtest.h>

namespace parley::dispatch {
namespace {

class rates_test : public ::testing::Test {
 protected:
  std::int64_t ask(const std::string& account, const std::string& remote, std::int64_t now_ms,
                   const std::string& method = "notes.add", const std::string& rate = "write") {
    manifest::method what;
    what.name = method;
    what.rate = rate;
    session who;
    who.principal = account;
    return rates_.take(what, who, remote, now_ms);
  }

  rates rates_{{{{"write", {10, 3}}, {"read", {0, 0}}}, {{"notes.slow", {1, 1}}}, 2}};
};

TEST_F(rates_test, an_account_has_a_burst_and_then_its_rate) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("ann", "", 1'000), 0);
  EXPECT_EQ(ask("ann", "", 1'000), 100);
  EXPECT_EQ(ask("ann", "", 1'040), 60);
  EXPECT_EQ(ask("ben", "", 1'040), 0); // somebody else
  EXPECT_EQ(ask("ann", "", 1'100), 0);
  EXPECT_EQ(ask("ann", "", 1'100), 100);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("ann", "", 60'000), 0); // and no more has gathered
  EXPECT_GT(ask("ann", "", 60'000), 0);
}

TEST_F(rates_test, an_address_has_some_times_as_much) {
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ask("account-" + std::to_string(i), "192.0.2.1", 0), 0);
  EXPECT_EQ(ask("another", "192.0.2.1", 0), 50);
  EXPECT_EQ(ask("another", "192.0.2.2", 0), 0);
  for (int i = 0; i < 6; ++i) // without an account, and a network of IPv6 as one
    EXPECT_EQ(ask("", "2001:db8::" + std::to_string(i), 0), 0);
  EXPECT_GT(ask("", "2001:db8::99", 0), 0);
}

TEST_F(rates_test, what_is_refused_is_not_counted) {
  for (int i = 0; i < 3; ++i) ask("ann", "192.0.2.1", 0);
  for (int i = 0; i < 100; ++i) EXPECT_GT(ask("ann", "192.0.2.1", 0), 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("ben", "192.0.2.1", 0), 0);
}

TEST_F(rates_test, a_method_has_its_own_where_it_is_named) {
  EXPECT_EQ(ask("ann", "", 0, "notes.slow"), 0);
  EXPECT_EQ(ask("ann", "", 0, "notes.slow"), 1'000);
  EXPECT_EQ(ask("ann", "", 0), 0); // the class goes on
}

TEST_F(rates_test, zero_is_no_limit_and_so_is_an_unknown_class) {
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(ask("ann", "192.0.2.1", 0, "notes.get", "read"), 0);
    EXPECT_EQ(ask("ann", "192.0.2.1", 0, "notes.find", "search"), 0);
  }
}

} // namespace
} // namespace parley::dispatch
