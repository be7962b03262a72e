// From JSON Schema to the tree.

#include <algorithm>
#include <map>
#include <set>

#include "schema_node.hpp"

namespace parley::schema {
namespace json = boost::json;

namespace {

constexpr std::size_t max_depth = 40;
constexpr std::size_t max_nodes = 20'000;

const std::map<std::string, unsigned, std::less<>> kind_names = {
    {"null", kind_null},       {"boolean", kind_boolean},
    {"integer", kind_integer}, {"number", kind_integer | kind_number},
    {"string", kind_string},   {"array", kind_array},
    {"object", kind_object}};

const std::vector<std::string> keywords = {
    "type",        "properties", "required", "additionalProperties",
    "items",       "minItems",   "maxItems", "minLength",
    "maxLength",   "pattern",    "minimum",  "maximum",
    "enum",        "const",      "format",   "default",
    "oneOf",       "$ref",       "$defs",    "title",
    "description", "examples",   "$schema",  "$id",
    "$comment",    "x-type",     "x-names"};

const std::map<std::string, std::string, std::less<>> formats = {
    {"date-time",
     R"(^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$)"},
    {"uuid", "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
    {"email", R"(^[^@\s]+@[^@\s]+$)"}};

class compiler {
 public:
  using node = validator::node;

  compiler(const json::object& root, std::vector<breach>& faults) : faults_(faults) {
    if (const auto* found = root.if_contains("$defs")) defs_ = found->if_object();
  }

  std::unique_ptr<node> run(const json::value& schema, const std::string& at, std::size_t depth) {
    auto out = std::make_unique<node>();
    if (depth > max_depth || ++nodes_ > max_nodes) {
      if (!too_big_) fault(at, "the schema is too big or nested too deeply", "a smaller one");
      too_big_ = true;
      return out;
    }
    const auto* object = schema.if_object();
    if (!object) {
      fault(at, "expected a schema, found " + found(schema), "an object such as { type: string }");
      return out;
    }
    for (const auto& member : *object) known_keyword(member.key(), at);
    if (const auto* reference = object->if_contains("$ref")) return refer(*reference, at, depth);
    read_type(*object, at, *out);
    read_object(*object, at, depth, *out);
    read_array(*object, at, depth, *out);
    read_string(*object, at, *out);
    read_number(*object, at, *out);
    read_values(*object, at, *out);
    read_choices(*object, at, depth, *out);
    return out;
  }

 private:
  void fault(std::string at, std::string what, std::string instead, bool at_key = false) {
    faults_.push_back({std::move(at), at_key, std::move(what), std::move(instead)});
  }

  static std::string list_of_keywords() {
    std::string out;
    for (const auto& one : keywords) out += (out.empty() ? "" : ", ") + one;
    return out;
  }

  void known_keyword(std::string_view key, const std::string& at) {
    if (std::find(keywords.begin(), keywords.end(), key) != keywords.end()) return;
    const std::string near = nearest(std::string(key), keywords);
    fault(at + "/" + escape_pointer(key), "unknown keyword `" + std::string(key) + "`",
          near.empty() ? "known are " + list_of_keywords() : "did you mean `" + near + "`?", true);
  }

  std::unique_ptr<node> refer(const json::value& reference, const std::string& at,
                              std::size_t depth) {
    const std::string here = at + "/$ref";
    const auto* text = reference.if_string();
    constexpr std::string_view prefix = "#/$defs/";
    const json::value* target = nullptr;
    std::string name;
    if (text && std::string_view(*text).starts_with(prefix) && defs_) {
      name = std::string(*text).substr(prefix.size());
      target = defs_->if_contains(name);
    }
    if (!target) {
      fault(here, "nothing is known by " + found(reference), "`#/$defs/` and a name that is there");
      return std::make_unique<node>();
    }
    if (!open_.insert(name).second) {
      fault(here, "`" + name + "` contains itself", "a schema without recursion");
      return std::make_unique<node>();
    }
    auto out = run(*target, "/$defs/" + escape_pointer(name), depth + 1);
    open_.erase(name);
    return out;
  }

  void read_type(const json::object& schema, const std::string& at, node& out) {
    const auto* type = schema.if_contains("type");
    if (!type) return;
    out.kinds = 0;
    auto add = [&](const json::value& one, const std::string& where) {
      const auto* name = one.if_string();
      const auto known = name ? kind_names.find(std::string_view(*name)) : kind_names.end();
      if (known != kind_names.end()) {
        out.kinds |= known->second;
        return;
      }
      std::vector<std::string> names;
      for (const auto& [key, bits] : kind_names) names.push_back(key);
      const std::string near = name ? nearest(std::string(*name), names) : "";
      fault(where, "unknown type " + written(one),
            near.empty() ? "string, integer, number, boolean, array, object or null"
                         : "did you mean `" + near + "`?");
      out.kinds = kind_any;
    };
    if (const auto* list = type->if_array()) {
      for (std::size_t i = 0; i < list->size(); ++i) {
        add((*list)[i], at + "/type/" + std::to_string(i));
      }
    } else {
      add(*type, at + "/type");
    }
    if (out.kinds == 0) out.kinds = kind_any;
  }

  void read_object(const json::object& schema, const std::string& at, std::size_t depth,
                   node& out) {
    const auto* properties = schema.if_contains("properties");
    const auto* additional = schema.if_contains("additionalProperties");
    out.closed = !additional && (properties || out.kinds == kind_object);
    if (properties) {
      if (const auto* object = properties->if_object()) {
        for (const auto& member : *object) {
          out.properties.emplace_back(
              member.key(),
              run(member.value(), at + "/properties/" + escape_pointer(member.key()), depth + 1));
        }
        std::sort(out.properties.begin(), out.properties.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
      } else {
        fault(at + "/properties", "expected an object, found " + found(*properties),
              "a schema for each name");
      }
    }
    if (additional) {
      if (const auto* flag = additional->if_bool()) {
        out.closed = !*flag;
      } else {
        out.additional = run(*additional, at + "/additionalProperties", depth + 1);
      }
    }
    read_required(schema, at, out);
  }

  void read_required(const json::object& schema, const std::string& at, node& out) {
    const auto* required = schema.if_contains("required");
    if (!required) return;
    const auto* list = required->if_array();
    if (!list) {
      return fault(at + "/required", "expected an array, found " + found(*required),
                   "a list of names");
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string where = at + "/required/" + std::to_string(i);
      const auto* name = (*list)[i].if_string();
      if (!name) {
        fault(where, "expected a string, found " + found((*list)[i]), "the name of a property");
        continue;
      }
      if (out.closed && !out.find(*name)) {
        const std::string near = nearest(std::string(*name), out.names());
        fault(where, "`" + std::string(*name) + "` is required, but not among the properties",
              near.empty() ? "its schema under `properties`" : "did you mean `" + near + "`?");
        continue;
      }
      out.required.emplace_back(*name);
    }
  }

  void read_array(const json::object& schema, const std::string& at, std::size_t depth, node& out) {
    if (const auto* items = schema.if_contains("items")) {
      out.items = run(*items, at + "/items", depth + 1);
    }
    read_size(schema, at, "minItems", out.min_items);
    read_size(schema, at, "maxItems", out.max_items);
    if (out.min_items > out.max_items) {
      fault(at + "/minItems", "minItems is above maxItems", "a smaller one");
    }
  }

  void read_string(const json::object& schema, const std::string& at, node& out) {
    read_size(schema, at, "minLength", out.min_length);
    read_size(schema, at, "maxLength", out.max_length);
    if (out.min_length > out.max_length) {
      fault(at + "/minLength", "minLength is above maxLength", "a smaller one");
    }
    const auto* pattern = schema.if_contains("pattern");
    const auto* format = schema.if_contains("format");
    if (pattern) {
      if (const auto* text = pattern->if_string()) {
        set_pattern(std::string(*text), at + "/pattern", out);
      } else {
        fault(at + "/pattern", "expected a string, found " + found(*pattern),
              "a regular expression");
      }
    }
    if (!format) return;
    const auto* name = format->if_string();
    const auto known = name ? formats.find(std::string_view(*name)) : formats.end();
    if (known == formats.end()) {
      fault(at + "/format", "unknown format " + written(*format), "date-time, uuid or email");
    } else if (!pattern) {
      out.format = known->first;
      set_pattern(known->second, at + "/format", out);
    }
  }

  void set_pattern(const std::string& text, const std::string& at, node& out) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    auto compiled = std::make_unique<re2::RE2>(text, options);
    if (!compiled->ok()) {
      return fault(at, "this is not a pattern: " + compiled->error(),
                   "a regular expression as RE2 takes it");
    }
    out.pattern = std::move(compiled);
  }

  void read_size(const json::object& schema, const std::string& at, std::string_view key,
                 std::size_t& out) {
    const auto* value = schema.if_contains(key);
    if (!value) return;
    if (value->is_int64() && value->get_int64() >= 0) {
      out = static_cast<std::size_t>(value->get_int64());
      return;
    }
    fault(at + "/" + std::string(key), "expected an integer from 0 on, found " + found(*value), "");
  }

  void read_number(const json::object& schema, const std::string& at, node& out) {
    auto bound = [&](std::string_view key, std::optional<long double>& into) {
      const auto* value = schema.if_contains(key);
      if (!value) return;
      if (value->is_int64()) {
        into = static_cast<long double>(value->get_int64());
      } else if (value->is_uint64()) {
        into = static_cast<long double>(value->get_uint64());
      } else if (value->is_double()) {
        into = value->get_double();
      } else {
        fault(at + "/" + std::string(key), "expected a number, found " + found(*value), "");
      }
    };
    bound("minimum", out.minimum);
    bound("maximum", out.maximum);
    if (out.minimum && out.maximum && *out.minimum > *out.maximum) {
      fault(at + "/minimum", "minimum is above maximum", "a smaller one");
    }
  }

  void read_values(const json::object& schema, const std::string& at, node& out) {
    if (const auto* values = schema.if_contains("enum")) {
      const auto* list = values->if_array();
      if (!list || list->empty()) {
        fault(at + "/enum", "expected an array, found " + found(*values), "a list of values");
      } else {
        out.allowed.assign(list->begin(), list->end());
      }
    }
    if (const auto* value = schema.if_contains("const")) out.allowed = {*value};
    if (const auto* value = schema.if_contains("default")) out.fallback = *value;
  }

  void read_choices(const json::object& schema, const std::string& at, std::size_t depth,
                    node& out) {
    const auto* choices = schema.if_contains("oneOf");
    if (!choices) return;
    const auto* list = choices->if_array();
    if (!list || list->empty()) {
      return fault(at + "/oneOf", "expected an array, found " + found(*choices),
                   "a list of schemas");
    }
    std::vector<node::pointer> read;
    for (std::size_t i = 0; i < list->size(); ++i) {
      read.push_back(run((*list)[i], at + "/oneOf/" + std::to_string(i), depth + 1));
    }
    const bool apart = apart_by_type(read) || apart_by_const(read, out.discriminator);
    if (!apart) {
      return fault(at + "/oneOf", "the choices cannot be told apart",
                   "schemas of different types, or objects that all require one property with "
                   "a `const` of its own");
    }
    out.choices = std::move(read);
  }

  static bool apart_by_type(const std::vector<node::pointer>& choices) {
    unsigned seen = 0;
    for (const auto& choice : choices) {
      if (seen & choice->kinds) return false;
      seen |= choice->kinds;
    }
    return true;
  }

  static bool apart_by_const(const std::vector<node::pointer>& choices, std::string& name) {
    for (const auto& candidate : choices.front()->required) {
      std::vector<json::value> seen;
      for (const auto& choice : choices) {
        const auto& required = choice->required;
        const node* property = choice->find(candidate);
        if (choice->kinds != kind_object || !property || property->allowed.size() != 1) break;
        if (std::find(required.begin(), required.end(), candidate) == required.end()) break;
        const auto& value = property->allowed.front();
        if (std::find(seen.begin(), seen.end(), value) != seen.end()) break;
        seen.push_back(value);
      }
      if (seen.size() != choices.size()) continue;
      name = candidate;
      return true;
    }
    return false;
  }

  std::vector<breach>& faults_;
  const json::object* defs_ = nullptr;
  std::set<std::string> open_;
  std::size_t nodes_ = 0;
  bool too_big_ = false;
};

} // namespace

validator::validator() : root_(std::make_unique<node>()) {}
validator::~validator() = default;
validator::validator(validator&&) noexcept = default;
validator& validator::operator=(validator&&) noexcept = default;

validator validator::compile(const json::object& schema, std::vector<breach>& faults) {
  const std::size_t before = faults.size();
  validator out;
  compiler work(schema, faults);
  out.root_ = work.run(schema, "", 0);
  if (faults.size() == before) check_defaults(*out.root_, "", faults);
  return out;
}

} // namespace parley::schema
