#include "node/roles_from.hpp"

#include "schema.hpp"

#include <algorithm>

namespace parley {

identity::role_table roles_from(const config::config& from,
                                const std::vector<plugin::candidate>& plugins,
                                std::vector<yaml::problem>& problems) {
  std::vector<identity::declared_permission> declared;
  std::vector<std::string> names;
  for (const plugin::candidate& c : plugins)
    for (const manifest::method& m : c.declared.methods) {
      if (!m.required) continue;
      declared.push_back({m.required->name, m.required->scope, m.required->default_roles});
      if (m.required->scope == "server") names.push_back(m.required->name);
    }
  std::vector<identity::configured_role> configured;
  for (const auto& [name, role] : from.roles)
    configured.push_back({name, role.permissions, role.accounts});

  std::vector<identity::role_problem> found;
  identity::role_table table(declared, configured, found);
  for (const identity::role_problem& p : found) {
    const std::vector<std::string>& listed = from.roles.at(p.role).permissions;
    const auto index = std::find(listed.begin(), listed.end(), p.permission) - listed.begin();
    const std::string near = schema::nearest(p.permission, names);
    problems.push_back(
        {from.source.file,
         from.source.at("/roles/" + p.role + "/permissions/" + std::to_string(index)),
         "the permission `" + p.permission + "`: " + p.what,
         near.empty() ? "`parleyctl methods CONFIG` lists what there is"
                      : "did you mean `" + near + "`?"});
  }
  return table;
}

} // namespace parley
