#include "example_value.hpp"

#include "schema.hpp"
#include "schema_parts.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace parley::schema {
namespace json = boost::json;

namespace {

bool admits(const json::object& schema, const json::value& value) {
  std::vector<breach> faults;
  const auto checked = validator::compile(schema, faults);
  return faults.empty() && checked.check(value).empty();
}

json::value text_for(const json::object& schema) {
  for (const char* each : {"Hello", "2026-01-31T12:00:00.000Z",
                           "0191f3a0-1c2d-7e4f-8a5b-6c7d8e9f0a1b", "👍", "ada@example.org", "/"}) {
    // What looks like an id is given one.
    if (schema.contains("pattern") && std::string_view(each) == "Hello") continue;
    if (admits(schema, each)) return each;
  }
  const auto* least = schema.if_contains("minLength");
  return least && least->is_int64() ? json::value(std::string(least->get_int64(), 'x'))
                                    : json::value("x");
}

json::value made(const json::object& schema) {
  const std::string type = text_in(schema, "type");
  if (type == "string") return text_for(schema);
  if (type == "boolean") return true;
  if (type == "integer" || type == "number") {
    const auto* least = schema.if_contains("minimum");
    return !least || admits(schema, 1) ? json::value(1) : *least;
  }
  if (type == "array") {
    const auto item = example_value(object_in(schema, "items"));
    if (!item) return json::array{};
    const auto* least = schema.if_contains("minItems");
    const std::int64_t count = least && least->is_int64() ? least->get_int64() : 1;
    return json::array(static_cast<std::size_t>(std::max<std::int64_t>(count, 1)), *item);
  }
  if (type != "object") return nullptr;
  json::object out;
  for (const property& each : properties_of(schema)) {
    if (!each.required) continue;
    const auto one = example_value(each.schema);
    out[each.name] = one ? *one : json::value(nullptr);
  }
  return out;
}

} // namespace

std::optional<json::value> example_value(const json::object& schema) {
  json::value out;
  const auto* given = schema.if_contains("examples");
  const auto* some = schema.if_contains("enum");
  const auto* choices = schema.if_contains("oneOf");
  if (given && given->is_array() && !given->get_array().empty()) {
    out = given->get_array().front();
  } else if (const auto* usual = schema.if_contains("default")) {
    out = *usual;
  } else if (const auto* only = schema.if_contains("const")) {
    out = *only;
  } else if (some && some->is_array() && !some->get_array().empty()) {
    out = some->get_array().front();
  } else if (choices && choices->is_array() && !choices->get_array().empty() &&
             choices->get_array().front().is_object()) {
    return example_value(choices->get_array().front().get_object());
  } else {
    out = made(schema);
  }
  if (!admits(schema, out)) return std::nullopt;
  return out;
}

} // namespace parley::schema
