#include "identity/roles.hpp"

#include "parley/call.h"

#include <gtest/gtest.h>

namespace parley::identity {
namespace {

using names = std::vector<std::string>;

const std::vector<declared_permission> declared = {
    {"read", "server", {"anonymous"}},
    {"write", "server", {"user", "bot"}},
    {"configure", "server", {}},
    {"post", "room", {"guest"}},
};

role_table table(const std::vector<configured_role>& configured = {}) {
  std::vector<role_problem> problems;
  role_table made(declared, configured, problems);
  EXPECT_TRUE(problems.empty());
  return made;
}

TEST(roles, deny_what_nobody_granted) {
  const auto roles = table();
  EXPECT_FALSE(roles.allows({"user"}, "configure"));
  EXPECT_FALSE(roles.allows({"user"}, "no.such.permission"));
  EXPECT_FALSE(roles.allows({"no-such-role"}, "write"));
  EXPECT_FALSE(roles.allows({}, "write"));
  EXPECT_FALSE(role_table().allows({"admin"}, "write"));
}

TEST(roles, take_the_defaults_of_manifests) {
  const auto roles = table();
  EXPECT_TRUE(roles.allows({"user"}, "write"));
  EXPECT_TRUE(roles.allows({"bot"}, "write"));
  EXPECT_FALSE(roles.allows({"anonymous"}, "write"));
}

TEST(roles, give_everybody_what_anonymous_has) {
  const auto roles = table();
  EXPECT_TRUE(roles.allows({"anonymous"}, "read"));
  EXPECT_TRUE(roles.allows({"user"}, "read"));
}

TEST(roles, of_the_operator_add_to_the_defaults) {
  const auto roles = table({{"keeper", {"configure"}, {"alice"}}, {"user", {"configure"}, {}}});
  EXPECT_TRUE(roles.allows({"keeper"}, "configure"));
  EXPECT_FALSE(roles.allows({"keeper"}, "write"));
  EXPECT_TRUE(roles.allows({"user"}, "configure"));
  EXPECT_TRUE(roles.allows({"user"}, "write"));
}

TEST(roles, with_a_star_have_all_of_the_server_and_no_place) {
  const auto roles = table({{"admin", {"*"}, {}}});
  EXPECT_TRUE(roles.allows({"admin"}, "configure"));
  EXPECT_FALSE(roles.allows({"admin"}, "post"));
  EXPECT_FALSE(roles.allows({"admin"}, "no.such.permission"));
  EXPECT_FALSE(roles.allows_in_place("room", "admin", "post"));
}

TEST(roles, of_places_come_from_the_scope_alone) {
  const auto roles = table({{"guest", {"write"}, {}}});
  EXPECT_TRUE(roles.allows_in_place("room", "guest", "post"));
  EXPECT_FALSE(roles.allows_in_place("room", "stranger", "post"));
  EXPECT_FALSE(roles.allows_in_place("garden", "guest", "post"));
  EXPECT_FALSE(roles.allows_in_place("room", "guest", "write"));
  EXPECT_FALSE(roles.allows({"guest"}, "post"));
}

TEST(roles, that_name_what_cannot_be_granted_are_problems) {
  std::vector<role_problem> problems;
  const role_table made(declared, {{"keeper", {"wriet", "post", "write"}, {}}}, problems);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].permission, "wriet");
  EXPECT_EQ(problems[1].permission, "post");
  EXPECT_TRUE(made.allows({"keeper"}, "write"));
}

TEST(roles, are_given_by_kind_id_and_name) {
  const std::string id = "0192f0c1-2345-7000-8000-000000000001";
  const auto roles = table({{"admin", {"*"}, {id}}, {"keeper", {"configure"}, {"alice"}}});
  EXPECT_EQ(roles.roles_of(PARLEY_ANONYMOUS, "", ""), names{"anonymous"});
  EXPECT_EQ(roles.roles_of(PARLEY_USER, "x", "bob"), names{"user"});
  EXPECT_EQ(roles.roles_of(PARLEY_USER, id, "bob"), (names{"user", "admin"}));
  EXPECT_EQ(roles.roles_of(PARLEY_USER, id, "alice"), (names{"user", "admin", "keeper"}));
  EXPECT_EQ(roles.roles_of(PARLEY_BOT, "x", ""), names{"bot"});
  EXPECT_EQ(roles.roles_of(PARLEY_SYSTEM, "x", ""), names{});
}

TEST(roles, that_were_taken_away_are_not_believed_from_a_token) {
  const std::string id = "0192f0c1-2345-7000-8000-000000000001";
  const auto before = table({{"admin", {"*"}, {id}}, {"keeper", {"configure"}, {"alice"}}});
  const auto claimed = before.roles_of(PARLEY_USER, id, "alice");
  EXPECT_EQ(before.still_given(claimed, PARLEY_USER, id), claimed);
  EXPECT_EQ(table().still_given(claimed, PARLEY_USER, id), names{"user"});
  const auto after = table({{"admin", {"*"}, {}}, {"keeper", {"configure"}, {"bob"}}});
  // By name it cannot be told until the next token.
  EXPECT_EQ(after.still_given(claimed, PARLEY_USER, id), (names{"user", "keeper"}));
}

} // namespace
} // namespace parley::identity
