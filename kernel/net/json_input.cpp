#include "net/json_input.hpp"

#include "env/utf8.hpp"
#include "error_codes.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <vector>

namespace parley::net {

namespace json = boost::json;

namespace {

struct scanned {
  std::size_t members = 0; // names of all objects, as often as they stand there
  bool has_nul = false;
};

// Over text that is known to be JSON: colons outside of strings are members.
scanned scan(std::string_view text) {
  scanned found;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      in_string = !in_string;
    } else if (!in_string) {
      found.members += c == ':' ? 1 : 0;
    } else if (c == '\\') {
      if (text.substr(i + 1, 5) == "u0000") found.has_nul = true;
      ++i;
    }
  }
  return found;
}

std::size_t members_of(const json::value& value) {
  std::size_t total = 0;
  if (const auto* object = value.if_object()) {
    total = object->size();
    for (const auto& member : *object) total += members_of(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const json::value& item : *array) total += members_of(item);
  }
  return total;
}

void append_canonical(std::string& out, const json::value& value) {
  if (const auto* object = value.if_object()) {
    std::vector<const json::key_value_pair*> members;
    for (const auto& member : *object) members.push_back(&member);
    std::sort(members.begin(), members.end(),
              [](const auto* a, const auto* b) { return a->key() < b->key(); });
    out += '{';
    for (const auto* member : members) {
      append_quoted(out, member->key());
      out += ':';
      append_canonical(out, member->value());
      out += ',';
    }
    out += '}';
  } else if (const auto* array = value.if_array()) {
    out += '[';
    for (const json::value& item : *array) {
      append_canonical(out, item);
      out += ',';
    }
    out += ']';
  } else {
    out += json::serialize(value);
  }
}

} // namespace

bool parse_strict(std::string_view text, json::storage_ptr storage, json::value& out,
                  std::string& problem) {
  json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code failed;
  out =
      json::parse(json::string_view(text.data(), text.size()), failed, std::move(storage), options);
  if (failed) {
    problem = failed == json::error::too_deep ? "This is nested deeper than 32."
              : !env::is_utf8(text)           ? "This is not UTF-8."
                                              : "This is not JSON: " + failed.message() + ".";
    return false;
  }
  const scanned found = scan(text);
  if (found.has_nul) {
    problem = "Text must not contain U+0000.";
    return false;
  }
  if (found.members != members_of(out)) {
    problem = "A name stands twice in one object.";
    return false;
  }
  return true;
}

std::string hash_of(std::string_view text) {
  std::array<unsigned char, 32> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  std::array<char, 65> digits{};
  sodium_bin2hex(digits.data(), digits.size(), hash.data(), hash.size());
  return digits.data();
}

std::string digest_of(const json::value& value) {
  std::string text;
  append_canonical(text, value);
  return hash_of(text);
}

void append_quoted(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string to_json(const dispatch::error& failure) {
  std::string out = "{\"code\":";
  append_quoted(out, failure.code);
  out += ",\"message\":";
  append_quoted(out, failure.message);
  out += failure.temporary ? ",\"temporary\":true" : ",\"temporary\":false";
  if (failure.retry_after_ms > 0) {
    out += ",\"retry_after_ms\":" + std::to_string(failure.retry_after_ms);
  }
  if (!failure.field.empty()) {
    out += ",\"field\":";
    append_quoted(out, failure.field);
  }
  out += '}';
  return out;
}

std::string to_problem(const dispatch::error& failure, unsigned status) {
  std::string out = "{\"title\":";
  append_quoted(out, documents::reason_of(status));
  out += ",\"status\":" + std::to_string(status) + ",\"detail\":";
  append_quoted(out, failure.message);
  out += ',';
  out += std::string_view(to_json(failure)).substr(1);
  return out;
}

} // namespace parley::net
