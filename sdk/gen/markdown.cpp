#include "markdown.hpp"

#include "schema_parts.hpp"
#include "type_expression.hpp"

namespace parley::gen {
namespace json = boost::json;
using schema::object_in;
using schema::properties_of;
using schema::property;
using schema::text_in;

namespace {

std::string limits(const json::object& schema, const char* least, const char* most) {
  const auto* low = schema.if_contains(least);
  const auto* high = schema.if_contains(most);
  if (low && high) return ", " + json::serialize(*low) + " to " + json::serialize(*high);
  if (low) return ", at least " + json::serialize(*low);
  if (high) return ", at most " + json::serialize(*high);
  return {};
}

std::string joined(const json::array& all, std::string (*each)(const json::value&)) {
  std::string out;
  for (const auto& one : all) out += (out.empty() ? "" : ", ") + each(one);
  return out;
}

std::string written(const json::value& value) {
  return code(value.is_string() ? std::string(value.get_string()) : json::serialize(value));
}

} // namespace

std::string code(const std::string& text) {
  return "`" + text + "`";
}

std::string listed(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& each : all) out += (out.empty() ? "" : ", ") + code(each);
  return out.empty() ? "none" : out;
}

std::string row(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const auto& cell : cells) {
    out += ' ';
    for (const char c : cell) {
      if (c == '|') out += '\\';
      out += c == '\n' ? ' ' : c;
    }
    out += " |";
  }
  return out + "\n";
}

std::string table_head(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) line += "---|";
  return row(cells) + line + "\n";
}

std::string type_text(const json::object& schema, const manifest::manifest& of) {
  if (const std::string name = type_named(schema, of); !name.empty()) {
    return "[" + name + "](#" + name + ")";
  }
  if (text_in(schema, "x-type") == "account") return "account";
  if (const auto* only = schema.if_contains("const")) return written(*only);
  if (const auto* some = schema.if_contains("enum"); some && some->is_array()) {
    return joined(some->get_array(), &written);
  }
  if (const auto* choices = schema.if_contains("oneOf"); choices && choices->is_array()) {
    std::string out;
    for (const auto& one : choices->get_array()) {
      if (one.is_object()) out += (out.empty() ? "" : " or ") + type_text(one.get_object(), of);
    }
    return out;
  }
  const std::string type = text_in(schema, "type");
  if (type == "string") {
    return (text_in(schema, "format") == "date-time" ? std::string("time") : "text") +
           limits(schema, "minLength", "maxLength");
  }
  if (type == "integer" || type == "number") return type + limits(schema, "minimum", "maximum");
  if (type == "array") return "list of " + type_text(object_in(schema, "items"), of);
  if (type == "object" && has_properties(schema)) {
    std::string out;
    for (const property& each : properties_of(schema)) {
      out += (out.empty() ? "" : "; ") + code(each.name) + (each.required ? " " : " (optional) ") +
             type_text(each.schema, of);
    }
    return "{ " + out + " }";
  }
  return type.empty() ? "anything" : type;
}

std::string properties_table(const json::object& schema, const manifest::manifest& of) {
  if (!has_properties(schema)) return "None.\n";
  std::string out = table_head({"name", "value", "default", "what it is"});
  for (const property& each : properties_of(schema)) {
    const auto* usual = each.schema.if_contains("default");
    out += row({code(each.name), type_text(each.schema, of),
                each.required ? "required"
                : usual       ? written(*usual)
                              : "",
                text_in(each.schema, "description")});
  }
  return out;
}

} // namespace parley::gen
