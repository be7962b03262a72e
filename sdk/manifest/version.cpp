// Versions and ranges, as https://semver.org and npm have them.

#include "version.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string_view>

#include "manifest.hpp"

namespace parley::manifest {

namespace {

struct version {
  std::array<std::uint64_t, 3> parts{};
  std::size_t given = 0; // how many parts were written; the rest are 0
  std::string pre;       // after the hyphen
};

bool is_identifier(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of(
             "0123456789abcdefghijklmnopqrstuvwxyz"
             "ABCDEFGHIJKLMNOPQRSTUVWXYZ-.") == text.npos &&
         text.front() != '.' && text.back() != '.' && text.find("..") == text.npos;
}

std::optional<version> parse(std::string_view text, bool partial) {
  version out;
  if (const auto plus = text.find('+'); plus != text.npos) {
    if (!is_identifier(text.substr(plus + 1))) return {};
    text = text.substr(0, plus);
  }
  if (const auto hyphen = text.find('-'); hyphen != text.npos) {
    out.pre = std::string(text.substr(hyphen + 1));
    if (!is_identifier(out.pre)) return {};
    text = text.substr(0, hyphen);
  }
  while (out.given < 3) {
    const std::string_view part = text.substr(0, text.find('.'));
    if (part.empty() || (part.size() > 1 && part.front() == '0')) return {};
    const auto [end, error] =
        std::from_chars(part.data(), part.data() + part.size(), out.parts[out.given]);
    if (error != std::errc{} || end != part.data() + part.size()) return {};
    if (out.parts[out.given] >= 1'000'000'000) return {};
    ++out.given;
    if (part.size() == text.size()) {
      text = {};
      break;
    }
    text.remove_prefix(part.size() + 1);
    if (text.empty()) return {};
  }
  if (!text.empty()) return {};
  if (out.given < 3 && (!partial || !out.pre.empty())) return {};
  return out;
}

// 1.0.0-rc.1 is below 1.0.0; identifiers compare as numbers where both are.
int compare_pre(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return a.empty() ? (b.empty() ? 0 : 1) : -1;
  std::istringstream left(a), right(b);
  for (;;) {
    std::string x, y;
    const bool more_x = static_cast<bool>(std::getline(left, x, '.'));
    const bool more_y = static_cast<bool>(std::getline(right, y, '.'));
    if (!more_x || !more_y) return more_x ? 1 : more_y ? -1 : 0;
    const bool number_x = x.find_first_not_of("0123456789") == x.npos;
    const bool number_y = y.find_first_not_of("0123456789") == y.npos;
    if (number_x != number_y) return number_x ? -1 : 1;
    if (number_x && x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
    if (const int c = x.compare(y); c != 0) return c < 0 ? -1 : 1;
  }
}

int compare(const version& a, const version& b) {
  if (a.parts != b.parts) return a.parts < b.parts ? -1 : 1;
  return compare_pre(a.pre, b.pre);
}

// The first version above everything that agrees with `v` in its first `count` parts.
version after(version v, std::size_t count) {
  version out;
  for (std::size_t i = 0; i < count; ++i) out.parts[i] = v.parts[i];
  out.parts[count - 1] += 1;
  out.pre = "0"; // also below the next one's own pre-releases
  return out;
}

// One comparator: whether `v` is within it, or nothing where it cannot be read.
std::optional<bool> within(std::string_view text, const version& v) {
  if (text == "*") return v.pre.empty();
  std::string_view sign = text.substr(0, text.find_first_of("0123456789"));
  const auto bound = parse(text.substr(sign.size()), true);
  if (!bound) return {};
  const bool from = compare(v, *bound) >= 0;
  if (sign == "^") {
    std::size_t count = 1; // up to the first part that is not 0
    while (count < bound->given && bound->parts[count - 1] == 0) ++count;
    return from && compare(v, after(*bound, count)) < 0;
  }
  if (sign == "~") {
    return from && compare(v, after(*bound, std::min<std::size_t>(bound->given, 2))) < 0;
  }
  const bool below_next =
      bound->given == 3 ? compare(v, *bound) <= 0 : compare(v, after(*bound, bound->given)) < 0;
  if (sign == ">=") return from;
  if (sign == ">") return !below_next;
  if (sign == "<") return !from;
  if (sign == "<=") return below_next;
  if (sign == "=" || sign.empty()) return from && below_next;
  return {};
}

std::optional<bool> all_within(const std::string& range, const version& v) {
  std::istringstream words(range);
  std::string word;
  bool result = true;
  bool any = false;
  while (words >> word) {
    const auto one = within(word, v);
    if (!one) return {};
    result = result && *one;
    any = true;
  }
  if (!any) return {};
  return result;
}

} // namespace

bool is_version(const std::string& text) {
  return parse(text, false).has_value();
}

bool is_range(const std::string& text) {
  return all_within(text, version{}).has_value();
}

bool admits(const std::string& range, const std::string& text) {
  const auto v = parse(text, false);
  return v && all_within(range, *v).value_or(false);
}

} // namespace parley::manifest
