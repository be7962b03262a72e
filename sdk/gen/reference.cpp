#include "reference.hpp"

#include "dependencies.hpp"
#include "example_value.hpp"
#include "markdown.hpp"
#include "schema_parts.hpp"
#include "type_expression.hpp"

#include <algorithm>

namespace parley::gen {
namespace json = boost::json;
using schema::example_value;
using schema::properties_of;
using schema::property;
using schema::text_in;

namespace {

std::string sentence_of(const std::string& text) {
  return text.empty() ? text : text + "\n\n";
}

std::string subjects_of(const std::vector<manifest::personal>& all) {
  std::string out;
  for (const auto& each : all) {
    out += (out.empty() ? "" : "; ") + code(each.subject) + ": " + each.on_erase +
           (each.reason.empty() ? "" : " (" + each.reason + ")");
  }
  return out.empty() ? "nobody's" : out;
}

std::string failure_rule(const manifest::hook_point& each) {
  if (each.kind == manifest::hook_kind::observe) return "goes on";
  if (each.kind == manifest::hook_kind::join) return "denies where the join is required";
  return each.pass_on_failure ? "passes" : "denies";
}

class page {
 public:
  page(const source& plugin, std::vector<yaml::problem>& problems)
      : plugin_(plugin), of_(plugin.declared), problems_(problems) {}

  std::string run() {
    return "<!-- Written by parley-gen from plugin.yaml. Do not edit. -->\n# " + of_.name + "\n\n" +
           sentence_of(of_.summary) + what_it_is() + configuration() + methods() + types() +
           events() + jobs() + hooks() + collections();
  }

 private:
  std::string what_it_is() const {
    std::string out = "Version " + of_.version + ", " +
                      (of_.language == manifest::runtime::lua ? "Lua" : "native") + ".";
    out += needs(" Requires ", of_.dependencies) +
           needs(" Works with, where it is there, ", of_.optional_dependencies);
    if (!of_.provides.empty()) out += " Provides " + listed(of_.provides) + ".";
    for (const auto& each : of_.scopes) {
      out += " Owns the scope " + code(each.name) + " with the roles " + listed(each.roles) + ".";
    }
    for (const auto& each : of_.served) out += " Serves files at " + code(each.path) + ".";
    return out + "\n\n";
  }
  static std::string needs(const std::string& how, const std::map<std::string, std::string>& all) {
    std::vector<std::string> out;
    for (const auto& [name, range] : all) out.push_back(name + " " + range);
    return out.empty() ? std::string() : how + listed(out) + ".";
  }

  std::string configuration() const {
    return "## Configuration\n\n" + properties_table(of_.config, of_) + "\n";
  }

  std::string methods() {
    std::string out;
    for (const auto& each : of_.methods) out += method(each);
    return out.empty() ? out : "## Methods\n\n" + out;
  }

  std::string method(const manifest::method& each) {
    std::string out = "### " + each.name + "\n\n" + sentence_of(each.doc);
    if (each.http) out += "- Route: " + code(each.http->verb + " " + each.http->path) + "\n";
    if (each.seen_by == manifest::visibility::plugin) out += "- Only plugins may call it.\n";
    if (each.seen_by == manifest::visibility::admin) out += "- For administrators.\n";
    if (each.required) {
      out += "- Permission: " + code(each.required->name) + " in the scope " +
             code(each.required->scope) + "; who has it: " + listed(each.required->default_roles) +
             "\n";
    } else {
      out += "- Open to everybody, also without a session.\n";
    }
    if (!each.idempotent.empty()) {
      out += "- Repeating it with the same " + code(each.idempotent) + " gives the first reply.\n";
    }
    if (!each.order.empty()) {
      out += "- Calls with the same " + code(each.order) + " keep their order.\n";
    }
    out += "- Cancelled after " + std::to_string(each.deadline_ms) + " ms.\n";
    out += "- Errors of its own: " + listed(each.errors) + "\n\nParameters:\n\n" +
           properties_table(each.params, of_) + "\nResult: " + result_of(each) + "\n\n";
    return out + example(each);
  }
  std::string result_of(const manifest::method& each) const {
    return each.result.empty() ? "nothing" : type_text(each.result, of_);
  }

  std::string example(const manifest::method& each) {
    if (each.seen_by == manifest::visibility::plugin) return {};
    json::object params;
    for (const property& parameter : properties_of(each.params)) {
      if (!parameter.required) continue;
      if (const auto one = example_value(parameter.schema)) {
        params[parameter.name] = *one;
        continue;
      }
      problems_.push_back(problem_at(
          plugin_,
          "/methods/" + yaml::escape_pointer(each.name) + "/params/properties/" +
              yaml::escape_pointer(parameter.name),
          "there is no example of the parameter `" + parameter.name + "` for the reference page",
          "`examples: [ … ]` beside its type"));
    }
    const json::object frame{{"id", 1}, {"method", each.name}, {"params", std::move(params)}};
    return "```json\n" + json::serialize(frame) + "\n```\n\n";
  }

  std::string types() const {
    std::string out;
    for (const auto& [name, schema] : of_.types) {
      json::object plain = schema;
      plain.erase("x-type");
      out += "### " + name + "\n\n" + sentence_of(text_in(schema, "description"));
      out += has_properties(plain) ? properties_table(plain, of_) + "\n"
                                   : type_text(plain, of_) + "\n\n";
    }
    return out.empty() ? out : "## Types\n\n" + out;
  }

  std::string events() const {
    if (of_.events.empty()) return {};
    std::string out =
        "## Events\n\n" + table_head({"event", "topic", "kept", "data",
                                      "whose data, and what erasure does", "what it says"});
    for (const auto& each : of_.events) {
      out += row({code(each.name), code(each.topic), each.durable ? "yes" : "no",
                  type_text(each.data, of_), subjects_of(each.subjects), each.doc});
    }
    return out + "\n";
  }

  std::string jobs() const {
    if (of_.jobs.empty()) return {};
    std::string out = "## Jobs\n\n" +
                      table_head({"job", "parameters", "by itself, in UTC", "at the same time",
                                  "attempts", "waits after a failure", "deadline", "what it does"});
    for (const auto& each : of_.jobs) {
      out +=
          row({code(each.name), has_properties(each.params) ? type_text(each.params, of_) : "none",
               each.cron.empty() ? "" : code(each.cron), std::to_string(each.concurrency),
               std::to_string(each.attempts),
               std::to_string(each.first_ms) + " to " + std::to_string(each.most_ms) + " ms",
               std::to_string(each.deadline_ms) + " ms", each.doc});
    }
    return out + "\n";
  }

  std::string hooks() const {
    std::string out;
    if (!of_.hook_points.empty()) {
      out += "## Hooks that it owns\n\n" + table_head({"hook", "kind", "payload", "deadline",
                                                       "when one fails", "what it is for"});
      for (const auto& each : of_.hook_points) {
        out += row({code(each.name), std::string(name_of(each.kind)), type_text(each.data, of_),
                    std::to_string(each.deadline_ms) + " ms", failure_rule(each), each.doc});
      }
      out += "\n";
    }
    if (of_.hooks.empty()) return out;
    out += "## Hooks that it steps into\n\n" + table_head({"hook", "phase", "before", "after"});
    for (const auto& each : of_.hooks) {
      out += row({code(each.name), std::string(name_of(each.kind)), listed(each.before),
                  listed(each.after)});
    }
    return out + "\n";
  }

  std::string collections() const {
    if (of_.collections.empty()) return {};
    std::string out =
        "## Collections\n\n" + table_head({"collection", "version", "key", "fields", "searched by",
                                           "whose data, and what erasure does"});
    for (const auto& each : of_.collections) {
      std::vector<std::string> fields;
      for (const property& one : properties_of(each.record)) fields.push_back(one.name);
      out += row({code(each.name), each.ephemeral ? "in memory" : std::to_string(each.version),
                  listed(each.key), listed(fields), listed(each.search_on),
                  subjects_of(each.subjects)});
    }
    return out;
  }

  const source& plugin_;
  const manifest::manifest& of_;
  std::vector<yaml::problem>& problems_;
};

// Who steps into a hook, by name, with what each says of its place.
std::string steppers(const std::string& hook, const std::vector<const source*>& all) {
  std::vector<std::string> out;
  for (const source* plugin : all) {
    for (const auto& each : plugin->declared.hooks) {
      if (each.name != hook) continue;
      std::string one = plugin->declared.name;
      for (const auto& other : each.before) one += " before " + other;
      for (const auto& other : each.after) one += " after " + other;
      out.push_back(std::move(one));
    }
  }
  std::sort(out.begin(), out.end());
  return listed(out);
}

} // namespace

std::string write_reference(const source& plugin, std::vector<yaml::problem>& problems) {
  std::string out = page(plugin, problems).run();
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::string write_hooks_reference(const source& first, const std::vector<source>& others) {
  std::vector<const source*> all{&first};
  for (const source& each : others) all.push_back(&each);
  std::sort(all.begin(), all.end(),
            [](const source* a, const source* b) { return a->declared.name < b->declared.name; });
  std::string out =
      "<!-- Written by parley-gen from every shipped plugin.yaml. Do not edit. -->\n# Hooks\n\n"
      "Places where a plugin may step in. Those who step in are listed by name, with what their "
      "manifests say of the\norder; where nothing is said the name decides. `parleyctl hooks "
      "explain NAME` prints the order on your server.\n\n" +
      table_head(
          {"hook", "kind", "owner", "payload", "deadline", "when one fails", "who steps in"});
  for (const source* plugin : all) {
    for (const auto& each : plugin->declared.hook_points) {
      manifest::manifest plain; // no types: payloads are written out
      out += row({code(each.name), std::string(name_of(each.kind)), code(plugin->declared.name),
                  type_text(each.data, plain), std::to_string(each.deadline_ms) + " ms",
                  failure_rule(each), steppers(each.name, all)});
    }
  }
  return out;
}

} // namespace parley::gen
