#include "lua_annotations.hpp"

#include "dependencies.hpp"
#include "lua_tree.hpp"
#include "names.hpp"
#include "schema_parts.hpp"
#include "type_expression.hpp"

#include <map>

namespace parley::gen {
namespace json = boost::json;
using schema::object_in;
using schema::properties_of;
using schema::property;
using schema::text_in;

namespace {

std::string class_name(std::string_view plugin, std::string_view type) {
  return identifier(plugin) + "." + std::string(type);
}

const dialect lua{
    "integer",
    "lightuserdata", // parley.null
    "any",
    ", ",
    [](std::string_view plugin, std::string_view type) { return class_name(plugin, type); },
    [](const std::string& name) {
      return is_plain_name(name) ? name : "[" + json::serialize(json::value(name)) + "]";
    },
    [](const std::string& value) { return "table<string, " + value + ">"; }};

// The classes of one manifest; those of another plugin are the same in whichever file they stand.
class classes {
 public:
  classes(const source& from, std::vector<yaml::problem>& problems)
      : from_(from), of_(from.declared), problems_(problems) {
    for (const auto& [name, schema] : of_.types) {
      declare(name, schema, "/types/" + yaml::escape_pointer(name), true);
    }
  }

  std::string named(const json::object& schema, const std::string& name,
                    const std::string& pointer) {
    if (!type_named(schema, of_).empty() || !has_properties(schema)) {
      return type_expression(schema, of_, lua);
    }
    declare(name, schema, pointer, false);
    return class_name(of_.name, name);
  }
  std::string params_of(const manifest::method& each) {
    if (!has_properties(each.params)) return "table?";
    return named(each.params, method_stem(each.name) + "_params", pointer_of(each));
  }
  // Empty: there is none.
  std::string result_of(const manifest::method& each) {
    if (each.result.empty()) return {};
    return named(each.result, method_stem(each.name) + "_result", pointer_of(each));
  }
  std::string payload_of(const manifest::hook_point& each) {
    return named(each.data, identifier(each.name) + "_payload",
                 "/hook_points/" + yaml::escape_pointer(each.name));
  }

  // plugin.requires: what others call.
  void add_calls(lua_tree& into) {
    for (const auto& each : of_.methods) {
      const std::string result = result_of(each);
      into.add(each.name,
               "fun(call: parley.call, params: " + params_of(each) + ")" +
                   (result.empty() ? "" : ": " + result),
               each.doc);
    }
  }

  const std::string& text() const { return text_; }

 private:
  static std::string pointer_of(const manifest::method& each) {
    return "/methods/" + yaml::escape_pointer(each.name);
  }
  void declare(const std::string& name, const json::object& schema, const std::string& pointer,
               bool is_type) {
    const auto [taken, fresh] = claimed_.emplace(name, pointer);
    if (!fresh) {
      if (taken->second == pointer) return;
      problems_.push_back(problem_at(from_, pointer,
                                     "the Lua class `" + class_name(of_.name, name) +
                                         "` is already made from " + taken->second,
                                     "another name"));
      return;
    }
    const std::string own = class_name(of_.name, name);
    if (!has_properties(schema) || (!is_type && !type_named(schema, of_).empty())) {
      text_ += "---@alias " + own + " " + type_expression(schema, of_, lua) + "\n\n";
      return;
    }
    text_ += "---@class " + own + "\n";
    for (const property& each : properties_of(schema)) {
      text_ +=
          lua_field(lua.key(each.name) + (each.required ? "" : "?"),
                    type_expression(each.schema, of_, lua), text_in(each.schema, "description"));
    }
    text_ += "\n";
  }

  const source& from_;
  const manifest::manifest& of_;
  std::vector<yaml::problem>& problems_;
  std::map<std::string, std::string> claimed_; // name → what it was made from
  std::string text_;
};

class writer {
 public:
  writer(const source& plugin, const std::vector<source>& known,
         std::vector<yaml::problem>& problems)
      : plugin_(plugin),
        of_(plugin.declared),
        known_(known),
        problems_(problems),
        own_(plugin, problems) {}

  std::string run() {
    check_dependencies(plugin_, known_, problems_);
    std::map<const source*, classes> others;
    lua_tree needed;
    for (const source& each : known_) {
      if (each.declared.name == of_.name) continue;
      others.emplace(&each, classes(each, problems_)).first->second.add_calls(needed);
    }
    own_.add_calls(needed); // a plugin may call its own methods
    // One after the other: each may add classes, which keep the order in which they were named.
    std::string shape = write_methods();
    shape += write_jobs();
    shape += write_hooks(others);
    shape += write_scopes();
    shape += write_collections();
    shape += needed.write(class_name(of_.name, "requires"));
    own_.named(of_.config, "config", "/config");
    for (const auto& each : of_.events) {
      own_.named(each.data, identifier(each.name) + "_data",
                 "/events/" + yaml::escape_pointer(each.name));
    }
    std::string out = "---@meta\n-- Generated by parley-gen from the manifest of " + of_.name +
                      " " + of_.version +
                      ". Do not edit.\n-- In init.lua: local plugin = require "
                      "\"parley\".plugin() --[[@as " +
                      class_name(of_.name, "plugin") + "]]\n\n";
    for (const source& each : known_) {
      const auto found = others.find(&each);
      if (found != others.end()) out += found->second.text();
    }
    return out + own_.text() + shape + write_plugin();
  }

 private:
  std::string write_methods() {
    lua_tree all;
    for (const auto& each : of_.methods) {
      const std::string result = own_.result_of(each);
      all.add(each.name,
              "fun(call: parley.call, params: " + own_.params_of(each) +
                  "): " + (result.empty() ? "parley.error?" : result + "|parley.error"),
              each.doc);
    }
    return all.write(class_name(of_.name, "methods"));
  }

  std::string write_jobs() {
    std::string out = "---@class " + class_name(of_.name, "jobs") + "\n";
    for (const auto& each : of_.jobs) {
      const std::string params = !has_properties(each.params)
                                     ? "table"
                                     : own_.named(each.params, method_stem(each.name) + "_job",
                                                  "/jobs/" + yaml::escape_pointer(each.name));
      out += lua_field(each.name, "fun(call: parley.call, params: " + params + "): parley.error?",
                       each.doc);
    }
    return out + "\n";
  }

  std::string write_hooks(std::map<const source*, classes>& others) {
    lua_tree all;
    for (const auto& each : of_.hooks) {
      const source* owner = owner_of_hook(each, plugin_, known_, problems_);
      if (!owner) continue;
      const auto other = others.find(owner);
      classes& from = other == others.end() ? own_ : other->second;
      const auto& point = hook_point_of(*owner, each.name);
      const std::string payload = from.payload_of(point);
      std::string type = "fun(call: parley.call, payload: " + payload;
      if (each.kind == manifest::hook_kind::join) type += ", batch: parley.batch";
      type += ")";
      if (each.kind == manifest::hook_kind::filter) type += ": (" + payload + "|parley.error)?";
      if (each.kind == manifest::hook_kind::join) type += ": parley.error?";
      all.add(each.name, type, point.doc);
    }
    return all.write(class_name(of_.name, "hooks"));
  }

  std::string write_scopes() const {
    std::string out = "---@class " + class_name(of_.name, "scopes") + "\n";
    for (const auto& each : of_.scopes) {
      std::string roles;
      for (const auto& role : each.roles) roles += (roles.empty() ? "\"" : "|\"") + role + "\"";
      out += lua_field(
          each.name,
          "{ access: fun(call: parley.call, of: { principal: string, place: string }): { role?: " +
              roles +
              ", from?: integer, conditions?: table[] }, places: fun(call: parley.call, of: { "
              "principal: string }): { place: string, from?: integer }[] }",
          each.doc);
    }
    return out + "\n";
  }

  std::string write_collections() {
    std::string inner, fields;
    for (const auto& each : of_.collections) {
      const std::string pointer = "/collections/" + yaml::escape_pointer(each.name);
      const std::string record = own_.named(each.record, each.name + "_record", pointer);
      const std::string own = class_name(of_.name, each.name + "_collection");
      std::string key;
      for (const auto& part : each.key) {
        const auto& schema = object_in(object_in(each.record, "properties"), part);
        key += ", " + part + ": " + type_expression(schema, of_, lua);
      }
      inner += "---@class " + own + ": " +
               (each.ephemeral ? "parley.ephemeral_collection" : "parley.collection") + "\n";
      inner +=
          lua_field("get", "fun(self: " + own + ", call: parley.call" + key + "): " + record + "?",
                    "(waits)");
      inner +=
          lua_field("range",
                    "fun(self: " + own + ", call: parley.call, query?: table): { items: " + record +
                        "[], more: boolean }",
                    "(waits)");
      if (!each.search_on.empty()) {
        inner += lua_field("search",
                           "fun(self: " + own +
                               ", call: parley.call, query: table): { items: { record: " + record +
                               ", snippets: table[] }[], more: boolean }",
                           "(waits)");
      }
      inner += "\n";
      fields += lua_field(each.name, own);
    }
    return inner + "---@class " + class_name(of_.name, "collections") + "\n" + fields + "\n";
  }

  std::string write_plugin() const {
    std::string out = "---@class " + class_name(of_.name, "plugin") + ": parley.plugin\n";
    if (has_properties(of_.config)) out += lua_field("config", class_name(of_.name, "config"));
    for (const char* part : {"methods", "jobs", "hooks", "scopes", "collections", "requires"}) {
      out += lua_field(part, class_name(of_.name, part));
    }
    return out;
  }

  const source& plugin_;
  const manifest::manifest& of_;
  const std::vector<source>& known_;
  std::vector<yaml::problem>& problems_;
  classes own_;
};

} // namespace

std::string write_lua_annotations(const source& plugin, const std::vector<source>& known,
                                  std::vector<yaml::problem>& problems) {
  return writer(plugin, known, problems).run();
}

} // namespace parley::gen
