#pragma once

// Some nodes in one process that share a store (SQLite), under a virtual clock: what jobs do, and
// nothing else. Time passes only when every node waits for it.

#include "dispatch/batches.hpp"
#include "dispatch/jobs.hpp"
#include "dispatch/topics.hpp"
#include "env/virtual.hpp"
#include "storage/engine_fixture.hpp"

#include <gmock/gmock.h>

namespace parley::dispatch {

// Knows how many operations are on their way.
class counted_engine final : public storage::engine {
 public:
  counted_engine(env::loop& logic, const parley_storage_driver& driver,
                 std::optional<storage::sealing> seals)
      : real_(storage::make_engine(logic, driver, {}, std::move(seals))) {}
  std::size_t under_way = 0;
  bool commits_fail = false;       // as on a full disk
  std::optional<int> commits_left; // until that begins

  void open(std::vector<storage::collection> all, opened done) override {
    real_->open(std::move(all), counted(std::move(done)));
  }
  void widen(std::vector<storage::collection> all,
             std::function<void(const storage::migration_progress&)> progress,
             opened done) override {
    real_->widen(std::move(all), std::move(progress), counted(std::move(done)));
  }
  std::unique_ptr<storage::batch> begin() override { return real_->begin(); }
  void commit(std::unique_ptr<storage::batch> what, committed done) override {
    if (commits_left && (*commits_left)-- == 0) commits_fail = true;
    if (!commits_fail) return real_->commit(std::move(what), counted(std::move(done)));
    storage::commit_result refused;
    refused.why = {storage::status::unavailable, "the disk is full"};
    get("kernel.jobs", {"none"}, {},
        [done = std::move(done), refused](auto&&...) { done(refused); });
  }
  void get(storage::collection_ref in, const boost::json::array& key,
           boost::json::storage_ptr arena, got done) override {
    real_->get(in, key, std::move(arena), counted(std::move(done)));
  }
  void range(storage::collection_ref in, const storage::query& what, boost::json::storage_ptr arena,
             ranged done) override {
    real_->range(in, what, std::move(arena), counted(std::move(done)));
  }
  void through(storage::collection_ref in, storage::collection_ref by,
               const storage::through_query& what, boost::json::storage_ptr arena,
               ranged done) override {
    real_->through(in, by, what, std::move(arena), counted(std::move(done)));
  }
  void search(storage::collection_ref in, const storage::search_query& what,
              boost::json::storage_ptr arena, searched done) override {
    real_->search(in, what, std::move(arena), std::move(done));
  }
  void read_log(std::string_view topic, std::int64_t after, std::uint32_t limit,
                log_read done) override {
    real_->read_log(topic, after, limit, counted(std::move(done)));
  }
  void read_logs(std::string_view topic, std::int64_t after, std::uint32_t limit,
                 storage::sealed_data sealed, logs_read done) override {
    real_->read_logs(topic, after, limit, sealed, counted(std::move(done)));
  }
  void scrub(scrubbed done) override { real_->scrub(counted(std::move(done))); }
  void heads(std::vector<std::string> topics, heads_read done) override {
    real_->heads(std::move(topics), std::move(done));
  }
  void trim_log(std::string_view before, std::uint32_t limit, trimmed done) override {
    real_->trim_log(before, limit, counted(std::move(done)));
  }
  void erase_key(std::string_view subject, opened done) override {
    real_->erase_key(subject, counted(std::move(done)));
  }
  void rotate_keys(storage::master_keys next, rotated done) override {
    real_->rotate_keys(std::move(next), std::move(done));
  }
  void close(opened done) override { real_->close(counted(std::move(done))); }

 private:
  template <typename Done>
  Done counted(Done done) {
    ++under_way;
    return [this, done = std::move(done)](auto&&... what) {
      --under_way;
      done(std::forward<decltype(what)>(what)...);
    };
  }
  std::unique_ptr<storage::engine> real_;
};

// What a handler was given.
struct entered {
  parley_call call;
  boost::json::value params;
  std::string id;
  std::uint32_t attempt;
};

class test_node {
 public:
  using handler_text = std::function<void(test_node&, const entered&)>;

  test_node(env::virtual_loop& loop, const env::clock& clock, env::random& random,
            storage::engine& store, jobs::settings with)
      : all(loop, clock, random), announced(all, store, 100), writes(all, store, announced, 1000) {
    runner = std::make_unique<jobs>(all, store, measured, with);
    writes.on_queued = [this](const std::string& name, std::int64_t due_ms) {
      if (runner) runner->queued(name, due_ms);
    };
  }
  ~test_node() {
    for (const auto& one : plugins) all.abort_all(*one);
  }

  // Loads the plugin; each entry goes to `does`, or is only written down.
  instance& provide(const std::string& manifest_text) {
    std::vector<yaml::problem> problems;
    auto made = std::make_unique<instance>();
    made->declared = manifest::read(yaml::parse(manifest_text, "plugin.yaml", problems), problems);
    for (const yaml::problem& p : problems) ADD_FAILURE() << yaml::to_string(p);
    made->name = made->declared.name;
    made->self = std::make_shared<session>(
        session{"plugin:" + made->name, PARLEY_PLUGIN, "", {"plugin"}, 0});
    for (const manifest::job& j : made->declared.jobs) {
      std::vector<schema::breach> faults;
      made->job_params.emplace(j.name, schema::validator::compile(j.params, faults));
      made->jobs[j.name] = {&test_node::enter, this,
                            &all.all_stays().point(*made, "job " + j.name, measured)};
    }
    plugins.push_back(std::move(made));
    runner->provide(*plugins.back());
    return *plugins.back();
  }

  // Queues in a batch of its own.
  void enqueue(std::string_view job, boost::json::value params, std::int64_t at_ms = 0,
               std::string_view key = {}) {
    call& c = all.begin(*plugins.back(), plugins.back()->self, nullptr, 1'000, nullptr);
    parley_batch b = 0;
    writes.open(c, &b);
    EXPECT_EQ(writes.enqueue(b, job, &params, at_ms, key), PARLEY_OK);
    const auto done = [](void*, parley_status status, parley_value) {
      EXPECT_EQ(status, PARLEY_OK);
    };
    EXPECT_EQ(writes.commit(b, nullptr, done, nullptr), PARLEY_OK);
  }
  void finish(parley_call c) {
    calls::find(c)->ended_by_plugin = true;
    EXPECT_EQ(all.finish(c, nullptr), PARLEY_OK);
  }
  void fail(parley_call c, const char* code = "gone", std::int64_t retry_after_ms = 0) {
    calls::find(c)->ended_by_plugin = true;
    error why;
    why.code = code;
    why.message = "It is gone.";
    why.retry_after_ms = retry_after_ms;
    all.fail(c, why);
  }

  calls all;
  topics announced;
  batches writes;
  observe::metrics measured;
  std::vector<std::unique_ptr<instance>> plugins;
  std::unique_ptr<jobs> runner; // reset: the node has died
  std::vector<entered> seen;
  handler_text does;

 private:
  static void enter(void* user, parley_call handle, parley_value input) {
    auto& self = *static_cast<test_node*>(user);
    const call& c = *calls::find(handle);
    const boost::json::value params(*value_arena::find(input), boost::json::storage_ptr());
    self.seen.push_back({handle, params, c.job->id, c.job->attempt});
    const entered now = self.seen.back();
    if (self.does) self.does(self, now);
  }
};

class jobs_fixture : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "parley-jobs-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    place_ = pattern;
    driver_ = std::make_unique<storage::small_host>(place_ + "/parley.db");
    store_ = std::make_unique<counted_engine>(loop_, driver_->driver(), seals());
    bool opened = false;
    store_->open({idempotency_collection(), jobs_collection()}, [&](const storage::failure& why) {
      EXPECT_EQ(why.message, "");
      opened = true;
    });
    until([&] { return opened; });
  }
  void TearDown() override {
    nodes_.clear();
    bool closed = false;
    store_->close([&](const storage::failure&) { closed = true; });
    until([&] { return closed; });
    store_.reset();
    driver_.reset();
    std::filesystem::remove_all(place_);
  }

  test_node& add_node(const std::string& manifest_text, test_node::handler_text does = {},
                      jobs::settings with = {}) {
    nodes_.push_back(std::make_unique<test_node>(loop_, clock_, random_, *store_, with));
    nodes_.back()->does = std::move(does);
    nodes_.back()->provide(manifest_text);
    nodes_.back()->runner->begin();
    return *nodes_.back();
  }

  virtual std::optional<storage::sealing> seals() { return std::nullopt; }
  // Runs all that does not wait for time.
  void run() {
    loop_.run_until_idle();
    while (store_->under_way > 0) {
      ASSERT_TRUE(loop_.wait_for_post(std::chrono::seconds(20))) << "the store does not answer";
      loop_.run_until_idle();
    }
  }
  void pass(std::chrono::milliseconds by) {
    const std::int64_t until_ns = clock_.steady_ns() + by.count() * 1'000'000;
    run();
    while (clock_.steady_ns() < until_ns) {
      const auto left = std::chrono::milliseconds((until_ns - clock_.steady_ns()) / 1'000'000);
      loop_.advance(
          std::min(left, std::max(loop_.next_due().value_or(left), std::chrono::milliseconds(1))));
      run();
    }
  }
  void until(const std::function<bool()>& over) {
    run();
    for (int i = 0; !over() && i < 100'000; ++i) pass(loop_.next_due().value_or(one_) + one_);
    ASSERT_TRUE(over()) << "what the test waits for never came";
  }

  std::vector<job_record> stored(bool dead) {
    std::vector<job_record> out;
    store_->range(jobs_name, jobs_in_state(dead, "", 1000), {},
                  [&](const storage::failure&, std::vector<boost::json::object> all, bool) {
                    for (const auto& one : all) out.push_back(job_record::from_json(one));
                  });
    run();
    return out;
  }

  static constexpr std::chrono::milliseconds one_{1};
  env::virtual_clock clock_;
  env::virtual_loop loop_{clock_};
  env::seeded_random random_{1};
  std::string place_;
  std::unique_ptr<storage::small_host> driver_;
  std::unique_ptr<counted_engine> store_;
  std::vector<std::unique_ptr<test_node>> nodes_;
};

} // namespace parley::dispatch
