#include "manifest.hpp"

#include <gmock/gmock.h>

namespace parley::manifest {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> problems_of(const std::string& rest, manifest* out = nullptr) {
  std::vector<yaml::problem> problems;
  const auto source =
      yaml::parse("plugin: notes\nversion: 1.0.0\n" + rest, "plugin.yaml", problems);
  manifest read_one = read(source, problems);
  if (out) *out = std::move(read_one);
  std::vector<std::string> lines;
  for (const auto& p : problems) lines.push_back(yaml::to_string(p));
  return lines;
}

// A collection with these fields besides, and this of it besides.
std::string entries(const std::string& fields, const std::string& more) {
  return "collections:\n"
         "  entries:\n"
         "    version: 1\n"
         "    key: [owner, id]\n"
         "    fields: { owner: account, id: id, " +
         fields + " }\n    personal: { subject: owner, on_erase: delete }\n" + more;
}

const std::string text = "text: { type: string, optional: true }";
const std::string sealed = "    sealed: { text: { key: owner } }\n";

TEST(sealed_checks, what_is_sealed_is_read) {
  manifest m;
  EXPECT_THAT(
      problems_of(
          entries(text + ", number: { type: integer, optional: true }",
                  "    sealed: { text: { key: owner }, number: { key: id, lookup: true } }\n"
                  "    indexes: { by_number: { on: [number, owner], unique: true } }\n") +
              "events:\n"
              "  entry.added:\n"
              "    topic: account\n"
              "    durable: true\n"
              "    data: { type: object, required: [owner], properties: { owner: account, "
              "text: text } }\n"
              "    sealed: { text: { key: owner } }\n"
              "    personal: { subject: owner, on_erase: delete }\n"
              "methods:\n"
              "  entry.add: { params: { type: object, properties: { text: text } } }\n"
              "  entry.list: { params: { type: object } }\n",
          &m),
      IsEmpty());
  ASSERT_EQ(m.collections.size(), 1u);
  ASSERT_EQ(m.collections[0].sealed.size(), 2u);
  EXPECT_EQ(m.collections[0].sealed[0].name, "text");
  EXPECT_EQ(m.collections[0].sealed[0].key, "owner");
  EXPECT_FALSE(m.collections[0].sealed[0].lookup);
  EXPECT_TRUE(m.collections[0].sealed[1].lookup);
  ASSERT_EQ(m.events[0].sealed.size(), 1u);
  EXPECT_EQ(m.events[0].sealed[0].key, "owner");
  EXPECT_TRUE(m.methods[0].tells_sealed);
  EXPECT_FALSE(m.methods[1].tells_sealed);
}

TEST(sealed_checks, a_sealed_field_is_one_that_can_be_absent) {
  EXPECT_THAT(
      problems_of(entries("text: { type: string }", sealed)),
      ElementsAre(AllOf(HasSubstr("plugin.yaml:9:15: the sealed `text` is required, and is absent "
                                  "once its key was erased"),
                        HasSubstr("`optional: true`"))));
  EXPECT_THAT(problems_of(entries("text: { type: string, optional: true, default: '' }", sealed)),
              ElementsAre(HasSubstr("the sealed `text` has a default")));
  EXPECT_THAT(problems_of(entries(text, "    sealed: { txt: { key: owner } }\n")),
              ElementsAre(HasSubstr("did you mean `text`?")));
  EXPECT_THAT(problems_of(entries("", "    sealed: { id: { key: owner } }\n")),
              ElementsAre(HasSubstr("the sealed `id` is required"),
                          HasSubstr("`id` is part of the key, and cannot be sealed")));
  EXPECT_THAT(problems_of(entries("friend: { $ref: '#/types/person', optional: true }",
                                  "    sealed: { friend: { key: owner } }\n") +
                          "types: { person: account }\n"),
              ElementsAre(HasSubstr("`friend` is an account")));
}

// Whoever erases a person finds the records by it.
TEST(sealed_checks, whose_data_it_is_can_be_read) {
  EXPECT_THAT(
      problems_of("collections:\n"
                  "  entries:\n"
                  "    version: 1\n"
                  "    key: [id]\n"
                  "    fields: { id: id, owner: { $ref: '#/types/person', optional: true } }\n"
                  "    sealed: { owner: { key: id, lookup: true } }\n"
                  "    personal: { subject: owner, on_erase: delete }\n"
                  "types: { person: account }\n"),
      ElementsAre(HasSubstr("`owner` is an account: whose data this is has to be readable")));
  EXPECT_THAT(
      problems_of("events:\n"
                  "  entry.added:\n"
                  "    topic: account\n"
                  "    durable: true\n"
                  "    data: { type: object, required: [id], properties: { id: id, owner: account "
                  "} }\n"
                  "    sealed: { owner: { key: id } }\n"
                  "    personal: { subject: owner, on_erase: delete }\n"),
      ElementsAre(HasSubstr("`owner` is an account: whose data this is has to be readable")));
}

TEST(sealed_checks, every_record_says_with_whose_key) {
  EXPECT_THAT(problems_of(entries(text, "    sealed: { text: { key: ownr } }\n")),
              ElementsAre(HasSubstr("did you mean `owner`?")));
  for (const char* other :
       {"other: { type: string, optional: true }", "other: { type: integer }"}) {
    EXPECT_THAT(problems_of(entries(text + ", " + other, "    sealed: { text: { key: other } }\n")),
                ElementsAre(HasSubstr("`other` cannot say with whose key `text` is sealed")));
  }
  EXPECT_THAT(problems_of(entries(text, "    sealed: { text: {} }\n")),
              ElementsAre(HasSubstr("`key`")));
}

TEST(sealed_checks, nothing_but_equality_is_asked_of_it) {
  EXPECT_THAT(problems_of(entries(text, sealed + "    indexes: { by_text: { on: [text] } }\n")),
              ElementsAre(AllOf(HasSubstr("the index `by_text` names `text`, which is sealed"),
                                HasSubstr("`lookup: true` under `sealed: text`"))));
  EXPECT_THAT(problems_of(entries(text, sealed + "    search: { on: [text] }\n")),
              ElementsAre(HasSubstr("its words would be stored")));
  EXPECT_THAT(problems_of(entries(text + ", title: text",
                                  sealed + "    search: { on: [title], by: [text] }\n")),
              ElementsAre(HasSubstr("its words would be stored")));
  EXPECT_THAT(
      problems_of(entries("until: { $ref: '#/types/moment', optional: true }",
                          "    sealed: { until: { key: owner } }\n    expires: until\n") +
                  "types: { moment: time }\n"),
      ElementsAre(AllOf(HasSubstr("plugin.yaml:10:5: `expires` names `until`, which is sealed: the "
                                  "server finds what is due by its time"),
                        HasSubstr("a time that is not sealed"))));
  EXPECT_THAT(problems_of(entries("list: { type: array, items: id, optional: true }",
                                  "    sealed: { list: { key: owner, lookup: true } }\n")),
              ElementsAre(HasSubstr("`list` is not a plain value, and cannot be looked up")));
  EXPECT_THAT(problems_of(entries(text + ", text__lookup: text",
                                  "    sealed: { text: { key: owner, lookup: true } }\n")),
              ElementsAre(HasSubstr("the name `text__lookup` is taken by the look-up")));
}

TEST(sealed_checks, a_hash_does_not_outlive_the_person) {
  const auto kept = [](const std::string& on_erase) {
    return problems_of(
        "collections:\n"
        "  entries:\n"
        "    version: 1\n"
        "    key: [id]\n"
        "    fields: { owner: account, id: id, " +
        text +
        " }\n"
        "    sealed: { text: { key: owner, lookup: true } }\n"
        "    personal: { subject: owner, on_erase: " +
        on_erase + " }\n");
  };
  EXPECT_THAT(kept("delete"), IsEmpty());
  EXPECT_THAT(kept("keep, reason: 'Invoices are kept.'"), IsEmpty());
  EXPECT_THAT(kept("anonymise"),
              ElementsAre(HasSubstr("what `text` is looked up by would stay when the person of "
                                    "`owner` is erased")));
}

TEST(sealed_checks, what_is_not_stored_is_not_sealed) {
  EXPECT_THAT(problems_of("collections:\n"
                          "  entries:\n"
                          "    ephemeral: true\n"
                          "    key: [id]\n"
                          "    fields: { id: id, " +
                          text + " }\n    sealed: { text: { key: id } }\n"),
              ElementsAre(HasSubstr("an ephemeral collection is stored nowhere")));
  EXPECT_THAT(problems_of("events:\n"
                          "  entry.added:\n"
                          "    topic: account\n"
                          "    data: { type: object, required: [id], properties: { id: id, text: "
                          "text } }\n"
                          "    sealed: { text: { key: id } }\n"),
              ElementsAre(HasSubstr("an event that is not durable is stored nowhere")));
}

std::string event(const std::string& properties, const std::string& more = "") {
  return "events:\n"
         "  entry.added:\n"
         "    topic: account\n"
         "    durable: true\n"
         "    data: { type: object, required: [id], properties: { id: id, " +
         properties + " } }\n" + more;
}

TEST(sealed_checks, a_manifest_that_would_leak_one_is_refused) {
  const std::string one = entries(text, sealed);
  EXPECT_THAT(
      problems_of(one + event("text: text")),
      ElementsAre(AllOf(HasSubstr("the event `entry.added` would put `text` into the log in "
                                  "plain, which the collection `entries` seals"),
                        HasSubstr("`sealed: { text: { key: FIELD } }`"))));
  for (const char* hidden :
       {"entry: { type: object, properties: { text: text } }",
        "all: { type: array, items: { type: object, properties: { text: text } } }",
        "all: { type: object, additionalProperties: { type: object, properties: { text: text } } }",
        "entry: { $ref: '#/types/entry' }",
        "entry: { oneOf: [{ type: string }, { type: object, properties: { text: text } }] }"}) {
    EXPECT_THAT(problems_of(one + event(hidden) +
                            "types: { entry: { type: object, properties: { text: text } } }\n"),
                ElementsAre(AllOf(HasSubstr("would put `text` into the log in plain"),
                                  HasSubstr("put it at the top of `data` and seal it"))))
        << hidden;
  }
  EXPECT_THAT(problems_of(one + event("text: text", "    sealed: { text: { key: id } }\n")),
              IsEmpty());
  EXPECT_THAT(
      problems_of(one + event("text: text, note: { type: object, properties: { text: text } }",
                              "    sealed: { text: { key: id } }\n")),
      ElementsAre(HasSubstr("would put `text` into the log in plain")));
  EXPECT_THAT(problems_of(one + "jobs: { send: { params: { type: object, properties: { text: text "
                                "} } } }\n"),
              ElementsAre(HasSubstr("the job `send` would be stored with `text` in plain")));
}

} // namespace
} // namespace parley::manifest
