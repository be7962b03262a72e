#include "person/declared.hpp"

#include "storage/declare.hpp"

#include <algorithm>

namespace parley::person {
namespace json = boost::json;
namespace {

bool is_required(const json::object& record, std::string_view field) {
  const json::value* names = record.if_contains("required");
  if (names == nullptr || !names->is_array()) return false;
  return std::any_of(
      names->get_array().begin(), names->get_array().end(),
      [&](const json::value& each) { return each.is_string() && each.get_string() == field; });
}

fate fate_named(std::string_view on_erase) {
  if (on_erase == "keep") return fate::kept;
  return on_erase == "anonymise" ? fate::anonymised : fate::erased;
}

std::vector<subject> subjects_of(const std::vector<manifest::personal>& declared,
                                 const json::object& schema,
                                 const std::vector<manifest::sealed_field>& sealed) {
  std::vector<subject> out;
  for (const manifest::personal& each : declared) {
    out.push_back(
        {each.subject, fate_named(each.on_erase), each.reason, is_required(schema, each.subject)});
    for (const manifest::sealed_field& field : sealed)
      if (field.key == each.subject) out.back().sealed.push_back(field.name);
  }
  return out;
}

bool holds_all(const std::vector<std::string>& of, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& each) {
    return std::find(of.begin(), of.end(), each) != of.end();
  });
}

// By an index only where no two records are equal in it, so that a walk can go on behind each.
void choose_order(const manifest::collection& from, personal_collection& to) {
  to.order = from.key;
  if (to.subjects.size() != 1) return;
  const std::string& field = to.subjects.front().field;
  to.is_by_subject = from.key.front() == field;
  for (const manifest::index& each : from.indexes) {
    const bool is_whole = std::all_of(each.on.begin(), each.on.end(), [&](const std::string& name) {
      return is_required(from.record, name);
    });
    if (to.is_by_subject || each.on.front() != field || !is_whole || !holds_all(each.on, from.key))
      continue;
    to.is_by_subject = true;
    to.index = each.name;
    to.order = each.on;
  }
}

} // namespace

const personal_event* declared_data::event(std::string_view name) const {
  const auto found = std::find_if(events.begin(), events.end(),
                                  [&](const personal_event& each) { return each.name == name; });
  return found == events.end() ? nullptr : &*found;
}

bool declared_data::declares(std::string_view collection) const {
  return std::find(stored.begin(), stored.end(), collection) != stored.end();
}

declared_data declared_by(const std::vector<const manifest::manifest*>& plugins) {
  declared_data out;
  for (const manifest::manifest* plugin : plugins) {
    const std::vector<storage::collection> ephemeral = storage::declared_ephemeral(*plugin);
    for (const manifest::collection& each : plugin->collections) {
      personal_collection to;
      to.name = plugin->name + "." + each.name;
      to.key = each.key;
      to.subjects = subjects_of(each.subjects, each.record, each.sealed);
      out.seals = out.seals || !each.sealed.empty();
      choose_order(each, to);
      if (!each.ephemeral) out.stored.push_back(to.name);
      if (each.subjects.empty()) continue;
      if (!each.ephemeral) {
        out.collections.push_back(std::move(to));
        continue;
      }
      const auto shape =
          std::find_if(ephemeral.begin(), ephemeral.end(),
                       [&](const storage::collection& one) { return one.name == to.name; });
      out.in_memory.push_back({*shape, std::move(to)});
    }
    for (const manifest::event& each : plugin->events) {
      if (!each.durable) continue;
      out.events.push_back({each.name, subjects_of(each.subjects, each.data, each.sealed)});
      out.seals = out.seals || !each.sealed.empty();
    }
  }
  std::sort(out.collections.begin(), out.collections.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

bool holds(const json::object& what, std::string_view field, std::string_view account) {
  const json::value* found = what.if_contains(field);
  return found != nullptr && found->is_string() && found->get_string() == account;
}

fate fate_of(const std::vector<subject>& subjects, const json::object& what,
             std::string_view account) {
  fate out = fate::none;
  for (const subject& each : subjects) {
    if (holds(what, each.field, account)) out = std::max(out, each.on_erase);
  }
  return out;
}

json::object without_person(const std::vector<subject>& subjects, const json::object& record,
                            std::string_view account) {
  json::object out;
  for (const subject& each : subjects) {
    if (each.on_erase != fate::anonymised || !holds(record, each.field, account)) continue;
    out[each.field] = each.is_required ? json::value(nobody) : json::value(nullptr);
    for (const std::string& sealed : each.sealed) out[sealed] = nullptr;
  }
  return out;
}

std::string reason_of(const std::vector<subject>& subjects, const json::object& what,
                      std::string_view account) {
  for (const subject& each : subjects) {
    if (each.on_erase == fate::kept && holds(what, each.field, account)) return each.reason;
  }
  return {};
}

} // namespace parley::person
