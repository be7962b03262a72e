#include "dispatch/watchdog.hpp"

#include "dispatch/call.hpp"
#include "env/virtual.hpp"

#include <gtest/gtest.h>

namespace parley::dispatch {
namespace {

class watching : public ::testing::Test {
 protected:
  void SetUp() override {
    a_.name = "alpha";
    b_.name = "beta";
  }
  entry_point* point(const instance& of) { return &all_.point(of, "method x", metrics_); }
  void within(const instance& of, const std::function<void()>& what) { all_.run(point(of), what); }

  env::virtual_clock clock_;
  observe::metrics metrics_;
  stays all_{clock_};
  instance a_, b_;
  watchdog dog_{all_, 4};
};

TEST_F(watching, an_idle_thread_is_nobodys_fault) {
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(dog_.look());
}

TEST_F(watching, who_comes_and_goes_is_no_fault) {
  for (int i = 0; i < 20; ++i) within(a_, [&] { EXPECT_FALSE(dog_.look()); });
}

TEST_F(watching, names_who_stays) {
  within(a_, [&] {
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(dog_.look()) << i;
    EXPECT_EQ(dog_.look(), point(a_));
  });
  EXPECT_FALSE(dog_.look());
}

TEST_F(watching, names_the_inner_one_that_stays) {
  within(a_, [&] {
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(dog_.look());
    within(b_, [&] {
      EXPECT_FALSE(dog_.look());
      dog_.look();
      dog_.look();
      EXPECT_EQ(dog_.look(), point(b_));
    });
  });
}

TEST_F(watching, names_the_outer_one_that_keeps_entering_others) {
  within(a_, [&] {
    for (int i = 0; i < 4; ++i) within(b_, [&] { EXPECT_FALSE(dog_.look()); });
    within(b_, [&] { EXPECT_EQ(dog_.look(), point(a_)); });
  });
}

} // namespace
} // namespace parley::dispatch
