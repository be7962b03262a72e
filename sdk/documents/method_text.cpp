#include "method_text.hpp"

#include "example_value.hpp"

#include <algorithm>
#include <string_view>

namespace parley::documents {
namespace json = boost::json;

extern const std::string_view frames_text;

namespace {

const json::object& all_frames() {
  static const json::object all = json::parse({frames_text.data(), frames_text.size()}).as_object();
  return all;
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "`" : ", `") + word + "`";
  return out;
}

std::string who_may(const manifest::method& of) {
  if (!of.required) return "Open to everybody, also without a session.";
  const manifest::permission& p = *of.required;
  const std::string whom =
      p.default_roles.empty() ? "nobody, unless it is granted" : listed(p.default_roles);
  return "Permission `" + p.name + "`, in the scope `" + p.scope + "`; who has it: " + whom + ".";
}

} // namespace

std::string summary_of(const std::string& name, const std::string& doc) {
  if (doc.empty()) return name;
  for (std::size_t at = 0; (at = doc.find_first_of(".:;", at)) != std::string::npos; ++at) {
    const bool ends = at + 1 == doc.size() || doc[at + 1] == ' ' || doc[at + 1] == '\n';
    if (ends) return doc.substr(0, at);
  }
  return doc;
}

std::string description_of(const manifest::method& of) {
  std::string out = of.doc.empty() ? "" : of.doc + "\n\n";
  out += who_may(of);
  if (!of.idempotent.empty())
    out += " Repeating it with the same `" + of.idempotent + "` gives the first reply.";
  if (!of.order.empty()) out += " Calls with the same `" + of.order + "` keep their order.";
  return out + " Rate class: `" + of.rate + "`.";
}

bool is_for_clients(const manifest::method& of) {
  return of.seen_by == manifest::visibility::client;
}

manifests for_clients(manifests all) {
  std::erase_if(all, [](const manifest::manifest* each) {
    return each->events.empty() && each->routes.empty() &&
           std::none_of(each->methods.begin(), each->methods.end(), is_for_clients);
  });
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  return all;
}

json::object info_of(const manifests& all, const about& server, const std::string& intro) {
  std::string plugins;
  for (const manifest::manifest* each : all)
    plugins += "- `" + each->name + "` " + each->version +
               (each->summary.empty() ? "" : ": " + each->summary) + "\n";
  return {{"title", server.title},
          {"version", server.version},
          {"description", intro + " Ids are opaque; pass over fields that you do not know.\n\n" +
                              "The plugins that are loaded, as far as clients meet them:\n\n" +
                              plugins}};
}

json::array tags_of(const manifests& all) {
  json::array out;
  for (const manifest::manifest* each : all)
    out.push_back({{"name", each->name},
                   {"description", each->summary.empty() ? each->name : each->summary}});
  return out;
}

json::object result_schema(const manifest::method& of, const manifest::manifest& by,
                           schema_writer& schemas) {
  if (of.result.empty()) return {{"type", "null"}};
  return schemas.written(of.result, by, openness::open);
}

void add_example(json::object& to, const json::object& schema) {
  if (auto one = schema::example_value(schema)) to["example"] = *std::move(one);
}

const json::object& protocol_frames() {
  return all_frames().at("frames").as_object();
}

const json::object& protocol_schemas() {
  return all_frames().at("schemas").as_object();
}

} // namespace parley::documents
