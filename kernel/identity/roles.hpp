#pragma once

// Who may do what, in the scope `server`: roles are sets of permissions. What nobody granted is
// denied.
//
// A permission of another scope (a place that a plugin owns) is granted by the role that the
// scope's owner names, and by nothing else: not even the operator's `*` lets anybody into a place
// that they are not in.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parley::identity {

// What a manifest says of a permission.
struct declared_permission {
  std::string name;
  std::string scope; // "server", or a plugin's
  std::vector<std::string> default_roles;
};

// What the operator's YAML says of a role. Roles add to the manifests' defaults.
struct configured_role {
  std::string name;
  std::vector<std::string> permissions; // names, or `*`: all of the scope server
  std::vector<std::string> accounts;    // ids or user names
};

// A permission that the YAML names and no manifest declares, or none of the scope server.
struct role_problem {
  std::string role;
  std::string permission;
  std::string what;
};

class role_table {
 public:
  role_table() = default;
  role_table(const std::vector<declared_permission>& declared,
             const std::vector<configured_role>& configured, std::vector<role_problem>& problems);

  // Whether one of these server roles grants the permission. What is granted to `anonymous` is
  // granted to everybody.
  bool allows(const std::vector<std::string>& roles, std::string_view permission) const;
  // Whether the role that a scope's owner gave grants a permission of that scope.
  bool allows_in_place(std::string_view scope, std::string_view role,
                       std::string_view permission) const;

  // The roles of an account: the one of its kind (PARLEY_*), and those that the YAML gives it.
  std::vector<std::string> roles_of(int kind, std::string_view account,
                                    std::string_view name) const;
  // Of the roles that an older token claims, those that the configuration can still have given.
  std::vector<std::string> still_given(const std::vector<std::string>& claimed, int kind,
                                       std::string_view account) const;

 private:
  struct role {
    bool everything = false;
    std::set<std::string, std::less<>> permissions;
    std::set<std::string, std::less<>> accounts;
  };

  const role* find(std::string_view name) const;

  std::map<std::string, std::string, std::less<>> scopes_; // of permissions
  std::map<std::string, role, std::less<>> roles_;         // of the scope server
  // scope, role → permissions
  std::map<std::pair<std::string, std::string>, std::set<std::string, std::less<>>> places_;
};

// The role that every principal of a kind has; empty for kinds that have none.
std::string_view role_of_kind(int kind);

} // namespace parley::identity
