#include "type_expression.hpp"

#include "schema_parts.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <vector>

namespace parley::gen {
namespace json = boost::json;
using schema::object_in;
using schema::properties_of;
using schema::property;
using schema::text_in;

namespace {

std::string joined(const json::array& all,
                   const std::function<std::string(const json::value&)>& each) {
  std::vector<std::string> parts;
  for (const auto& one : all) {
    std::string part = each(one);
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) {
      parts.push_back(std::move(part));
    }
  }
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : " | ") + part;
  return out;
}

class expression {
 public:
  expression(const manifest::manifest& of, const dialect& in) : of_(of), in_(in) {}

  std::string write(const json::object& schema) const {
    if (const std::string name = type_named(schema, of_); !name.empty()) {
      return in_.named(of_.name, name);
    }
    const auto literal = [](const json::value& one) { return json::serialize(one); };
    if (const auto* only = schema.if_contains("const")) return json::serialize(*only);
    if (const auto* some = schema.if_contains("enum"); some && some->is_array()) {
      return joined(some->get_array(), literal);
    }
    if (const auto* choices = schema.if_contains("oneOf"); choices && choices->is_array()) {
      return joined(choices->get_array(), [&](const json::value& one) {
        return one.is_object() ? write(one.get_object()) : std::string(in_.anything);
      });
    }
    const auto* type = schema.if_contains("type");
    if (type && type->is_array()) {
      return joined(type->get_array(), [&](const json::value& one) {
        return one.is_string() ? of_type(std::string(one.get_string()), schema)
                               : std::string(in_.anything);
      });
    }
    return of_type(text_in(schema, "type"), schema);
  }

 private:
  std::string of_type(const std::string& type, const json::object& schema) const {
    if (type == "string" || type == "number" || type == "boolean") return type;
    if (type == "integer") return std::string(in_.integer);
    if (type == "null") return std::string(in_.null);
    if (type == "array") {
      const std::string items = write(object_in(schema, "items"));
      const bool one_object = items.front() == '{' && items.find("} | ") == std::string::npos;
      const bool choice = items.find(" | ") != std::string::npos && !one_object;
      return (choice ? "(" + items + ")" : items) + "[]";
    }
    if (type == "object") return object(schema);
    return std::string(in_.anything);
  }
  std::string object(const json::object& schema) const {
    if (!has_properties(schema)) {
      const auto& others = object_in(schema, "additionalProperties");
      return in_.map(others.empty() ? std::string(in_.anything) : write(others));
    }
    std::string out;
    for (const property& each : properties_of(schema)) {
      out += (out.empty() ? std::string() : std::string(in_.between)) + in_.key(each.name) +
             (each.required ? ": " : "?: ") + write(each.schema);
    }
    return "{ " + out + " }";
  }

  const manifest::manifest& of_;
  const dialect& in_;
};

} // namespace

std::string type_expression(const json::object& schema, const manifest::manifest& of,
                            const dialect& in) {
  return expression(of, in).write(schema);
}

bool has_properties(const json::object& schema) {
  return text_in(schema, "type") == "object" && !object_in(schema, "properties").empty();
}

std::string type_named(const json::object& schema, const manifest::manifest& of) {
  std::string name = text_in(schema, "x-type");
  return of.types.contains(name) ? name : std::string();
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front()))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return c == '_' || (c < 0x80 && std::isalnum(c)); });
}

} // namespace parley::gen
