#include "schema_writer.hpp"

#include "schema_parts.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace parley::documents {
namespace json = boost::json;

namespace {

// What says nothing of the values: may stand beside a reference.
constexpr std::array<std::string_view, 4> annotations{"title", "description", "examples",
                                                      "default"};
// What is ours, or would have another meaning where the schema is put.
constexpr std::array<std::string_view, 4> left_out{"x-type", "$schema", "$id", "$comment"};

template <std::size_t count>
bool is_one_of(const std::array<std::string_view, count>& all, std::string_view word) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

json::object without_remarks(const json::object& schema) {
  json::object out;
  for (const auto& member : schema) {
    if (!is_one_of(annotations, member.key()) && !is_one_of(left_out, member.key()))
      out[member.key()] = member.value();
  }
  return out;
}

// Documents promise ECMA's regular expressions, and ours are RE2's.
bool is_for_everybody(std::string_view pattern) {
  static constexpr std::array<std::string_view, 10> only_re2{"(?i", "(?s", "(?m", "(?U", "(?-",
                                                             "(?P", "\\A", "\\z", "\\Q", "[[:"};
  return std::none_of(only_re2.begin(), only_re2.end(), [&](std::string_view each) {
    return pattern.find(each) != std::string_view::npos;
  });
}

} // namespace

json::object schema_writer::written(const json::object& schema, const manifest::manifest& of,
                                    openness how) {
  const json::object* type = type_of(schema, of);
  return type ? reference(schema, *type, of) : copy(schema, of, how);
}

// The type that the schema stands for as it is; one that was changed beside its $ref is none.
const json::object* schema_writer::type_of(const json::object& schema,
                                           const manifest::manifest& of) const {
  const auto found = of.types.find(schema::text_in(schema, "x-type"));
  if (found == of.types.end()) return nullptr;
  return without_remarks(schema) == without_remarks(found->second) ? &found->second : nullptr;
}

json::object schema_writer::reference(const json::object& schema, const json::object& type,
                                      const manifest::manifest& of) {
  const std::string name = of.name + "." + schema::text_in(schema, "x-type");
  if (types_.try_emplace(name).second) {
    // Its own name stands at uses of it, and there only: what it is made of comes here.
    json::object whole = written(type, of, openness::open);
    types_[name] = std::move(whole);
  }
  json::object out{{"$ref", "#/components/schemas/" + name}};
  for (const std::string_view remark : annotations) {
    const auto* here = schema.if_contains(remark);
    const auto* there = type.if_contains(remark);
    if (here && (!there || *here != *there)) out[remark] = *here;
  }
  return out;
}

json::object schema_writer::copy(const json::object& schema, const manifest::manifest& of,
                                 openness how) {
  json::object out;
  for (const auto& member : schema) {
    const std::string_view key = member.key();
    if (is_one_of(left_out, key)) continue;
    if (key == "properties" && member.value().is_object()) {
      json::object& all = out[key].emplace_object();
      for (const auto& each : member.value().get_object())
        all[each.key()] = part(each.value(), of, how);
    } else if (key == "items" || key == "additionalProperties") {
      out[key] = part(member.value(), of, how);
    } else if (key == "oneOf" && member.value().is_array()) {
      json::array& all = out[key].emplace_array();
      for (const json::value& each : member.value().get_array()) all.push_back(part(each, of, how));
    } else if (key == "pattern" && !is_for_everybody(schema::text_in(schema, "pattern"))) {
      out["x-re2-pattern"] = member.value();
    } else {
      out[key] = member.value();
    }
  }
  const bool is_object = schema::text_in(schema, "type") == "object" || out.contains("properties");
  if (how == openness::closed && is_object && !out.contains("additionalProperties"))
    out["additionalProperties"] = false;
  return out;
}

json::value schema_writer::part(const json::value& written_there, const manifest::manifest& of,
                                openness how) {
  const auto* schema = written_there.if_object();
  return schema ? json::value(written(*schema, of, how)) : written_there;
}

} // namespace parley::documents
