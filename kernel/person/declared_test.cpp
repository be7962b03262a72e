#include "person/declared.hpp"
#include "person/export_text.hpp"

#include <gmock/gmock.h>

namespace parley::person {
namespace {

namespace json = boost::json;
using testing::ElementsAre;

declared_data read(const std::string& collections) {
  std::vector<yaml::problem> problems;
  const manifest::manifest of =
      manifest::read(yaml::parse("plugin: p\nversion: 1.0.0\ntypes: { somebody: account "
                                 "}\ncollections:\n  c: { version: 1, " +
                                     collections + " }\n",
                                 "plugin.yaml", problems),
                     problems);
  for (const yaml::problem& each : problems) ADD_FAILURE() << yaml::to_string(each);
  return declared_by({&of});
}

personal_collection only(const std::string& collection) {
  return read(collection).collections.at(0);
}

TEST(declared, one_persons_records_are_found_by_key_or_index_where_that_can_be) {
  const std::string personal = ", personal: { subject: by, on_erase: delete }";
  personal_collection c = only("key: [by, id], fields: { by: account, id: id }" + personal);
  EXPECT_TRUE(c.is_by_subject);
  EXPECT_EQ(c.index, "");
  EXPECT_THAT(c.order, ElementsAre("by", "id"));

  const std::string fields =
      "key: [id], fields: { id: id, by: account, at: time, x: { type: integer, optional: true } }";
  c = only(fields + ", indexes: { by_at: { on: [at, id] }, by_who: { on: [by, at, id] } }" +
           personal);
  EXPECT_TRUE(c.is_by_subject);
  EXPECT_EQ(c.index, "by_who");
  EXPECT_THAT(c.order, ElementsAre("by", "at", "id"));

  // Records that are equal in it could not be walked through; nor those that have nothing in it.
  for (const char* on : {"[by]", "[by, x, id]", "[at, by, id]"}) {
    c = only(fields + ", indexes: { one: { on: " + on + " } }" + personal);
    EXPECT_FALSE(c.is_by_subject) << on;
    EXPECT_THAT(c.order, ElementsAre("id")) << on;
  }
}

TEST(declared, of_two_subjects_each_record_is_looked_at) {
  const personal_collection c = only(
      "key: [low, high], fields: { low: account, high: account }, personal: [{ subject: low, "
      "on_erase: delete }, { subject: high, on_erase: keep, reason: So. }]");
  EXPECT_FALSE(c.is_by_subject);
  const json::object mixed{{"low", "a"}, {"high", "b"}};
  EXPECT_EQ(fate_of(c.subjects, mixed, "a"), fate::erased);
  EXPECT_EQ(fate_of(c.subjects, mixed, "b"), fate::kept);
  EXPECT_EQ(reason_of(c.subjects, mixed, "b"), "So.");
  EXPECT_EQ(fate_of(c.subjects, mixed, "c"), fate::none);
  EXPECT_EQ(fate_of(c.subjects, {{"low", "a"}, {"high", "a"}}, "a"), fate::erased);
}

TEST(declared, to_anonymise_empties_what_may_be_empty) {
  const personal_collection c = only(
      "key: [id], fields: { id: id, by: account, to: { $ref: '#/types/somebody', optional: true } "
      "}, personal: [{ "
      "subject: by, on_erase: anonymise }, { subject: to, on_erase: anonymise }]");
  EXPECT_EQ(without_person(c.subjects, {{"id", "1"}, {"by", "a"}, {"to", "a"}}, "a"),
            (json::object{{"by", nobody}, {"to", nullptr}}));
  EXPECT_EQ(without_person(c.subjects, {{"id", "1"}, {"by", "b"}, {"to", "a"}}, "a"),
            (json::object{{"to", nullptr}}));
}

TEST(declared, what_is_in_memory_is_apart) {
  const declared_data all = read(
      "key: [by], fields: { by: account }, personal: { subject: by, on_erase: delete } }\n  m: { "
      "ephemeral: true, key: [by], fields: { by: account }, personal: { subject: by, on_erase: "
      "delete }");
  EXPECT_EQ(all.collections.size(), 1u);
  ASSERT_EQ(all.in_memory.size(), 1u);
  EXPECT_EQ(all.in_memory[0].shape.name, "p.m");
  EXPECT_TRUE(all.declares("p.c"));
  EXPECT_FALSE(all.declares("p.m"));
}

TEST(export_text, pieces_do_not_cut_characters) {
  EXPECT_THAT(in_pieces("abcdef", 4), ElementsAre("abcd", "ef"));
  EXPECT_THAT(in_pieces("abcü", 4), ElementsAre("abc", "ü"));
  EXPECT_THAT(in_pieces("€€", 4), ElementsAre("€", "€"));
  EXPECT_THAT(in_pieces("", 4), ElementsAre());
}

} // namespace
} // namespace parley::person
