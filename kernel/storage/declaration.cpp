#include "storage/declaration.hpp"

#include <algorithm>

namespace parley::storage {
namespace json = boost::json;
namespace {

const char* type_name(column_type type) {
  switch (type) {
    case column_type::text:
      return "text";
    case column_type::integer:
      return "integer";
    case column_type::boolean:
      return "boolean";
    case column_type::number:
      return "number";
    case column_type::json:
      return "json";
  }
  return "";
}

json::array names(const std::vector<std::string>& from) {
  json::array out;
  for (const std::string& each : from) out.emplace_back(each);
  return out;
}

const json::value* member(const json::object& of, std::string_view name) {
  const json::value* found = of.if_contains(name);
  return found != nullptr && found->is_object() ? found : nullptr;
}

const json::object& object_at(const json::object& of, std::string_view name) {
  static const json::object none;
  const json::value* found = member(of, name);
  return found != nullptr ? found->get_object() : none;
}

bool is_required(const json::object& field) {
  const json::value* found = field.if_contains("required");
  return found != nullptr && found->is_bool() && found->get_bool();
}

json::value shape_of(const sealed_by& how) {
  return {{"key", how.key}, {"subject", how.subject}, {"lookup", how.lookup}};
}

class comparison {
 public:
  comparison(const declaration& stored, const collection& wanted)
      : wanted_(wanted),
        stored_shape_(stored.shape),
        now_(declaration_of(wanted).shape),
        stored_fields_(object_at(stored.shape, "fields")),
        fields_(object_at(now_, "fields")),
        stored_indexes_(object_at(stored.shape, "indexes")),
        indexes_(object_at(now_, "indexes")),
        stored_key_(json::serialize(stored.shape.at("key"))),
        key_is_same_(stored.shape.at("key") == now_.at("key")) {}

  // The first difference, in words; empty: none.
  std::string difference() const {
    if (!key_is_same_) return "another key";
    const std::string in_fields = difference(stored_fields_, fields_, "the field ");
    if (!in_fields.empty()) return in_fields;
    const std::string in_indexes = difference(stored_indexes_, indexes_, "the index ");
    return in_indexes.empty() && is_searched_otherwise() ? "another search" : in_indexes;
  }

  bool is_searched_otherwise() const {
    return object_at(stored_shape_, "search") != object_at(now_, "search");
  }

  problem widened(std::vector<std::string>& fill) const {
    if (!key_is_same_) {
      return "its key is stored as " + stored_key_ + " and cannot become " +
             json::serialize(now_.at("key")) + "; declare another collection";
    }
    for (const auto& stored : stored_fields_) {
      if (!fields_.contains(stored.key())) {
        return "the field " + std::string(stored.key()) +
               " is stored and no longer declared; keep it, with optional: true";
      }
    }
    for (const column& each : wanted_.columns) {
      const json::value* stored = member(stored_fields_, each.name);
      const problem why =
          stored == nullptr ? added(each, fill) : changed(each, stored->get_object(), fill);
      if (!why.empty()) return why;
    }
    for (const auto& stored : stored_indexes_) {
      const json::value* now = indexes_.if_contains(stored.key());
      if (now == nullptr || *now == stored.value()) continue;
      return "the index " + std::string(stored.key()) +
             " is stored with other fields; give the new one another name";
    }
    return {};
  }

 private:
  static std::string difference(const json::object& stored, const json::object& now,
                                const char* what) {
    for (const auto& each : now) {
      const json::value* before = stored.if_contains(each.key());
      if (before == nullptr) return what + std::string(each.key()) + " is new";
      if (*before != each.value()) return what + std::string(each.key()) + " is another";
    }
    for (const auto& each : stored) {
      if (!now.contains(each.key())) return what + std::string(each.key()) + " is gone";
    }
    return {};
  }

  problem added(const column& what, std::vector<std::string>& fill) const {
    if (!what.fallback.is_null()) {
      fill.push_back(what.name);
    } else if (what.required) {
      return "the new field " + what.name +
             " has no value in stored records; give it a default, or optional: true";
    }
    return {};
  }

  problem changed(const column& what, const json::object& stored,
                  std::vector<std::string>& fill) const {
    const json::value* type = stored.if_contains("type");
    if (type == nullptr || *type != type_name(what.type)) {
      return "the field " + what.name + " is stored as " +
             (type != nullptr && type->is_string() ? std::string(type->get_string()) : "nothing") +
             " and cannot become " + type_name(what.type) + "; declare another field";
    }
    const json::value* sealed = stored.if_contains("sealed");
    const json::value now = what.sealed ? shape_of(*what.sealed) : json::value();
    if ((sealed != nullptr ? *sealed : json::value()) != now) {
      return "the field " + what.name + " is stored " +
             (sealed == nullptr ? "in plain" : "sealed as " + json::serialize(*sealed)) +
             " and cannot become " +
             (now.is_null() ? "plain" : "sealed as " + json::serialize(now)) +
             "; declare another field";
    }
    if (is_required(stored) || stored.contains("default")) return {}; // every record has it
    if (what.fallback.is_null()) {
      if (!what.required) return {};
      return "the field " + what.name +
             " was optional, and stored records may lack it; give it a default, or keep it "
             "optional";
    }
    for (const index& each : wanted_.indexes) {
      const bool covers = std::count(each.columns.begin(), each.columns.end(), what.name) != 0;
      if (!each.unique || !covers) continue;
      return "the field " + what.name + " cannot gain a default: records that lack it would be " +
             "equal in the unique index " + each.name;
    }
    fill.push_back(what.name);
    return {};
  }

  const collection& wanted_;
  const json::object& stored_shape_;
  const json::object now_;
  const json::object& stored_fields_;
  const json::object& fields_;
  const json::object& stored_indexes_;
  const json::object& indexes_;
  const std::string stored_key_; // as JSON
  const bool key_is_same_;
};

} // namespace

collection declarations_collection() {
  return {std::string(declarations_name),
          1,
          {"name"},
          {{"name", column_type::text, true},
           {"version", column_type::integer, true},
           {"shape", column_type::json, true}},
          {}};
}

declaration declaration_of(const collection& from) {
  json::object fields;
  for (const column& each : from.columns) {
    json::object& field = fields[each.name].emplace_object();
    field["type"] = type_name(each.type);
    if (each.required) field["required"] = true;
    if (!each.fallback.is_null()) field["default"] = each.fallback;
    if (each.sealed) field["sealed"] = shape_of(*each.sealed);
  }
  json::object indexes;
  for (const index& each : from.indexes) {
    indexes[each.name] = {{"on", names(each.columns)}, {"unique", each.unique}};
  }
  json::object shape{{"key", names(from.key)}, {"fields", fields}, {"indexes", indexes}};
  if (!from.search_on.empty()) {
    shape["search"] = {{"on", names(from.search_on)}, {"by", names(from.search_by)}};
  }
  return {from.version, std::move(shape)};
}

namespace {

std::vector<std::string> names_in(const json::object& of, std::string_view member) {
  std::vector<std::string> out;
  const json::value* all = of.if_contains(member);
  if (all == nullptr || !all->is_array()) return out;
  for (const json::value& each : all->get_array())
    if (each.is_string()) out.emplace_back(each.get_string());
  return out;
}

column column_of(std::string_view name, const json::object& field) {
  column out{std::string(name)};
  for (const column_type type : {column_type::text, column_type::integer, column_type::boolean,
                                 column_type::number, column_type::json}) {
    const json::value* stored = field.if_contains("type");
    if (stored != nullptr && *stored == type_name(type)) out.type = type;
  }
  out.required = is_required(field);
  if (const json::value* fallback = field.if_contains("default")) out.fallback = *fallback;
  const json::object& sealed = object_at(field, "sealed");
  const auto text = [&](std::string_view name) {
    const json::value* found = sealed.if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
  };
  if (sealed.empty()) return out;
  const json::value* lookup = sealed.if_contains("lookup");
  out.sealed = {text("key"), text("subject"), lookup != nullptr && *lookup == true};
  return out;
}

} // namespace

collection collection_of(const std::string& name, const declaration& from) {
  collection out;
  out.name = name;
  out.version = from.version;
  out.key = names_in(from.shape, "key");
  for (const auto& each : object_at(from.shape, "fields"))
    if (each.value().is_object())
      out.columns.push_back(column_of(each.key(), each.value().get_object()));
  for (const auto& each : object_at(from.shape, "indexes")) {
    const json::object* index = each.value().if_object();
    if (index == nullptr) continue;
    const json::value* unique = index->if_contains("unique");
    out.indexes.push_back(
        {std::string(each.key()), names_in(*index, "on"), unique != nullptr && *unique == true});
  }
  const json::object& search = object_at(from.shape, "search");
  out.search_on = names_in(search, "on");
  out.search_by = names_in(search, "by");
  return out;
}

json::object to_record(const std::string& name, const declaration& from) {
  return {{"name", name}, {"version", from.version}, {"shape", from.shape}};
}

std::optional<declaration> from_record(const json::object& record) {
  const json::value* version = record.if_contains("version");
  const json::value* shape = record.if_contains("shape");
  if (version == nullptr || !version->is_int64() || shape == nullptr || !shape->is_object() ||
      !shape->get_object().contains("key")) {
    return std::nullopt;
  }
  return declaration{static_cast<std::uint32_t>(version->get_int64()), shape->get_object()};
}

evolution evolve(const declaration& stored, const collection& wanted) {
  evolution out;
  if (stored.version == 0) return out;
  const std::string known = std::to_string(stored.version);
  const std::string declared = std::to_string(wanted.version);
  const comparison both(stored, wanted);
  if (stored.version > wanted.version) {
    out.why = "the store holds version " + known + " of " + wanted.name +
              ", this plugin knows version " + declared +
              "; use a version of the plugin that knows version " + known + " or a later one";
  } else if (stored.version == wanted.version) {
    const std::string difference = both.difference();
    if (difference.empty()) return out;
    out.why = "version " + known + " of " + wanted.name + " is stored otherwise (" + difference +
              "); what changes is declared as version " + std::to_string(stored.version + 1);
  } else {
    const problem why = both.widened(out.fill);
    if (!why.empty()) out.why = "version " + declared + " of " + wanted.name + ": " + why;
    out.index = !wanted.search_on.empty() && both.is_searched_otherwise();
  }
  return out;
}

} // namespace parley::storage
