#include "dispatch/registry.hpp"

#include <gtest/gtest.h>

namespace parley::dispatch {
namespace {

manifest::method routed(const std::string& name, const std::string& verb, const std::string& path) {
  manifest::method m;
  m.name = name;
  m.http = manifest::http_route{verb, path};
  m.params = {{"type", "object"}};
  return m;
}

class routes : public ::testing::Test {
 protected:
  routes() {
    boards_.name = "boards";
    boards_.methods = {routed("boards.list", "GET", "/v1/boards"),
                       routed("boards.make", "POST", "/v1/boards"),
                       routed("boards.mine", "GET", "/v1/boards/mine"),
                       routed("boards.get", "GET", "/v1/boards/{board}"),
                       routed("notes.get", "GET", "/v1/boards/{board}/notes/{note}")};
  }

  std::string target(std::string_view verb, const std::vector<std::string>& segments) {
    const registry all(1, {std::make_shared<const offer>(boards_)});
    const route_match found = all.route(verb, segments);
    return found.outcome == route_match::kind::found ? found.target->declared.name : "";
  }

  manifest::manifest boards_;
};

TEST_F(routes, verbs_share_a_path) {
  EXPECT_EQ(target("GET", {"v1", "boards"}), "boards.list");
  EXPECT_EQ(target("POST", {"v1", "boards"}), "boards.make");
}

TEST_F(routes, a_literal_wins_over_a_parameter) {
  EXPECT_EQ(target("GET", {"v1", "boards", "mine"}), "boards.mine");
  EXPECT_EQ(target("GET", {"v1", "boards", "b7"}), "boards.get");
  EXPECT_EQ(target("GET", {"v1", "boards", "mine", "notes", "n1"}), "notes.get");
}

TEST_F(routes, parameters_come_by_name) {
  const registry all(1, {std::make_shared<const offer>(boards_)});
  const route_match found = all.route("GET", {"v1", "boards", "b7", "notes", "n1"});
  ASSERT_EQ(found.parameters.size(), 2u);
  EXPECT_EQ(found.parameters[0], std::pair(std::string("board"), std::string("b7")));
  EXPECT_EQ(found.parameters[1], std::pair(std::string("note"), std::string("n1")));
}

TEST_F(routes, another_verb_is_told_apart_from_no_route) {
  const registry all(1, {std::make_shared<const offer>(boards_)});
  const route_match other = all.route("DELETE", {"v1", "boards"});
  EXPECT_EQ(other.outcome, route_match::kind::other_verb);
  EXPECT_EQ(other.allow, "GET, POST");
  EXPECT_EQ(all.route("GET", {"v1"}).outcome, route_match::kind::none);
  EXPECT_EQ(all.route("GET", {"v1", "boards", ""}).outcome, route_match::kind::none);
  EXPECT_EQ(all.route("GET", {}).outcome, route_match::kind::none);
}

} // namespace
} // namespace parley::dispatch
