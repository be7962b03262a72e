#include "type_resolver.hpp"

#include <utility>

#include "schema.hpp"

namespace parley::manifest {
namespace json = boost::json;

namespace {

constexpr std::size_t max_depth = 32;
constexpr std::size_t max_nodes = 20'000; // of one manifest, with every type in place

const json::object& built_in() {
  static const json::object all = json::parse(R"json({
    "id": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"},
    "account": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$",
                "x-type": "account"},
    "time": {"type": "string", "format": "date-time",
             "pattern": "^\\d{4}-(0\\d|1[0-2])-([0-2]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d\\.\\d{3}Z$"},
    "text": {"type": "string", "minLength": 1, "maxLength": 4000},
    "seq": {"type": "integer", "minimum": 0, "maximum": 9007199254740992},
    "name": {"type": "string", "minLength": 1, "maxLength": 100}
  })json")
                                      .as_object();
  return all;
}

constexpr std::string_view ref_prefix = "#/types/";

std::string child(const std::string& pointer, std::string_view key) {
  return pointer + "/" + std::string(key);
}

} // namespace

type_resolver::type_resolver(const yaml::document& source, std::vector<yaml::problem>& problems)
    : source_(source), problems_(problems) {
  const auto* root = source.root.if_object();
  const auto* types = root ? root->if_contains("types") : nullptr;
  if (types) written_types_ = types->if_object();
}

void type_resolver::problem(const std::string& pointer, std::string what, std::string instead) {
  problems_.push_back({source_.file, source_.at(pointer), std::move(what), std::move(instead)});
}

json::object type_resolver::schema(const json::value& written, const std::string& pointer) {
  const std::size_t before = problems_.size();
  json::object out = resolve(written, pointer, 0);
  if (problems_.size() != before) return {};
  std::vector<schema::breach> faults;
  schema::validator::compile(out, faults);
  for (auto& fault : faults) {
    const std::string here = pointer + fault.pointer;
    const auto where = fault.at_key ? source_.at_key(here) : source_.at(here);
    problems_.push_back({source_.file, where, std::move(fault.what), std::move(fault.instead)});
  }
  if (!faults.empty()) return {};
  return out;
}

std::map<std::string, json::object> type_resolver::types() {
  if (!written_types_) return {};
  for (const auto& member : *written_types_) {
    const std::string name(member.key());
    if (built_in().contains(name)) {
      problem("/types/" + name, "the type `" + name + "` is built in", "another name");
    }
    type(name, "/types/" + name);
  }
  return types_;
}

const json::object& type_resolver::type(const std::string& name, const std::string& pointer) {
  static const json::object anything;
  if (const auto known = types_.find(name); known != types_.end()) return known->second;
  if (open_.size() >= max_depth) {
    problem(pointer, "the types are nested too deeply", "fewer that hold one another");
    return anything;
  }
  if (!open_.insert(name).second) {
    problem(pointer, "the type `" + name + "` contains itself",
            "an `id` that points to the other record, since types cannot be recursive");
    return anything;
  }
  json::object out = schema(*written_types_->if_contains(name), "/types/" + name);
  open_.erase(name);
  return types_[name] = std::move(out);
}

json::object type_resolver::named(const std::string& name, const std::string& pointer,
                                  bool by_ref) {
  if (written_types_ && written_types_->contains(name)) {
    json::object out = type(name, pointer);
    // What is personal stays recognisable under another name.
    if (!is_account(out)) out["x-type"] = name;
    return out;
  }
  if (!by_ref) {
    if (const auto* known = built_in().if_contains(name)) return known->as_object();
  }
  std::vector<std::string> names;
  if (written_types_) {
    for (const auto& member : *written_types_) names.emplace_back(member.key());
  }
  if (!by_ref) {
    for (const auto& member : built_in()) names.emplace_back(member.key());
    for (const char* plain : {"string", "integer", "number", "boolean", "array", "object"}) {
      if (name == plain) {
        problem(pointer, "unknown type `" + name + "`", "write { type: " + name + " }");
        return {};
      }
    }
  }
  const std::string near = schema::nearest(name, names);
  std::string known;
  for (const auto& one : names) known += (known.empty() ? "`" : ", `") + one + "`";
  problem(pointer, "unknown type `" + name + "`",
          !near.empty()   ? "did you mean `" + near + "`?"
          : known.empty() ? "a type under `types`"
                          : "known here: " + known);
  return {};
}

json::object type_resolver::resolve(const json::value& written, const std::string& pointer,
                                    std::size_t depth) {
  if (depth > max_depth || ++nodes_ > max_nodes) {
    if (nodes_ <= max_nodes + 1 || depth > max_depth) {
      problem(pointer, "the schemas are too big or nested too deeply", "smaller ones");
    }
    return {};
  }
  if (const auto* name = written.if_string()) {
    return named(std::string(*name), pointer, false);
  }
  const auto* object = written.if_object();
  if (!object) {
    problem(pointer, "expected a schema",
            "the name of a type, or an object such as { type: string }");
    return {};
  }
  const auto* reference = object->if_contains("$ref");
  if (!reference) {
    json::object out = *object;
    resolve_parts(out, pointer, depth);
    return out;
  }
  const auto* text = reference->if_string();
  if (!text || !std::string_view(*text).starts_with(ref_prefix)) {
    problem(child(pointer, "$ref"), "a $ref that leads out of `types`",
            "'#/types/' and the name of a type");
    return {};
  }
  json::object out =
      named(std::string(*text).substr(ref_prefix.size()), child(pointer, "$ref"), true);
  json::object beside = *object;
  beside.erase("$ref");
  resolve_parts(beside, pointer, depth);
  for (auto& member : beside) out.insert_or_assign(member.key(), member.value());
  return out;
}

// The places within a schema where schemas stand.
void type_resolver::resolve_parts(json::object& schema, const std::string& pointer,
                                  std::size_t depth) {
  if (auto* properties = schema.if_contains("properties"); properties && properties->is_object()) {
    for (auto& member : properties->get_object()) {
      member.value() =
          resolve(member.value(), child(child(pointer, "properties"), member.key()), depth + 1);
    }
  }
  if (auto* items = schema.if_contains("items")) {
    *items = resolve(*items, child(pointer, "items"), depth + 1);
  }
  if (auto* others = schema.if_contains("additionalProperties"); others && !others->is_bool()) {
    *others = resolve(*others, child(pointer, "additionalProperties"), depth + 1);
  }
  if (auto* choices = schema.if_contains("oneOf"); choices && choices->is_array()) {
    std::size_t i = 0;
    for (auto& choice : choices->get_array()) {
      choice = resolve(choice, child(child(pointer, "oneOf"), std::to_string(i++)), depth + 1);
    }
  }
}

bool is_account(const json::value& schema) {
  const auto* object = schema.if_object();
  const auto* type = object ? object->if_contains("x-type") : nullptr;
  return type && type->is_string() && type->get_string() == "account";
}

bool is_time(const json::value& schema) {
  const auto* object = schema.if_object();
  const auto* pattern = object ? object->if_contains("pattern") : nullptr;
  return pattern && *pattern == built_in().at("time").at("pattern");
}

bool mentions_account(const json::value& schema) {
  const auto* object = schema.if_object();
  if (!object) return false;
  if (is_account(schema)) return true;
  if (const auto* properties = object->if_contains("properties")) {
    if (const auto* all = properties->if_object()) {
      for (const auto& member : *all) {
        if (mentions_account(member.value())) return true;
      }
    }
  }
  for (const char* key : {"items", "additionalProperties"}) {
    if (const auto* inner = object->if_contains(key); inner && mentions_account(*inner))
      return true;
  }
  if (const auto* choices = object->if_contains("oneOf"); choices && choices->is_array()) {
    for (const auto& choice : choices->get_array()) {
      if (mentions_account(choice)) return true;
    }
  }
  return false;
}

} // namespace parley::manifest
