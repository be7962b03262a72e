#include "net/topics.hpp"

#include <algorithm>

namespace parley::net {

topic* topic_table::find(std::string_view name) {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second.get();
}

follower* topic_table::find(connection& who, std::string_view name) {
  topic* const what = find(name);
  if (what == nullptr) return nullptr;
  // Whichever are fewer: one may follow thousands, and be followed by thousands.
  const follows& of = sink_.follows_of(who);
  if (what->followers.size() < of.size()) {
    for (follower& one : what->followers)
      if (one.who == &who) return &one;
    return nullptr;
  }
  for (const follow& one : of)
    if (one.what == what) return &what->followers[one.place];
  return nullptr;
}

std::int64_t topic_table::sent_to(connection& who, std::string_view name) {
  const follower* const one = find(who, name);
  return one == nullptr ? 0 : one->after;
}

void topic_table::publish(std::string_view name, const event_frame& event) {
  topic* const what = find(name);
  if (what == nullptr) return;
  // A delivery never changes the followers: connections that must go are removed after the turn.
  for (follower& one : what->followers) {
    if (one.held) {
      keep(one, event);
    } else {
      give(one, event);
    }
  }
}

void topic_table::give(follower& one, const event_frame& what) {
  if (what.number != 0) {
    if (what.number <= one.after) return;
    one.after = what.number;
  }
  sink_.deliver(*one.who, what);
}

void topic_table::keep(follower& one, const event_frame& what) {
  const std::size_t bytes = what.bytes->size();
  if (what.number == 0 && one.held->bytes + bytes > held_limit_ / 2) return; // as in a full queue
  one.held->bytes += bytes;
  if (one.held->bytes > held_limit_) {
    one.held->frames.clear();
    sink_.held_too_much(*one.who);
    return;
  }
  one.held->frames.push_back(what);
}

void topic_table::follow_topic(connection& who, std::string_view name, std::int64_t after,
                               bool hold) {
  follower* one = find(who, name);
  if (one == nullptr) {
    auto& what = topics_[std::string(name)];
    if (!what) {
      what = std::make_unique<topic>();
      what->name = name;
    }
    follows& of = sink_.follows_of(who);
    what->followers.push_back({&who, after, nullptr, static_cast<std::uint32_t>(of.size())});
    of.push_back({what.get(), static_cast<std::uint32_t>(what->followers.size() - 1)});
    one = &what->followers.back();
  }
  one->after = after;
  // Following anew while held keeps what was held: it came between the two.
  if (!hold)
    one->held = nullptr;
  else if (!one->held)
    one->held = std::make_unique<held_frames>();
}

void topic_table::replay(connection& who, std::string_view name,
                         const std::vector<event_frame>& frames, bool last) {
  follower* const one = find(who, name);
  if (one == nullptr) return;
  for (const event_frame& each : frames) give(*one, each);
  if (!last || !one->held) return;
  const auto held = std::move(one->held);
  for (const event_frame& each : held->frames) give(*one, each);
}

void topic_table::unfollow(connection& who, std::string_view name) {
  const follower* const one = find(who, name);
  if (one != nullptr) remove(sink_.follows_of(who), one->slot);
}

void topic_table::forget(connection& who) {
  follows& of = sink_.follows_of(who);
  while (!of.empty()) remove(of, of.size() - 1);
}

// Fills both gaps with the last one of each vector, so that nothing is searched.
void topic_table::remove(follows& of, std::size_t slot) {
  topic* const what = of[slot].what;
  const std::uint32_t place = of[slot].place;
  auto& followers = what->followers;
  if (place + 1 != followers.size()) {
    followers[place] = std::move(followers.back());
    follower& moved = followers[place];
    sink_.follows_of(*moved.who)[moved.slot].place = place;
  }
  followers.pop_back();
  if (slot + 1 != of.size()) {
    of[slot] = of.back();
    of[slot].what->followers[of[slot].place].slot = static_cast<std::uint32_t>(slot);
  }
  of.pop_back();
  if (followers.empty()) topics_.erase(topics_.find(what->name));
}

} // namespace parley::net
