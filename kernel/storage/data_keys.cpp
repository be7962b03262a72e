#include "storage/data_keys.hpp"

#include "observe/log.hpp"

#include <sodium.h>

namespace parley::storage {
namespace json = boost::json;
namespace {

failure unavailable(std::string why) {
  return {status::unavailable, std::move(why)};
}

} // namespace

collection data_keys_collection() {
  return {std::string(data_keys_name),
          1,
          {"subject"},
          {{"subject", column_type::text, true},
           {"id", column_type::text, true},
           {"wrapped", column_type::text, true},
           {"master", column_type::text, true}},
          {{"by_id", {"id"}, true}, {"by_master", {"master", "subject"}, false}}};
}

data_keys::data_keys(engine& store, env::loop& logic, writer write, sealing with,
                     const limits& bounds)
    : store_(store),
      write_(std::move(write)),
      with_(std::move(with)),
      nonces_(with_.random),
      cache_(logic, with_.clock, bounds.data_keys, std::chrono::seconds(bounds.data_key_seconds)),
      rotation_(store, write_, with_.keys, nonces_) {
  static_cast<void>(sodium_init()); // picks what is fast here
}

void data_keys::start(engine::opened done) {
  rotation_.check([this, done = std::move(done)](const failure& why) {
    if (why.code == status::ok) rotation_.go_on();
    done(why);
  });
}

void data_keys::of_subject(std::string_view subject, found then) {
  if (const auto wait = erasing_.find(subject); wait != erasing_.end()) {
    wait->second.push_back([this, name = std::string(subject), then = std::move(then)]() mutable {
      of_subject(name, std::move(then));
    });
    return;
  }
  if (data_key_ptr key = cache_.by_subject(subject)) return then({}, std::move(key));
  const std::string name(subject);
  std::vector<found>& waiting = asked_[name];
  waiting.push_back(std::move(then));
  if (waiting.size() == 1) look_up(name);
}

void data_keys::look_up(const std::string& subject) {
  store_.get(
      data_keys_name, {json::string(subject)}, {},
      [this, subject, era = erasures_](failure why, const std::optional<json::object>& record) {
        if (why.code != status::ok) return tell(subject, why, nullptr, era);
        if (!record) return make(subject);
        data_key_ptr key = read(*record, why);
        tell(subject, why, key, era);
      });
}

// Two servers may do so at the same time: one of them finds the other's.
void data_keys::make(const std::string& subject) {
  key_id id{};
  with_.random.fill(std::as_writable_bytes(std::span(id)));
  auto key = std::make_shared<data_key>(id, subject, secret(with_.random));
  const master_key& master = *rotation_.keys().front();
  const std::string wrapped = master.wrap(key->bytes, bound_to(subject, key->id_text), nonces_);
  if (wrapped.empty()) return tell(subject, unavailable("OpenSSL has no memory"), nullptr, 0);
  auto writes = store_.begin();
  writes->require(data_keys_name, {json::string(subject)}, false, {}, condition_reason::batch);
  writes->put(
      data_keys_name,
      {{"subject", subject}, {"id", key->id_text}, {"wrapped", wrapped}, {"master", master.id()}});
  write_(std::move(writes), [this, subject, key, era = erasures_](const commit_result& made) {
    if (made.why.code == status::conflict) return look_up(subject);
    tell(subject, made.why, made.why.code == status::ok ? key : nullptr, era);
  });
}

void data_keys::tell(const std::string& subject, const failure& why, const data_key_ptr& key,
                     std::uint64_t era) {
  keep(key, era);
  auto waiting = asked_.extract(subject);
  for (const found& then : waiting.mapped()) then(why, key);
}

// What was asked for before some key was erased may be that one.
void data_keys::keep(const data_key_ptr& key, std::uint64_t era) {
  if (key && era == erasures_) cache_.put(key);
}

void data_keys::by_id(const key_id& id, found then) {
  if (data_key_ptr key = cache_.by_id(id)) return then({}, std::move(key));
  std::vector<found>& waiting = asked_by_id_[id];
  waiting.push_back(std::move(then));
  if (waiting.size() == 1) find(id);
}

void data_keys::find(const key_id& id) {
  query wanted;
  wanted.index = "by_id";
  wanted.prefix.emplace_back(to_text(id));
  wanted.limit = 1;
  store_.range(
      data_keys_name, wanted, {},
      [this, id, era = erasures_](failure why, const std::vector<json::object>& records, bool) {
        data_key_ptr key;
        if (why.code == status::ok && !records.empty()) key = read(records.front(), why);
        keep(key, era);
        auto waiting = asked_by_id_.extract(id);
        for (const found& then : waiting.mapped()) then(why, key);
      });
}

data_key_ptr data_keys::read(const json::object& record, failure& why) {
  const std::string subject(record.at("subject").get_string());
  const std::string_view id = record.at("id").get_string();
  auto bytes = rotation_.unwrap(record, why);
  key_id named{};
  if (bytes && read_key_id(id, named))
    return std::make_shared<data_key>(named, subject, *std::move(bytes));
  if (why.code == status::ok) why = unavailable("the id of the data key of " + subject);
  return nullptr;
}

void data_keys::erase(std::string_view subject, engine::opened done) {
  const std::string name(subject);
  if (const auto wait = erasing_.find(name); wait != erasing_.end()) {
    wait->second.push_back([this, name, done = std::move(done)] { erase(name, done); });
    return;
  }
  erasing_[name];
  auto writes = store_.begin();
  writes->erase(data_keys_name, {json::string(name)});
  write_(std::move(writes), [this, name, done = std::move(done)](const commit_result& erased) {
    ++erasures_;
    cache_.forget(name);
    const auto waiting = erasing_.extract(name);
    for (const auto& go_on : waiting.mapped()) go_on();
    done(erased.why);
  });
}

void data_keys::rotate(master_keys next, engine::rotated done) {
  rotation_.rotate(std::move(next), std::move(done));
}

} // namespace parley::storage
