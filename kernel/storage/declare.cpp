#include "storage/declare.hpp"

#include "storage/expiry.hpp"
#include "type_resolver.hpp"

#include <algorithm>

namespace parley::storage {
namespace json = boost::json;
namespace {

// What is neither a plain value nor known becomes JSON text, which holds anything.
column_type type_of(const json::object& schema) {
  const json::value* type = schema.if_contains("type");
  if (type == nullptr || !type->is_string()) return column_type::json;
  const std::string_view name = type->get_string();
  if (name == "string") return column_type::text;
  if (name == "integer") return column_type::integer;
  if (name == "boolean") return column_type::boolean;
  if (name == "number") return column_type::number;
  return column_type::json;
}

std::vector<column> columns_of(const json::object& record) {
  std::vector<column> out;
  const json::value* properties = record.if_contains("properties");
  if (properties == nullptr || !properties->is_object()) return out;
  const json::value* required = record.if_contains("required");
  for (const auto& member : properties->get_object()) {
    column each{std::string(member.key())};
    if (const auto* schema = member.value().if_object()) {
      each.type = type_of(*schema);
      if (const json::value* fallback = schema->if_contains("default")) each.fallback = *fallback;
    }
    if (required != nullptr && required->is_array()) {
      const auto& names = required->get_array();
      each.required = std::any_of(names.begin(), names.end(), [&](const json::value& name) {
        return name.is_string() && name.get_string() == member.key();
      });
    }
    out.push_back(std::move(each));
  }
  return out;
}

// The data of a person has the key of that person, whatever plugin writes it; what is kept when the
// person is erased has one that is kept.
sealed_by sealed_as(const manifest::manifest& by, const json::object& record,
                    const std::vector<manifest::personal>& subjects,
                    const manifest::sealed_field& from) {
  sealed_by out{from.key, by.name + "." + from.key + ":", from.lookup};
  const json::value* properties = record.if_contains("properties");
  const json::value* key = properties != nullptr && properties->is_object()
                               ? properties->get_object().if_contains(from.key)
                               : nullptr;
  if (key == nullptr || !manifest::is_account(*key)) return out;
  const bool is_kept = std::any_of(subjects.begin(), subjects.end(), [&](const auto& each) {
    return each.subject == from.key && each.on_erase == "keep";
  });
  out.subject = is_kept ? "kept:" : "account:";
  return out;
}

std::vector<collection> of_kind(const manifest::manifest& by, bool ephemeral) {
  std::vector<collection> out;
  for (const manifest::collection& from : by.collections) {
    if (from.ephemeral != ephemeral) continue;
    collection& to = out.emplace_back();
    to.name = by.name + "." + from.name;
    to.version = from.version;
    to.key = from.key;
    to.columns = columns_of(from.record);
    for (const manifest::sealed_field& each : from.sealed) {
      const auto found = std::find_if(to.columns.begin(), to.columns.end(),
                                      [&](const column& one) { return one.name == each.name; });
      if (found == to.columns.end()) continue; // the manifest was refused
      found->sealed = sealed_as(by, from.record, from.subjects, each);
    }
    for (const manifest::index& each : from.indexes) {
      to.indexes.push_back({each.name, each.on, each.unique});
    }
    to.search_on = from.search_on;
    to.search_by = from.search_by;
    to.expires = from.expires;
    index_expiry(to);
  }
  return out;
}

} // namespace

std::vector<collection> declared(const manifest::manifest& by) {
  return of_kind(by, false);
}

std::vector<collection> declared_ephemeral(const manifest::manifest& by) {
  return of_kind(by, true);
}

std::vector<sealed_member> declared_sealed(const manifest::manifest& by,
                                           const manifest::event& of) {
  std::vector<sealed_member> out;
  for (const manifest::sealed_field& each : of.sealed) {
    out.push_back({each.name, sealed_as(by, of.data, of.subjects, each)});
  }
  return out;
}

} // namespace parley::storage
