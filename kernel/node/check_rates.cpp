#include "node/check_rates.hpp"

#include "schema.hpp"

#include <algorithm>

namespace parley {

void check_rates(const config::config& from, const std::vector<plugin::candidate>& plugins,
                 std::vector<yaml::problem>& problems) {
  std::vector<std::string> known;
  for (const plugin::candidate& c : plugins)
    for (const manifest::method& m : c.declared.methods) known.push_back(m.name);
  for (const auto& [name, limit] : from.rates.methods) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = schema::nearest(name, known);
    problems.push_back({from.source.file, from.source.at_key("/rates/methods/" + name),
                        "no plugin that is loaded has the method `" + name + "`",
                        near.empty() ? "`parleyctl methods CONFIG` lists what there is"
                                     : "did you mean `" + near + "`?"});
  }
}

} // namespace parley
