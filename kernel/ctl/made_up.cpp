#include "ctl/made_up.hpp"

#include <algorithm>
#include <string_view>

namespace parley::ctl {

namespace json = boost::json;

namespace {

std::string word(const json::object& schema, std::string_view key) {
  const json::value* found = schema.if_contains(key);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::int64_t number(const json::object& schema, std::string_view key, std::int64_t otherwise) {
  const json::value* found = schema.if_contains(key);
  return found && found->is_number() ? found->to_number<std::int64_t>() : otherwise;
}

const json::object* inner(const json::object& schema, std::string_view key) {
  const json::value* found = schema.if_contains(key);
  return found ? found->if_object() : nullptr;
}

bool requires_property(const json::object& schema, std::string_view name) {
  const json::value* all = schema.if_contains("required");
  if (!all || !all->is_array()) return false;
  return std::any_of(
      all->get_array().begin(), all->get_array().end(),
      [&](const json::value& each) { return each.is_string() && each.get_string() == name; });
}

} // namespace

json::value made_up::text(const json::object& schema, const std::string& name) {
  if (word(schema, "x-type") == "account") return json::value(account_);
  if (word(schema, "format") == "date-time") return json::value(now_);
  if (const auto found = known_.find(name); found != known_.end())
    return json::value(found->second);
  std::string out = schema.contains("pattern") ? "made" + std::to_string(++made_) : "made up";
  const auto least = static_cast<std::size_t>(number(schema, "minLength", 0));
  const auto most = static_cast<std::size_t>(number(schema, "maxLength", 1 << 20));
  out.resize(std::clamp(out.size(), least, std::max(least, most)), 'x');
  return json::value(out);
}

json::value made_up::of(const json::object& schema, const std::string& name) {
  if (const json::value* given = schema.if_contains("const")) return *given;
  if (const json::value* given = schema.if_contains("default")) return *given;
  if (const json::value* all = schema.if_contains("enum")) return all->as_array().at(0);
  const std::string type = word(schema, "type");
  if (type == "string") return text(schema, name);
  if (type == "boolean") return true;
  if (type == "integer" || type == "number") {
    const std::int64_t least = number(schema, "minimum", 1);
    return std::min(std::max<std::int64_t>(least, 1), number(schema, "maximum", 1 << 20));
  }
  if (type == "array") {
    json::array out;
    const json::object* items = inner(schema, "items");
    const std::int64_t count = std::max<std::int64_t>(number(schema, "minItems", 1), 1);
    for (std::int64_t i = 0; items && i < count; ++i) out.push_back(of(*items, name));
    return out;
  }
  json::object out;
  if (const json::object* all = inner(schema, "properties"))
    for (const auto& each : *all)
      if (requires_property(schema, each.key()) && each.value().is_object())
        out[each.key()] = of(each.value().get_object(), std::string(each.key()));
  return out;
}

void made_up::learn(const json::object& schema, const json::value& result) {
  if (!result.is_object()) return;
  const std::string type = word(schema, "x-type");
  for (const auto& each : result.get_object()) {
    if (!each.value().is_string()) continue;
    const std::string name = each.key() == "id" ? type : std::string(each.key());
    if (!name.empty()) known_[name] = std::string(each.value().get_string());
  }
}

json::object made_up_config(const json::object& schema) {
  json::object out;
  const json::object* all = inner(schema, "properties");
  if (!all) return out;
  made_up make("nobody", "2026-01-01T00:00:00.000Z");
  for (const auto& each : *all)
    if (const json::object* one = each.value().if_object();
        one && requires_property(schema, each.key()) && !one->contains("default"))
      out[each.key()] = make.of(*one, std::string(each.key()));
  return out;
}

} // namespace parley::ctl
