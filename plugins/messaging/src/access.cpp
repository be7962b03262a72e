// Who may do what in a conversation: its members, by the role and the number in their record.

#include "messaging.hpp"

task<scope_access> messaging::conversation_access(call& c, std::string principal,
                                                  std::string place) {
  const members_key key(place, principal);
  const std::optional<member> found = co_await get(c, key);
  if (!found) co_return scope_access();
  scope_access out(found->role, found->since);
  out.require(equals(c, key, "role", found->role));
  co_return out;
}

task<std::vector<scope_place>> messaging::conversation_places(call& c, std::string principal) {
  std::vector<scope_place> out;
  page<member> found;
  do {
    auto query = range<member>(c).index("by_account").prefix(principal).limit(1000);
    if (!found.items.empty()) query.after(found.items.back().conversation);
    found = co_await query;
    for (const member& each : found.items) out.emplace_back(each.conversation, each.since);
  } while (found.more);
  co_return out;
}
