#include "schema_node.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace parley::schema {
namespace json = boost::json;

namespace {

constexpr std::size_t shown = 40; // code points of a value that are shown

std::string number(long double n) {
  char text[64];
  std::snprintf(text, sizeof text, "%.15Lg", n);
  if (n > -9.3e18L && n < 9.3e18L && n == static_cast<long double>(static_cast<long long>(n))) {
    std::snprintf(text, sizeof text, "%lld", static_cast<long long>(n));
  }
  return text;
}

std::string range(const std::string& noun, const std::optional<long double>& from,
                  const std::optional<long double>& to) {
  if (from && to && *from == *to) return noun + " equal to " + number(*from);
  if (from && to) return noun + " from " + number(*from) + " to " + number(*to);
  if (from) return noun + " from " + number(*from) + " on";
  if (to) return noun + " up to " + number(*to);
  return noun;
}

std::string counted(std::size_t from, std::size_t to, const std::string& one,
                    const std::string& many) {
  constexpr auto none = std::numeric_limits<std::size_t>::max();
  if (to == none) {
    return "at least " + std::to_string(from) + " " + (from == 1 ? one : many);
  }
  const std::string noun = to == 1 ? one : many;
  if (from == 0) return "at most " + std::to_string(to) + " " + noun;
  if (from == to) return std::to_string(to) + " " + noun;
  return std::to_string(from) + " to " + std::to_string(to) + " " + noun;
}

std::string text_expectation(const validator::node& wanted) {
  if (wanted.format == "date-time") return "a time such as 2026-11-21T08:15:30.123Z";
  if (wanted.format == "uuid") return "a UUID in lower case";
  if (wanted.format == "email") return "an email address";
  constexpr auto none = std::numeric_limits<std::size_t>::max();
  std::string out = "a string";
  if (wanted.min_length > 0 || wanted.max_length != none) {
    out = "text of " + counted(wanted.min_length, wanted.max_length, "character", "characters");
  }
  if (wanted.pattern) out += " that matches `" + wanted.pattern->pattern() + "`";
  return out;
}

std::string array_expectation(const validator::node& wanted) {
  constexpr auto none = std::numeric_limits<std::size_t>::max();
  if (wanted.min_items == 0 && wanted.max_items == none) return "an array";
  return "an array of " + counted(wanted.min_items, wanted.max_items, "item", "items");
}

} // namespace

// What a double holds exactly, and so every client.
constexpr std::int64_t greatest_integer = std::int64_t{1} << 53;

unsigned kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return kind_null;
    case json::kind::bool_:
      return kind_boolean;
    case json::kind::int64:
      return value.get_int64() >= -greatest_integer && value.get_int64() <= greatest_integer
                 ? kind_integer
                 : kind_number;
    case json::kind::uint64:
      return value.get_uint64() <= static_cast<std::uint64_t>(greatest_integer) ? kind_integer
                                                                                : kind_number;
    case json::kind::double_: // JSON has no name for what is not finite; 1e400 is read as such
      return std::isfinite(value.get_double()) ? kind_number : kind_none;
    case json::kind::string:
      return kind_string;
    case json::kind::array:
      return kind_array;
    case json::kind::object:
      return kind_object;
  }
  return kind_null;
}

const validator::node* validator::node::find(std::string_view name) const {
  const auto found =
      std::lower_bound(properties.begin(), properties.end(), name,
                       [](const auto& one, std::string_view key) { return one.first < key; });
  return found != properties.end() && found->first == name ? found->second.get() : nullptr;
}

const validator::node* validator::node::choose(const json::value& value) const {
  const json::value* given = nullptr;
  if (!discriminator.empty()) {
    const auto* object = value.if_object();
    given = object ? object->if_contains(discriminator) : nullptr;
    if (!given) return nullptr;
  }
  for (const auto& choice : choices) {
    const bool fits = given ? choice->find(discriminator)->allowed.front() == *given
                            : (choice->kinds & kind_of(value)) != 0;
    if (fits) return choice.get();
  }
  return nullptr;
}

std::vector<std::string> validator::node::names() const {
  std::vector<std::string> out;
  for (const auto& property : properties) out.push_back(property.first);
  return out;
}

std::string expectation(const validator::node& wanted) {
  if (!wanted.allowed.empty()) {
    std::string out;
    for (std::size_t i = 0; i < wanted.allowed.size(); ++i) {
      if (i > 0) out += i + 1 == wanted.allowed.size() ? " or " : ", ";
      out += written(wanted.allowed[i]);
    }
    return out;
  }
  std::vector<std::string> parts;
  if (!wanted.choices.empty()) {
    for (const auto& choice : wanted.choices) {
      std::string one = expectation(*choice);
      if (std::find(parts.begin(), parts.end(), one) == parts.end()) {
        parts.push_back(std::move(one));
      }
    }
  } else if (wanted.kinds == kind_any) {
    return "any value";
  } else {
    if (wanted.kinds & kind_null) parts.push_back("null");
    if (wanted.kinds & kind_boolean) parts.push_back("true or false");
    if (wanted.kinds & kind_number) {
      parts.push_back(range("a number", wanted.minimum, wanted.maximum));
    } else if (wanted.kinds & kind_integer) {
      parts.push_back(range("an integer", wanted.minimum, wanted.maximum));
    }
    if (wanted.kinds & kind_string) parts.push_back(text_expectation(wanted));
    if (wanted.kinds & kind_array) parts.push_back(array_expectation(wanted));
    if (wanted.kinds & kind_object) parts.push_back("an object");
  }
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += i + 1 == parts.size() ? " or " : ", ";
    out += parts[i];
  }
  return out;
}

std::string written(const json::value& value) {
  std::string text = json::serialize(value);
  std::size_t points = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) continue;
    if (++points > shown) {
      text.resize(i);
      return text + "…" + (value.is_string() ? "\"" : "");
    }
  }
  return text;
}

std::string found(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "nothing";
    case json::kind::bool_:
      return value.get_bool() ? "true" : "false";
    case json::kind::string:
      return "the string " + written(value);
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
    case json::kind::double_:
      return "the number " + number(value.get_double());
    default:
      return "the number " + written(value);
  }
}

std::size_t code_points(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

} // namespace parley::schema
