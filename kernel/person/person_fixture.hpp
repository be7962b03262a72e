#pragma once

// A store (SQLite), accounts, a plugin with personal data of every kind, and nodes that run a
// person's jobs, under a virtual clock.

#include "person/service.hpp"

#include "dispatch/jobs_fixture.hpp"
#include "plugin/built_in.hpp"
#include "storage/declare.hpp"
#include "storage/master_keys.hpp"

namespace parley::person {

// `person` is asked for by nobody here but the service.
class no_host final : public identity::host_access {
 public:
  storage::batch* writes(parley_batch) override { return nullptr; }
  void after_commit(parley_batch, std::function<void()>) override {}
  const boost::json::value* value(parley_value) override { return nullptr; }
  std::uint64_t begin_operation(parley_call, parley_done, void*) override { return 0; }
  void complete(std::uint64_t, boost::json::value) override {}
  void fail(std::uint64_t, const dispatch::error&) override {}
  cause cause_of(parley_batch) override { return {}; }
  void run_hook(std::string_view, boost::json::object, const cause&, hook_done) override {}
};

inline const std::string club = R"(
plugin: club
version: 1.0.0
types: { somebody: account }
events:
  note.added: { topic: club, durable: true, data: { type: object, additionalProperties: true, properties: { by: account } },
                personal: { subject: by, on_erase: delete } }
  note.moved: { topic: club, durable: true, data: { type: object, additionalProperties: true, properties: { by: account } },
                personal: { subject: by, on_erase: anonymise } }
  fee.paid: { topic: club, durable: true, data: { type: object, additionalProperties: true, properties: { by: account } },
              personal: { subject: by, on_erase: keep, reason: The books. } }
  secret.told: { topic: club, durable: true, sealed: { secret: { key: by } }, personal: { subject: by, on_erase: delete },
                 data: { type: object, required: [by], properties: { by: account, secret: { type: string } } } }
  club.named: { topic: account, durable: true, data: { type: object, additionalProperties: true } }
collections:
  by_key: { version: 1, key: [by, id], fields: { by: account, id: { type: integer }, text: text },
            personal: { subject: by, on_erase: delete } }
  by_index: { version: 1, key: [id], fields: { id: { type: integer }, by: account, text: text },
              indexes: { by_who: { on: [by, id] } }, personal: { subject: by, on_erase: delete } }
  by_scan: { version: 1, key: [place, id], fields: { place: id, id: { type: integer }, by: account, text: text },
             personal: { subject: by, on_erase: delete } }
  visits: { version: 1, key: [id], fields: { id: { type: integer }, host: account, guest: { $ref: '#/types/somebody', optional: true } },
            personal: [{ subject: host, on_erase: anonymise }, { subject: guest, on_erase: anonymise }] }
  pairs: { version: 1, key: [low, high], fields: { low: account, high: account },
           personal: [{ subject: low, on_erase: delete }, { subject: high, on_erase: delete }] }
  fees: { version: 1, key: [id], fields: { id: { type: integer }, by: account },
          personal: { subject: by, on_erase: keep, reason: Tax law. } }
  secrets: { version: 1, key: [id], fields: { id: { type: integer }, by: account, secret: { type: string, optional: true } },
             sealed: { secret: { key: by } }, personal: { subject: by, on_erase: delete } }
  signed: { version: 1, key: [id], fields: { id: { type: integer }, by: account, secret: { type: string, optional: true } },
            sealed: { secret: { key: by } }, personal: { subject: by, on_erase: anonymise } }
  vows: { version: 1, key: [id], fields: { id: { type: integer }, by: account, secret: { type: string, optional: true } },
          sealed: { secret: { key: by } }, personal: { subject: by, on_erase: keep, reason: A vow. } }
  moods: { ephemeral: true, key: [by], fields: { by: account, text: text }, personal: { subject: by, on_erase: delete } }
  plain: { version: 1, key: [id], fields: { id: { type: integer } } }
)";

class person_fixture : public dispatch::jobs_fixture {
 protected:
  using object = boost::json::object;

  void SetUp() override {
    jobs_fixture::SetUp();
    std::vector<yaml::problem> problems;
    manifests_ = plugin::built_in_manifests();
    manifests_.push_back(manifest::read(yaml::parse(club, "club.yaml", problems), problems));
    for (const yaml::problem& p : problems) ADD_FAILURE() << yaml::to_string(p);
    widen({requests_collection(), parts_collection()});
    for (const manifest::manifest& each : manifests_) widen(storage::declared(each));
    std::vector<identity::role_problem> none;
    accounts_ = std::make_unique<identity::service>(
        identity::settings{}, identity::role_table({}, {}, none), clock_, random_, *store_, host_);
    std::string problem = "it did not start";
    accounts_->start([&](const std::string& why) { problem = why; });
    until([&] { return problem != "it did not start"; });
    ASSERT_EQ(problem, "");
    accounts_->on_revoked = [this](std::string_view session) { revoked_.emplace_back(session); };
    start();
  }
  void TearDown() override {
    services_.clear();
    jobs_fixture::TearDown(); // what is still asked of the store may reach the accounts
    accounts_.reset();
  }

  std::optional<storage::sealing> seals() override {
    if (!master_) master_ = std::make_shared<const storage::master_key>(storage::secret(random_));
    return storage::sealing{clock_, random_, metrics_, {master_}};
  }
  // One more node.
  service& start() {
    dispatch::test_node& node = add_node("plugin: none\nversion: 1.0.0\n");
    surroundings with{node.all, *store_, memory_, *accounts_};
    with.keep_report_ms = 30LL * 24 * 3'600'000;
    with.keep_export_ms = 24LL * 3'600'000;
    services_.push_back(std::make_unique<service>(with, *node.runner, node.measured, [this] {
      std::vector<const manifest::manifest*> all;
      for (const manifest::manifest& each : manifests_) all.push_back(&each);
      return all;
    }));
    return *services_.back();
  }
  void die() { // all nodes
    services_.clear();
    for (auto& each : nodes_) each->runner.reset();
  }
  service& now() { return *services_.back(); }

  void widen(const std::vector<storage::collection>& what) {
    std::optional<std::string> why;
    store_->widen(what, {}, [&](const storage::failure& failed) { why = failed.message; });
    until([&] { return why.has_value(); });
    ASSERT_EQ(*why, "");
  }
  void commit(const std::function<void(storage::batch&)>& fill) {
    auto writes = store_->begin();
    fill(*writes);
    std::optional<std::string> why;
    store_->commit(std::move(writes),
                   [&](const storage::commit_result& done) { why = done.why.message; });
    until([&] { return why.has_value(); });
    EXPECT_EQ(*why, "");
  }
  void put(const std::string& collection, const object& record) {
    commit([&](storage::batch& b) { b.put("club." + collection, record); });
  }
  void tell(const std::string& topic, const object& data) {
    commit([&](storage::batch& b) {
      b.append(topic, "secret.told", data, "2026", {{"secret", {"by", "account:"}}});
    });
  }
  void account(const std::string& id, const object& more = {}) {
    object record{
        {"id", id}, {"kind", "user"}, {"display_name", "Somebody"}, {"created_at", "2026"}};
    for (const auto& each : more) record[each.key()] = each.value();
    commit([&](storage::batch& b) { b.put("identity.principals", record); });
  }
  std::vector<object> records(const std::string& collection) {
    std::vector<object> out;
    storage::query all;
    all.limit = 1000;
    store_->range(collection, all, {},
                  [&](const storage::failure& why, std::vector<object> found, bool) {
                    EXPECT_EQ(why.message, "");
                    out = std::move(found);
                  });
    run();
    return out;
  }
  std::vector<storage::log_entry> events(const std::string& topic) {
    std::vector<storage::log_entry> out;
    store_->read_log(topic, 0, 1000,
                     [&](const storage::failure&, std::vector<storage::log_entry> all, bool) {
                       out = std::move(all);
                     });
    run();
    return out;
  }
  template <typename Ask>
  object answer(Ask ask) {
    std::optional<object> out;
    ask([&](object said) { out = std::move(said); });
    until([&] { return out.has_value(); });
    return *out;
  }
  object ask(verb what, const std::string& id) {
    return answer([&](auto then) { now().ask(what, id, then); });
  }
  object state(const std::string& id) {
    return answer([&](auto then) { now().state(id, then); });
  }
  std::string exported(const std::string& id) {
    std::string out;
    const object done = state(id);
    for (std::int64_t i = 0; i < done.at("parts").as_int64(); ++i)
      out += answer([&](auto then) { now().part(id, i, then); }).at("text").as_string();
    return out;
  }
  // Until it is done; its report.
  object report(verb what, const std::string& id) {
    const object first = ask(what, id);
    EXPECT_FALSE(first.contains("error")) << first;
    until([&] { return state(id)["state"] == "done"; });
    return state(id).at("report").as_object();
  }

  observe::metrics metrics_;
  std::shared_ptr<const storage::master_key> master_;
  std::vector<manifest::manifest> manifests_;
  no_host host_;
  std::unique_ptr<identity::service> accounts_;
  storage::ephemeral_store memory_{loop_, clock_, 1 << 20};
  std::vector<std::string> revoked_;
  std::vector<std::unique_ptr<service>> services_;
};

} // namespace parley::person
