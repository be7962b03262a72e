#include "yaml_document.hpp"

#include <gmock/gmock.h>

#include <random>

namespace parley::yaml {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct outcome {
  document value;
  std::vector<std::string> lines;
};

outcome read(const std::string& text) {
  std::vector<problem> problems;
  outcome out{parse(text, "f", problems), {}};
  for (const auto& p : problems) out.lines.push_back(to_string(p));
  return out;
}

std::string json_of(const std::string& text) {
  const auto [value, lines] = read(text);
  EXPECT_THAT(lines, IsEmpty()) << text;
  return boost::json::serialize(value.root);
}

TEST(yaml, scalars_are_of_the_core_schema) {
  EXPECT_EQ(json_of("[true, False, null, ~, , yes, on]"),
            R"([true,false,null,null,null,"yes","on"])");
  EXPECT_EQ(json_of("[1, -2, +3, 0x1F, 0o17, 010, 1_000]"), R"([1,-2,3,31,15,10,"1_000"])");
  EXPECT_EQ(json_of("['1', \"true\", !!str 5, '', 1.0.0, ^1, 12:30]"),
            R"(["1","true","5","","1.0.0","^1","12:30"])");
  EXPECT_EQ(json_of("[9223372036854775807, -9223372036854775807, 18446744073709551615]"),
            "[9223372036854775807,-9223372036854775807,18446744073709551615]");
  const auto numbers = read("[1.5, -.5, 1e3, 1., 99999999999999999999]").value.root.as_array();
  EXPECT_EQ(numbers[0], 1.5);
  EXPECT_EQ(numbers[1], -0.5);
  EXPECT_EQ(numbers[2], 1000.0);
  EXPECT_EQ(numbers[3], 1.0);
  EXPECT_EQ(numbers[4], 1e20);
  EXPECT_EQ(json_of(""), "null");
}

TEST(yaml, remembers_where_everything_stood) {
  const auto value = read("a: 1\nb:\n  - x\n  - { c/d: 2, e~f: }\n").value;
  auto at = [&](const char* pointer) {
    const auto p = value.at(pointer);
    return std::to_string(p.line) + ":" + std::to_string(p.column);
  };
  EXPECT_EQ(at(""), "1:1");
  EXPECT_EQ(at("/a"), "1:4");
  EXPECT_EQ(at("/b"), "3:3");
  EXPECT_EQ(at("/b/1"), "4:5");
  EXPECT_EQ(at("/b/1/c~1d"), "4:12");
  EXPECT_EQ(at("/b/1/missing/deep"), "4:5");
  EXPECT_EQ(value.keys.at("/b/1/e~0f").column, 15);
  EXPECT_EQ(at("/b/1/e~0f"), "4:15");
}

TEST(yaml, problems) {
  EXPECT_THAT(
      read("a: 1\nb: 2\na: 3").lines,
      ElementsAre("f:3:1: the key `a` is given twice; give it only once (the first is in line "
                  "1)"));
  EXPECT_EQ(boost::json::serialize(read("a: 1\na: 3").value.root), R"({"a":1})");
  EXPECT_THAT(read("a: &x [1, *x]").lines,
              ElementsAre("f:1:11: the alias stands within what it names; the value itself"));
  EXPECT_THAT(read("a: 1\n---\nb: 2").lines,
              ElementsAre("f:2:1: a second document begins; one document only"));
  EXPECT_THAT(read("a: !thing 1").lines,
              ElementsAre("f:1:4: the tag `!thing` is not understood here; the plain value"));
  EXPECT_THAT(read("a: .inf").lines,
              ElementsAre("f:1:4: `.inf` is not a number here; a finite number, or quotes around "
                          "it"));
  EXPECT_THAT(read("? [a]\n: b").lines,
              ElementsAre("f:1:3: a key is a list or a mapping; a plain name"));
  EXPECT_THAT(read("a: x\xff").lines, ElementsAre("f:1:5: this is not UTF-8 text; UTF-8"));
  EXPECT_THAT(read(std::string("a\0b", 3)).lines,
              ElementsAre("f:1:2: this is not UTF-8 text; UTF-8"));
  EXPECT_THAT(read("a: 'x").lines, ElementsAre(testing::StartsWith("f:1:")));
  EXPECT_THAT(read("a: *none").lines, ElementsAre(testing::StartsWith("f:1:")));
}

TEST(yaml, aliases_are_copies) {
  EXPECT_EQ(json_of("a: &x { b: [1] }\nc: *x\nd: [*x, *x]"),
            R"({"a":{"b":[1]},"c":{"b":[1]},"d":[{"b":[1]},{"b":[1]}]})");
}

TEST(yaml, depth_and_expansion_are_limited) {
  EXPECT_THAT(read(std::string(49, '[') + std::string(49, ']')).lines,
              ElementsAre(testing::HasSubstr("too much data, or nested too deeply")));
  EXPECT_THAT(read(std::string(48, '[') + std::string(48, ']')).lines, IsEmpty());
  EXPECT_THAT(read(std::string(100'000, '[')).lines, testing::SizeIs(1));
  const std::string open(30, '['), close(30, ']');
  EXPECT_THAT(read("a: &a " + open + close + "\nb: " + open + "*a" + close).lines,
              ElementsAre(testing::HasSubstr("too much data, or nested too deeply")));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 9; ++k) bomb += below + ", ";
    bomb += below + "]\n";
  }
  EXPECT_THAT(read(bomb).lines,
              ElementsAre(testing::HasSubstr("too much data, or nested too deeply")));
}

TEST(yaml, stops_reading_what_never_ends) {
  std::vector<problem> problems;
  read_file("/dev/zero", problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(to_string(problems[0]), "/dev/zero: the file is too big; at most 4 MiB");
  problems.clear();
  read_file("/", problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(to_string(problems[0]), testing::HasSubstr("cannot be read"));
}

TEST(yaml, random_text_does_no_harm) {
  static const std::string letters = "ab:-[]{},'\"\n  &*!|>#?%@~0.1\t";
  for (unsigned seed = 0; seed < 5000; ++seed) {
    std::mt19937 engine(seed);
    std::string text;
    for (auto n = engine() % 40; n > 0; --n) text += letters[engine() % letters.size()];
    std::vector<problem> problems;
    const auto value = parse(text, "f", problems);
    for (const auto& p : problems) ASSERT_FALSE(to_string(p).empty());
    ASSERT_GE(value.at("").line, 1);
  }
}

} // namespace
} // namespace parley::yaml
