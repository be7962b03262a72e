// From a YAML document to typed structures. What a single declaration must keep is checked by the
// JSON Schema of plugin.yaml and in manifest_checks.cpp; here everything is taken over tolerantly,
// so that one fault does not hide the others.

#include "manifest.hpp"

#include <algorithm>
#include <utility>

#include "manifest_checks.hpp"
#include "sealed_checks.hpp"
#include "type_resolver.hpp"

namespace parley::manifest {
namespace json = boost::json;

extern const std::string_view plugin_schema_text;

namespace {

const json::object empty_object;

const json::object& object_in(const json::object& in, std::string_view key) {
  const auto* value = in.if_contains(key);
  const auto* object = value ? value->if_object() : nullptr;
  return object ? *object : empty_object;
}

std::string string_in(const json::object& in, std::string_view key) {
  const auto* value = in.if_contains(key);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

bool bool_in(const json::object& in, std::string_view key, bool otherwise) {
  const auto* value = in.if_contains(key);
  return value && value->is_bool() ? value->get_bool() : otherwise;
}

std::uint32_t number_in(const json::object& in, std::string_view key, std::uint32_t otherwise) {
  const auto* value = in.if_contains(key);
  if (!value || !value->is_int64()) return otherwise;
  const auto n = value->get_int64();
  return n >= 0 && n <= UINT32_MAX ? static_cast<std::uint32_t>(n) : otherwise;
}

std::vector<std::string> strings_in(const json::object& in, std::string_view key) {
  std::vector<std::string> out;
  const auto* value = in.if_contains(key);
  if (!value || !value->is_array()) return out;
  for (const auto& item : value->get_array()) {
    if (item.is_string()) out.emplace_back(item.get_string());
  }
  return out;
}

hook_kind kind_in(const json::object& in, std::string_view key) {
  const std::string text = string_in(in, key);
  if (text == "filter") return hook_kind::filter;
  return text == "join" ? hook_kind::join : hook_kind::observe;
}

std::vector<personal> personal_in(const json::object& in) {
  std::vector<personal> out;
  const auto* value = in.if_contains("personal");
  if (!value) return out;
  auto add = [&](const json::value& one) {
    if (const auto* object = one.if_object()) {
      out.push_back({string_in(*object, "subject"), string_in(*object, "on_erase"),
                     string_in(*object, "reason")});
    }
  };
  if (const auto* list = value->if_array()) {
    for (const auto& one : *list) add(one);
  } else {
    add(*value);
  }
  return out;
}

std::vector<sealed_field> sealed_in(const json::object& in) {
  std::vector<sealed_field> out;
  for (const auto& m : object_in(in, "sealed")) {
    if (const auto* how = m.value().if_object()) {
      out.push_back({m.key(), string_in(*how, "key"), bool_in(*how, "lookup", false)});
    }
  }
  return out;
}

std::string child(const std::string& pointer, std::string_view key) {
  return pointer + "/" + std::string(key);
}

class reader {
 public:
  reader(const yaml::document& source, std::vector<yaml::problem>& problems)
      : types_(source, problems) {}

  manifest run(const json::object& root) {
    manifest out;
    head(root, out);
    out.types = types_.types();
    out.config = schema_or(root, "", "config");
    for (const auto& m : object_in(root, "scopes")) {
      const auto& in = object_of(m.value());
      out.scopes.push_back({m.key(), string_in(in, "doc"), strings_in(in, "roles")});
    }
    for (const auto& m : object_in(root, "methods")) {
      out.methods.push_back(read_method(m.key(), object_of(m.value())));
    }
    for (const auto& m : object_in(root, "routes")) {
      out.routes.push_back(read_route(m.key(), object_of(m.value())));
    }
    for (const auto& m : object_in(root, "events")) {
      out.events.push_back(read_event(m.key(), object_of(m.value())));
    }
    for (const auto& m : object_in(root, "collections")) {
      out.collections.push_back(read_collection(m.key(), object_of(m.value())));
    }
    for (const auto& m : object_in(root, "jobs")) {
      out.jobs.push_back(read_job(m.key(), object_of(m.value())));
    }
    for (const auto& m : object_in(root, "hook_points")) {
      out.hook_points.push_back(read_hook_point(m.key(), object_of(m.value())));
    }
    for (const auto& m : object_in(root, "hooks")) {
      const auto& in = object_of(m.value());
      out.hooks.push_back({m.key(), kind_in(in, "phase"), bool_in(in, "required", true),
                           strings_in(in, "before"), strings_in(in, "after")});
    }
    return out;
  }

 private:
  static const json::object& object_of(const json::value& value) {
    const auto* object = value.if_object();
    return object ? *object : empty_object;
  }

  static void head(const json::object& root, manifest& out) {
    out.name = string_in(root, "plugin");
    out.version = string_in(root, "version");
    out.summary = string_in(root, "summary");
    if (string_in(root, "runtime") == "lua") out.language = runtime::lua;
    for (const auto& m : object_in(root, "requires")) {
      if (m.value().is_string()) out.dependencies[m.key()] = m.value().get_string();
    }
    for (const auto& m : object_in(root, "optional")) {
      if (m.value().is_string()) out.optional_dependencies[m.key()] = m.value().get_string();
    }
    out.provides = strings_in(root, "provides");
    out.http_authentication = strings_in(root, "http_authentication");
    const auto& capabilities = object_in(root, "capabilities");
    out.wants_identity = bool_in(capabilities, "identity", false);
    out.wants_authenticator = bool_in(capabilities, "authenticator", false);
    out.wants_connections = bool_in(capabilities, "connections", false);
    if (capabilities.contains("bot")) {
      const auto& in = object_in(capabilities, "bot");
      out.wants_bot = bot{string_in(in, "name"), string_in(in, "display_name")};
    }
    const auto* served = root.if_contains("assets");
    if (!served || !served->is_array()) return;
    for (const auto& one : served->get_array()) {
      const auto& in = object_of(one);
      out.served.push_back({string_in(in, "path"), string_in(in, "directory"),
                            string_in(in, "content_security_policy"),
                            bool_in(in, "at_run_time", false)});
    }
  }

  // Where nothing is declared, an object without properties.
  json::object schema_or(const json::object& in, const std::string& pointer, std::string_view key) {
    if (const auto* written = in.if_contains(key)) {
      return types_.schema(*written, child(pointer, key));
    }
    return {{"type", "object"}};
  }

  static http_route route_of(const std::string& http) {
    const auto space = http.find(' ');
    return {http.substr(0, space), space == std::string::npos ? "" : http.substr(space + 1)};
  }

  static route read_route(std::string name, const json::object& in) {
    route out;
    out.name = std::move(name);
    out.doc = string_in(in, "doc");
    out.http = route_of(string_in(in, "http"));
    out.body_bytes = number_in(in, "body_bytes", out.body_bytes);
    out.deadline_ms = number_in(in, "deadline_ms", out.deadline_ms);
    return out;
  }

  method read_method(std::string name, const json::object& in) {
    const std::string at = "/methods/" + name;
    method out;
    out.name = std::move(name);
    out.doc = string_in(in, "doc");
    const std::string seen_by = string_in(in, "visibility");
    if (seen_by == "admin") out.seen_by = visibility::admin;
    if (seen_by == "plugin") out.seen_by = visibility::plugin;
    if (const std::string http = string_in(in, "http"); !http.empty()) out.http = route_of(http);
    if (in.contains("permission")) {
      const auto& p = object_in(in, "permission");
      out.required =
          permission{string_in(p, "name"), string_in(p, "scope"), strings_in(p, "default")};
    }
    out.idempotent = string_in(in, "idempotent");
    out.order = string_in(in, "order");
    out.deadline_ms = number_in(in, "deadline_ms", out.deadline_ms);
    out.rate = string_in(in, "rate");
    if (out.rate.empty()) out.rate = out.http && out.http->verb == "GET" ? "read" : "write";
    out.params = schema_or(in, at, "params");
    if (in.contains("result")) out.result = schema_or(in, at, "result");
    out.errors = strings_in(in, "errors");
    return out;
  }

  event read_event(std::string name, const json::object& in) {
    event out;
    out.data = schema_or(in, "/events/" + name, "data");
    out.name = std::move(name);
    out.doc = string_in(in, "doc");
    out.topic = string_in(in, "topic");
    out.durable = bool_in(in, "durable", false);
    out.latest_by = string_in(in, "latest_by");
    out.revokes = string_in(in, "revokes");
    out.subjects = personal_in(in);
    out.sealed = sealed_in(in);
    return out;
  }

  collection read_collection(std::string name, const json::object& in) {
    collection out;
    json::object properties;
    json::array required;
    for (const auto& field : object_in(in, "fields")) {
      json::value written = field.value();
      bool optional = false;
      const std::string at = "/collections/" + name + "/fields/" + std::string(field.key());
      if (auto* object = written.if_object()) {
        optional = bool_in(*object, "optional", false);
        object->erase("optional");
      }
      properties[field.key()] = types_.schema(written, at);
      if (!optional) required.emplace_back(field.key());
    }
    out.record = {{"type", "object"}, {"required", required}, {"properties", properties}};
    out.name = std::move(name);
    out.version = number_in(in, "version", 1);
    out.key = strings_in(in, "key");
    for (const auto& m : object_in(in, "indexes")) {
      const auto& index_in = object_of(m.value());
      out.indexes.push_back(
          {m.key(), strings_in(index_in, "on"), bool_in(index_in, "unique", false)});
    }
    const json::object& search = object_in(in, "search");
    out.search_on = strings_in(search, "on");
    out.search_by = strings_in(search, "by");
    out.expires = string_in(in, "expires");
    out.subjects = personal_in(in);
    out.sealed = sealed_in(in);
    out.ephemeral = bool_in(in, "ephemeral", false);
    return out;
  }

  job read_job(std::string name, const json::object& in) {
    job out;
    out.params = schema_or(in, "/jobs/" + name, "params");
    out.name = std::move(name);
    out.doc = string_in(in, "doc");
    out.concurrency = number_in(in, "concurrency", out.concurrency);
    out.attempts = number_in(in, "attempts", out.attempts);
    const auto& backoff = object_in(in, "backoff");
    out.first_ms = number_in(backoff, "first_ms", out.first_ms);
    out.most_ms = number_in(backoff, "most_ms", out.most_ms);
    out.deadline_ms = number_in(in, "deadline_ms", out.deadline_ms);
    out.cron = string_in(in, "cron");
    return out;
  }

  hook_point read_hook_point(std::string name, const json::object& in) {
    hook_point out;
    out.data = schema_or(in, "/hook_points/" + name, "data");
    out.name = std::move(name);
    out.doc = string_in(in, "doc");
    out.kind = kind_in(in, "kind");
    out.pass_on_failure = string_in(in, "on_failure") == "pass";
    out.deadline_ms = number_in(in, "deadline_ms", out.deadline_ms);
    return out;
  }

  type_resolver types_;
};

const schema::validator& plugin_schema() {
  static const schema::validator compiled = [] {
    std::vector<schema::breach> faults; // a test keeps them empty
    return schema::validator::compile(
        json::parse({plugin_schema_text.data(), plugin_schema_text.size()}).as_object(), faults);
  }();
  return compiled;
}

} // namespace

std::vector<std::string> manifest::capabilities() const {
  std::vector<std::string> out;
  if (wants_bot) out.emplace_back("bot");
  if (wants_identity) out.emplace_back("identity");
  if (wants_authenticator) out.emplace_back("authenticator");
  if (wants_connections) out.emplace_back("connections");
  return out;
}

manifest read(const yaml::document& source, std::vector<yaml::problem>& problems) {
  const auto first = static_cast<std::ptrdiff_t>(problems.size());
  for (auto& breach : plugin_schema().check(source.root)) {
    const auto where = breach.at_key ? source.at_key(breach.pointer) : source.at(breach.pointer);
    problems.push_back({source.file, where, std::move(breach.what), std::move(breach.instead)});
  }
  const auto* root = source.root.if_object();
  if (!root) return {};
  manifest out = reader(source, problems).run(*root);
  for (method& m : out.methods) {
    m.tells_sealed = tells_sealed(out, m.params) || tells_sealed(out, m.result);
  }
  check(out, source, problems);
  std::stable_sort(problems.begin() + first, problems.end(), [](const auto& a, const auto& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
  return out;
}

std::string_view name_of(runtime language) {
  return language == runtime::lua ? "lua" : "native";
}

std::string_view name_of(hook_kind kind) {
  switch (kind) {
    case hook_kind::filter:
      return "filter";
    case hook_kind::join:
      return "join";
    case hook_kind::observe:
      break;
  }
  return "observe";
}

} // namespace parley::manifest
