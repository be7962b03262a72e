#include "net/address_table.hpp"

#include <gtest/gtest.h>

using parley::net::address_table;

TEST(address_table, counts_each_address_of_ipv4) {
  address_table table;
  EXPECT_EQ(table.enter("192.0.2.1"), 1U);
  EXPECT_EQ(table.enter("192.0.2.2"), 1U);
  EXPECT_EQ(table.enter("192.0.2.1"), 2U);
  table.leave("192.0.2.1");
  EXPECT_EQ(table.enter("192.0.2.1"), 2U);
}

TEST(address_table, counts_a_network_of_ipv6_as_one) {
  address_table table;
  EXPECT_EQ(table.enter("2001:db8:0:1::1"), 1U);
  EXPECT_EQ(table.enter("2001:db8:0:1:ffff::2"), 2U);
  EXPECT_EQ(table.enter("2001:db8:0:2::1"), 1U);
  table.leave("2001:db8:0:1::1");
  table.leave("2001:db8:0:1:ffff::2");
  EXPECT_EQ(table.enter("2001:db8:0:1::3"), 1U);
}
