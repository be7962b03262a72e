// The pages of each step of a run.

#include "dispatch/job_records.hpp"
#include "identity/records.hpp"
#include "person/export_text.hpp"
#include "person/run.hpp"
#include "storage/data_keys.hpp"
#include "storage/declaration.hpp"

#include <memory>

namespace parley::person {
namespace json = boost::json;
namespace {

constexpr std::uint32_t page_size = 100;
constexpr std::size_t deepest = 1000;        // the most that limits.value_depth may be
constexpr std::size_t enough_text = 1 << 20; // for one batch

void count(request& of, std::string_view where, std::string_view name, std::string_view how,
           std::int64_t by = 1) {
  const auto object_in = [](json::object& in, std::string_view key) -> json::object& {
    json::value& at = in[key];
    return at.is_object() ? at.get_object() : at.emplace_object();
  };
  json::value& at = object_in(object_in(of.report, where), name)[how];
  at = (at.is_int64() ? at.get_int64() : 0) + by;
}

void give_reason(request& of, std::string_view where, std::string_view name,
                 const std::string& why) {
  of.report.at(where).at(name).as_object()["why"] = why;
}

json::array key_of(const std::vector<std::string>& fields, const json::object& record) {
  json::array out;
  for (const std::string& each : fields) out.push_back(record.at(each));
  return out;
}

// Where a walk goes on.
storage::scan walk_of(const std::vector<std::string>& order, json::array prefix,
                      const request& of) {
  const json::value* at = of.place.if_contains("scan");
  return at != nullptr ? storage::scan(order, std::move(prefix), at->as_object())
                       : storage::scan(order, std::move(prefix));
}

// Whoever erases needs nothing of what is sealed, and is not stopped by what was tampered with.
storage::sealed_data what_is_sealed(verb how) {
  return how == verb::erase ? storage::sealed_data::left : storage::sealed_data::opened;
}

bool is_first(request& of) {
  const json::value* first = of.place.if_contains("first");
  of.place["first"] = false;
  return first == nullptr;
}

// An account's id needs no escapes, so it stands in JSON text as it is.
bool speaks_of(std::string_view text, std::string_view account) {
  return text.find("\"" + std::string(account) + "\"") != std::string_view::npos;
}

} // namespace

void run::throw_parts_away() {
  find_parts(
      with_.store, what_.account,
      later([this](const storage::failure& why, const std::vector<json::array>& keys, bool more) {
        if (!is_well(why)) return;
        page next = new_page();
        for (const json::array& each : keys) next.writes->erase(parts_name, each);
        next.is_changed = !keys.empty();
        next.is_step_over = !more;
        end_page(std::move(next));
      }));
}

void run::write_text(std::string text) {
  page next = new_page();
  next.text = std::move(text);
  next.is_step_over = true;
  end_page(std::move(next));
}

void run::go_through(const personal_collection& of) {
  json::array prefix;
  if (of.is_by_subject) prefix.emplace_back(what_.account);
  storage::scan walk = walk_of(of.order, std::move(prefix), what_);
  storage::query query = walk.next(page_size);
  query.index = of.index;
  query.sealed = what_is_sealed(what_.what);
  const auto memory = std::make_shared<json::monotonic_resource>();
  with_.store.range(
      of.name, query, memory.get(),
      later([this, memory, &of, walk](const storage::failure& why,
                                      std::vector<json::object> records, bool more) mutable {
        if (!is_well(why)) return;
        page next = new_page();
        for (std::size_t i = 0; i < records.size(); ++i) {
          if (fate_of(of.subjects, records[i], what_.account) == fate::none) continue;
          if (what_.what == verb::erase) {
            erase(of, records[i], next);
            continue;
          }
          next.text += export_record(of.name, records[i], is_first(next.next));
          count(next.next, "collections", of.name, "exported");
          if (next.text.size() < enough_text || i + 1 == records.size()) continue;
          records.resize(i + 1);
          more = true;
        }
        walk.seen(records, more);
        next.next.place["scan"] = walk.position();
        next.is_step_over = walk.is_over();
        end_page(std::move(next));
      }));
}

// Under the condition that the record is still that person's.
void run::erase(const personal_collection& of, const json::object& record, page& into) const {
  const json::array key = key_of(of.key, record);
  const auto require_subject = [&] {
    json::object equals;
    for (const subject& each : of.subjects) {
      if (holds(record, each.field, what_.account)) equals[each.field] = what_.account;
    }
    into.is_changed = true;
    into.writes->require(of.name, key, true, equals, storage::condition_reason::batch);
  };
  switch (fate_of(of.subjects, record, what_.account)) {
    case fate::erased:
      require_subject();
      into.writes->erase(of.name, key);
      return count(into.next, "collections", of.name, "deleted");
    case fate::anonymised:
      require_subject();
      into.writes->patch(of.name, key, without_person(of.subjects, record, what_.account));
      return count(into.next, "collections", of.name, "anonymised");
    case fate::kept:
      count(into.next, "collections", of.name, "kept");
      return give_reason(into.next, "collections", of.name,
                         reason_of(of.subjects, record, what_.account));
    case fate::none:
      return;
  }
}

// A turn a collection: they are small, and nothing waits for a disk.
void run::go_through_memory() {
  with_.calls.logic().post(later([this] {
    page next = new_page();
    const json::value* done = what_.place.if_contains("done");
    const auto index = done != nullptr ? done->to_number<std::size_t>() : std::size_t{0};
    if (index < all_.in_memory.size()) {
      const collection_in_memory& of = all_.in_memory[index];
      std::unique_ptr<storage::ephemeral_collection> all;
      if (const std::string why = with_.memory.open(of.shape, all); !why.empty()) return fail(why);
      storage::scan walk(of.personal.key);
      while (!walk.is_over()) {
        const auto found = all->range(walk.next(page_size), {});
        for (const json::object& each : found.records) {
          if (fate_of(of.personal.subjects, each, what_.account) == fate::none) continue;
          all->erase(key_of(of.personal.key, each));
          count(next.next, "memory", of.personal.name, "deleted");
        }
        walk.seen(found.records, found.more);
      }
    }
    next.next.place["done"] = index + 1;
    next.is_step_over = index + 1 >= all_.in_memory.size();
    end_page(std::move(next));
  }));
}

void run::go_through_logs() {
  const json::value* topic = what_.place.if_contains("topic");
  const json::value* number = what_.place.if_contains("number");
  with_.store.read_logs(
      topic != nullptr ? std::string_view(topic->as_string()) : std::string_view(),
      number != nullptr ? number->to_number<std::int64_t>() : 0, page_size,
      what_is_sealed(what_.what),
      later([this](const storage::failure& why, const std::vector<storage::topic_entry>& events,
                   bool more) {
        if (!is_well(why)) return;
        page next = new_page();
        for (const storage::topic_entry& each : events) {
          take(each.topic, each.event, next);
          next.next.place["topic"] = each.topic;
          next.next.place["number"] = each.event.number;
          if (next.text.size() < enough_text) continue;
          more = more || &each != &events.back();
          break;
        }
        next.is_step_over = !more;
        end_page(std::move(next));
      }));
}

// What the person's own topic tells concerns the person, whatever it says.
void run::take(const std::string& topic, const storage::log_entry& event, page& into) const {
  const bool is_own = topic == "account:" + what_.account;
  if (event.event.empty() || (!is_own && !speaks_of(event.data, what_.account))) return;
  const personal_event* declared = all_.event(event.event);
  boost::system::error_code fault; // none: it was written by this program
  json::parse_options as_stored;
  as_stored.max_depth = deepest;
  const json::value data = json::parse(event.data, fault, {}, as_stored);
  fate what = is_own ? fate::erased : fate::none;
  std::string reason;
  if (declared != nullptr && data.is_object()) {
    const fate said = fate_of(declared->subjects, data.get_object(), what_.account);
    if (said != fate::none) what = said;
    reason = reason_of(declared->subjects, data.get_object(), what_.account);
  }
  if (what_.what == verb::export_all) {
    if (what == fate::none) return;
    into.text += export_event(topic, event, is_first(into.next));
    return count(into.next, "events", event.event, "exported");
  }
  if (declared == nullptr && !is_own) {
    count(into.next, "events", event.event, "left");
    give_reason(into.next, "events", event.event, "no plugin that is loaded declares it");
  } else if (what == fate::kept) {
    count(into.next, "events", event.event, "kept");
    give_reason(into.next, "events", event.event, reason);
  } else if (what != fate::none) {
    into.is_changed = true;
    into.writes->make_void(topic, event.number, event.event);
    count(into.next, "events", event.event, "voided");
  }
}

// What is still to be done is done; what failed for good would lie there for weeks.
void run::go_through_jobs() {
  storage::scan walk = walk_of({"id"}, {}, what_);
  const auto memory = std::make_shared<json::monotonic_resource>();
  with_.store.range(
      dispatch::jobs_name, walk.next(page_size), memory.get(),
      later([this, memory, walk](const storage::failure& why,
                                 const std::vector<json::object>& records, bool more) mutable {
        if (!is_well(why)) return;
        page next = new_page();
        for (const json::object& each : records) {
          const dispatch::job_record job = dispatch::job_record::from_json(each);
          if (job.name.starts_with("kernel.") ||
              !speaks_of(json::serialize(job.params), what_.account))
            continue;
          count(next.next, "jobs", job.name, job.dead ? "deleted" : "left");
          if (!job.dead) {
            give_reason(next.next, "jobs", job.name, "it is still to be done");
            continue;
          }
          next.is_changed = true;
          dispatch::require_unchanged(*next.writes, job);
          next.writes->erase(dispatch::jobs_name, {job.id});
        }
        walk.seen(records, more);
        next.next.place["scan"] = walk.position();
        next.is_step_over = walk.is_over();
        end_page(std::move(next));
      }));
}

void run::end_sessions() {
  with_.accounts.open_sessions()->forget(
      what_.account, later([this](const storage::failure& why, std::size_t how_many) {
        if (!is_well(why)) return;
        page next = new_page();
        if (how_many != 0)
          count(next.next, "collections", identity::sessions, "ended",
                static_cast<std::int64_t>(how_many));
        next.is_step_over = true;
        end_page(std::move(next));
      }));
}

void run::find_unknown() {
  storage::scan walk = walk_of({"name"}, {}, what_);
  const auto memory = std::make_shared<json::monotonic_resource>();
  with_.store.range(
      storage::declarations_name, walk.next(page_size), memory.get(),
      later([this, memory, walk](const storage::failure& why,
                                 const std::vector<json::object>& records, bool more) mutable {
        if (!is_well(why)) return;
        page next = new_page();
        json::value& unknown = next.next.report["not_looked_at"];
        if (!unknown.is_array()) unknown.emplace_array();
        for (const json::object& each : records) {
          const std::string name(each.at("name").as_string());
          if (name.starts_with("kernel.") || all_.declares(name)) continue;
          unknown.get_array().emplace_back(name);
        }
        walk.seen(records, more);
        next.next.place["scan"] = walk.position();
        next.is_step_over = walk.is_over();
        end_page(std::move(next));
      }));
}

// It is counted first, and then erased: who goes on after a crash counts it no second time.
void run::erase_key() {
  const std::string subject = "account:" + what_.account;
  if (what_.place.contains("counted"))
    return with_.store.erase_key(subject, later([this](const storage::failure& why) {
                                   if (!is_well(why)) return;
                                   page next = new_page();
                                   next.is_step_over = true;
                                   end_page(std::move(next));
                                 }));
  with_.store.get(
      storage::data_keys_name, {json::string(subject)}, {},
      later([this](const storage::failure& why, const std::optional<json::object>& found) {
        if (!is_well(why)) return;
        page next = new_page();
        if (found) count(next.next, "keys", "data key", "deleted");
        next.next.place["counted"] = true;
        next.is_changed = found.has_value();
        end_page(std::move(next));
      }));
}

void run::clean_files() {
  with_.store.scrub(later([this](const storage::failure& why, bool is_clean) {
    if (!is_well(why)) return;
    page next = new_page();
    next.next.report["files"] = is_clean ? "clean" : "left to the store";
    next.is_step_over = true;
    end_page(std::move(next));
  }));
}

} // namespace parley::person
