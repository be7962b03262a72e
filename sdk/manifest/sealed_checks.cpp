#include "sealed_checks.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "properties.hpp"
#include "type_resolver.hpp"

namespace parley::manifest {
namespace json = boost::json;

namespace {

// Fields that collections seal, and which collection does.
using sealed_names = std::map<std::string, std::string, std::less<>>;

sealed_names sealed_by_collections(const manifest& all) {
  sealed_names out;
  for (const collection& c : all.collections) {
    for (const sealed_field& each : c.sealed) out.emplace(each.name, c.name);
  }
  return out;
}

// The first property of such a name; those at the top may be left out.
std::string first_of(const sealed_names& names, const json::value& schema,
                     const std::set<std::string>& but = {}) {
  const auto* object = schema.if_object();
  if (!object) return {};
  for (const std::string& name : names_of(*object)) {
    if (but.contains(name)) continue;
    if (names.contains(name)) return name;
    if (const std::string inside = first_of(names, *property(*object, name)); !inside.empty())
      return inside;
  }
  for (const char* key : {"items", "additionalProperties"}) {
    const auto* part = object->if_contains(key);
    const std::string inside = part ? first_of(names, *part) : "";
    if (!inside.empty()) return inside;
  }
  const auto* choices = object->if_contains("oneOf");
  if (!choices || !choices->is_array()) return {};
  for (const auto& choice : choices->get_array()) {
    if (const std::string inside = first_of(names, choice); !inside.empty()) return inside;
  }
  return {};
}

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

class sealed_checks : yaml::complaints {
 public:
  sealed_checks(const manifest& all, const yaml::document& source,
                std::vector<yaml::problem>& problems)
      : complaints(source, problems), all_(all), names_(sealed_by_collections(all)) {}

  void run() {
    for (const collection& c : all_.collections) check(c);
    for (const event& e : all_.events) check(e);
    for (const job& j : all_.jobs) {
      const std::string leak = first_of(names_, j.params);
      if (leak.empty()) continue;
      at_key("/jobs/" + j.name + "/params",
             "the job `" + j.name + "` would be stored with `" + leak +
                 "` in plain, which the collection `" + names_.at(leak) + "` seals",
             "the key of the record instead, or another name if it is something else");
    }
  }

 private:
  // False where there is none, which is reported.
  bool is_there(const std::string& pointer, const std::string& what, const json::object& record,
                const std::string& name) {
    if (name.empty() || property(record, name)) return !name.empty();
    const std::string near = schema::nearest(name, names_of(record));
    at_key(pointer, what + " names `" + name + "`, which is not there",
           near.empty() ? "the name of a field" : "did you mean `" + near + "`?");
    return false;
  }

  // Of a record and of an event's data.
  bool check(const sealed_field& field, const json::object& record,
             const std::vector<sealed_field>& others, const std::string& pointer,
             const std::string& optional) {
    if (!is_there(pointer, "`sealed`", record, field.name)) return false;
    if (is_account(*property(record, field.name))) {
      at_key(pointer, "`" + field.name + "` is an account: whose data this is has to be readable",
             "remove it from `sealed`");
    }
    if (is_required(record, field.name)) {
      at_key(pointer,
             "the sealed `" + field.name + "` is required, and is absent once its key was erased",
             optional);
    }
    if (property(record, field.name)->as_object().contains("default")) {
      at_key(pointer, "the sealed `" + field.name + "` has a default", "remove the default");
    }
    if (!is_there(pointer + "/key", "`key`", record, field.key)) return false;
    const bool sealed = std::any_of(others.begin(), others.end(),
                                    [&](const auto& one) { return one.name == field.key; });
    if (sealed || !is_required(record, field.key) ||
        !is_type(*property(record, field.key), "string")) {
      at(pointer + "/key",
         "`" + field.key + "` cannot say with whose key `" + field.name + "` is sealed",
         "a field of `type: string`, or an account, that is neither optional nor sealed");
    }
    return true;
  }

  void check(const collection& c) {
    const std::string pointer = "/collections/" + c.name;
    if (c.ephemeral && !c.sealed.empty()) {
      return at_key(pointer + "/sealed",
                    "an ephemeral collection is stored nowhere, and seals nothing", "remove it");
    }
    for (const sealed_field& each : c.sealed) {
      const std::string here = pointer + "/sealed/" + each.name;
      if (!check(each, c.record, c.sealed, here, "`optional: true`")) continue;
      if (contains(c.key, each.name)) {
        at_key(here, "`" + each.name + "` is part of the key, and cannot be sealed",
               "another field as the key");
      }
      if (contains(c.search_on, each.name) || contains(c.search_by, each.name)) {
        at_key(pointer + "/search",
               "the search names `" + each.name + "`, which is sealed: its words would be stored",
               "remove it from `search`");
      }
      if (c.expires == each.name) {
        at_key(pointer + "/expires",
               "`expires` names `" + each.name +
                   "`, which is sealed: the server finds what is due by its time",
               "a time that is not sealed");
      }
      check_indexes(c, each, pointer);
      if (each.lookup) check_lookup(c, each, here);
    }
  }

  void check_indexes(const collection& c, const sealed_field& field, const std::string& pointer) {
    for (const index& one : c.indexes) {
      if (field.lookup || !contains(one.on, field.name)) continue;
      at_key(pointer + "/indexes/" + one.name,
             "the index `" + one.name + "` names `" + field.name + "`, which is sealed",
             "`lookup: true` under `sealed: " + field.name +
                 "`, if it is to be found by equal values, or remove it");
    }
  }

  // The hash tells what is equal, and is not erased with the key.
  void check_lookup(const collection& c, const sealed_field& field, const std::string& here) {
    if (is_compound(*property(c.record, field.name))) {
      at_key(here + "/lookup", "`" + field.name + "` is not a plain value, and cannot be looked up",
             "a field that is a string, integer, number or boolean");
    }
    if (property(c.record, field.name + "__lookup")) {
      at_key(here + "/lookup", "the name `" + field.name + "__lookup` is taken by the look-up",
             "another name for that field");
    }
    if (!is_account(*property(c.record, field.key))) return;
    const bool goes = std::any_of(c.subjects.begin(), c.subjects.end(), [&](const personal& one) {
      return one.subject == field.key && one.on_erase != "anonymise";
    });
    if (goes) return;
    at_key(here + "/lookup",
           "what `" + field.name + "` is looked up by would stay when the person of `" + field.key +
               "` is erased",
           "`personal: { subject: " + field.key + ", on_erase: delete }`, or no `lookup`");
  }

  void check(const event& e) {
    const std::string pointer = "/events/" + e.name;
    if (!e.durable && !e.sealed.empty()) {
      return at_key(pointer + "/sealed", "an event that is not durable is stored nowhere",
                    "remove it, or `durable: true`");
    }
    std::set<std::string> sealed;
    for (const sealed_field& each : e.sealed) {
      check(each, e.data, e.sealed, pointer + "/sealed/" + each.name,
            "remove it from `required` of `data`");
      sealed.insert(each.name);
    }
    const std::string leak = e.durable ? first_of(names_, e.data, sealed) : "";
    if (leak.empty()) return;
    at_key(pointer,
           "the event `" + e.name + "` would put `" + leak +
               "` into the log in plain, which the collection `" + names_.at(leak) + "` seals",
           property(e.data, leak)
               ? "`sealed: { " + leak +
                     ": { key: FIELD } }` under the event, or another name if it is something else"
               : "leave it out, or put it at the top of `data` and seal it; another name if it is "
                 "something else");
  }

  const manifest& all_;
  const sealed_names names_;
};

} // namespace

void check_sealed(const manifest& all, const yaml::document& source,
                  std::vector<yaml::problem>& problems) {
  sealed_checks(all, source, problems).run();
}

bool tells_sealed(const manifest& all, const json::object& schema) {
  return !first_of(sealed_by_collections(all), schema).empty();
}

} // namespace parley::manifest
