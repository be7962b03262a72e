#include "emoji.hpp"
#include "reactions.plugin.hpp"

#include <algorithm>
#include <set>

namespace {

constexpr int attempts = 8; // others react at the same moment: look again

reaction describe(const reactions_record& from) {
  return reaction(from.conversation, from.message, from.emoji, from.account, from.at);
}

// The lowest place that none of them takes.
template <class Records>
std::int64_t free_place(const Records& taken) {
  std::set<std::int64_t> places;
  for (const auto& each : taken) places.insert(each.place);
  std::int64_t place = 1;
  while (places.contains(place)) ++place;
  return place;
}

} // namespace

class reactions final : public reactions_plugin {
 public:
  task<reaction> add(call& c, add_params p) override;
  task<void> remove(call& c, remove_params p) override;
  task<counts_result> counts(call& c, counts_params p) override;
  task<who_result> who(call& c, who_params p) override;
  task<void> on_message_deleting(call& c, messaging_types::message gone, batch& b) override;

 private:
  task<void> check_message(call& c, std::string conversation, std::int64_t message);
  task<void> open_message(call& c, batch& b, const reaction& by, std::int64_t number);
  task<void> count_up(call& c, batch& b, const reaction& by, std::int64_t number);
};

// messaging knows whether it is there, and whether the caller may read it.
task<void> reactions::check_message(call& c, std::string conversation, std::int64_t message) {
  const messaging_types::get_message_params wanted(conversation, message);
  co_await messaging().get_message(c, wanted);
}

// A message that is deleted is closed for ever: who was about to react to it comes too late.
task<void> reactions::open_message(call& c, batch& b, const reaction& by, std::int64_t number) {
  const messages_key key(by.conversation, by.message);
  const std::optional<messages_record> known = co_await get(c, key);
  if (known && !known->open) throw not_found({}, "/message");
  if (known) {
    b.require(equals(c, key, "open", true));
    b.patch(key, "changed", number);
  } else {
    b.require_absent(key);
    b.put(messages_record(by.conversation, by.message, number, true));
  }
}

task<void> reactions::count_up(call& c, batch& b, const reaction& by, std::int64_t number) {
  const tallies_key key(by.conversation, by.message, by.emoji);
  const std::optional<tallies_record> known = co_await get(c, key);
  if (known) {
    b.increment(key, "count", 1);
    b.patch(key, "seq", number);
    co_return;
  }
  auto query = range<tallies_record>(c).prefix(by.conversation, by.message).limit(100);
  const page<tallies_record> others = co_await query;
  if (static_cast<std::int64_t>(others.items.size()) >= config().per_message) {
    throw too_many_reactions("This message has as many different reactions as it can have.");
  }
  b.require_absent(key);
  b.put(tallies_record(by.conversation, by.message, by.emoji, 1, number, free_place(others.items)));
}

task<reaction> reactions::add(call& c, add_params p) {
  if (!is_emoji(p.emoji)) throw not_an_emoji("React with one emoji.", "/emoji");
  const reactions_key key(p.conversation, p.message, p.emoji, c.account());
  for (int i = 0; i < attempts; ++i) {
    co_await check_message(c, p.conversation, p.message);
    const std::optional<reactions_record> already = co_await get(c, key);
    if (already) co_return describe(*already);
    auto query = range<reactions_record>(c)
                     .index("by_account")
                     .prefix(p.conversation, c.account(), p.message)
                     .limit(100);
    const page<reactions_record> own = co_await query;
    if (static_cast<std::int64_t>(own.items.size()) >= config().per_person) {
      throw too_many_reactions("You have reacted to this message often enough.");
    }
    const reactions_record record(p.conversation, p.message, p.emoji, c.account(), c.now(),
                                  free_place(own.items));
    const reaction made = describe(record);
    batch b(c);
    const std::int64_t number = b.next("conversation", p.conversation);
    co_await open_message(c, b, made, number);
    co_await count_up(c, b, made, number);
    b.require_absent(key);
    b.put(record);
    b.publish(reaction_added(made));
    const result<void> committed = co_await attempt(b.commit());
    if (committed) co_return made;
    if (!committed.failed_with(PARLEY_E_CONFLICT)) throw committed.error();
  }
  throw conflict();
}

task<void> reactions::remove(call& c, remove_params p) {
  const reactions_key key(p.conversation, p.message, p.emoji, c.account());
  const tallies_key counted(p.conversation, p.message, p.emoji);
  for (int i = 0; i < attempts; ++i) {
    co_await check_message(c, p.conversation, p.message);
    const std::optional<reactions_record> known = co_await get(c, key);
    if (!known) co_return;
    const std::optional<tallies_record> tally = co_await get(c, counted);
    if (!tally) continue; // it went between the two
    batch b(c);
    const std::int64_t number = b.next("conversation", p.conversation);
    b.require_exists(key);
    b.erase(key);
    b.require(equals(c, counted, "count", tally->count));
    if (tally->count > 1) {
      b.increment(counted, "count", -1);
      b.patch(counted, "seq", number);
    } else {
      b.erase(counted);
    }
    b.patch(messages_key(p.conversation, p.message), "changed", number);
    b.publish(reaction_removed(describe(*known)));
    const result<void> committed = co_await attempt(b.commit());
    if (committed) co_return;
    if (!committed.failed_with(PARLEY_E_CONFLICT)) throw committed.error();
  }
  throw conflict();
}

task<counts_result> reactions::counts(call& c, counts_params p) {
  const std::int64_t from = std::max(p.from, c.readable_from());
  auto query = range<tallies_record>(c).prefix(p.conversation).from(from).to(p.to).limit(1000);
  const page<tallies_record> found = co_await query;
  counts_result out;
  out.more = found.more;
  if (found.items.empty()) co_return out;
  // Where this range ends early the next one begins; so it asks for no more than it has counts for.
  auto own = range<reactions_record>(c)
                 .index("by_account")
                 .prefix(p.conversation, c.account())
                 .from(from)
                 .to(found.items.back().message)
                 .limit(1000);
  std::set<std::pair<std::int64_t, std::string>> mine;
  const page<reactions_record> reacted = co_await own;
  for (const reactions_record& each : reacted.items) mine.emplace(each.message, each.emoji);
  for (const tallies_record& each : found.items) {
    out.items.emplace_back(each.message, each.emoji, each.count, each.seq,
                           mine.contains({each.message, each.emoji}));
  }
  co_return out;
}

task<who_result> reactions::who(call& c, who_params p) {
  co_await check_message(c, p.conversation, p.message);
  auto query = range<reactions_record>(c).prefix(p.conversation, p.message, p.emoji).limit(p.limit);
  if (p.after) query.after(*p.after);
  const page<reactions_record> found = co_await query;
  who_result out;
  out.more = found.more;
  for (const reactions_record& each : found.items) out.items.push_back(describe(each));
  co_return out;
}

// Everything goes with the message. `changed` says whether somebody reacted meanwhile; then
// messaging asks again.
task<void> reactions::on_message_deleting(call& c, messaging_types::message gone, batch& b) {
  const messages_key key(gone.conversation, gone.seq);
  const std::optional<messages_record> known = co_await get(c, key);
  if (known) b.require(equals(c, key, "changed", known->changed));
  if (!known) b.require_absent(key);
  b.put(messages_record(gone.conversation, gone.seq, known ? known->changed : gone.seq, false));
  if (!known) co_return;
  page<tallies_record> counted;
  auto tallies = range<tallies_record>(c).prefix(gone.conversation, gone.seq).limit(1000);
  counted = co_await tallies;
  for (const tallies_record& tally : counted.items) {
    b.erase(tallies_key(gone.conversation, gone.seq, tally.emoji));
    page<reactions_record> found;
    do {
      auto query =
          range<reactions_record>(c).prefix(gone.conversation, gone.seq, tally.emoji).limit(1000);
      if (!found.items.empty()) query.after(found.items.back().account);
      found = co_await query;
      for (const reactions_record& each : found.items) {
        b.erase(reactions_key(each.conversation, each.message, each.emoji, each.account));
      }
    } while (found.more);
  }
}

PARLEY_PLUGIN(reactions)
