#include "env/real.hpp"
#include "env/real_loop.hpp"
#include "env/thread.hpp"
#include "env/virtual.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

using namespace parley::env;
using namespace std::chrono_literals;
using testing::ElementsAre;

TEST(time_text, has_milliseconds_in_utc) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(1'795'249'530'123), "2026-11-21T08:25:30.123Z");
  EXPECT_EQ(rfc3339(951'782'400'007), "2000-02-29T00:00:00.007Z");
}

TEST(uuid, is_version_7_and_ordered_by_time) {
  virtual_clock now;
  seeded_random source(7);
  const std::string first = uuid_v7(now, source);
  now.advance(1ms);
  const std::string second = uuid_v7(now, source);
  ASSERT_EQ(first.size(), 36U);
  EXPECT_EQ(first[14], '7');
  EXPECT_NE(std::string("89ab").find(first[19]), std::string::npos);
  EXPECT_LT(first, second);
}

TEST(seeded_random, repeats_itself) {
  std::array<std::byte, 8> a{}, b{}, c{};
  seeded_random(1).fill(a);
  seeded_random(1).fill(b);
  seeded_random(2).fill(c);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
}

TEST(virtual_loop, runs_timers_in_order_of_time) {
  virtual_clock now;
  virtual_loop loop(now);
  std::vector<std::string> seen;
  loop.after(20ms, [&] { seen.push_back("late"); });
  loop.after(10ms, [&] {
    seen.push_back("early");
    loop.after(5ms, [&] { seen.push_back("between"); });
  });
  const timer_id dropped = loop.after(1ms, [&] { seen.push_back("cancelled"); });
  loop.cancel(dropped);
  loop.post([&] { seen.push_back("posted"); });
  EXPECT_EQ(loop.run_until_idle(), 1U);
  loop.advance(19ms);
  EXPECT_THAT(seen, ElementsAre("posted", "early", "between"));
  loop.advance(1ms);
  EXPECT_THAT(seen, ElementsAre("posted", "early", "between", "late"));
}

TEST(real_loop, runs_posts_of_other_threads_in_order_and_ends_turns) {
  real_loop loop;
  std::vector<int> seen;
  int turns = 0;
  loop.on_turn_end([&] { ++turns; });
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) loop.post([&, i] { seen.push_back(i); });
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  ASSERT_EQ(seen.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_GE(turns, 1);
}

TEST(real_loop, fires_timers_and_not_cancelled_ones) {
  real_loop loop;
  std::vector<std::string> seen;
  const timer_id dropped = loop.after(1ms, [&] { seen.push_back("cancelled"); });
  loop.after(6ms, [&] { loop.stop(); });
  loop.after(3ms, [&] { seen.push_back("second"); });
  loop.after(2ms, [&] { seen.push_back("first"); });
  loop.cancel(dropped);
  loop.run();
  EXPECT_THAT(seen, ElementsAre("first", "second"));
}

TEST(real_loop, knows_its_thread) {
  loop_thread one("test");
  one.start();
  std::promise<bool> inside;
  one.loop().post([&] { inside.set_value(one.loop().in_this_thread()); });
  EXPECT_TRUE(inside.get_future().get());
  EXPECT_FALSE(one.loop().in_this_thread());
}

TEST(worker_pool, refuses_beyond_its_capacity_and_finishes_what_it_took) {
  std::atomic<int> done = 0;
  std::promise<void> gate, begun;
  {
    worker_pool pool(1, 2);
    ASSERT_TRUE(pool.post([&, open = gate.get_future().share()] {
      begun.set_value();
      open.wait();
      ++done;
    }));
    begun.get_future().wait();
    EXPECT_TRUE(pool.post([&] { ++done; }));
    EXPECT_TRUE(pool.post([&] { ++done; }));
    EXPECT_FALSE(pool.post([&] { ++done; }));
    gate.set_value();
  }
  EXPECT_EQ(done, 3);
}

TEST(ticker, calls_until_it_goes) {
  std::promise<void> third;
  int calls = 0;
  {
    const ticker every_now_and_then("ticker", 1ms, [&] {
      if (++calls == 3) third.set_value();
    });
    third.get_future().wait();
  }
  EXPECT_GE(calls, 3);
}
