#include "storage/key_rotation.hpp"

#include "observe/log.hpp"
#include "storage/data_keys.hpp"

#include <algorithm>

namespace parley::storage {
namespace json = boost::json;
namespace {

constexpr std::uint32_t keys_a_batch = 100;

std::string text_of(const json::object& record, std::string_view field) {
  return std::string(record.at(field).get_string());
}

const master_key* find(const master_keys& in, std::string_view id) {
  const auto found =
      std::find_if(in.begin(), in.end(), [&](const auto& each) { return each->id() == id; });
  return found == in.end() ? nullptr : found->get();
}

// The first record that is wrapped by a master key after this one.
query next_master(const std::string& after) {
  query out;
  out.index = "by_master";
  out.limit = 1;
  out.lower = json::string(after);
  out.lower_exclusive = true;
  return out;
}

failure no_master(std::string_view master, const master_keys& named) {
  return {status::unavailable, "data keys in the store are wrapped by the master key " +
                                   std::string(master) + ", and storage.master_keys names " +
                                   ids_of(named) + "; name that one as well"};
}

} // namespace

std::string bound_to(std::string_view subject, std::string_view id) {
  return "data key\n" + std::string(id) + "\n" + std::string(subject);
}

std::optional<secret> key_rotation::unwrap(const json::object& record, failure& why) const {
  const std::string master = text_of(record, "master"), subject = text_of(record, "subject");
  const master_key* by = find(keys_, master);
  if (by == nullptr) {
    why = no_master(master, keys_);
    return std::nullopt;
  }
  auto out = by->unwrap(text_of(record, "wrapped"), bound_to(subject, text_of(record, "id")));
  if (!out)
    why = {status::damaged, "collection kernel.data_keys, field wrapped: what is stored for " +
                                subject + " was not wrapped by the master key " + master};
  return out;
}

void key_rotation::check(engine::opened done) {
  check_after({}, keys_, std::move(done));
}

void key_rotation::check_after(const std::string& master, const master_keys& by,
                               engine::opened done) {
  store_.range(data_keys_name, next_master(master), {},
               [this, by, done = std::move(done)](const failure& why,
                                                  const std::vector<json::object>& records, bool) {
                 if (why.code != status::ok || records.empty()) return done(why);
                 const std::string next = text_of(records.front(), "master");
                 if (find(by, next) == nullptr) return done(no_master(next, by));
                 check_after(next, by, done);
               });
}

void key_rotation::go_on() {
  if (done_) return;
  done_ = [](const failure& why, std::uint64_t count) {
    if (why.code != status::ok)
      observe::write(observe::level::error, "data keys could not be wrapped anew",
                     {{"why", why.message}});
    else if (count != 0)
      observe::write(observe::level::info, "data keys were wrapped by the first master key",
                     {{"count", count}});
  };
  wrapped_ = 0;
  run_after({});
}

void key_rotation::rotate(master_keys next, engine::rotated done) {
  if (done_) return done({status::unavailable, "a rotation is under way"}, 0);
  wrapped_ = 0;
  done_ = std::move(done);
  check_after({}, next, [this, next](const failure& why) {
    if (why.code != status::ok) return end(why);
    keys_ = next;
    run_after({});
  });
}

void key_rotation::run_after(const std::string& master) {
  store_.range(data_keys_name, next_master(master), {},
               [this](const failure& why, const std::vector<json::object>& records, bool) {
                 if (why.code != status::ok || records.empty()) return end(why);
                 from_ = text_of(records.front(), "master");
                 last_.clear();
                 from_ == keys_.front()->id() ? run_after(from_) : wrap_some();
               });
}

void key_rotation::wrap_some() {
  query wanted;
  wanted.index = "by_master";
  wanted.prefix.emplace_back(from_);
  wanted.limit = keys_a_batch;
  wanted.lower = json::string(last_);
  wanted.lower_exclusive = true;
  store_.range(data_keys_name, wanted, {},
               [this](const failure& why, const std::vector<json::object>& records, bool more) {
                 why.code == status::ok ? wrap(records, more) : end(why);
               });
}

// What is erased or wrapped by somebody else meanwhile is met again, or is gone.
void key_rotation::wrap(const std::vector<json::object>& records, bool more) {
  auto writes = store_.begin();
  std::uint64_t count = 0;
  for (const json::object& each : records) {
    failure why;
    const auto key = unwrap(each, why);
    if (!key) {
      observe::write(observe::level::error, "a data key could not be wrapped anew",
                     {{"why", why.message}});
      continue;
    }
    const std::string subject = text_of(each, "subject");
    const json::array at{json::string(subject)};
    writes->require(data_keys_name, at, true, {{"wrapped", each.at("wrapped")}},
                    condition_reason::batch);
    writes->patch(
        data_keys_name, at,
        {{"wrapped", keys_.front()->wrap(*key, bound_to(subject, text_of(each, "id")), nonces_)},
         {"master", keys_.front()->id()}});
    ++count;
  }
  if (records.empty()) return run_after(from_);
  const std::string last = text_of(records.back(), "subject");
  write_(std::move(writes), [this, count, last, more](const commit_result& written) {
    if (written.why.code == status::conflict) return wrap_some();
    if (written.why.code != status::ok) return end(written.why);
    wrapped_ += count;
    last_ = last;
    more ? wrap_some() : run_after(from_);
  });
}

void key_rotation::end(const failure& why) {
  const engine::rotated done = std::exchange(done_, nullptr);
  done(why, wrapped_);
}

} // namespace parley::storage
