#include "messaging.hpp"

void admit(batch& b, const conversation& to, const member& who) {
  b.put(who);
  b.publish_grant(member_added(who), who.account);
  b.publish(conversation_added(who.account, to));
}

task<conversations_record> messaging::group(call& c, std::string id) {
  const std::optional<conversations_record> found = co_await get(c, conversations_key(id));
  if (!found) co_return not_found();
  if (found->kind != "group") co_return not_a_group("Its members do not change.");
  co_return *found;
}

task<member> messaging::add_member(call& c, add_member_params p) {
  co_await check_account(c, p.account, "/account");
  const members_key key(p.conversation, p.account);
  const conversations_key place(p.conversation);
  // Another member may come in at the same moment: count again.
  for (int attempts = 0; attempts < 3; ++attempts) {
    const conversations_record to = co_await group(c, p.conversation);
    const std::optional<member> already = co_await get(c, key);
    if (already) co_return *already;
    if (to.members >= config().max_members) co_return too_many_members();
    batch b(c);
    b.require_absent(key);
    b.require(equals(c, place, "members", to.members));
    b.increment(place, "members", 1);
    b.patch(place, "active_at", c.now()); // or who is new would see when it was used before
    const std::int64_t since = to.history ? 1 : b.next("conversation", p.conversation);
    const member added(p.conversation, p.account, "member", since);
    admit(b, describe(to), added);
    result<member> committed = co_await attempt(b.commit(added));
    if (committed) co_return *committed;
    if (!committed.failed_with(PARLEY_E_CONFLICT)) co_return committed.error();
  }
  co_return conflict();
}

task<void> messaging::dismiss(call& c, std::string conversation_id, std::string account) {
  const members_key key(conversation_id, account);
  const conversations_record from = co_await group(c, conversation_id);
  const std::optional<member> found = co_await get(c, key);
  if (!found) throw not_found("That account is not in the conversation.", "/account");
  batch b(c);
  b.require_exists(key);
  b.erase(key);
  b.increment(conversations_key(conversation_id), "members", -1);
  b.publish_revoke(member_removed(*found), account);
  b.publish(conversation_removed(account, describe(from)));
  co_await b.commit();
}

task<void> messaging::remove_member(call& c, remove_member_params p) {
  co_await dismiss(c, p.conversation, p.account);
}

task<void> messaging::leave(call& c, leave_params p) {
  co_await dismiss(c, p.conversation, c.account());
}

task<members_result> messaging::members(call& c, members_params p) {
  auto query = range<member>(c).prefix(p.conversation).limit(p.limit);
  if (p.after) query.after(*p.after);
  page<member> found = co_await query;
  co_return members_result(std::move(found.items), found.more);
}
