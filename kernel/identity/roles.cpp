#include "identity/roles.hpp"

#include "parley/call.h"

#include <algorithm>

namespace parley::identity {

namespace {

constexpr std::string_view server = "server";

// Ids of accounts are UUIDs and no user name is as long, so one list may hold both.
constexpr std::size_t id_size = 36;

} // namespace

std::string_view role_of_kind(int kind) {
  switch (kind) {
    case PARLEY_ANONYMOUS:
      return "anonymous";
    case PARLEY_USER:
      return "user";
    case PARLEY_BOT:
      return "bot";
    default:
      return {};
  }
}

role_table::role_table(const std::vector<declared_permission>& declared,
                       const std::vector<configured_role>& configured,
                       std::vector<role_problem>& problems) {
  for (const auto& permission : declared) {
    scopes_[permission.name] = permission.scope;
    for (const auto& name : permission.default_roles) {
      auto& granted =
          permission.scope == server ? roles_[name].permissions : places_[{permission.scope, name}];
      granted.insert(permission.name);
    }
  }
  for (const auto& from : configured) {
    auto& to = roles_[from.name];
    to.accounts.insert(from.accounts.begin(), from.accounts.end());
    for (const auto& permission : from.permissions) {
      if (permission == "*") {
        to.everything = true;
        continue;
      }
      const auto known = scopes_.find(permission);
      if (known == scopes_.end()) {
        problems.push_back({from.name, permission, "no loaded plugin declares this permission"});
      } else if (known->second != server) {
        problems.push_back(
            {from.name, permission,
             "this permission belongs to the scope " + known->second + ", whose owner gives it"});
      } else {
        to.permissions.insert(permission);
      }
    }
  }
}

const role_table::role* role_table::find(std::string_view name) const {
  const auto found = roles_.find(name);
  return found == roles_.end() ? nullptr : &found->second;
}

bool role_table::allows(const std::vector<std::string>& roles, std::string_view permission) const {
  const auto known = scopes_.find(permission);
  if (known == scopes_.end() || known->second != server) return false;
  const auto grants = [&](std::string_view name) {
    const auto* given = find(name);
    return given && (given->everything || given->permissions.contains(permission));
  };
  return grants("anonymous") || std::any_of(roles.begin(), roles.end(), grants);
}

bool role_table::allows_in_place(std::string_view scope, std::string_view role,
                                 std::string_view permission) const {
  const auto given = places_.find({std::string(scope), std::string(role)});
  return given != places_.end() && given->second.contains(permission);
}

std::vector<std::string> role_table::roles_of(int kind, std::string_view account,
                                              std::string_view name) const {
  std::vector<std::string> roles;
  if (const auto own = role_of_kind(kind); !own.empty()) roles.emplace_back(own);
  if (account.empty()) return roles;
  for (const auto& [role_name, given] : roles_) {
    const bool listed =
        given.accounts.contains(account) || (!name.empty() && given.accounts.contains(name));
    if (listed && role_name != role_of_kind(kind)) roles.push_back(role_name);
  }
  return roles;
}

std::vector<std::string> role_table::still_given(const std::vector<std::string>& claimed, int kind,
                                                 std::string_view account) const {
  std::vector<std::string> roles;
  for (const auto& name : claimed) {
    const auto* given = find(name);
    const bool by_name = given && std::any_of(given->accounts.begin(), given->accounts.end(),
                                              [](const auto& a) { return a.size() < id_size; });
    if (name == role_of_kind(kind) || by_name || (given && given->accounts.contains(account))) {
      roles.push_back(name);
    }
  }
  return roles;
}

} // namespace parley::identity
