#include "dispatch/circuit_breaker.hpp"

#include "env/virtual.hpp"

#include <gtest/gtest.h>

namespace parley::dispatch {
namespace {

using verdict = circuit_breaker::verdict;
using change = circuit_breaker::change;
using std::chrono::milliseconds;

class breaker : public ::testing::Test {
 protected:
  std::int64_t now() const { return clock_.steady_ns() / 1'000'000; }

  change enter(verdict how) {
    EXPECT_TRUE(of_.admits(now()));
    return of_.ended(of_.on_trial(), how, now());
  }
  void open() {
    for (int i = 0; i < 2; ++i) EXPECT_EQ(enter(verdict::fault), change::none);
    EXPECT_EQ(enter(verdict::fault), change::opened);
  }

  env::virtual_clock clock_;
  circuit_breaker of_{{3, 10'000, 5'000, 15'000}};
};

TEST_F(breaker, opens_after_faults_in_a_row) {
  EXPECT_FALSE(of_.is_open());
  open();
  EXPECT_TRUE(of_.is_open());
  EXPECT_FALSE(of_.admits(now()));
  EXPECT_EQ(of_.retry_after_ms(now()), 5000);
  clock_.advance(milliseconds(4999));
  EXPECT_FALSE(of_.admits(now()));
  EXPECT_EQ(of_.retry_after_ms(now()), 1);
}

TEST_F(breaker, faults_in_a_row_may_be_far_apart) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(enter(verdict::fault), change::none);
    clock_.advance(milliseconds(60'000));
  }
  EXPECT_EQ(enter(verdict::fault), change::opened);
}

TEST_F(breaker, opens_when_half_of_a_window_fails) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(enter(verdict::answered), change::none);
    EXPECT_EQ(enter(verdict::fault), change::none);
  }
  EXPECT_EQ(enter(verdict::answered), change::none);
  EXPECT_EQ(enter(verdict::fault), change::opened);
}

TEST_F(breaker, bears_some_faults_among_many_answers) {
  for (int i = 0; i < 100; ++i) {
    for (int k = 0; k < 5; ++k) EXPECT_EQ(enter(verdict::answered), change::none);
    EXPECT_EQ(enter(verdict::fault), change::none);
  }
}

TEST_F(breaker, forgets_faults_of_an_earlier_window) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(enter(verdict::fault), change::none);
    EXPECT_EQ(enter(verdict::fault), change::none);
    EXPECT_EQ(enter(verdict::answered), change::none);
    clock_.advance(milliseconds(10'000));
  }
}

TEST_F(breaker, what_says_nothing_counts_for_nothing) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(enter(verdict::nothing), change::none);
  open();
}

TEST_F(breaker, admits_one_trial_and_closes_when_it_is_answered) {
  open();
  clock_.advance(milliseconds(5000));
  EXPECT_TRUE(of_.admits(now()));
  EXPECT_TRUE(of_.on_trial());
  EXPECT_FALSE(of_.admits(now()));
  EXPECT_EQ(of_.retry_after_ms(now()), 5000);
  EXPECT_EQ(of_.ended(true, verdict::answered, now()), change::closed);
  EXPECT_FALSE(of_.is_open());
  EXPECT_TRUE(of_.admits(now()));
  open(); // the count begins anew
}

TEST_F(breaker, a_trial_that_fails_doubles_the_rest_up_to_a_bound) {
  open();
  for (const int rest : {5000, 10'000, 15'000, 15'000}) {
    clock_.advance(milliseconds(rest - 1));
    EXPECT_FALSE(of_.admits(now())) << rest;
    clock_.advance(milliseconds(1));
    EXPECT_EQ(enter(verdict::fault), change::none);
  }
  clock_.advance(milliseconds(15'000));
  EXPECT_EQ(enter(verdict::answered), change::closed);
  open();
  clock_.advance(milliseconds(5000)); // and the doubling too
  EXPECT_TRUE(of_.admits(now()));
}

TEST_F(breaker, a_trial_that_says_nothing_leaves_it_to_the_next) {
  open();
  clock_.advance(milliseconds(5000));
  EXPECT_EQ(enter(verdict::nothing), change::none);
  EXPECT_TRUE(of_.is_open());
  EXPECT_EQ(enter(verdict::answered), change::closed);
}

TEST_F(breaker, is_not_tried_while_it_is_held) {
  open();
  of_.hold(true);
  clock_.advance(milliseconds(60'000));
  EXPECT_FALSE(of_.admits(now()));
  EXPECT_EQ(of_.retry_after_ms(now()), 5000);
  of_.hold(false);
  EXPECT_EQ(enter(verdict::answered), change::closed);
}

TEST_F(breaker, what_began_before_it_opened_changes_nothing) {
  open();
  EXPECT_EQ(of_.ended(false, verdict::answered, now()), change::none);
  EXPECT_EQ(of_.ended(false, verdict::fault, now()), change::none);
  EXPECT_EQ(of_.retry_after_ms(now()), 5000);
  EXPECT_FALSE(of_.admits(now()));
}

} // namespace
} // namespace parley::dispatch
