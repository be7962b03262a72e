#include "shapes.hpp"

#include "names.hpp"
#include "schema_parts.hpp"

#include "yaml_document.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::gen {
namespace json = boost::json;
using schema::object_in;
using schema::properties_of;
using schema::property;
using schema::text_in;

namespace {

// Its `type`; without one, that of all the values which it admits by `const` or `enum`, or empty.
std::string type_in(const json::object& schema) {
  const auto kind = [](const json::value& one) -> std::string {
    if (one.is_string()) return "string";
    if (one.is_bool()) return "boolean";
    return one.is_int64() || one.is_uint64() ? "integer" : one.is_double() ? "number" : "";
  };
  if (schema.contains("type")) return text_in(schema, "type");
  if (const auto* only = schema.if_contains("const")) return kind(*only);
  const auto* some = schema.if_contains("enum");
  if (!some || !some->is_array() || some->get_array().empty()) return {};
  const std::string first = kind(some->get_array().front());
  const auto& all = some->get_array();
  const bool same =
      std::all_of(all.begin(), all.end(), [&](const auto& one) { return kind(one) == first; });
  return same ? first : std::string();
}

// A scalar default as C++. Others are left to the host, which has filled them in.
std::string initial_of(const json::object& schema, const std::string& type) {
  const auto* given = schema.if_contains("default");
  if (!given) return {};
  if (type == "std::string" && given->is_string()) return literal(given->get_string());
  if (type == "bool" && given->is_bool()) return given->get_bool() ? "true" : "false";
  if (type == "std::int64_t" || type == "double") return json::serialize(*given);
  return {};
}

} // namespace

std::string field::declared_type() const {
  return required || has_default() ? type : "std::optional<" + type + ">";
}

const field* shape::find(std::string_view field_name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const field& each) { return each.name == field_name; });
  return found == fields.end() ? nullptr : &*found;
}

std::string namespace_of(const manifest::manifest& of) {
  return identifier(of.name) + "_types";
}

shapes::shapes(const source& from, std::vector<yaml::problem>& problems)
    : from_(from), problems_(problems), space_(namespace_of(from.declared)) {}

void shapes::problem(const std::string& pointer, std::string what, std::string instead) {
  problems_.push_back(problem_at(from_, pointer, std::move(what), std::move(instead)));
}

void shapes::claim(const std::string& name, const std::string& pointer) {
  if (reserved_name(name)) {
    problem(pointer, "the C++ name `" + name + "` is the SDK's", "another name");
    return;
  }
  const auto [taken, fresh] = claimed_.emplace(name, pointer);
  if (!fresh && taken->second != pointer) {
    problem(pointer, "the C++ name `" + name + "` is already made from " + taken->second,
            "another name");
  }
}

const shape* shapes::find(const std::string& type) const {
  const bool qualified = type.starts_with(space_ + "::");
  const std::string name = qualified ? type.substr(space_.size() + 2) : type;
  const auto found =
      std::find_if(all_.begin(), all_.end(), [&](const shape& each) { return each.name == name; });
  return found == all_.end() ? nullptr : &*found;
}

std::string shapes::type_of(const json::object& schema, const std::string& name,
                            const std::string& pointer) {
  const std::string type = type_in(schema);
  if (type == "string") return "std::string";
  if (type == "integer") return "std::int64_t";
  if (type == "number") return "double";
  if (type == "boolean") return "bool";
  if (type == "array") {
    const auto& items = object_in(schema, "items");
    return "std::vector<" + type_of(items, name + "_item", pointer) + ">";
  }
  if (type != "object" || object_in(schema, "properties").empty()) return "parley::value";
  const std::string named = text_in(schema, "x-type");
  if (!named.empty() && from_.declared.types.contains(named)) {
    const std::string own = identifier(named);
    if (!find(own)) class_of(schema, own, "/types/" + yaml::escape_pointer(named));
    return space_ + "::" + own;
  }
  class_of(schema, name, pointer);
  return space_ + "::" + name;
}

// A member of the name of its class, or of a namespace that the class uses, does not compile; nor
// one of the name of what a record's class has besides.
std::string shapes::field_name(const std::string& name, const std::string& in) const {
  std::string out = identifier(name);
  for (const std::string_view taken :
       {std::string_view(in), std::string_view(space_), std::string_view("parley"),
        std::string_view("std"), std::string_view("record"), std::string_view("collection_name"),
        std::string_view("ephemeral"), std::string_view("job_name")}) {
    if (out == taken) return out + '_';
  }
  return out;
}

std::vector<field> shapes::fields_of(const json::object& schema, const std::string& name,
                                     const std::string& pointer) {
  std::vector<field> out;
  std::set<std::string> names;
  for (const property& each : properties_of(schema)) {
    field made;
    made.name = each.name;
    made.cpp_name = field_name(each.name, name);
    made.type = type_of(each.schema, name + "_" + made.cpp_name, pointer);
    made.required = each.required;
    made.initial = initial_of(each.schema, made.type);
    if (made.has_default()) made.required = false;
    if (!names.insert(made.cpp_name).second) {
      problem(pointer, "two fields become the C++ name `" + made.cpp_name + "`", "another name");
    }
    out.push_back(std::move(made));
  }
  return out;
}

shape& shapes::class_of(const json::object& schema, const std::string& name,
                        const std::string& pointer) {
  claim(name, pointer);
  // Those that it holds come first.
  std::vector<field> fields = fields_of(schema, name, pointer);
  shape made;
  made.name = name;
  made.fields = std::move(fields);
  all_.push_back(std::move(made));
  return all_.back();
}

std::string shapes::parameters_of(const json::object& schema, const std::string& name,
                                  const std::string& pointer) {
  const std::string named = identifier(text_in(schema, "x-type"));
  if (find(named)) {
    claim(name, pointer);
    aliases_[name] = named;
  } else {
    class_of(schema, name, pointer).implicit = true;
  }
  return space_ + "::" + name;
}

std::string shapes::add_job(const manifest::job& in) {
  const std::string name = method_stem(in.name) + "_job";
  class_of(in.params, name, "/jobs/" + yaml::escape_pointer(in.name)).job = in.name;
  return space_ + "::" + name;
}

void shapes::add_types() {
  for (const auto& [name, schema] : from_.declared.types) {
    if (text_in(schema, "type") != "object" || object_in(schema, "properties").empty()) continue;
    const std::string own = identifier(name);
    if (!find(own)) class_of(schema, own, "/types/" + yaml::escape_pointer(name));
  }
}

void shapes::add_collection(const manifest::collection& in) {
  const std::string pointer = "/collections/" + yaml::escape_pointer(in.name);
  const std::string name = identifier(in.name);
  const std::string record = name + "_record";
  claim(record, pointer + "/record");
  std::vector<field> fields = fields_of(in.record, record, pointer);

  auto sorted = [](std::vector<field> list) {
    for (field& each : list) each.cpp_name.clear(); // which depends on the class
    std::sort(list.begin(), list.end(),
              [](const field& a, const field& b) { return a.name < b.name; });
    return list;
  };
  const auto same = std::find_if(all_.begin(), all_.end(), [&](const shape& each) {
    const auto pointer_of = claimed_.find(each.name);
    return each.collection.empty() && pointer_of->second.starts_with("/types/") &&
           sorted(each.fields) == sorted(fields);
  });
  std::string record_class = record;
  if (same != all_.end()) {
    same->collection = in.name;
    same->ephemeral = in.ephemeral;
    record_class = same->name;
    aliases_[record] = same->name;
  } else {
    shape made;
    made.name = record;
    made.fields = fields;
    made.collection = in.name;
    made.ephemeral = in.ephemeral;
    all_.push_back(std::move(made));
  }

  shape key;
  key.name = name + "_key";
  key.collection = in.name;
  key.ephemeral = in.ephemeral;
  key.record = record_class;
  claim(key.name, pointer + "/key");
  for (const std::string& part : in.key) {
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const field& each) { return each.name == part; });
    if (found != fields.end()) key.fields.push_back(*found);
  }
  all_.push_back(std::move(key));
}

} // namespace parley::gen
