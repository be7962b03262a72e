#include "dispatch/jobs_fixture.hpp"

namespace parley::dispatch {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

const std::string hooks = R"(
plugin: hooks
version: 1.0.0
jobs:
  deliver:
    params: { type: object, required: [n], properties: { n: { type: integer }, to: { type: string, default: all } } }
    concurrency: 2
    attempts: 3
    backoff: { first_ms: 1000, most_ms: 5000 }
    deadline_ms: 3600000
)";

const std::string sweeper = R"(
plugin: sweeper
version: 1.0.0
jobs:
  sweep: { cron: '*/10 * * * *', attempts: 2, backoff: { first_ms: 100, most_ms: 100 } }
)";

void ends_well(test_node& node, const entered& what) {
  node.finish(what.call);
}
void fails(test_node& node, const entered& what) {
  node.fail(what.call);
}

std::int64_t number(const json::value& params) {
  return params.at("n").to_number<std::int64_t>();
}

TEST_F(jobs_fixture, a_job_runs_at_once_with_its_defaults_and_is_gone) {
  test_node& node = add_node(hooks, ends_well);
  const std::int64_t before = clock_.steady_ns();
  node.enqueue("deliver", {{"n", 7}});
  run();
  ASSERT_THAT(node.seen, SizeIs(1));
  EXPECT_EQ(json::serialize(node.seen[0].params), R"({"n":7,"to":"all"})");
  EXPECT_EQ(node.seen[0].attempt, 1u);
  EXPECT_EQ(clock_.steady_ns(), before) << "it waited for a poll";
  EXPECT_THAT(stored(false), IsEmpty());
}

TEST_F(jobs_fixture, what_is_not_committed_is_not_queued) {
  test_node& node = add_node(hooks, ends_well);
  call& c = node.all.begin(*node.plugins[0], node.plugins[0]->self, nullptr, 1'000, nullptr);
  parley_batch b = 0;
  node.writes.open(c, &b);
  const json::value params{{"n", 1}};
  EXPECT_EQ(node.writes.enqueue(b, "deliver", &params, 0, ""), PARLEY_OK);
  node.all.finish(c.handle, nullptr);
  pass(1min);
  EXPECT_THAT(node.seen, IsEmpty());
}

TEST_F(jobs_fixture, what_is_taken_out_of_a_batch_takes_its_jobs_along) {
  test_node& node = add_node(hooks, ends_well);
  call& c = node.all.begin(*node.plugins[0], node.plugins[0]->self, nullptr, 1'000, nullptr);
  parley_batch b = 0;
  node.writes.open(c, &b);
  const json::value kept{{"n", 1}}, taken{{"n", 2}};
  const parley_batch joined = batches::lend(b, *node.plugins[0], c);
  EXPECT_EQ(node.writes.enqueue(joined, "deliver", &kept, 0, ""), PARLEY_OK);
  const batches::mark before = batches::mark_of(b);
  EXPECT_EQ(node.writes.enqueue(joined, "deliver", &taken, 0, ""), PARLEY_OK);
  batches::back_to(b, before); // as for an optional join that fails
  node.writes.commit(
      b, nullptr, [](void*, parley_status, parley_value) {}, nullptr);
  pass(10s);
  ASSERT_THAT(node.seen, SizeIs(1));
  EXPECT_EQ(number(node.seen[0].params), 1);
}

TEST_F(jobs_fixture, parameters_names_and_keys_are_checked_when_queued) {
  test_node& node = add_node(hooks);
  call& c = node.all.begin(*node.plugins[0], node.plugins[0]->self, nullptr, 1'000, nullptr);
  parley_batch b = 0;
  node.writes.open(c, &b);
  const json::value good{{"n", 1}}, bad{{"n", "one"}};
  EXPECT_EQ(node.writes.enqueue(b, "deliver", &bad, 0, ""), PARLEY_E_INVALID);
  EXPECT_EQ(node.writes.enqueue(b, "delivre", &good, 0, ""), PARLEY_E_NOT_FOUND);
  EXPECT_EQ(node.writes.enqueue(b, "deliver", &good, 0, std::string(201, 'k')), PARLEY_E_INVALID);
  EXPECT_EQ(node.writes.enqueue(b, "deliver", &good, -1, ""), PARLEY_E_INVALID);
  EXPECT_EQ(node.writes.enqueue(b, "deliver", &good, 0, std::string(200, 'k')), PARLEY_OK);
}

TEST_F(jobs_fixture, at_a_time_it_runs_then_and_not_before) {
  test_node& node = add_node(hooks, ends_well);
  node.enqueue("deliver", {{"n", 1}}, clock_.unix_ms() + 60'000);
  pass(59'999ms);
  EXPECT_THAT(node.seen, IsEmpty());
  pass(1ms);
  EXPECT_THAT(node.seen, SizeIs(1));
}

TEST_F(jobs_fixture, one_that_fails_is_tried_again_and_then_a_dead_letter) {
  test_node& node = add_node(hooks, fails);
  node.enqueue("deliver", {{"n", 1}});
  run();
  ASSERT_THAT(stored(false), SizeIs(1));
  EXPECT_EQ(stored(false)[0].error, "gone: It is gone.");
  pass(499ms);
  EXPECT_THAT(node.seen, SizeIs(1)) << "half of the first wait is the least";
  pass(501ms);
  EXPECT_THAT(node.seen, SizeIs(2));
  pass(2s);
  ASSERT_THAT(node.seen, SizeIs(3));
  EXPECT_EQ(node.seen[2].attempt, 3u);
  EXPECT_EQ(node.seen[2].id, node.seen[0].id);
  EXPECT_THAT(stored(false), IsEmpty());
  const auto dead = stored(true);
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_EQ(dead[0].error, "gone: It is gone.");
  EXPECT_EQ(dead[0].attempts, 3);
  pass(1h);
  EXPECT_THAT(node.seen, SizeIs(3));
  EXPECT_THAT(node.measured.text(), HasSubstr(R"(parley_jobs_dead_total{job="hooks.deliver"} 1)"));
  EXPECT_THAT(node.measured.text(),
              HasSubstr(R"(parley_jobs_failed_total{job="hooks.deliver"} 3)"));
}

TEST_F(jobs_fixture, dead_letters_are_erased_in_time) {
  test_node& node = add_node(hooks, fails);
  node.enqueue("deliver", {{"n", 1}});
  until([&] { return node.seen.size() == 3; });
  pass(29 * 24h);
  node.runner->tidy();
  EXPECT_THAT(stored(true), SizeIs(1));
  pass(2 * 24h);
  node.runner->tidy();
  run();
  EXPECT_THAT(stored(true), IsEmpty());
}

TEST_F(jobs_fixture, an_error_may_say_how_long_it_waits_at_least) {
  test_node& node = add_node(hooks, [](test_node& n, const entered& what) {
    what.attempt == 1 ? n.fail(what.call, "busy", 30'000) : n.finish(what.call);
  });
  node.enqueue("deliver", {{"n", 1}});
  pass(29'999ms);
  EXPECT_THAT(node.seen, SizeIs(1));
  pass(1ms);
  EXPECT_THAT(node.seen, SizeIs(2));
}

TEST_F(jobs_fixture, two_nodes_share_the_work_and_each_job_runs_once) {
  std::map<std::int64_t, int> ran;
  const auto counts = [&](test_node&, const entered& what) { ++ran[number(what.params)]; };
  test_node& a = add_node(hooks, counts);
  test_node& b = add_node(hooks, counts);
  for (int i = 0; i < 10; ++i) a.enqueue("deliver", {{"n", i}});
  pass(5s); // the other one looks
  std::size_t ended_a = 0, ended_b = 0;
  until([&] {
    if (ended_a < a.seen.size()) a.finish(a.seen[ended_a++].call);
    if (ended_b < b.seen.size()) b.finish(b.seen[ended_b++].call);
    return ended_a + ended_b == 10;
  });
  run();
  EXPECT_THAT(ran, SizeIs(10));
  for (const auto& [n, times] : ran) EXPECT_EQ(times, 1) << n;
  EXPECT_FALSE(a.seen.empty());
  EXPECT_FALSE(b.seen.empty()) << "the other node found nothing when it looked";
  EXPECT_THAT(stored(false), IsEmpty());
}

TEST_F(jobs_fixture, no_more_run_at_the_same_time_than_the_manifest_and_the_operator_say) {
  jobs::settings narrow;
  narrow.running = 1;
  test_node& a = add_node(hooks);
  test_node& b = add_node(hooks, {}, narrow);
  for (int i = 0; i < 10; ++i) a.enqueue("deliver", {{"n", i}});
  pass(1min);
  EXPECT_THAT(a.seen, SizeIs(2));
  EXPECT_THAT(b.seen, SizeIs(1));
}

TEST_F(jobs_fixture, a_job_that_outlives_its_node_is_taken_over_when_its_lease_is_over) {
  test_node& a = add_node(hooks);
  a.enqueue("deliver", {{"n", 1}});
  run();
  ASSERT_THAT(a.seen, SizeIs(1));
  test_node& b = add_node(hooks, ends_well);
  pass(5min);
  EXPECT_THAT(b.seen, IsEmpty()) << "it is renewed while it runs";
  a.runner.reset(); // the node has died
  pass(19s);
  EXPECT_THAT(b.seen, IsEmpty());
  pass(11s);
  ASSERT_THAT(b.seen, SizeIs(1));
  EXPECT_EQ(b.seen[0].attempt, 2u);
  EXPECT_EQ(b.seen[0].id, a.seen[0].id);
  EXPECT_THAT(stored(false), IsEmpty());
}

TEST_F(jobs_fixture, a_job_that_ends_its_node_every_time_is_a_dead_letter_in_the_end) {
  for (int i = 0; i < 3; ++i) {
    test_node& each = add_node(hooks);
    if (i == 0) each.enqueue("deliver", {{"n", 1}});
    until([&] { return !each.seen.empty(); });
    each.runner.reset();
  }
  test_node& last = add_node(hooks);
  until([&] { return !stored(true).empty(); });
  EXPECT_THAT(last.seen, IsEmpty());
  EXPECT_EQ(stored(true)[0].error, "its node ended while it ran");
}

TEST_F(jobs_fixture, who_has_lost_a_job_is_cancelled_and_writes_nothing_of_it) {
  test_node& a = add_node(hooks);
  a.enqueue("deliver", {{"n", 1}});
  run();
  const parley_call running = a.seen.at(0).call;
  auto taken = store_->begin();
  taken->patch(jobs_name, {a.seen[0].id}, {{"mark", "another"}, {"node", "another"}});
  store_->commit(std::move(taken), [](const storage::commit_result&) {});
  pass(11s);
  EXPECT_EQ(calls::find(running), nullptr);
  ASSERT_THAT(stored(false), SizeIs(1));
  EXPECT_EQ(stored(false)[0].mark, "another");
  EXPECT_EQ(stored(false)[0].attempts, 1);
}

TEST_F(jobs_fixture, where_the_end_cannot_be_written_it_runs_again) {
  test_node& node = add_node(hooks);
  node.enqueue("deliver", {{"n", 1}});
  run();
  store_->commits_fail = true;
  node.finish(node.seen.at(0).call);
  run();
  store_->commits_fail = false;
  pass(31s);
  ASSERT_THAT(node.seen, SizeIs(2));
  node.finish(node.seen[1].call);
  run();
  EXPECT_THAT(stored(false), IsEmpty());
}

TEST_F(jobs_fixture, of_a_key_there_is_one_and_the_last_one_counts) {
  test_node& node = add_node(hooks, ends_well);
  const std::int64_t soon = clock_.unix_ms() + 10'000;
  node.enqueue("deliver", {{"n", 1}}, soon, "door");
  node.enqueue("deliver", {{"n", 2}}, soon, "door");
  node.enqueue("deliver", {{"n", 3}}, soon, "gate");
  pass(11s);
  std::vector<std::int64_t> ran;
  for (const entered& each : node.seen) ran.push_back(number(each.params));
  EXPECT_THAT(ran, testing::UnorderedElementsAre(2, 3));
}

TEST_F(jobs_fixture, what_is_queued_under_the_key_of_a_running_one_runs_after_it) {
  test_node& node = add_node(hooks);
  node.enqueue("deliver", {{"n", 1}}, 0, "door");
  run();
  node.enqueue("deliver", {{"n", 2}}, 0, "door");
  run();
  ASSERT_THAT(node.seen, SizeIs(1));
  node.finish(node.seen[0].call);
  until([&] { return node.seen.size() == 2; });
  EXPECT_EQ(number(node.seen[1].params), 2);
}

TEST_F(jobs_fixture, jobs_wait_for_a_plugin_that_is_not_there) {
  test_node& node = add_node(hooks);
  node.enqueue("deliver", {{"n", 1}});
  run();
  ASSERT_THAT(node.seen, SizeIs(1));
  node.runner->withdraw(*node.plugins[0]);
  node.all.abort_all(*node.plugins[0]); // as when it is stopped
  pass(1h);
  ASSERT_THAT(stored(false), SizeIs(1));
  EXPECT_EQ(stored(false)[0].attempts, 0) << "what the host ends is no attempt";
  node.does = ends_well;
  node.provide(hooks);
  run();
  EXPECT_THAT(node.seen, SizeIs(2));
  EXPECT_THAT(stored(false), IsEmpty());
}

TEST_F(jobs_fixture, a_new_version_gets_what_waits_and_checks_it_by_its_own_schema) {
  test_node& node = add_node(hooks, ends_well);
  node.enqueue("deliver", {{"n", 1}}, clock_.unix_ms() + 1000);
  std::string stricter = hooks;
  stricter.replace(stricter.find("n: { type: integer }"), 20, "n: { type: string  }");
  node.provide(stricter);
  pass(2s);
  EXPECT_THAT(node.seen, IsEmpty());
  ASSERT_THAT(stored(false), SizeIs(1));
  EXPECT_THAT(stored(false)[0].error, HasSubstr("not what version 1.0.0 takes: /n"));
}

TEST_F(jobs_fixture, cron_fires_once_in_the_cluster) {
  std::vector<std::int64_t> at;
  const auto notes = [&](test_node& n, const entered& what) {
    at.push_back(clock_.unix_ms() / 60'000 % 60);
    n.finish(what.call);
  };
  add_node(sweeper, notes);
  add_node(sweeper, notes);
  pass(35min);
  EXPECT_THAT(at, ElementsAre(10, 20, 30));
}

TEST_F(jobs_fixture, times_that_were_missed_are_one) {
  add_node(sweeper, ends_well);
  pass(1min);
  nodes_.clear();
  pass(3h);
  test_node& node = add_node(sweeper, ends_well);
  pass(1min);
  EXPECT_THAT(node.seen, SizeIs(1));
  pass(10min);
  EXPECT_THAT(node.seen, SizeIs(2));
}

TEST_F(jobs_fixture, cron_goes_on_after_a_dead_letter) {
  test_node& node = add_node(sweeper, fails);
  pass(15min);
  EXPECT_THAT(node.seen, SizeIs(2));
  EXPECT_THAT(stored(true), SizeIs(1));
  EXPECT_THAT(stored(false), SizeIs(1));
  node.does = ends_well;
  pass(10min);
  EXPECT_THAT(node.seen, SizeIs(3));
}

TEST_F(jobs_fixture, a_new_expression_counts_from_the_upgrade_on) {
  test_node& node = add_node(sweeper, ends_well);
  run();
  std::string hourly = sweeper;
  hourly.replace(hourly.find("*/10"), 4, "30");
  node.provide(hourly);
  pass(25min);
  EXPECT_THAT(node.seen, IsEmpty());
  pass(10min);
  EXPECT_THAT(node.seen, SizeIs(1));
  std::string never = hourly;
  never.replace(never.find("cron: '30 * * * *', "), 20, "");
  node.provide(never);
  pass(2h);
  EXPECT_THAT(node.seen, SizeIs(1));
  EXPECT_THAT(stored(false), IsEmpty());
}

TEST(retry_delay, doubles_and_is_between_half_and_all_of_it) {
  env::seeded_random random(7);
  manifest::job job;
  job.first_ms = 1'000;
  job.most_ms = 5'000;
  const std::int64_t whole[] = {1'000, 2'000, 4'000, 5'000, 5'000};
  std::set<std::int64_t> seen;
  for (int turn = 0; turn < 100; ++turn)
    for (std::int64_t attempt = 1; attempt <= 5; ++attempt) {
      const std::int64_t delay = retry_delay_ms(job, attempt, random);
      EXPECT_GE(delay, whole[attempt - 1] / 2);
      EXPECT_LE(delay, whole[attempt - 1]);
      if (attempt == 1) seen.insert(delay);
    }
  EXPECT_GT(seen.size(), 50u) << "no jitter";
  EXPECT_LE(retry_delay_ms(job, 100, random), 5'000);
}

} // namespace
} // namespace parley::dispatch
