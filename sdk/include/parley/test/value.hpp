// JSON in a test: what is sent, and what came.
//
//   alice.call("notes.add", {{"text", "hello"}, {"tags", {"a", "b", "c"}}});
//   alice.call("notes.add", R"({"text": "hello"})");
//   EXPECT_EQ(note["text"], "hello");
//
// A list in braces is an object where each of its elements is a name and a value; otherwise it is
// an array. Two texts can be meant both ways: write `array({"a", "b"})` where they are an array.
#ifndef PARLEY_TEST_VALUE_HPP
#define PARLEY_TEST_VALUE_HPP

#include <parley/test/failure.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace parley::test {

class PARLEY_TEST_API value {
 public:
  using members = std::vector<std::pair<std::string, value>>;

  value() = default; // null
  value(std::nullptr_t) {}
  value(bool from) : held_(from) {}
  template <std::integral Whole>
    requires(!std::same_as<Whole, bool>)
  value(Whole from) : held_(static_cast<std::int64_t>(from)) {}
  value(double from) : held_(from) {}
  value(const char* from) : held_(std::string(from)) {}
  value(std::string from) : held_(std::move(from)) {}
  value(std::string_view from) : held_(std::string(from)) {}
  value(std::vector<value> from) : held_(std::move(from)) {}
  value(members from) : held_(std::move(from)) {}
  value(std::initializer_list<value> from);

  // From JSON text.
  static value parse(std::string_view json, place where = here::current());
  std::string json() const; // in one line

  // These throw a failure where it is something else.
  std::string text(place where = here::current()) const;
  std::int64_t integer(place where = here::current()) const;
  double number(place where = here::current()) const;
  bool truth(place where = here::current()) const;
  const std::vector<value>& items(place where = here::current()) const;
  const members& fields(place where = here::current()) const;

  // Throws where there is none: `has` asks. Of null, nothing.
  const value& operator[](std::string_view name) const;
  const value& operator[](std::size_t index) const;
  const value& operator[](const char* name) const { return (*this)[std::string_view(name)]; }
  const value& operator[](int index) const { return (*this)[static_cast<std::size_t>(index)]; }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  const value* find(std::string_view name) const;
  std::size_t size() const; // of an array or object, otherwise 0
  bool is_null() const { return held_.index() == 0; }
  bool is_text() const { return std::holds_alternative<std::string>(held_); }
  bool is_array() const { return std::holds_alternative<std::vector<value>>(held_); }
  bool is_object() const { return std::holds_alternative<members>(held_); }

  // Objects are equal whatever the order of their members; 1 and 1.0 are not.
  PARLEY_TEST_API friend bool operator==(const value& a, const value& b);
  PARLEY_TEST_API friend std::ostream& operator<<(std::ostream& out, const value& from);

  // For whoever turns it into something else.
  template <typename Visitor>
  decltype(auto) visit(Visitor&& how) const {
    return std::visit(std::forward<Visitor>(how), held_);
  }

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, std::vector<value>, members>
      held_ = nullptr;
};

inline value array(std::vector<value> from) {
  return value(std::move(from));
}

} // namespace parley::test
#endif
