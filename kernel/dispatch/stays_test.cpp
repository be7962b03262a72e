#include "dispatch/stays.hpp"

#include "dispatch/call.hpp"
#include "env/virtual.hpp"
#include "observe/log.hpp"

#include <gmock/gmock.h>

namespace parley::dispatch {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class stay : public ::testing::Test {
 protected:
  void SetUp() override {
    observe::log_settings to;
    to.shape = observe::format::json;
    to.to = [this](std::string_view line) { lines_.emplace_back(line); };
    observe::start_log(to);
    a_.name = "alpha";
    b_.name = "beta";
  }
  void TearDown() override { observe::stop_log(); }

  entry_point* point(const instance& of, const char* name = "method x") {
    return &all_.point(of, name, metrics_);
  }

  env::virtual_clock clock_;
  observe::metrics metrics_;
  stays all_{clock_};
  instance a_, b_;
  std::vector<std::string> lines_;
};

TEST_F(stay, counts_what_is_entered_from_within_for_that_one_only) {
  all_.run(point(a_), [&] {
    clock_.advance(milliseconds(10));
    all_.run(point(b_), [&] { clock_.advance(milliseconds(100)); });
    clock_.advance(milliseconds(5));
  });
  EXPECT_NEAR(all_.seconds_of("alpha"), 0.015, 1e-9);
  EXPECT_NEAR(all_.seconds_of("beta"), 0.100, 1e-9);
}

TEST_F(stay, names_who_is_slow_but_not_each_time) {
  all_.warn_above(50);
  const auto slow = [&] { all_.run(point(a_), [&] { clock_.advance(milliseconds(60)); }); };
  all_.run(point(a_), [&] { clock_.advance(milliseconds(49)); });
  EXPECT_TRUE(lines_.empty());
  slow();
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], HasSubstr(R"("plugin":"alpha","entry":"method x","ms":60)"));
  slow();
  slow();
  EXPECT_EQ(lines_.size(), 1U);
  clock_.advance(milliseconds(10'000));
  slow();
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_THAT(lines_[1], HasSubstr(R"("more_since_the_last_line":2)"));
}

TEST_F(stay, versions_share_a_histogram_but_not_a_place) {
  entry_point* const first = point(a_);
  EXPECT_EQ(point(a_), first);
  a_.digest = "another file";
  EXPECT_NE(point(a_), first);
  EXPECT_EQ(point(a_)->seconds, first->seconds);
}

TEST_F(stay, is_seen_from_outside) {
  EXPECT_EQ(all_.look().first, nullptr);
  all_.run(point(a_), [&] {
    const auto outer = all_.look();
    EXPECT_EQ(outer.first, point(a_));
    EXPECT_EQ(outer.now, point(a_));
    all_.run(point(b_), [&] {
      const auto inner = all_.look();
      EXPECT_EQ(inner.first, point(a_));
      EXPECT_EQ(inner.now, point(b_));
      EXPECT_EQ(inner.visit, outer.visit);
      EXPECT_NE(inner.move, outer.move);
    });
    EXPECT_EQ(all_.look().now, point(a_));
    EXPECT_EQ(all_.look().visit, outer.visit);
  });
  EXPECT_EQ(all_.look().first, nullptr);
  EXPECT_EQ(all_.look().now, nullptr);
}

TEST_F(stay, lets_nothing_out_that_is_thrown) {
  EXPECT_FALSE(all_.run(point(a_), [] { throw std::runtime_error("a mistake"); }));
  EXPECT_FALSE(all_.run(point(a_), [] { throw 7; }));
  EXPECT_TRUE(all_.run(point(a_), [] {}));
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_THAT(lines_[0], HasSubstr(R"("plugin":"alpha","entry":"method x","what":"a mistake")"));
  EXPECT_EQ(all_.look().first, nullptr);
}

} // namespace
} // namespace parley::dispatch
