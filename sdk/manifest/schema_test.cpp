#include "schema.hpp"

#include <gmock/gmock.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

namespace parley::schema {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::IsEmpty;

std::string line(const breach& b) {
  return b.pointer + (b.at_key ? " (key)" : "") + ": " + b.what +
         (b.instead.empty() ? "" : "; " + b.instead);
}

std::vector<std::string> lines(const std::vector<breach>& all) {
  std::vector<std::string> out;
  for (const auto& b : all) out.push_back(line(b));
  return out;
}

validator compiled(const std::string& text) {
  std::vector<breach> faults;
  auto out = validator::compile(json::parse(text).as_object(), faults);
  EXPECT_THAT(lines(faults), IsEmpty());
  return out;
}

std::vector<std::string> faults_of(const std::string& text) {
  std::vector<breach> faults;
  validator::compile(json::parse(text).as_object(), faults);
  return lines(faults);
}

// What a schema says of a value; "" where it is fine.
std::string said(const std::string& schema, const std::string& value) {
  const auto v = compiled(schema);
  breach first;
  return v.accepts(json::parse(value), first) ? "" : line(first);
}

TEST(schema, types) {
  const std::string integer = R"({"type":"integer","minimum":1,"maximum":100})";
  EXPECT_EQ(said(integer, "1"), "");
  EXPECT_EQ(said(integer, "100"), "");
  EXPECT_EQ(said(integer, "101"), ": expected an integer from 1 to 100, found the number 101");
  EXPECT_EQ(said(integer, R"("x")"), ": expected an integer from 1 to 100, found the string \"x\"");
  EXPECT_EQ(said(integer, R"("5")"),
            ": expected an integer from 1 to 100, found the string \"5\"; remove the quotes");
  EXPECT_EQ(said(integer, "5.0"),
            ": expected an integer from 1 to 100, found the number 5; write it without a fraction");
  EXPECT_EQ(said(integer, "5.5"), ": expected an integer from 1 to 100, found the number 5.5");
  EXPECT_EQ(said(R"({"type":"integer"})", "18446744073709551615"),
            ": expected an integer, found the number 18446744073709551615");
  for (const std::string exact : {"9007199254740992", "-9007199254740992"}) {
    EXPECT_EQ(said(R"({"type":"integer"})", exact), "");
  }
  for (const std::string beyond :
       {"9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808"}) {
    EXPECT_EQ(said(R"({"type":"integer"})", beyond),
              ": expected an integer, found the number " + beyond);
    EXPECT_EQ(said(R"({"type":"number"})", beyond), "");
  }
  EXPECT_NE(said(R"({"type":"number"})", "1e400"), "");
  EXPECT_EQ(said(R"({"type":"integer","maximum":9007199254740992})", "9007199254740993"),
            ": expected an integer up to 9007199254740992, found the number 9007199254740993");
  EXPECT_EQ(said(R"({"type":"number","minimum":0.5})", "0.25"),
            ": expected a number from 0.5 on, found the number 0.25");
  EXPECT_EQ(said(R"({"type":"number"})", "3"), "");
  EXPECT_EQ(said(R"({"type":"boolean"})", "1"), ": expected true or false, found the number 1");
  EXPECT_EQ(said(R"({"type":"null"})", "[]"), ": expected null, found an array");
  EXPECT_EQ(said(R"({"type":["string","null"]})", "null"), "");
  EXPECT_EQ(said(R"({"type":["string","null"]})", "{}"),
            ": expected null or a string, found an object");
  EXPECT_EQ(said("{}", R"({"any":[1,"thing"]})"), "");
}

TEST(schema, strings_are_counted_in_code_points) {
  const std::string text = R"({"type":"string","minLength":2,"maxLength":3})";
  EXPECT_EQ(said(text, R"("äöü")"), "");
  EXPECT_EQ(said(text, R"("\ud83d\ude00\ud83d\ude00\ud83d\ude00")"), "");
  EXPECT_EQ(said(text, R"("äöüß")"), ": expected text of 2 to 3 characters, found 4");
  EXPECT_EQ(said(text, R"("ä")"), ": expected text of 2 to 3 characters, found 1");
  EXPECT_EQ(said(text, R"("")"), ": expected text of 2 to 3 characters, found an empty one");
  EXPECT_EQ(said(text, R"("a\u0000")"), ": the text contains U+0000; leave it out");
  EXPECT_EQ(said(R"({"type":"string"})", "5"),
            ": expected a string, found the number 5; put it in quotes");
}

TEST(schema, patterns_and_formats) {
  const std::string id = R"({"type":"string","pattern":"^[a-z]+$"})";
  EXPECT_EQ(said(id, R"("abc")"), "");
  EXPECT_EQ(said(id, R"("a1")"),
            ": expected a string that matches `^[a-z]+$`, found the string \"a1\"");
  EXPECT_EQ(said(id, '"' + std::string(41, 'A') + '"'),
            ": expected a string that matches `^[a-z]+$`, found the string \"" +
                std::string(39, 'A') + "…\"");
  const std::string time = R"({"type":"string","format":"date-time"})";
  EXPECT_EQ(said(time, R"("2026-11-21T08:15:30.123Z")"), "");
  EXPECT_EQ(said(time, R"("2026-13-21T08:15:30.123Z")"),
            ": expected a time such as 2026-11-21T08:15:30.123Z, found the string "
            "\"2026-13-21T08:15:30.123Z\"");
  // std::regex would run out of stack here.
  EXPECT_NE(
      said(R"({"type":"string","pattern":"^(a|b)*$"})", '"' + std::string(1 << 20, 'a') + "c\""),
      "");
}

TEST(schema, objects_refuse_what_they_do_not_name) {
  const std::string object =
      R"({"type":"object","required":["words"],"properties":{"words":{"type":"array",
          "items":{"type":"string"},"minItems":1},"limit":{"type":"integer"}}})";
  EXPECT_EQ(said(object, R"({"words":["a"]})"), "");
  EXPECT_EQ(said(object, "{}"), "/words: `words` is missing; give an array of at least 1 item");
  EXPECT_EQ(said(object, R"({"wrods":[]})"),
            "/wrods (key): unknown key `wrods`; did you mean `words`?");
  EXPECT_EQ(said(object, R"({"q/~":1,"words":["a"]})"),
            "/q~1~0 (key): unknown key `q/~`; known here: `limit`, `words`");
  EXPECT_EQ(said(object, R"({"words":["a",1]})"),
            "/words/1: expected a string, found the number 1; put it in quotes");
  EXPECT_EQ(said(object, R"({"words":[]})"),
            "/words: expected an array of at least 1 item, found 0");
  EXPECT_EQ(said(R"({"type":"object"})", R"({"a":1})"),
            "/a (key): unknown key `a`; nothing is expected here, remove it");
  EXPECT_EQ(said(R"({"type":"object","additionalProperties":true})", R"({"a":1})"), "");
  EXPECT_EQ(said(R"({"type":"object","additionalProperties":{"type":"integer"}})", R"({"a":"b"})"),
            "/a: expected an integer, found the string \"b\"");
}

TEST(schema, all_breaches_are_listed) {
  const auto v = compiled(
      R"({"type":"object","required":["a"],"properties":{"a":{"type":"integer"},"b":{"enum":["x","yes"]}}})");
  EXPECT_THAT(lines(v.check(json::parse(R"({"b":"yse","c":1})"))),
              ElementsAre("/b: expected \"x\" or \"yes\", found the string \"yse\"; did you mean "
                          "\"yes\"?",
                          "/c (key): unknown key `c`; known here: `a`, `b`",
                          "/a: `a` is missing; give an integer"));
}

TEST(schema, choices_are_told_apart_by_type_or_by_a_const) {
  const std::string by_type =
      R"({"oneOf":[{"type":"string","maxLength":1},{"type":"object","properties":{}}]})";
  EXPECT_EQ(said(by_type, R"("a")"), "");
  EXPECT_EQ(said(by_type, "{}"), "");
  EXPECT_EQ(said(by_type, R"("ab")"), ": expected text of at most 1 character, found 2");
  EXPECT_EQ(said(by_type, "1"),
            ": expected text of at most 1 character or an object, found the number 1");
  const std::string by_const =
      R"({"oneOf":[
        {"type":"object","required":["kind"],"properties":{"kind":{"const":"a"},"x":{"type":"integer"}}},
        {"type":"object","required":["kind"],"properties":{"kind":{"const":"b"}}}]})";
  EXPECT_EQ(said(by_const, R"({"kind":"a","x":1})"), "");
  EXPECT_EQ(said(by_const, R"({"kind":"b","x":1})"),
            "/x (key): unknown key `x`; known here: `kind`");
  EXPECT_EQ(said(by_const, R"({"kind":"c"})"),
            "/kind: expected one of \"a\", \"b\", found the string \"c\"");
  EXPECT_EQ(said(by_const, "{}"), "/kind: `kind` is missing; give one of \"a\", \"b\"");
  EXPECT_THAT(
      faults_of(R"({"oneOf":[{"type":"string"},{"type":"string"}]})"),
      ElementsAre("/oneOf: the choices cannot be told apart; schemas of different types, or "
                  "objects that all require one property with a `const` of its own"));
}

TEST(schema, defaults_are_filled_in) {
  const auto v = compiled(
      R"({"type":"object","properties":{"a":{"type":"integer","default":1},"o":{"type":"object",
          "default":{},"properties":{"b":{"type":"string","default":"x"}}},"none":{"type":"object",
          "properties":{"c":{"type":"integer","default":2}}},"l":{"type":"array","items":{"type":
          "object","properties":{"d":{"type":"boolean","default":true}}}}}})");
  json::value value = json::parse(R"({"a":5,"l":[{}]})");
  v.add_defaults(value);
  EXPECT_EQ(value, json::parse(R"({"a":5,"l":[{"d":true}],"o":{"b":"x"}})"));
}

TEST(schema, faults_of_a_schema_are_found_when_compiling) {
  EXPECT_THAT(
      faults_of(R"({"type":"objekt","requird":[],"minLength":-1,"allOf":[]})"),
      ElementsAre("/requird (key): unknown keyword `requird`; did you mean `required`?",
                  testing::StartsWith("/allOf (key): unknown keyword `allOf`; known are type, "),
                  "/type: unknown type \"objekt\"; did you mean `object`?",
                  "/minLength: expected an integer from 0 on, found the number -1"));
  EXPECT_THAT(
      faults_of(R"({"type":"object","required":["nmae"],"properties":{"name":{"pattern":"("}}})"),
      ElementsAre("/properties/name/pattern: this is not a pattern: missing ): (; a regular "
                  "expression as RE2 takes it",
                  "/required/0: `nmae` is required, but not among the properties; did you mean "
                  "`name`?"));
  EXPECT_THAT(faults_of(R"({"minimum":2,"maximum":1,"minItems":2,"maxItems":1,"format":"x"})"),
              ElementsAre("/minItems: minItems is above maxItems; a smaller one",
                          "/format: unknown format \"x\"; date-time, uuid or email",
                          "/minimum: minimum is above maximum; a smaller one"));
  EXPECT_THAT(faults_of(R"({"$ref":"#/$defs/a","$defs":{"a":{"items":{"$ref":"#/$defs/a"}}}})"),
              ElementsAre("/$defs/a/items/$ref: `a` contains itself; a schema without recursion"));
}

TEST(schema, nearest) {
  const std::vector<std::string> known = {"words", "word", "limit", "id", "maxLength"};
  EXPECT_EQ(nearest("wrods", known), "words");
  EXPECT_EQ(nearest("wordz", known), "words");
  EXPECT_EQ(nearest("di", known), "id");
  EXPECT_EQ(nearest("lmit", known), "limit");
  EXPECT_EQ(nearest("maxLen", known), "maxLength");
  EXPECT_EQ(nearest("entirely_else", known), "");
  EXPECT_EQ(nearest("x", known), "");
  EXPECT_EQ(nearest("", known), "");
}

// Random values and schemas: nothing crashes, both modes agree, and the first breach is the first.
class random_json {
 public:
  explicit random_json(unsigned seed) : engine_(seed) {}

  json::value make(int depth = 0) {
    static const std::vector<std::string> words = {"type",      "object",   "properties",
                                                   "a",         "b",        "required",
                                                   "items",     "string",   "integer",
                                                   "enum",      "const",    "oneOf",
                                                   "pattern",   "(",        "^a*$",
                                                   "minLength", "default",  "$ref",
                                                   "#/$defs/a", "$defs",    "additionalProperties",
                                                   "array",     "\xc3\xa4", "",
                                                   "x/y~z"};
    const auto word = [&] { return words[engine_() % words.size()]; };
    switch (engine_() % (depth > 5 ? 6 : 9)) {
      case 0:
        return nullptr;
      case 1:
        return engine_() % 2 == 0;
      case 2:
        return static_cast<std::int64_t>(engine_() % 7) - 2;
      case 3:
        return std::numeric_limits<std::uint64_t>::max();
      case 4:
        return 1e300;
      case 5:
        return json::value(word());
      case 6: {
        json::array out;
        for (auto n = engine_() % 4; n > 0; --n) out.push_back(make(depth + 1));
        return out;
      }
      default: {
        json::object out;
        for (auto n = engine_() % 6; n > 0; --n) out[word()] = make(depth + 1);
        return out;
      }
    }
  }

 private:
  std::mt19937 engine_;
};

TEST(schema, random_schemas_and_values_do_no_harm) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    random_json source(seed);
    json::value schema = source.make();
    if (!schema.is_object()) schema = json::object{{"type", "object"}, {"properties", schema}};
    std::vector<breach> faults;
    const auto v = validator::compile(schema.as_object(), faults);
    for (int i = 0; i < 5; ++i) {
      json::value value = source.make();
      breach first;
      const auto all = v.check(value);
      ASSERT_EQ(v.accepts(value, first), all.empty()) << "seed " << seed;
      if (!all.empty()) ASSERT_EQ(line(first), line(all.front())) << "seed " << seed;
      v.add_defaults(value);
      // Where the schema is sound, its defaults break nothing that was right.
      if (faults.empty() && all.empty()) ASSERT_TRUE(v.accepts(value, first)) << "seed " << seed;
    }
  }
}

TEST(schema, one_validator_serves_many_threads) {
  const auto v =
      compiled(R"({"type":"object","properties":{"a":{"type":"string","pattern":"^[a-z]+$"}}})");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const json::value good = {{"a", "abc"}}, bad = {{"a", "1"}};
      breach first;
      for (int i = 0; i < 200; ++i) {
        EXPECT_TRUE(v.accepts(good, first));
        EXPECT_FALSE(v.accepts(bad, first));
      }
    });
  }
  for (auto& t : threads) t.join();
}

} // namespace
} // namespace parley::schema
