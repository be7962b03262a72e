#include "parley/test/driver_load.hpp"

#include "testing/driver_suite.hpp"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <random>
#include <set>

namespace parley::test::storage {

namespace {

constexpr std::size_t window = 32;
constexpr std::size_t topic_count = 5;
constexpr std::int64_t writers = 8;
constexpr std::int64_t tags_kept = 5; // a batch erases the tag of the one so many before it

std::string topic_name(std::size_t at) {
  return "topic-" + std::to_string(at);
}

row counter_key() {
  return {text("counter"), integer(0)};
}

std::string tag_of(std::int64_t id) {
  return std::to_string(id);
}

[[noreturn]] void lost(const std::string& what) {
  throw failure(what, what);
}

std::int64_t whole(const plain& from) {
  const auto* number = std::get_if<std::int64_t>(&from);
  if (number == nullptr) lost("a number is stored as " + shown(from));
  return *number;
}

// One event as the log holds it.
struct part {
  std::int64_t id = 0;
  int at = 0, of = 0;
};

part part_of(const plain& data, const std::string& where) {
  const auto* from = std::get_if<std::string>(&data);
  part out;
  long long id = 0;
  if (from == nullptr ||
      std::sscanf(from->c_str(), R"({"batch":%lld,"part":%d,"of":%d,)", &id, &out.at, &out.of) !=
          3 ||
      !from->ends_with("\"}"))
    lost(where + " holds " + shown(data) + ", which nobody wrote");
  out.id = id;
  return out;
}

// What the logs hold: of each batch its parts' places, and of each topic its ids in order.
struct logs {
  std::map<std::int64_t, std::map<int, std::pair<std::size_t, std::int64_t>>> batches;
  std::vector<std::vector<std::int64_t>> ids{topic_count};
};

void read_topic(calls& store, std::size_t topic, logs& out) {
  const std::string name = topic_name(topic);
  auto& ids = out.ids[topic];
  for (bool more = true; more;) {
    const rows some = store.read_log(name, static_cast<std::int64_t>(ids.size()), 500);
    if (some.status != PARLEY_OK) lost(name + " cannot be read: " + some.error);
    more = some.more;
    for (const plain_row& each : some.all) {
      const std::string where = name + " number " + std::to_string(ids.size() + 1);
      if (whole(each.at(0)) != static_cast<std::int64_t>(ids.size()) + 1)
        lost(where + " is missing: the next is " + shown(each.at(0)));
      const part found = part_of(each.at(2), where);
      if (!ids.empty() && found.id < ids.back())
        lost(where + ": batch " + std::to_string(found.id) + " comes after " +
             std::to_string(ids.back()));
      ids.push_back(found.id);
      const auto [known, is_new] =
          out.batches[found.id].insert({found.at, {topic, static_cast<std::int64_t>(ids.size())}});
      if (!is_new) lost("batch " + std::to_string(found.id) + " is there twice");
    }
  }
  const rows head = store.heads({name});
  if (head.status != PARLEY_OK ||
      whole(head.all.at(0).at(0)) != static_cast<std::int64_t>(ids.size()))
    lost("the head of " + name + " is not the number of its last event");
}

// Rows of one place, by their number.
std::map<std::int64_t, plain_row> rows_of(calls& store, const std::string& place) {
  const rows found = store.read(items, by_key, {place}, {.limit = 10'000'000});
  if (found.status != PARLEY_OK) lost("rows cannot be read: " + found.error);
  std::map<std::int64_t, plain_row> out;
  for (const plain_row& each : found.all) out[whole(each.at(1))] = each;
  return out;
}

void check_rows(calls& store, const logs& found) {
  for (std::size_t topic = 0; topic < topic_count; ++topic) {
    const auto stored = rows_of(store, topic_name(topic));
    const auto& ids = found.ids[topic];
    if (stored.size() != ids.size()) lost(topic_name(topic) + " has not as many rows as events");
    for (const auto& [number, each] : stored) {
      if (number < 1 || number > static_cast<std::int64_t>(ids.size()) ||
          whole(each.at(3)) != ids[static_cast<std::size_t>(number) - 1])
        lost("the row of " + topic_name(topic) + " number " + std::to_string(number) +
             " is not of the batch whose event it is");
    }
  }
  std::map<std::int64_t, std::int64_t> last;
  for (const auto& [id, parts] : found.batches) last[id % writers] = id;
  for (const auto& [writer, each] : rows_of(store, "last")) {
    if (whole(each.at(3)) != last[writer]) lost("a row was put by a batch that is not there last");
    last.erase(writer);
  }
  if (!last.empty()) lost("a row is missing that a batch put");
}

void check_counter_and_tags(calls& store, const logs& found) {
  const rows counter = store.read(items, by_key, counter_key());
  const std::int64_t counted = counter.all.empty() ? 0 : whole(counter.all.at(0).at(3));
  if (counter.status != PARLEY_OK || counted != static_cast<std::int64_t>(found.batches.size()))
    lost("there are " + std::to_string(found.batches.size()) + " batches, and " +
         std::to_string(counted) + " were counted");
  std::set<std::string> wanted;
  for (const auto& [id, parts] : found.batches) {
    if (!found.batches.contains(id + tags_kept)) wanted.insert(tag_of(id));
  }
  const rows tagged = store.read(tags, by_key, {}, {.limit = 10'000'000});
  for (const plain_row& each : tagged.all) {
    if (wanted.erase(std::get<std::string>(each.at(0))) == 0)
      lost("the tag " + shown(each.at(0)) + " was erased, or never put");
  }
  if (!wanted.empty()) lost("the tag " + *wanted.begin() + " is missing");
}

} // namespace

struct load::shape {
  std::int64_t id = 0;
  std::vector<std::size_t> topics; // of each part
  std::vector<std::size_t> paddings;
  bool is_refused = false;
};

load::shape load::shape_of(std::int64_t id) const {
  std::seed_seq mixed{seed_ & 0xffff'ffff, seed_ >> 32, static_cast<std::uint64_t>(id)};
  std::mt19937 draw(mixed);
  shape out;
  out.id = id;
  const std::size_t parts = 1 + draw() % 3;
  for (std::size_t i = 0; i < parts; ++i) {
    out.topics.push_back(draw() % topic_count);
    out.paddings.push_back(draw() % 4 == 0 ? draw() % 12'000 : draw() % 200);
  }
  out.is_refused = draw() % 7 == 0;
  return out;
}

batch load::batch_of(const shape& from) const {
  batch out;
  std::map<std::uint32_t, std::uint32_t> offsets; // of each topic in the batch
  for (std::size_t i = 0; i < from.topics.size(); ++i) {
    const std::string name = topic_name(from.topics[i]);
    const std::uint32_t topic = out.topic(name);
    const std::string data = R"({"batch":)" + std::to_string(from.id) + R"(,"part":)" +
                             std::to_string(i) + R"(,"of":)" + std::to_string(from.topics.size()) +
                             R"(,"padding":")" + std::string(from.paddings[i], 'x') + "\"}";
    out.append(name, text("load"), data, text("2026-01-01T00:00:00.000Z"));
    out.put(items, {name, next_number{topic, offsets[topic]++}, null{}, from.id, null{}, null{}});
  }
  out.increment(items, counter_key(), 3, 1);
  out.put(items, {text("last"), from.id % writers, null{}, from.id, null{}, null{}});
  out.put(tags, {tag_of(from.id)}).erase(tags, {tag_of(from.id - tags_kept)});
  if (from.is_refused) out.exists(tags, {text("never")});
  return out;
}

load::tally load::run(calls& store, std::size_t batches,
                      const std::function<void(const acknowledged&)>& told) {
  tally out;
  const auto unavailable = [&](const std::string& why) {
    if (out.unavailable++ == 0) out.why = why;
  };
  const committed began = store.commit(
      batch()
          .absent(items, counter_key())
          .put(items, {text("counter"), integer(0), null{}, integer(0), null{}, null{}}));
  if (began.status == PARLEY_E_UNAVAILABLE) unavailable(began.error);
  std::deque<std::pair<shape, std::future<committed>>> under_way;
  const auto settle = [&] {
    const shape what = std::move(under_way.front().first);
    const committed seen = store.await(std::move(under_way.front().second));
    under_way.pop_front();
    if (seen.status == PARLEY_E_UNAVAILABLE) return unavailable(seen.error);
    if (what.is_refused && seen.status == PARLEY_E_CONFLICT) return void(++out.refused);
    if (what.is_refused || seen.status != PARLEY_OK)
      lost("batch " + std::to_string(what.id) + " was answered with the status " +
           std::to_string(seen.status) + ": " + seen.error);
    ++out.acknowledged;
    out.events += what.topics.size();
    note({what.id, seen.numbers});
    if (told) told({what.id, seen.numbers});
  };
  for (std::size_t i = 0; i < batches && out.unavailable == 0; ++i) {
    shape next = shape_of(next_++);
    auto sent = store.submit(std::make_shared<batch>(batch_of(next)));
    under_way.emplace_back(std::move(next), std::move(sent));
    if (under_way.size() == window) settle();
  }
  while (!under_way.empty()) settle();
  return out;
}

void load::note(const acknowledged& what) {
  next_ = std::max(next_, what.id + 1);
  acknowledged_[what.id] = what.numbers;
}

void load::check(calls& store) const {
  logs found;
  for (std::size_t topic = 0; topic < topic_count; ++topic) read_topic(store, topic, found);
  for (const auto& [id, numbers] : acknowledged_) {
    if (!found.batches.contains(id))
      lost("batch " + std::to_string(id) + " was acknowledged and is lost");
  }
  for (const auto& [id, parts] : found.batches) {
    const shape wanted = shape_of(id);
    const std::string name = "batch " + std::to_string(id);
    if (wanted.is_refused) lost(name + " was refused and is there");
    if (parts.size() != wanted.topics.size()) lost(name + " is there in part");
    std::vector<std::size_t> topics;           // of the batch, in the order of their first event
    std::map<std::size_t, std::int64_t> first; // of each topic
    for (const auto& [at, place] : parts) {
      if (place.first != wanted.topics.at(static_cast<std::size_t>(at)))
        lost(name + " has an event in another topic");
      if (first.insert(place).second) topics.push_back(place.first);
    }
    const auto told = acknowledged_.find(id);
    if (told == acknowledged_.end()) continue;
    for (std::size_t i = 0; i < topics.size(); ++i) {
      if (told->second.at(i) != first[topics[i]])
        lost(name + " was acknowledged with another number in " + topic_name(topics[i]));
    }
  }
  check_rows(store, found);
  check_counter_and_tags(store, found);
}

} // namespace parley::test::storage
