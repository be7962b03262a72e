#include "messaging.hpp"

#include <algorithm>
#include <set>

conversation describe(const conversations_record& record) {
  conversation out(record.id, record.kind, record.created_at);
  out.name = record.name;
  out.history = record.history;
  return out;
}

task<void> messaging::check_account(call& c, std::string account, std::string field) {
  const auto found = co_await attempt(identity().get(c, account));
  if (found.failed_with(PARLEY_E_NOT_FOUND)) throw not_found("There is no such account.", field);
  if (!found) throw found.error();
}

task<conversation> messaging::direct(call& c, direct_params p) {
  const std::string own = c.account();
  if (p.account == own) throw invalid_params("It takes another account.", "/account");
  co_await check_account(c, p.account, "/account");

  const directs_key pair(std::min(own, p.account), std::max(own, p.account));
  // Whoever comes second finds what the first has made.
  for (int attempts = 0; attempts < 3; ++attempts) {
    const std::optional<directs_record> known = co_await get(c, pair);
    if (known) {
      const auto found = co_await get(c, conversations_key(known->conversation));
      if (!found) co_return not_found();
      co_return describe(*found);
    }
    conversations_record record(c.new_id(), "direct", c.now(), 2);
    record.active_at = record.created_at;
    const conversation made = describe(record);
    batch b(c);
    b.require_absent(pair);
    b.put(directs_record(pair.low, pair.high, record.id));
    b.put(record);
    const std::int64_t since = b.next("conversation", record.id);
    admit(b, made, member(record.id, own, "member", since));
    admit(b, made, member(record.id, p.account, "member", since));
    const result<void> committed = co_await attempt(b.commit());
    if (committed) co_return made;
    if (!committed.failed_with(PARLEY_E_CONFLICT)) co_return committed.error();
  }
  co_return conflict();
}

task<conversation> messaging::create_group(call& c, create_group_params p) {
  const std::string own = c.account();
  std::set<std::string> others(p.members.begin(), p.members.end());
  others.erase(own);
  const auto count = static_cast<std::int64_t>(others.size()) + 1;
  if (count > config().max_members) co_return too_many_members({}, "/members");
  for (const std::string& each : others) {
    const auto at = std::find(p.members.begin(), p.members.end(), each) - p.members.begin();
    co_await check_account(c, each, "/members/" + std::to_string(at));
  }

  conversations_record record(c.new_id(), "group", c.now(), count);
  record.name = p.name;
  record.active_at = record.created_at;
  if (p.history == "open") record.history = p.history;
  const conversation made = describe(record);
  batch b(c);
  b.put(record);
  // Who is there from the beginning may read from the beginning.
  const std::int64_t since = b.next("conversation", record.id);
  admit(b, made, member(record.id, own, "owner", since));
  for (const std::string& each : others) admit(b, made, member(record.id, each, "member", since));
  co_await b.commit();
  co_return made;
}

task<conversations_result> messaging::conversations(call& c, conversations_params p) {
  auto query = range<member>(c).index("by_account").prefix(c.account()).limit(p.limit);
  if (p.after) query.after(*p.after);
  const page<member> found = co_await query;
  conversations_result out;
  out.more = found.more;
  for (const member& each : found.items) {
    const auto record = co_await get(c, conversations_key(each.conversation));
    if (record) out.items.push_back(describe(*record));
  }
  co_return out;
}

task<recent_result> messaging::recent(call& c, recent_params p) {
  auto query = through<member, conversations_record>(c, "conversation")
                   .index("by_account")
                   .prefix(c.account())
                   .order("active_at")
                   .reverse()
                   .limit(p.limit);
  if (p.before) {
    const auto slash = p.before->find('/');
    query.beyond(p.before->substr(0, slash), p.before->substr(slash + 1));
  }
  const page<conversations_record> found = co_await query;
  recent_result out;
  for (const conversations_record& each : found.items) {
    std::optional<overview> seen = co_await look_over(c, each);
    if (seen) out.items.push_back(*std::move(seen));
  }
  if (found.more) out.next = found.items.back().active_at + "/" + found.items.back().id;
  co_return out;
}

task<overview> messaging::overview_(call& c, overview_params p) {
  const auto found = co_await get(c, conversations_key(p.conversation));
  std::optional<overview> seen;
  if (found) seen = co_await look_over(c, *found);
  if (!seen) throw not_found();
  co_return *std::move(seen);
}

// Nothing where the caller is not in it any more.
task<std::optional<overview>> messaging::look_over(call& c, conversations_record of) {
  const auto own = co_await get(c, members_key(of.id, c.account()));
  if (!own) co_return std::nullopt;
  overview out(describe(of), {*own}, of.members);
  if (own->since == 1) out.sent = of.sent;
  if (of.kind == "direct") {
    page<member> both = co_await range<member>(c).prefix(of.id).limit(2);
    out.people = std::move(both.items);
  }
  page<message> newest =
      co_await range<message>(c).prefix(of.id).from(own->since).reverse().limit(1);
  if (!newest.items.empty()) out.last = std::move(newest.items.front());
  co_return out;
}
