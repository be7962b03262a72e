// The script as it is shipped, against a host in memory.

#include "lua/testing/shipped.hpp"

#include <gtest/gtest.h>

namespace {

namespace json = boost::json;
using parley::lua::testing::ending;
using parley::lua::testing::fake_host;

class welcome : public ::testing::Test {
 protected:
  void SetUp() override {
    host_.config = {{"text", "Welcome, {name}!"}};
    host_.methods["messaging.direct"] = [](const json::value&) {
      ending out;
      out.result = {{"id", "c-1"}, {"kind", "direct"}};
      return out;
    };
    host_.methods["messaging.send"] = [](const json::value&) { return ending{}; };
    ASSERT_TRUE(parley::lua::testing::load_shipped(host_, PLUGIN_FOLDER)) << host_.why;
  }

  ending create(const char* kind, const char* name = "Ada %1") {
    const auto end =
        host_.hook("account.created", {{"id", "a-1"}, {"kind", kind}, {"display_name", name}});
    EXPECT_TRUE(end.has_value());
    EXPECT_EQ(host_.open_calls(), 0u);
    return end.value_or(ending{});
  }

  fake_host host_;
};

TEST_F(welcome, greets_a_new_account_as_the_bot) {
  EXPECT_EQ(create("user").status, PARLEY_OK);
  ASSERT_EQ(host_.invoked.size(), 2u);
  EXPECT_EQ(host_.invoked[0].method, "messaging.direct");
  EXPECT_EQ(host_.invoked[0].params, (json::value{{"account", "a-1"}}));
  EXPECT_EQ(host_.invoked[1].method, "messaging.send");
  EXPECT_EQ(host_.invoked[1].params.at("conversation"), "c-1");
  EXPECT_EQ(host_.invoked[1].params.at("text"), "Welcome, Ada %1!");
  EXPECT_EQ(host_.invoked[1].params.at("id").as_string().size(), 36u);
  for (const auto& one : host_.invoked) EXPECT_TRUE(one.as_bot) << one.method;
}

TEST_F(welcome, greets_no_bots) {
  EXPECT_EQ(create("bot").status, PARLEY_OK);
  EXPECT_TRUE(host_.invoked.empty());
}

TEST_F(welcome, says_in_the_log_what_hindered_it) {
  host_.methods["messaging.send"] = [](const json::value&) {
    ending out;
    out.status = PARLEY_E_UNAVAILABLE;
    out.code = "unavailable";
    out.message = "Storage is full.";
    return out;
  };
  EXPECT_EQ(create("user").status, PARLEY_E_UNAVAILABLE);
  EXPECT_TRUE(host_.has_logged("account.created: welcome/init.lua:"));
  EXPECT_TRUE(host_.has_logged("Storage is full."));
}

TEST_F(welcome, names_the_missing_grant) {
  host_.grants_bot = false;
  EXPECT_EQ(create("user").status, PARLEY_E_FAILED);
  EXPECT_TRUE(host_.has_logged("has not granted the capability bot"));
}

} // namespace
