#include "observe/metrics.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <thread>

namespace parley::observe {
namespace {

TEST(metrics, are_written_as_prometheus_reads_them) {
  metrics all;
  all.add_counter("parley_calls_total", "Calls.", {{"method", "a.b"}, {"code", "ok"}}).add(3);
  all.add_counter("parley_calls_total", "Calls.", {{"code", "odd \"\\\n"}}).add();
  all.add_gauge("parley_open", "Open \\ now,\nreally.").set(-2);
  all.add_read("parley_read", "Read.", false, [] { return 0.25; });
  all.add_read("parley_unknown", "Unknown.", false,
               [] { return -std::numeric_limits<double>::infinity(); });
  auto& spread = all.add_histogram("parley_seconds", "Time.", {1, 0.5, 1}, {{"k", "v"}});
  spread.record(0.5); // a bound belongs to its bucket
  spread.record(0.75);
  spread.record(99);
  all.add_text([] { return std::string("more 1\n"); });
  EXPECT_EQ(all.text(), R"(# HELP parley_calls_total Calls.
# TYPE parley_calls_total counter
parley_calls_total{code="odd \"\\\n"} 1
parley_calls_total{code="ok",method="a.b"} 3
# HELP parley_open Open \\ now,\nreally.
# TYPE parley_open gauge
parley_open -2
# HELP parley_read Read.
# TYPE parley_read gauge
parley_read 0.25
# HELP parley_seconds Time.
# TYPE parley_seconds histogram
parley_seconds_bucket{k="v",le="0.5"} 1
parley_seconds_bucket{k="v",le="1"} 2
parley_seconds_bucket{k="v",le="+Inf"} 3
parley_seconds_sum{k="v"} 100.25
parley_seconds_count{k="v"} 3
# HELP parley_unknown Unknown.
# TYPE parley_unknown gauge
parley_unknown -Inf
more 1
)");
}

TEST(metrics, give_the_same_one_for_the_same_labels_in_any_order) {
  metrics all;
  auto& one = all.add_counter("c", "C.", {{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(&one, &all.add_counter("c", "C.", {{"b", "2"}, {"a", "1"}}));
  EXPECT_NE(&one, &all.add_counter("c", "C.", {{"a", "1"}}));
}

TEST(metrics, do_not_show_a_name_as_two_kinds) {
  metrics all;
  all.add_counter("c", "C.").add();
  all.add_gauge("c", "C.").set(5);
  EXPECT_EQ(all.text(), "# HELP c C.\n# TYPE c counter\nc 1\n");
}

TEST(metrics, lose_no_increment_while_they_are_read) {
  metrics all;
  auto& count = all.add_counter("c", "C.");
  auto& spread = all.add_histogram("h", "H.", seconds());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        count.add();
        spread.record(1);
      }
    });
  }
  for (int i = 0; i < 10; ++i) all.text();
  for (auto& t : threads) t.join();
  EXPECT_EQ(count.value(), 4000u);
  EXPECT_EQ(spread.read().count, 4000u);
  EXPECT_EQ(spread.read().sum, 4000.0);
}

} // namespace
} // namespace parley::observe
