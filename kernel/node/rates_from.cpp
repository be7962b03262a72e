#include "node/rates_from.hpp"

#include "schema.hpp"

#include <algorithm>

namespace parley {

dispatch::rates::settings rates_from(const config::config& from,
                                     const std::vector<plugin::candidate>& plugins,
                                     std::vector<yaml::problem>& problems) {
  std::vector<std::string> known;
  for (const plugin::candidate& c : plugins)
    for (const manifest::method& m : c.declared.methods) known.push_back(m.name);
  dispatch::rates::settings out;
  out.per_address = from.rates.per_address;
  for (const auto& [name, limit] : from.rates.classes)
    out.classes[name] = {limit.per_second, limit.burst};
  for (const auto& [name, limit] : from.rates.methods) {
    out.methods[name] = {limit.per_second, limit.burst};
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = schema::nearest(name, known);
    problems.push_back({from.source.file, from.source.at_key("/rates/methods/" + name),
                        "no plugin that is loaded has the method `" + name + "`",
                        near.empty() ? "`parleyctl methods CONFIG` lists what there is"
                                     : "did you mean `" + near + "`?"});
  }
  return out;
}

} // namespace parley
