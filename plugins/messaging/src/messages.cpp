#include "messaging.hpp"

#include <algorithm>

task<message> messaging::send(call& c, send_params p) {
  const draft written(p.conversation, c.account(), p.text);
  const draft passed = co_await run_message_before_send(c, written);

  batch b(c);
  const message sent(p.id, p.conversation, b.next("conversation", p.conversation), c.account(),
                     passed.text, c.now());
  b.put(sent);
  b.publish(message_created(sent));
  const conversations_key place(p.conversation);
  b.patch(place, "active_at", sent.at);
  b.increment(place, "sent", 1);
  co_await run_message_sending(c, sent, b);
  const message stored = co_await b.commit(sent);
  run_message_sent(c, stored);
  co_return stored;
}

task<history_result> messaging::history(call& c, history_params p) {
  // Nobody reads what was before they came.
  const std::optional<member> reader = co_await get(c, members_key(p.conversation, c.account()));
  if (!reader) co_return forbidden();
  auto query = range<message>(c).prefix(p.conversation).limit(p.limit);
  query.from(std::max(reader->since, p.after.value_or(0) + 1));
  if (p.before) query.before(*p.before);
  if (!p.after) query.reverse();
  page<message> found = co_await query;
  co_return history_result(std::move(found.items), found.more);
}

task<message> messaging::get_message(call& c, get_message_params p) {
  if (p.message < c.readable_from()) throw not_found({}, "/message");
  const std::optional<message> found = co_await get(c, messages_key(p.conversation, p.message));
  if (!found) throw not_found({}, "/message");
  co_return *found;
}

task<void> messaging::delete_(call& c, delete_params p) {
  const messages_key key(p.conversation, p.message);
  // What others keep with the message may change while they look at it: look again.
  for (int attempts = 0; attempts < 5; ++attempts) {
    const message gone = co_await get_message(c, get_message_params(p.conversation, p.message));
    const std::optional<member> who = co_await get(c, members_key(p.conversation, c.account()));
    if (!who || (gone.sender != who->account && who->role != "owner")) {
      throw forbidden("Only its sender or an owner of the conversation deletes a message.");
    }
    const deletion done(p.conversation, p.message, gone.sender, c.account(), c.now());
    batch b(c);
    b.require_exists(key);
    b.erase(key);
    b.withdraw<message_created>(p.conversation, p.message);
    b.publish(message_deleted(done));
    co_await run_message_deleting(c, gone, b);
    const result<void> committed = co_await attempt(b.commit());
    if (committed) {
      run_message_deleted(c, done);
      co_return;
    }
    if (!committed.failed_with(PARLEY_E_CONFLICT)) throw committed.error();
  }
  throw conflict();
}
