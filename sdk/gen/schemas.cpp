#include "schemas.hpp"

namespace parley::gen {

namespace json = boost::json;

std::string write_schemas(const manifest::manifest& of) {
  json::object methods, events, collections;
  for (const manifest::method& m : of.methods)
    methods[m.name] = {{"params", m.params}, {"result", m.result}};
  for (const manifest::event& e : of.events) events[e.name] = e.data;
  for (const manifest::collection& c : of.collections) collections[c.name] = c.record;
  const json::object all{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                         {"title", of.name + " " + of.version},
                         {"config", of.config},
                         {"methods", std::move(methods)},
                         {"events", std::move(events)},
                         {"collections", std::move(collections)}};
  return json::serialize(all) + "\n";
}

} // namespace parley::gen
