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
