#include "schema_parts.hpp"

#include <algorithm>

namespace parley::schema {
namespace json = boost::json;

namespace {

const json::object no_object;

} // namespace

const json::object& object_in(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  const auto* object = found ? found->if_object() : nullptr;
  return object ? *object : no_object;
}

std::string text_in(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  const auto* text = found ? found->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

bool requires_field(const json::object& schema, std::string_view name) {
  const auto* list = schema.if_contains("required");
  if (!list || !list->is_array()) return false;
  const auto& names = list->get_array();
  return std::any_of(names.begin(), names.end(),
                     [&](const json::value& each) { return each == json::value(name); });
}

std::vector<property> properties_of(const json::object& schema) {
  std::vector<property> out;
  for (const auto& member : object_in(schema, "properties")) {
    const auto* each = member.value().if_object();
    out.push_back({std::string(member.key()), each ? *each : no_object,
                   requires_field(schema, member.key())});
  }
  return out;
}

} // namespace parley::schema
