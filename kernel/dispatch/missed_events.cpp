#include "dispatch/missed_events.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace parley::dispatch {
namespace {

constexpr std::uint32_t page = 500;
constexpr std::size_t heads_at_once = 1000;

} // namespace

void missed_events::follow(const std::string& topic) {
  ++topics_[topic].connections;
}

void missed_events::unfollow(const std::string& topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || --found->second.connections != 0) return;
  // Nobody here waits for what is before them, but they may concern who follows other topics.
  const auto waiting = std::move(found->second.waiting);
  topics_.erase(found);
  for (const auto& [number, what] : waiting) own_(what, number);
}

void missed_events::live_after(const std::string& topic, std::int64_t number) {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || found->second.announced >= 0) return;
  found->second.announced = number;
  announce_waiting(topic);
  const auto still = topics_.find(topic);
  if (still != topics_.end() && still->second.wanted > still->second.announced) read(topic);
}

std::int64_t missed_events::head_of(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? -1 : found->second.announced;
}

// Those that whoever follows has from the log.
void missed_events::announce_waiting(const std::string& topic) {
  while (true) {
    const auto found = topics_.find(topic); // an event may change who follows
    if (found == topics_.end()) return;
    followed& of = found->second;
    if (of.waiting.empty() || of.waiting.begin()->first > of.announced) return;
    const auto next = of.waiting.extract(of.waiting.begin());
    own_(next.mapped(), next.key());
  }
}

bool missed_events::is_next(const pending_event& what, std::int64_t number) {
  if (!is_on_) return true;
  const auto found = topics_.find(what.topic);
  if (found == topics_.end()) return true;
  followed& of = found->second;
  const bool is_known = of.announced >= 0;
  if (is_known && number <= of.announced) return true; // came from the log already
  if (is_known && number == of.announced + 1 && !of.is_read) {
    of.announced = number;
    return true;
  }
  of.waiting.emplace(number, what);
  of.wanted = std::max(of.wanted, number);
  if (is_known) read(found->first);
  return false;
}

void missed_events::compare() {
  if (is_comparing_) return;
  std::vector<std::string> names;
  for (const auto& [name, of] : topics_) {
    if (of.announced >= 0 && !of.is_read) names.push_back(name);
  }
  compare_some(std::move(names));
}

void missed_events::compare_some(std::vector<std::string> names) {
  is_comparing_ = !names.empty();
  if (names.empty()) return;
  std::vector<std::string> rest;
  if (names.size() > heads_at_once) {
    rest.assign(std::make_move_iterator(names.begin() + heads_at_once),
                std::make_move_iterator(names.end()));
    names.resize(heads_at_once);
  }
  const std::vector<std::string> asked = names;
  store_.heads(std::move(names), [this, asked, rest](const storage::failure& why,
                                                     const std::vector<std::int64_t>& heads) {
    if (why.code != storage::status::ok) { // the next comparison finds the same
      is_comparing_ = false;
      return;
    }
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const auto found = topics_.find(asked[i]);
      if (found == topics_.end()) continue;
      found->second.wanted = std::max(found->second.wanted, heads[i]);
      if (found->second.wanted > found->second.announced) read(asked[i]);
    }
    compare_some(rest);
  });
}

void missed_events::read(const std::string& topic) {
  followed& of = topics_.find(topic)->second;
  if (std::exchange(of.is_read, true)) return;
  store_.read_log(topic, of.announced, page,
                  [this, topic](const storage::failure& why,
                                std::vector<storage::log_entry> entries, bool more) {
                    const auto found = topics_.find(topic);
                    if (found == topics_.end()) return;
                    found->second.is_read = false;
                    if (why.code == storage::status::ok) take(topic, std::move(entries), more);
                  });
}

void missed_events::take(const std::string& topic, std::vector<storage::log_entry> entries,
                         bool more) {
  for (const storage::log_entry& each : entries) {
    const auto found = topics_.find(topic); // an event may change who follows
    if (found == topics_.end()) return;
    followed& of = found->second;
    if (each.number <= of.announced) continue;
    of.announced = each.number;
    const auto own = of.waiting.extract(each.number);
    if (own.empty())
      foreign_(topic, each);
    else
      own_(own.mapped(), each.number);
  }
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  followed& of = found->second;
  if (entries.empty()) of.announced = std::max(of.announced, of.wanted); // trimmed meanwhile
  const bool is_behind = more || of.wanted > of.announced;
  announce_waiting(topic);
  if (is_behind && topics_.contains(topic)) read(topic);
}

} // namespace parley::dispatch
