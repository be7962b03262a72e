// Sealed fields that are looked up by equality: by an index, and by the conditions of a batch.

#include "storage/sealed_fixture.hpp"

namespace parley::storage {
namespace json = boost::json;
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class sealed_lookup : public sealed_fixture {};

TEST_F(sealed_lookup, is_found_by_equality) {
  for (std::int64_t id = 1; id <= 3; ++id) {
    json::object one = note(id, "x");
    one["mail"] = id == 3 ? "bob@example.org" : "ann@example.org";
    one["title"] = "t";
    ASSERT_EQ(put(one).message, "");
  }
  const auto ids = [&](const query& what) {
    std::vector<std::int64_t> out;
    const read_many seen = range(what);
    EXPECT_EQ(seen.why.message, "");
    for (const json::object& each : seen.records) out.push_back(each.at("id").as_int64());
    return out;
  };
  EXPECT_THAT(ids(by_mail("ann@example.org")), ElementsAre(1, 2));
  EXPECT_THAT(ids(by_mail("Ann@example.org")), IsEmpty());
  query after = by_mail("ann@example.org");
  after.lower = 1;
  after.lower_exclusive = true;
  EXPECT_THAT(ids(after), ElementsAre(2));
  query both;
  both.index = "by_title";
  both.prefix = {"t", "bob@example.org"};
  EXPECT_THAT(ids(both), ElementsAre(3));

  query open;
  open.index = "by_mail";
  EXPECT_THAT(range(open).why.message,
              HasSubstr("field mail: is sealed, and found by equality alone"));
  open.lower = "a";
  EXPECT_EQ(range(open).why.code, status::invalid);
  both.prefix = {"t"};
  EXPECT_THAT(range(both).why.message, HasSubstr("a query by the index by_title gives it"));
}

TEST_F(sealed_lookup, is_compared_by_conditions) {
  json::object one = note(1, "x");
  one["mail"] = "ann@example.org";
  ASSERT_EQ(put(one).message, "");
  const auto holds = [&](const json::object& equals) {
    const auto seen = commit([&](batch& b) {
      EXPECT_EQ(
          b.require("desk.notes", {"p", 1}, true, equals, condition_reason::permission).message,
          "");
    });
    if (seen.why.code == status::conflict) EXPECT_EQ(seen.failed, condition_reason::permission);
    return seen.why.code == status::ok;
  };
  EXPECT_TRUE(holds({{"mail", "ann@example.org"}, {"number", nullptr}}));
  EXPECT_FALSE(holds({{"mail", "bob@example.org"}}));
  EXPECT_FALSE(holds({{"mail", nullptr}}));
  EXPECT_FALSE(holds({{"text", nullptr}}));
  EXPECT_THAT(
      complaint([](batch& b) {
        return b.require("desk.notes", {"p", 1}, true, {{"text", "x"}}, condition_reason::batch);
      }),
      HasSubstr("field text: is sealed, and compared with nothing"));
  EXPECT_THAT(complaint([](batch& b) {
                return b.increment("desk.notes", {"p", 1}, "number", 1);
              }),
              HasSubstr("field number: is sealed, and cannot be incremented"));
  EXPECT_THAT(complaint([](batch& b) {
                return b.put("desk.notes",
                             {{"place", "p"}, {"id", 1}, {"owner", "ann"}, {"mail__lookup", "x"}});
              }),
              HasSubstr("field mail__lookup: there is no such field"));
  EXPECT_THAT(
      complaint([](batch& b) {
        return b.put("desk.notes", {{"place", "p"}, {"id", 1}, {"owner", "ann"}, {"number", "x"}});
      }),
      HasSubstr("field number: takes an integer, not string"));
}

} // namespace
} // namespace parley::storage
