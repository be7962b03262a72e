#include "node/restarts.hpp"

#include "env/virtual.hpp"

#include <gmock/gmock.h>

namespace parley {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

class restarting : public ::testing::Test {
 protected:
  void want(const std::string& plugin = "alpha") {
    all_.want(plugin, "it keeps failing", [this] { ++failures_; });
  }
  // How long until one is restarted.
  std::int64_t waited() {
    const std::size_t before = restarted_.size();
    const std::int64_t began = clock_.unix_ms();
    while (restarted_.size() == before && clock_.unix_ms() < began + 100'000)
      loop_.advance(milliseconds(500));
    return clock_.unix_ms() - began;
  }

  env::virtual_clock clock_;
  env::virtual_loop loop_{clock_};
  observe::metrics metrics_;
  std::string answer_;
  int failures_ = 0;
  std::vector<std::string> restarted_;
  restarts all_{loop_, clock_, metrics_, [this](const std::string& name, const restarts::done& d) {
                  restarted_.push_back(name);
                  d(answer_);
                }};
};

TEST_F(restarting, waits_twice_as_long_each_time_up_to_a_minute) {
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 8; ++i) {
    want();
    waits.push_back(waited());
  }
  EXPECT_THAT(waits, ElementsAre(1000, 2000, 4000, 8000, 16'000, 32'000, 60'000, 60'000));
  EXPECT_EQ(all_.times("alpha"), 8U);
  EXPECT_EQ(all_.times("beta"), 0U);
}

TEST_F(restarting, begins_anew_after_a_calm_time) {
  want();
  waited();
  want();
  EXPECT_EQ(waited(), 2000);
  loop_.advance(milliseconds(600'000));
  want();
  EXPECT_EQ(waited(), 1000);
}

TEST_F(restarting, each_plugin_for_itself_and_once_at_a_time) {
  want();
  want();
  want("beta");
  loop_.advance(milliseconds(100'000));
  EXPECT_THAT(restarted_, ElementsAre("alpha", "beta"));
}

TEST_F(restarting, tells_when_it_could_not_be_done) {
  answer_ = "a fault in its code";
  want();
  waited();
  EXPECT_EQ(failures_, 1);
  EXPECT_EQ(all_.times("alpha"), 0U);
}

TEST_F(restarting, ends_with_what_waits) {
  {
    restarts brief(loop_, clock_, metrics_,
                   [](const std::string&, const restarts::done&) { FAIL(); });
    brief.want("alpha", "", [] {});
  }
  loop_.advance(milliseconds(100'000));
}

} // namespace
} // namespace parley
