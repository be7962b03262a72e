#include "dispatch/answer_check.hpp"

#include "storage/stand_ins.hpp"

#include <gmock/gmock.h>

namespace parley::dispatch {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

answer_check check() {
  std::vector<yaml::problem> problems;
  const auto read = manifest::read(yaml::parse(R"(
plugin: boards
version: 1.0.0
summary: Notes on boards.
runtime: native
scopes: { board: { doc: A board., roles: [writer] } }
methods:
  boards.post:
    doc: Posts.
    params: { type: object }
    result: { type: object, required: [seq], properties: { seq: seq } }
  boards.touch: { doc: Gives nothing., params: { type: object } }
events:
  note.posted: { doc: A note., topic: board, durable: true, data: { type: object, properties: { id: id } } }
)",
                                               "plugin.yaml", problems),
                                   problems);
  for (const auto& p : problems) ADD_FAILURE() << yaml::to_string(p);
  return answer_check(read);
}

TEST(answers, are_what_the_manifest_says) {
  const answer_check of = check();
  const json::value good{{"seq", 3}}, wrong{{"seq", "three"}}, more{{"seq", 3}, {"extra", 1}};
  EXPECT_EQ(of.result("boards.post", &good), "");
  EXPECT_THAT(of.result("boards.post", &wrong), HasSubstr("/seq: "));
  EXPECT_THAT(of.result("boards.post", &more), HasSubstr("extra"));
  EXPECT_NE(of.result("boards.post", nullptr), "");
  EXPECT_EQ(of.result("boards.touch", nullptr), "");
  EXPECT_EQ(of.event("note.posted", {{"id", "n1"}}), "");
  EXPECT_THAT(of.event("note.posted", {{"id", 7}}), HasSubstr("/id: "));
}

TEST(answers, may_hold_numbers_that_are_still_to_come) {
  parley_next next{};
  const json::value waits{{"seq", storage::stand_in(1, next)}};
  EXPECT_EQ(check().result("boards.post", &waits), "");
}

} // namespace
} // namespace parley::dispatch
