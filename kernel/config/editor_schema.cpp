#include "config/editor_schema.hpp"

#include <string_view>

namespace parley::config {

namespace json = boost::json;

extern const std::string_view config_schema_text;

namespace {

void refuse_other_keys(json::value& in) {
  if (json::array* all = in.if_array()) {
    for (json::value& each : *all) refuse_other_keys(each);
    return;
  }
  json::object* fields = in.if_object();
  if (fields == nullptr) return;
  if (fields->if_contains("properties") != nullptr && fields->at("properties").is_object() &&
      !fields->contains("additionalProperties"))
    (*fields)["additionalProperties"] = false;
  for (auto& member : *fields) refuse_other_keys(member.value());
}

} // namespace

json::object editor_schema(const std::map<std::string, json::object>& plugins) {
  json::value out = json::parse({config_schema_text.data(), config_schema_text.size()});
  json::object& of_plugins = out.at("properties").at("plugins").as_object();
  json::object known;
  for (const auto& [name, config] : plugins) {
    json::object one = of_plugins.at("additionalProperties").as_object();
    if (!config.empty()) one["properties"].as_object()["config"] = config;
    known[name] = std::move(one);
  }
  if (!known.empty()) of_plugins["properties"] = std::move(known);
  refuse_other_keys(out);
  return out.as_object();
}

} // namespace parley::config
