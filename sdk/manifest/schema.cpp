// Values against the tree.

#include "schema.hpp"

#include <algorithm>
#include <cstring>

#include "schema_node.hpp"

namespace parley::schema {
namespace json = boost::json;

namespace {

// Where in the value the check stands. Lives on the stack; made into text only for a breach.
struct place {
  const place* above = nullptr;
  std::string_view key;
  std::size_t index = 0;
  bool is_index = false;
};

std::string pointer_to(const place* at) {
  if (!at || !at->above) return "";
  return pointer_to(at->above) + "/" +
         (at->is_index ? std::to_string(at->index) : escape_pointer(at->key));
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "`" : ", `") + name + "`";
  return out;
}

class checker {
 public:
  using node = validator::node;

  checker(std::vector<breach>& found, bool first_only) : found_(found), first_only_(first_only) {}

  // False: stop.
  bool check(const node& wanted, const json::value& value, const place* at) {
    if (!(wanted.kinds & kind_of(value))) return refuse_type(wanted, value, at);
    if (!wanted.allowed.empty() && !is_allowed(wanted, value)) {
      return refuse_value(wanted, value, at);
    }
    if (!wanted.choices.empty()) {
      const node* choice = wanted.choose(value);
      if (!choice) return refuse_choice(wanted, value, at);
      if (!check(*choice, value, at)) return false;
    }
    switch (value.kind()) {
      case json::kind::object:
        return check_object(wanted, value.get_object(), at);
      case json::kind::array:
        return check_array(wanted, value, at);
      case json::kind::string:
        return check_string(wanted, value, at);
      case json::kind::int64:
        return check_number(wanted, value, static_cast<long double>(value.get_int64()), at);
      case json::kind::uint64:
        return check_number(wanted, value, static_cast<long double>(value.get_uint64()), at);
      case json::kind::double_:
        return check_number(wanted, value, value.get_double(), at);
      default:
        return true;
    }
  }

 private:
  bool refuse(std::string pointer, std::string what, std::string instead, bool at_key = false) {
    found_.push_back({std::move(pointer), at_key, std::move(what), std::move(instead)});
    return !first_only_;
  }

  bool refuse_type(const node& wanted, const json::value& value, const place* at) {
    std::string instead;
    const bool scalar = !value.is_object() && !value.is_array() && !value.is_null();
    if (wanted.kinds == kind_string && scalar) instead = "put it in quotes";
    if ((wanted.kinds & (kind_integer | kind_boolean)) && looks_plain(value)) {
      instead = "remove the quotes";
    }
    if ((wanted.kinds & kind_integer) && value.is_double() &&
        value.get_double() == static_cast<double>(static_cast<long>(bounded(value.get_double())))) {
      instead = "write it without a fraction";
    }
    return refuse(pointer_to(at), "expected " + expectation(wanted) + ", found " + found(value),
                  std::move(instead));
  }

  // A string that would be a number or a flag without its quotes.
  static bool looks_plain(const json::value& value) {
    const auto* text = value.if_string();
    if (!text || text->size() > 20) return false;
    json::error_code error;
    const auto plain = json::parse({text->data(), text->size()}, error);
    return !error && (plain.is_number() || plain.is_bool());
  }

  static double bounded(double number) { return std::clamp(number, -9e15, 9e15); }

  static bool is_allowed(const node& wanted, const json::value& value) {
    return std::find(wanted.allowed.begin(), wanted.allowed.end(), value) != wanted.allowed.end();
  }

  bool refuse_value(const node& wanted, const json::value& value, const place* at) {
    std::string near;
    if (const auto* text = value.if_string()) {
      std::vector<std::string> known;
      for (const auto& one : wanted.allowed) {
        if (one.is_string()) known.emplace_back(one.get_string());
      }
      near = nearest(std::string(*text), known);
    }
    return refuse(pointer_to(at), "expected " + expectation(wanted) + ", found " + found(value),
                  near.empty() ? "" : "did you mean \"" + near + "\"?");
  }

  bool refuse_choice(const node& wanted, const json::value& value, const place* at) {
    const auto* object = value.if_object();
    if (!object || wanted.discriminator.empty()) return refuse_type(wanted, value, at);
    std::string known;
    for (const auto& choice : wanted.choices) {
      known += (known.empty() ? "" : ", ") +
               written(choice->find(wanted.discriminator)->allowed.front());
    }
    const place below{at, wanted.discriminator, 0, false};
    const auto* given = object->if_contains(wanted.discriminator);
    if (!given) {
      return refuse(pointer_to(&below), "`" + wanted.discriminator + "` is missing",
                    "give one of " + known);
    }
    return refuse(pointer_to(&below), "expected one of " + known + ", found " + found(*given), "");
  }

  bool check_object(const node& wanted, const json::object& object, const place* at) {
    for (const auto& member : object) {
      const place below{at, member.key(), 0, false};
      const node* known = wanted.find(member.key());
      if (!known) known = wanted.additional.get();
      if (known) {
        if (!check(*known, member.value(), &below)) return false;
      } else if (wanted.closed) {
        if (!refuse_key(wanted, member.key(), &below)) return false;
      }
    }
    for (const auto& name : wanted.required) {
      if (object.contains(name)) continue;
      const place below{at, name, 0, false};
      const node* known = wanted.find(name);
      if (!refuse(pointer_to(&below), "`" + name + "` is missing",
                  known ? "give " + expectation(*known) : "give it")) {
        return false;
      }
    }
    return true;
  }

  bool refuse_key(const node& wanted, std::string_view key, const place* at) {
    const auto names = wanted.names();
    const std::string near = nearest(std::string(key), names);
    std::string instead;
    if (!near.empty()) {
      instead = "did you mean `" + near + "`?";
    } else if (names.empty()) {
      instead = "nothing is expected here, remove it";
    } else {
      instead = "known here: " + list_of(names);
    }
    return refuse(pointer_to(at), "unknown key `" + std::string(key) + "`", std::move(instead),
                  true);
  }

  bool check_array(const node& wanted, const json::value& value, const place* at) {
    const json::array& array = value.get_array();
    if (array.size() < wanted.min_items || array.size() > wanted.max_items) {
      if (!refuse(pointer_to(at),
                  "expected " + expectation(wanted) + ", found " + std::to_string(array.size()),
                  "")) {
        return false;
      }
    }
    if (!wanted.items) return true;
    for (std::size_t i = 0; i < array.size(); ++i) {
      const place below{at, {}, i, true};
      if (!check(*wanted.items, array[i], &below)) return false;
    }
    return true;
  }

  bool check_string(const node& wanted, const json::value& value, const place* at) {
    const json::string& text = value.get_string();
    if (std::memchr(text.data(), 0, text.size())) {
      return refuse(pointer_to(at), "the text contains U+0000", "leave it out");
    }
    // Bytes are at least as many as code points, and at most four times as many.
    const std::size_t bytes = text.size();
    if (bytes > wanted.max_length || bytes < wanted.min_length * 4) {
      const std::size_t length = code_points(text);
      if (length > wanted.max_length || length < wanted.min_length) {
        return refuse(pointer_to(at),
                      "expected " + expectation(wanted) + ", found " +
                          (length == 0 ? "an empty one" : std::to_string(length)),
                      "");
      }
    }
    if (wanted.pattern &&
        !re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *wanted.pattern)) {
      return refuse(pointer_to(at), "expected " + expectation(wanted) + ", found " + found(value),
                    "");
    }
    return true;
  }

  bool check_number(const node& wanted, const json::value& value, long double number,
                    const place* at) {
    if ((wanted.minimum && number < *wanted.minimum) ||
        (wanted.maximum && number > *wanted.maximum)) {
      return refuse(pointer_to(at), "expected " + expectation(wanted) + ", found " + found(value),
                    "");
    }
    return true;
  }

  std::vector<breach>& found_;
  bool first_only_;
};

void fill(const validator::node& wanted, json::value& value) {
  if (!wanted.choices.empty()) {
    if (const auto* choice = wanted.choose(value)) fill(*choice, value);
  }
  if (auto* array = value.if_array()) {
    if (!wanted.items) return;
    for (auto& item : *array) fill(*wanted.items, item);
    return;
  }
  auto* object = value.if_object();
  if (!object) return;
  for (const auto& [name, property] : wanted.properties) {
    if (property->fallback && !object->contains(name)) object->emplace(name, *property->fallback);
  }
  for (auto& member : *object) {
    const auto* known = wanted.find(member.key());
    if (!known) known = wanted.additional.get();
    if (known) fill(*known, member.value());
  }
}

// The distance of Damerau and Levenshtein (neighbours swapped count once), or `bound` + 1.
std::size_t distance(std::string_view a, std::string_view b, std::size_t bound) {
  if ((a.size() > b.size() ? a.size() - b.size() : b.size() - a.size()) > bound) return bound + 1;
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

} // namespace

bool validator::accepts(const json::value& value, breach& first) const {
  std::vector<breach> breaches;
  const place top;
  checker(breaches, true).check(*root_, value, &top);
  if (breaches.empty()) return true;
  first = std::move(breaches.front());
  return false;
}

std::vector<breach> validator::check(const json::value& value) const {
  std::vector<breach> breaches;
  const place top;
  checker(breaches, false).check(*root_, value, &top);
  return breaches;
}

void validator::add_defaults(json::value& value) const {
  fill(*root_, value);
}

void validator::check_defaults(const node& root, const std::string& at,
                               std::vector<breach>& faults) {
  if (root.fallback) {
    std::vector<breach> breaches;
    const place top;
    checker(breaches, true).check(root, *root.fallback, &top);
    for (auto& b : breaches) {
      faults.push_back({at + "/default" + b.pointer, false,
                        "the default breaks its own schema: " + b.what, b.instead});
    }
  }
  for (const auto& [name, property] : root.properties) {
    check_defaults(*property, at + "/properties/" + escape_pointer(name), faults);
  }
  if (root.items) check_defaults(*root.items, at + "/items", faults);
  if (root.additional) check_defaults(*root.additional, at + "/additionalProperties", faults);
  for (std::size_t i = 0; i < root.choices.size(); ++i) {
    check_defaults(*root.choices[i], at + "/oneOf/" + std::to_string(i), faults);
  }
}

std::string nearest(const std::string& word, const std::vector<std::string>& known) {
  if (word.size() > 64) return "";
  const std::size_t bound = word.size() <= 4 ? 1 : word.size() <= 7 ? 2 : 3;
  std::size_t best = bound + 1;
  const std::string* found = nullptr;
  for (const auto& candidate : known) {
    const std::size_t d = distance(word, candidate, bound);
    if (d >= best || d >= std::max(word.size(), candidate.size())) continue; // or all is changed
    best = d;
    found = &candidate;
  }
  if (found || word.size() < 3) return found ? *found : "";
  for (const auto& candidate : known) { // cut short, or with something added
    if (candidate.size() < 3) continue;
    if (candidate.starts_with(word) || word.starts_with(candidate)) return candidate;
  }
  return "";
}

} // namespace parley::schema
