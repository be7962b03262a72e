#include "storage/declaration.hpp"

#include <gmock/gmock.h>

namespace parley::storage {
namespace {

using testing::ElementsAre;
using change = std::function<void(collection&)>;

collection votes() {
  return {"polls.votes",
          2,
          {"poll", "account"},
          {{"poll", column_type::text, true},
           {"account", column_type::text, true},
           {"choice", column_type::integer, true},
           {"note", column_type::text, false}},
          {{"by_choice", {"poll", "choice"}, false}}};
}

// What becomes of the votes when a plugin declares them otherwise.
evolution after(std::uint32_t version, const change& what) {
  collection next = votes();
  next.version = version;
  what(next);
  return evolve(declaration_of(votes()), next);
}

TEST(declaration, survives_the_way_through_a_record) {
  collection all = votes();
  all.columns[2].fallback = 3;
  const declaration before = declaration_of(all);
  const std::string stored = boost::json::serialize(to_record(all.name, before));
  const auto back = from_record(boost::json::parse(stored).as_object());
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->version, 2u);
  EXPECT_EQ(back->shape, before.shape);
  EXPECT_FALSE(from_record({{"name", "a.b"}, {"version", 1}}).has_value());
}

TEST(declaration, what_is_not_stored_may_be_anything) {
  EXPECT_EQ(evolve({}, votes()).why, "");
}

TEST(declaration, what_is_the_same_needs_nothing) {
  EXPECT_EQ(after(2, [](collection&) {}).why, "");
}

TEST(declaration, an_older_version_is_refused) {
  EXPECT_EQ(after(1, [](collection&) {}).why,
            "the store holds version 2 of polls.votes, this plugin knows version 1; use a version "
            "of the plugin that knows version 2 or a later one");
}

TEST(declaration, what_changes_has_a_version_of_its_own) {
  const auto why = [](const change& what) { return after(2, what).why; };
  const std::string end = "; what changes is declared as version 3";
  EXPECT_EQ(why([](collection& c) {
              c.columns.push_back({"at", column_type::text});
            }),
            "version 2 of polls.votes is stored otherwise (the field at is new)" + end);
  EXPECT_EQ(why([](collection& c) { c.columns.pop_back(); }),
            "version 2 of polls.votes is stored otherwise (the field note is gone)" + end);
  EXPECT_EQ(why([](collection& c) { c.columns[3].fallback = ""; }),
            "version 2 of polls.votes is stored otherwise (the field note is another)" + end);
  EXPECT_EQ(why([](collection& c) { c.indexes.clear(); }),
            "version 2 of polls.votes is stored otherwise (the index by_choice is gone)" + end);
  EXPECT_EQ(why([](collection& c) { c.indexes[0].unique = true; }),
            "version 2 of polls.votes is stored otherwise (the index by_choice is another)" + end);
  EXPECT_EQ(why([](collection& c) { c.key = {"poll"}; }),
            "version 2 of polls.votes is stored otherwise (another key)" + end);
}

TEST(declaration, a_newer_version_may_add) {
  const evolution seen = after(3, [](collection& c) {
    c.columns[2].required = false;                                 // was required
    c.columns[3].fallback = "none";                                // was optional
    c.columns.push_back({"at", column_type::text});                // optional
    c.columns.push_back({"weight", column_type::number, true, 1}); // with a default
    c.indexes.push_back({"by_weight", {"weight"}, false});
  });
  EXPECT_EQ(seen.why, "");
  EXPECT_THAT(seen.fill, ElementsAre("note", "weight"));
  EXPECT_EQ(after(3, [](collection& c) { c.indexes.clear(); }).why, "");
}

TEST(declaration, a_newer_version_may_do_nothing_else) {
  const auto why = [](const change& what) { return after(3, what).why; };
  const std::string start = "version 3 of polls.votes: ";
  EXPECT_EQ(why([](collection& c) {
              c.columns.push_back({"at", column_type::text, true});
            }),
            start +
                "the new field at has no value in stored records; give it a default, or "
                "optional: true");
  EXPECT_EQ(
      why([](collection& c) { c.columns.pop_back(); }),
      start + "the field note is stored and no longer declared; keep it, with optional: true");
  EXPECT_EQ(why([](collection& c) { c.columns[2].type = column_type::text; }),
            start +
                "the field choice is stored as integer and cannot become text; declare another "
                "field");
  EXPECT_EQ(why([](collection& c) { c.columns[3].required = true; }),
            start +
                "the field note was optional, and stored records may lack it; give it a "
                "default, or keep it optional");
  EXPECT_EQ(why([](collection& c) {
              c.key = {"account", "poll"};
            }),
            start +
                "its key is stored as [\"poll\",\"account\"] and cannot become "
                "[\"account\",\"poll\"]; declare another collection");
  EXPECT_EQ(why([](collection& c) { c.indexes[0].columns = {"choice"}; }),
            start +
                "the index by_choice is stored with other fields; give the new one another "
                "name");
  EXPECT_EQ(why([](collection& c) {
              c.columns[3].fallback = "none";
              c.indexes.push_back({"by_note", {"note"}, true});
            }),
            start +
                "the field note cannot gain a default: records that lack it would be equal in "
                "the unique index by_note");
}

} // namespace
} // namespace parley::storage
