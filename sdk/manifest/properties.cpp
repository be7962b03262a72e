#include "properties.hpp"

#include <algorithm>

namespace parley::manifest {
namespace json = boost::json;

const json::value* property(const json::object& schema, std::string_view name) {
  const auto* properties = schema.if_contains("properties");
  const auto* all = properties ? properties->if_object() : nullptr;
  return all ? all->if_contains(name) : nullptr;
}

bool is_required(const json::object& schema, std::string_view name) {
  const auto* required = schema.if_contains("required");
  if (!required || !required->is_array()) return false;
  return std::any_of(required->get_array().begin(), required->get_array().end(),
                     [&](const auto& one) { return one.is_string() && one.get_string() == name; });
}

std::vector<std::string> names_of(const json::object& schema) {
  std::vector<std::string> out;
  const auto* properties = schema.if_contains("properties");
  if (!properties || !properties->is_object()) return out;
  for (const auto& member : properties->get_object()) out.emplace_back(member.key());
  return out;
}

bool is_type(const json::value& schema, std::string_view type) {
  const auto* object = schema.if_object();
  const auto* given = object ? object->if_contains("type") : nullptr;
  return given && given->is_string() && given->get_string() == type;
}

bool is_unreadable(const json::value& schema) {
  return schema.is_object() && schema.get_object().empty();
}

bool is_compound(const json::value& schema) {
  return !is_unreadable(schema) && !is_type(schema, "string") && !is_type(schema, "integer") &&
         !is_type(schema, "number") && !is_type(schema, "boolean") &&
         !schema.as_object().contains("enum") && !schema.as_object().contains("const");
}

} // namespace parley::manifest
