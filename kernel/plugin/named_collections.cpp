#include "plugin/named_collections.hpp"

#include "schema.hpp"

#include <algorithm>
#include <string>

namespace parley::plugin {

namespace json = boost::json;

namespace {

std::vector<std::string> stored_by(const std::vector<candidate>& plugins) {
  std::vector<std::string> out;
  for (const candidate& each : plugins)
    for (const manifest::collection& c : each.declared.collections)
      if (!c.ephemeral) out.push_back(each.name + "." + c.name);
  return out;
}

bool names_collections(const json::value& schema) {
  const json::object* all = schema.if_object();
  const json::value* what = all ? all->if_contains("x-names") : nullptr;
  return what && *what == "collection";
}

yaml::problem unknown(const config::config& from, const candidate& in, const std::string& key,
                      const std::string& name, const std::vector<std::string>& known) {
  const std::string near = schema::nearest(name, known);
  const std::string pointer = "/plugins/" + yaml::escape_pointer(in.name) + "/config/" +
                              yaml::escape_pointer(key) + "/" + yaml::escape_pointer(name);
  return {from.source.file, from.source.at_key(pointer),
          "`" + key + "` of " + in.name + " names the collection `" + name +
              "`, which no plugin that is switched on declares, so it does nothing",
          near.empty() ? "write PLUGIN.COLLECTION, or leave it where that plugin comes back"
                       : "did you mean `" + near + "`?"};
}

} // namespace

std::vector<yaml::problem> unknown_collections(const config::config& from,
                                               const std::vector<candidate>& plugins) {
  const std::vector<std::string> known = stored_by(plugins);
  std::vector<yaml::problem> out;
  for (const candidate& each : plugins) {
    const json::value* properties = each.declared.config.if_contains("properties");
    if (!properties || !properties->is_object()) continue;
    for (const auto& property : properties->get_object()) {
      if (!names_collections(property.value())) continue;
      const json::value* written = each.config.as_object().if_contains(property.key());
      if (!written || !written->is_object()) continue;
      for (const auto& member : written->get_object()) {
        const std::string name(member.key());
        // The kernel's own are in no manifest.
        if (name.starts_with("kernel.") ||
            std::find(known.begin(), known.end(), name) != known.end())
          continue;
        out.push_back(unknown(from, each, property.key(), name, known));
      }
    }
  }
  return out;
}

} // namespace parley::plugin
