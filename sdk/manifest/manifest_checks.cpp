#include "manifest_checks.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <set>
#include <utility>

#include "cron.hpp"
#include "properties.hpp"
#include "sealed_checks.hpp"
#include "type_resolver.hpp"
#include "version.hpp"

namespace parley::manifest {
namespace json = boost::json;

namespace {

bool matches(const std::string& text, const char* pattern) {
  return re2::RE2::FullMatch(text, pattern);
}

bool is_one_of(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

class checks : yaml::complaints {
 public:
  checks(const manifest& all, const yaml::document& source, std::vector<yaml::problem>& problems)
      : complaints(source, problems), all_(all) {}

  void run() {
    head();
    for (const auto& one : all_.types) lower_name("/types/" + one.first, one.first, "a type");
    for (const auto& one : all_.scopes) {
      lower_name("/scopes/" + one.name, one.name, "a scope");
      if (one.name == "server" || one.name == "account") {
        at_key("/scopes/" + one.name, "the scope `" + one.name + "` is the kernel's",
               "another name");
      }
    }
    std::set<std::string> routes;
    for (const auto& one : all_.methods) check_method(one, routes);
    for (const auto& one : all_.routes) check_raw_route(one, routes);
    for (const auto& one : all_.events) check_event(one);
    for (const auto& one : all_.collections) check_collection(one);
    for (const auto& one : all_.jobs) check_job(one);
    for (const auto& one : all_.hook_points) check_hook_point(one);
    for (const auto& one : all_.hooks) check_hook(one);
    for (std::size_t i = 0; i < all_.served.size(); ++i) check_assets(i);
  }

 private:
  void plugin_name(const std::string& pointer, const std::string& name, bool key) {
    if (name.empty() || matches(name, "[a-z][a-z0-9-]*")) return;
    std::string what = "`" + name + "` is no name for a plugin";
    std::string instead = "a lower-case letter, then lower-case letters, digits and hyphens";
    key ? at_key(pointer, what, instead) : at(pointer, what, instead);
  }

  void lower_name(const std::string& pointer, const std::string& name, const char* of) {
    if (matches(name, "[a-z][a-z0-9_]*")) return;
    at_key(pointer, "`" + name + "` is no name for " + of,
           "a lower-case letter, then lower-case letters, digits and underscores");
  }

  void dotted_name(const std::string& pointer, const std::string& name, const char* of,
                   const char* such_as) {
    if (matches(name, R"([a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+)")) return;
    at_key(pointer, "`" + name + "` is no name for " + of,
           std::string("lower-case words with dots between them, such as `") + such_as + "`");
  }

  void head() {
    plugin_name("/plugin", all_.name, false);
    if (!all_.version.empty() && !is_version(all_.version)) {
      at("/version", "`" + all_.version + "` is no version", "three numbers, such as 1.0.0");
    }
    dependencies("/requires/", all_.dependencies);
    dependencies("/optional/", all_.optional_dependencies);
    for (const auto& [name, range] : all_.optional_dependencies)
      if (all_.dependencies.contains(name))
        at_key("/optional/" + name, "it stands under `requires` as well", "keep one of them");
    if (!all_.config.empty() && !is_type(all_.config, "object")) {
      at("/config", "the configuration is not an object", "`type: object`");
    }
  }

  void dependencies(const std::string& under, const std::map<std::string, std::string>& named) {
    for (const auto& [name, range] : named) {
      const std::string pointer = under + name;
      plugin_name(pointer, name, true);
      if (name == all_.name) at_key(pointer, "the plugin requires itself", "remove it");
      if (is_range(range)) continue;
      at(pointer, "`" + range + "` is no range of versions", "^1, ~1.2, '>=1.2 <2' or '*'");
    }
  }

  void check_method(const method& m, std::set<std::string>& routes) {
    const std::string pointer = "/methods/" + m.name;
    dotted_name(pointer, m.name, "a method", "notes.add");
    if (is_unreadable(m.params)) return;
    if (!is_type(m.params, "object")) {
      return at(pointer + "/params", "the parameters are not an object", "`type: object`");
    }
    if (m.http) check_route(m, pointer + "/http", routes);
    text_parameter(m, pointer + "/idempotent", m.idempotent, "`idempotent`");
    text_parameter(m, pointer + "/order", m.order, "`order`");
    if (m.required) check_permission(m, pointer + "/permission");
  }

  void check_permission(const method& m, const std::string& pointer) {
    const permission& p = *m.required;
    if (!p.name.empty() && !matches(p.name, R"([a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+)")) {
      at(pointer + "/name", "`" + p.name + "` is no name for a permission",
         "lower-case words with dots between them, such as `notes.add`");
    }
    if (p.scope == "server" || p.scope.empty()) return;
    text_parameter(m, pointer + "/scope", p.scope, "the scope");
    for (const auto& one : all_.scopes) {
      if (one.name != p.scope) continue;
      for (std::size_t i = 0; i < p.default_roles.size(); ++i) {
        if (is_one_of(one.roles, p.default_roles[i])) continue;
        std::string roles;
        for (const auto& role : one.roles) roles += (roles.empty() ? "`" : ", `") + role + "`";
        at(pointer + "/default/" + std::to_string(i),
           "the scope `" + p.scope + "` has no role `" + p.default_roles[i] + "`",
           "one of " + roles);
      }
    }
  }

  // A key, an ordering key or a place: a required parameter that is a string.
  void text_parameter(const method& m, const std::string& pointer, const std::string& name,
                      const std::string& role) {
    if (name.empty()) return;
    const auto* parameter = property(m.params, name);
    if (!parameter) {
      const std::string near = schema::nearest(name, names_of(m.params));
      return at(pointer, role + " names the parameter `" + name + "`, which is not there",
                near.empty() ? "a parameter under `params`" : "did you mean `" + near + "`?");
    }
    if (!is_unreadable(*parameter) && !is_type(*parameter, "string")) {
      return at(pointer, role + " names the parameter `" + name + "`, which is not a string",
                "a parameter of `type: string`");
    }
    if (!is_required(m.params, name)) {
      at(pointer, role + " names the parameter `" + name + "`, which may be left out",
         "`" + name + "` under `required`");
    }
  }

  // False where it is none; what is taken already is only reported.
  bool claim_route(const http_route& route, const std::string& pointer,
                   std::set<std::string>& routes) {
    if (!is_one_of({"GET", "POST", "PUT", "PATCH", "DELETE"}, route.verb) ||
        !matches(route.path, R"((/([A-Za-z0-9_.~-]+|\{[a-z][a-z0-9_]*\}))+)")) {
      at(pointer, "`" + route.verb + " " + route.path + "` is no route",
         "a verb and a path, such as `GET /v1/notes/{note}`");
      return false;
    }
    std::string shape = route.verb + " " + route.path; // two routes differ by more than names
    re2::RE2::GlobalReplace(&shape, R"(\{[^}]*\})", "{}");
    if (!routes.insert(shape).second) {
      at(pointer, "another method has the route `" + route.verb + " " + route.path + "`",
         "another path");
    }
    return true;
  }

  void check_raw_route(const route& r, std::set<std::string>& routes) {
    const std::string pointer = "/routes/" + r.name;
    lower_name(pointer, r.name, "a route");
    if (!r.http.verb.empty()) claim_route(r.http, pointer + "/http", routes);
  }

  void check_route(const method& m, const std::string& pointer, std::set<std::string>& routes) {
    const http_route& route = *m.http;
    if (m.seen_by == visibility::plugin) {
      at(pointer, "a method for plugins only has a route", "remove `http` or `visibility`");
    }
    if (!claim_route(route, pointer, routes)) return;
    path_parameters(m, pointer);
    if (route.verb != "GET") return;
    for (const auto& name : names_of(m.params)) {
      const auto& parameter = *property(m.params, name);
      if (!is_compound(parameter)) continue;
      at_key(source_.keys.contains("/methods/" + m.name + "/params/properties/" + name)
                 ? "/methods/" + m.name + "/params/properties/" + name
                 : pointer,
             "the parameter `" + name + "` of a GET is not a plain value",
             "a string, integer, number or boolean, or POST instead of GET");
    }
  }

  void path_parameters(const method& m, const std::string& pointer) {
    re2::StringPiece rest(m.http->path);
    std::string name;
    std::set<std::string> seen;
    while (re2::RE2::FindAndConsume(&rest, R"(\{([a-z][a-z0-9_]*)\})", &name)) {
      if (!seen.insert(name).second) {
        at(pointer, "`{" + name + "}` stands twice in the path", "give it only once");
      }
      const auto* parameter = property(m.params, name);
      if (!parameter || !is_required(m.params, name)) {
        const std::string near = parameter ? "" : schema::nearest(name, names_of(m.params));
        at(pointer, "`{" + name + "}` in the path is no required parameter",
           near.empty() ? "`" + name + "` under `properties` and `required` of `params`"
                        : "did you mean `{" + near + "}`?");
      } else if (is_compound(*parameter)) {
        at(pointer, "`{" + name + "}` in the path is not a plain value",
           "a string, integer, number or boolean");
      }
    }
  }

  void check_event(const event& e) {
    const std::string pointer = "/events/" + e.name;
    dotted_name(pointer, e.name, "an event", "note.added");
    if (!is_unreadable(e.data) && !is_type(e.data, "object")) {
      return at(pointer + "/data", "the data of an event is not an object", "`type: object`");
    }
    check_latest(e, pointer + "/latest_by");
    check_revokes(e, pointer + "/revokes");
    check_personal(e.subjects, e.data, pointer, "the event `" + e.name + "`");
  }

  void check_latest(const event& e, const std::string& pointer) {
    if (e.latest_by.empty()) return;
    if (e.durable) {
      return at(pointer, "a durable event never gives way to another", "an event that is not");
    }
    required_member(e, e.latest_by, pointer);
  }

  void check_revokes(const event& e, const std::string& pointer) {
    if (e.revokes.empty()) return;
    if (!e.durable || e.topic == "account") {
      return at(pointer, "only a durable event of a place ends somebody's place there",
                "`durable: true`, and a scope as its `topic`");
    }
    required_member(e, e.revokes, pointer);
  }

  void required_member(const event& e, const std::string& name, const std::string& pointer) {
    if (is_unreadable(e.data) || is_required(e.data, name)) return;
    const std::string near = schema::nearest(name, names_of(e.data));
    at(pointer, "`" + name + "` is no required member of `data`",
       near.empty() ? "one of its members" : "did you mean `" + near + "`?");
  }

  void check_collection(const collection& c) {
    const std::string pointer = "/collections/" + c.name;
    lower_name(pointer, c.name, "a collection");
    for (const auto& name : names_of(c.record)) {
      lower_name(pointer + "/fields/" + name, name, "a field");
    }
    fields(c, c.key, pointer + "/key", true);
    for (const auto& one : c.indexes) {
      lower_name(pointer + "/indexes/" + one.name, one.name, "an index");
      if (one.name.starts_with("parley_")) {
        at_key(pointer + "/indexes/" + one.name,
               "names that begin with `parley_` are for indexes of the kernel's own",
               "another name");
      }
      fields(c, one.on, pointer + "/indexes/" + one.name + "/on", false);
    }
    searched(c, c.search_on, pointer + "/search/on");
    searched(c, c.search_by, pointer + "/search/by");
    if (!c.expires.empty()) check_expiry(c, pointer + "/expires");
    check_lasting(c, pointer);
    check_personal(c.subjects, c.record, pointer, "the collection `" + c.name + "`");
    if (!c.ephemeral) check_anonymous(c, pointer);
  }

  // Where nobody takes the place of a person two records may become equal.
  void check_anonymous(const collection& c, const std::string& pointer) {
    for (const personal& one : c.subjects) {
      if (one.on_erase != "anonymise" || !property(c.record, one.subject)) continue;
      if (is_one_of(c.key, one.subject)) {
        at_key(pointer + "/personal", "`" + one.subject + "` is part of the key, which stays",
               "`on_erase: delete`, or a key without it");
      }
      for (const auto& index : c.indexes) {
        if (!index.unique || !is_one_of(index.on, one.subject) ||
            !is_required(c.record, one.subject))
          continue;
        at_key(pointer + "/personal",
               "`" + one.subject + "` is in the unique index `" + index.name +
                   "`, and of two erased people one would be refused",
               "`on_erase: delete`, or `optional: true` for the field");
      }
    }
  }

  void check_expiry(const collection& c, const std::string& pointer) {
    if (c.ephemeral) {
      return at_key(pointer, "an ephemeral collection has no field for it",
                    "remove it: whoever puts a record gives it its time");
    }
    std::vector<std::string> times;
    for (const auto& name : names_of(c.record)) {
      if (is_time(*property(c.record, name))) times.push_back(name);
    }
    const auto* field = property(c.record, c.expires);
    if (field && (is_unreadable(*field) || is_time(*field))) return;
    const std::string near = schema::nearest(c.expires, times);
    at(pointer, "`" + c.expires + "` is no field of type `time`",
       !near.empty()   ? "did you mean `" + near + "`?"
       : times.empty() ? "a field of type `time`"
                       : "write `" + times.front() + "`");
  }

  // What only one that is stored can have, and what it must.
  void check_lasting(const collection& c, const std::string& pointer) {
    const bool numbered = source_.keys.contains(pointer + "/version");
    if (!c.ephemeral && !numbered) {
      at_key(pointer, "the collection `" + c.name + "` has no version", "`version: 1`");
    }
    if (!c.ephemeral) return;
    if (numbered) {
      at_key(pointer + "/version", "an ephemeral collection has no version: nothing is stored",
             "remove it");
    }
    for (const auto& one : c.indexes) {
      if (!one.unique) continue;
      at(pointer + "/indexes/" + one.name + "/unique", "an ephemeral collection has a unique index",
         "make those fields the key");
    }
    if (!c.search_on.empty()) {
      at_key(pointer + "/search", "an ephemeral collection is not searched", "remove it");
    }
    for (const personal& one : c.subjects) {
      if (one.on_erase.empty() || one.on_erase == "delete") continue;
      at_key(pointer + "/personal", "what is ephemeral is not kept when a person is erased",
             "`on_erase: delete`");
    }
  }

  // Words are taken from texts.
  void searched(const collection& c, const std::vector<std::string>& names,
                const std::string& pointer) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string here = pointer + "/" + std::to_string(i);
      const auto* field = property(c.record, names[i]);
      if (!field) {
        const std::string near = schema::nearest(names[i], names_of(c.record));
        at(here, "the search names the field `" + names[i] + "`, which is not there",
           near.empty() ? "name a field under `fields`" : "did you mean `" + near + "`?");
      } else if (!is_unreadable(*field) && !is_type(*field, "string")) {
        at(here, "the search names the field `" + names[i] + "`, which is no text",
           "a field with `type: string`");
      } else if (!seen.insert(names[i]).second) {
        at(here, "the search names the field `" + names[i] + "` twice", "give it only once");
      }
    }
  }

  void fields(const collection& c, const std::vector<std::string>& names,
              const std::string& pointer, bool is_key) {
    const std::string role = is_key ? "the key" : "the index";
    std::set<std::string> seen;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string here = pointer + "/" + std::to_string(i);
      const auto* field = property(c.record, names[i]);
      if (!field) {
        const std::string near = schema::nearest(names[i], names_of(c.record));
        at(here, role + " names the field `" + names[i] + "`, which is not there",
           near.empty() ? "name a field under `fields`" : "did you mean `" + near + "`?");
      } else if (is_compound(*field)) {
        at(here, role + " names the field `" + names[i] + "`, which is not a plain value",
           "a field that is a string, integer, number or boolean");
      } else if (is_key && !is_required(c.record, names[i])) {
        at(here, "the key names the field `" + names[i] + "`, which is optional",
           "remove `optional: true`");
      } else if (is_key && field->is_object() && field->get_object().contains("default")) {
        at(here, "the key names the field `" + names[i] + "`, which has a default",
           "remove its `default`: whoever writes a record gives it its key");
      } else if (!seen.insert(names[i]).second) {
        at(here, role + " names the field `" + names[i] + "` twice", "give it only once");
      }
    }
  }

  void check_personal(const std::vector<personal>& subjects, const json::object& data,
                      const std::string& pointer, const std::string& owner) {
    std::vector<std::string> accounts;
    for (const auto& name : names_of(data)) {
      if (is_account(*property(data, name))) accounts.push_back(name);
    }
    if (subjects.empty() && mentions_account(data)) {
      at_key(pointer, owner + " holds an account, but does not say whose data it is",
             accounts.empty()
                 ? "a field of type `account` at the top, and `personal: { subject: FIELD, "
                   "on_erase: delete }` (or anonymise, or keep with a reason)"
                 : "write `personal: { subject: " + accounts.front() +
                       ", on_erase: delete }` (or anonymise, or keep with a reason)");
      return;
    }
    const auto written = source_.positions.find(pointer + "/personal/0");
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      std::string here = pointer + "/personal";
      if (written != source_.positions.end()) here += "/" + std::to_string(i);
      const personal& one = subjects[i];
      if (!one.subject.empty() && !is_one_of(accounts, one.subject)) {
        const std::string near = schema::nearest(one.subject, accounts);
        at(here + "/subject", "`" + one.subject + "` is no field of type `account`",
           !near.empty()      ? "did you mean `" + near + "`?"
           : accounts.empty() ? "a field of type `account` at the top of " + owner
                              : "write `" + accounts.front() + "`");
      }
      if (one.on_erase == "keep" && one.reason.empty()) {
        at(here + "/on_erase", "data is kept without a reason",
           "`reason:` and a sentence that a person who asks for erasure can be told");
      }
      if (one.on_erase != "keep" && !one.reason.empty()) {
        at(here + "/reason", "a reason stands where nothing is kept",
           "remove it, or `on_erase: keep`");
      }
    }
  }

  void check_job(const job& j) {
    const std::string pointer = "/jobs/" + j.name;
    lower_name(pointer, j.name, "a job");
    if (j.first_ms > j.most_ms) {
      at(pointer + "/backoff",
         "the first wait of " + std::to_string(j.first_ms) + " ms is longer than the longest, " +
             std::to_string(j.most_ms) + " ms",
         "a larger `most_ms`, or a smaller `first_ms`");
    }
    if (is_unreadable(j.params)) return;
    if (!is_type(j.params, "object")) {
      return at(pointer + "/params", "the parameters are not an object", "`type: object`");
    }
    if (!source_.keys.contains(pointer + "/cron")) return;
    std::string why;
    if (!cron::parse(j.cron, &why)) {
      at(pointer + "/cron", why, "such as `30 4 * * *`, which is every day at half past four, UTC");
    }
    for (const auto& name : names_of(j.params)) {
      if (!is_required(j.params, name)) continue;
      at(pointer + "/cron",
         "what is queued by itself has no parameters, and `" + name + "` is required",
         "another job for the times, or `" + name + "` with a default");
    }
  }

  void check_hook_point(const hook_point& h) {
    const std::string pointer = "/hook_points/" + h.name;
    dotted_name(pointer, h.name, "a hook", "note.before_add");
    if (!is_unreadable(h.data) && !is_type(h.data, "object")) {
      at(pointer + "/data", "the data of a hook is not an object", "`type: object`");
    }
    if (h.kind == hook_kind::observe && source_.keys.contains(pointer + "/on_failure")) {
      at_key(pointer + "/on_failure", "`on_failure` stands at a hook that only observes",
             "remove it: what observes can refuse nothing");
    }
  }

  void check_hook(const hook& h) {
    const std::string pointer = "/hooks/" + h.name;
    if (h.name == "identity.authenticate" && !all_.wants_authenticator && !all_.wants_identity) {
      at_key(pointer, "who steps in here lets people in",
             "`capabilities: { authenticator: true }`");
    }
    dotted_name(pointer, h.name, "a hook", "note.before_add");
    if (h.kind != hook_kind::join && source_.keys.contains(pointer + "/required")) {
      at_key(pointer + "/required", "`required` stands at a hook that is no join", "remove it");
    }
    for (std::size_t i = 0; i < h.before.size(); ++i) {
      order(h, pointer + "/before/" + std::to_string(i), h.before[i]);
    }
    for (std::size_t i = 0; i < h.after.size(); ++i) {
      order(h, pointer + "/after/" + std::to_string(i), h.after[i]);
      if (is_one_of(h.before, h.after[i])) {
        at(pointer + "/after/" + std::to_string(i),
           "`" + h.after[i] + "` stands under both `before` and `after`", "one of the two");
      }
    }
  }

  void order(const hook&, const std::string& pointer, const std::string& name) {
    plugin_name(pointer, name, false);
    if (name == all_.name) at(pointer, "the plugin is ordered against itself", "remove it");
  }

  void check_assets(std::size_t i) {
    const std::string pointer = "/assets/" + std::to_string(i);
    const std::string& directory = all_.served[i].directory;
    if (directory.empty() && !all_.served[i].at_run_time) {
      at(pointer, "nothing is said of which files these are",
         "`directory:` within the plugin's folder, or `at_run_time: true`");
    }
    if (directory.starts_with("/") || matches(directory, R"((.*/)?\.\.(/.*)?)")) {
      at(pointer + "/directory", "`" + directory + "` leads out of the plugin's folder",
         "a path within it");
    }
  }

  const manifest& all_;
};

} // namespace

void check(const manifest& all, const yaml::document& source,
           std::vector<yaml::problem>& problems) {
  checks(all, source, problems).run();
  check_sealed(all, source, problems);
}

} // namespace parley::manifest
