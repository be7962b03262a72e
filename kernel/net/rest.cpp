#include "net/rest.hpp"

#include "env/utf8.hpp"
#include "net/json_input.hpp"
#include "yaml_document.hpp"

#include <algorithm>
#include <charconv>

namespace parley::net {

namespace json = boost::json;

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Empty where `out` has it; else what is wrong, behind the name of what holds it.
std::string decode(std::string_view text, bool plus_is_space, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return "has a `%` without two hexadecimal digits; write `%25` for the sign itself";
      c = static_cast<char>(high << 4 | low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return "holds U+0000";
    out += c;
  }
  return env::is_utf8(out) ? "" : "is not UTF-8";
}

std::optional<dispatch::error> read_query(std::string_view text, text_parameters& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string name, value;
    if (const std::string why = decode(pair.substr(0, equals), true, name); !why.empty())
      return dispatch::error{"invalid_params", "The name of a parameter in the query " + why + "."};
    if (const std::string why = decode(pair.substr(std::min(equals + 1, pair.size())), true, value);
        !why.empty())
      return dispatch::error{"invalid_params", "`" + name + "` in the query " + why + ".",
                             "/" + yaml::escape_pointer(name)};
    out.emplace_back(std::move(name), std::move(value));
  }
  return std::nullopt;
}

std::string_view type_of(const dispatch::method& target, std::string_view name) {
  const auto* properties = target.declared.params.if_contains("properties");
  const auto* all = properties != nullptr ? properties->if_object() : nullptr;
  const auto* one =
      all != nullptr ? all->if_contains(json::string_view(name.data(), name.size())) : nullptr;
  const auto* schema = one != nullptr ? one->if_object() : nullptr;
  const auto* type = schema != nullptr ? schema->if_contains("type") : nullptr;
  const auto* text = type != nullptr ? type->if_string() : nullptr;
  return text != nullptr ? std::string_view(text->data(), text->size()) : std::string_view();
}

template <class number>
std::optional<number> read_number(const std::string& text) {
  number value{};
  const char* const end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc() || at != end || text.empty()) return std::nullopt;
  return value;
}

json::value converted(std::string_view type, const std::string& text,
                      const json::storage_ptr& storage) {
  if (type == "integer") {
    if (const auto value = read_number<std::int64_t>(text)) return json::value(*value, storage);
  } else if (type == "number") {
    if (const auto value = read_number<double>(text)) return json::value(*value, storage);
  } else if (type == "boolean" && (text == "true" || text == "false")) {
    return json::value(text == "true", storage);
  }
  return json::value(json::string_view(text.data(), text.size()), storage);
}

bool is_json(const http_request& request) {
  const std::string* type = request.find("content-type");
  if (type == nullptr) return false;
  std::string name = type->substr(0, type->find(';'));
  while (!name.empty() && name.back() == ' ') name.pop_back();
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name == "application/json";
}

std::optional<dispatch::error> read_body(const http_request& request, json::value& out) {
  if (request.body.empty()) {
    out.emplace_object();
    return std::nullopt;
  }
  if (request.find("content-encoding") != nullptr) {
    return dispatch::error{"unsupported_media_type",
                           "Send the body as it is, without Content-Encoding."};
  }
  if (!is_json(request)) {
    return dispatch::error{"unsupported_media_type",
                           "Send the body as JSON, with Content-Type: application/json."};
  }
  std::string problem;
  if (!parse_strict(request.body, out.storage(), out, problem)) {
    return dispatch::error{"bad_json", problem};
  }
  if (!out.is_object()) return dispatch::error{"invalid_params", "The body must be a JSON object."};
  return std::nullopt;
}

// The header Idempotency-Key, in place of the parameter: a text, in quotes or not.
std::optional<dispatch::error> take_key(const dispatch::method& target, const http_request& request,
                                        json::object& all) {
  const std::string* header = request.find("idempotency-key");
  if (header == nullptr) return std::nullopt;
  const std::string& name = target.declared.idempotent;
  if (name.empty()) {
    if (request.verb != "POST" && request.verb != "PATCH") return std::nullopt; // repeatable anyway
    return dispatch::error{"invalid_params",
                           "This method is not idempotent, so an Idempotency-Key would not keep it "
                           "from happening twice."};
  }
  std::string_view key = *header;
  if (key.size() > 1 && key.front() == '"' && key.back() == '"')
    key = key.substr(1, key.size() - 2);
  if (!env::is_utf8(key))
    return dispatch::error{"invalid_params", "The Idempotency-Key is not UTF-8.", "/" + name};
  const auto [place, is_new] = all.emplace(name, json::string_view(key));
  if (is_new || (place->value().is_string() && place->value().get_string() == key))
    return std::nullopt;
  return dispatch::error{"invalid_params", "`" + name + "` and the Idempotency-Key differ.",
                         "/" + name};
}

} // namespace

std::optional<request_target> read_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return std::nullopt;
  target = target.substr(0, target.find('#'));
  const std::size_t question = std::min(target.find('?'), target.size());
  request_target made;
  if (question < target.size()) made.fault = read_query(target.substr(question + 1), made.query);
  std::string_view path = target.substr(0, question);
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    std::string segment;
    if (!decode(path.substr(0, end), false, segment).empty() || segment == "." || segment == "..")
      return std::nullopt;
    made.path += '/';
    made.path += segment;
    if (end < path.size() || !segment.empty()) made.segments.push_back(std::move(segment));
    path.remove_prefix(end);
  }
  return made;
}

std::optional<dispatch::error> collect_parameters(const dispatch::method& target,
                                                  const text_parameters& path,
                                                  const text_parameters& query,
                                                  const http_request& request, json::value& out) {
  if (auto failure = read_body(request, out)) return failure;
  json::object& all = out.get_object();
  if (auto failure = take_key(target, request, all)) return failure;
  for (const text_parameters* source : {&path, &query}) {
    for (const auto& [name, value] : *source) {
      const json::string_view key(name.data(), name.size());
      if (all.contains(key)) {
        return dispatch::error{"invalid_params",
                               "`" + name + "` is given twice, in path, query or body.",
                               "/" + yaml::escape_pointer(name)};
      }
      all.emplace(key, converted(type_of(target, name), value, all.storage()));
    }
  }
  return std::nullopt;
}

std::optional<dispatch::error> check_parameters(const dispatch::method& target,
                                                json::value& params) {
  schema::breach found;
  if (target.params.accepts(params, found)) {
    target.params.add_defaults(params);
    return std::nullopt;
  }
  std::string sentence = found.what;
  if (!found.instead.empty()) sentence += "; " + found.instead;
  return dispatch::error{"invalid_params", std::move(sentence), std::move(found.pointer)};
}

bool may_see(const dispatch::method& target, const dispatch::session& who) {
  switch (target.declared.seen_by) {
    case manifest::visibility::client:
      return true;
    case manifest::visibility::admin:
      return std::find(who.roles.begin(), who.roles.end(), "admin") != who.roles.end();
    case manifest::visibility::plugin:
      break;
  }
  return false;
}

const dispatch::session_ptr& anonymous() {
  static const dispatch::session_ptr nobody = std::make_shared<const dispatch::session>();
  return nobody;
}

} // namespace parley::net
